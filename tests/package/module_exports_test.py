"""src/steady.cppm includes every public header and exports every public name."""

import importlib.machinery
import importlib.util
import subprocess
import sys
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools/export_names"


def public_names(text: str) -> set[str]:
    loader = importlib.machinery.SourceFileLoader("export_names", str(TOOL))
    specification = importlib.util.spec_from_loader("export_names", loader)
    assert specification
    tool = importlib.util.module_from_spec(specification)
    loader.exec_module(tool)
    return tool.public_names(text)


class ModuleExports(unittest.TestCase):
    def test_the_module_has_everything(self) -> None:
        done = subprocess.run(
            [sys.executable, str(TOOL), "--check"], capture_output=True, text=True, check=False
        )
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_names_are_found(self) -> None:
        text = (
            "namespace steady {\n\nnamespace detail {\nclass hidden {};\n}  // namespace detail\n"
            "inline namespace STEADY_ABI {\ntemplate <class T>\nclass a {\n  int no();\n};\n"
            "}  // namespace STEADY_ABI\nusing std::b;\ninline constexpr c_t c{};\n"
            "template <class T>\nvoid d(T) {\n}\n"
            "template <class T>\ne<T> f(T&& t) {\n}\n"
            "inline constexpr unsigned char g = 1;\ninline std::string& h(int i);\n"
            "}  // namespace steady\n"
        )
        self.assertEqual(public_names(text), {f"steady::{name}" for name in "abcdfgh"})


if __name__ == "__main__":
    unittest.main()
