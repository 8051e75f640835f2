"""tools/amalgamate: one header of many. tests/package tests what it makes of the real ones."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
TOOL = PROJECT / "tools/amalgamate"

VERSION = "".join(
    f"#define STEADY_VERSION_{part} {number}\n"
    for part, number in (("MAJOR", 4), ("MINOR", 5), ("PATCH", 6))
)


class Amalgamate(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.write("version.hpp", "#pragma once\n\n" + VERSION)

    def write(self, name: str, text: str) -> None:
        path = self.root / "steady" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run_tool(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, str(TOOL), "--include", str(self.root), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    def made(self, *headers: str) -> str:
        result = self.run_tool(*headers)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        return result.stdout

    def code(self, *headers: str) -> list[str]:
        """The lines that are neither comments nor blank, within the guard."""
        lines = [
            line for line in self.made(*headers).split("\n") if line and not line.startswith("//")
        ]
        self.assertEqual(lines[0], "#ifndef STEADY_SINGLE_HEADER")
        self.assertRegex(lines[1], "^#define STEADY_SINGLE_HEADER 0x[0-9a-f]{8}$")
        number = lines[1].split(" ")[-1]
        self.assertEqual(lines[-3], f"#elif STEADY_SINGLE_HEADER != {number}")
        self.assertRegex(lines[-2], '^#error ".*"$')
        self.assertEqual(lines[-1], "#endif  // STEADY_SINGLE_HEADER")
        return lines[2:-3]

    def test_each_header_once_and_behind_what_it_includes(self) -> None:
        self.write(
            "a.hpp", "#pragma once\n#include <vector>\n#include <steady/detail/c.hpp>\nint a;\n"
        )
        self.write(
            "b.hpp",
            "#pragma once\n#include <steady/detail/c.hpp>\n#include <steady/a.hpp>\nint b;\n",
        )
        self.write("detail/c.hpp", "#pragma once\n#include <vector>\n#include <map>\nint c;\n")
        expected = ["#include <vector>", "#include <map>", "int c;", "int a;", "int b;"]
        self.assertEqual(self.code("steady/b.hpp", "steady/a.hpp"), expected)
        self.assertEqual(self.code(), expected[:4] + ["int b;"] + VERSION.split("\n")[:3])

    def test_writes_utf_8_whatever_the_terminal_takes(self) -> None:
        self.write("a.hpp", "// \N{GREEK SMALL LETTER MU}s\n")
        result = subprocess.run(
            [sys.executable, str(TOOL), "--include", str(self.root), "steady/a.hpp"],
            capture_output=True,
            env={**os.environ, "PYTHONIOENCODING": "ascii"},
            check=False,
        )
        self.assertEqual((result.returncode, result.stderr), (0, b""))
        self.assertIn("// \N{GREEK SMALL LETTER MU}s\n", result.stdout.decode("utf-8"))

    def test_what_is_under_a_condition_stays_there(self) -> None:
        self.write(
            "a.hpp",
            "#if X\n#include <map>\n#include <steady/b.hpp>\n#endif\n#include <map>\nint a;\n",
        )
        self.write("b.hpp", "#pragma once\n#include <set>\nint b;\n")
        self.write("c.hpp", "#include <steady/a.hpp>\n#include <map>\n#include <set>\nint c;\n")
        expected = [
            "#if X",
            "#include <map>",
            "#include <set>",
            "int b;",
            "#endif",
            "#include <map>",
            "int a;",
        ]
        self.assertEqual(self.code("steady/a.hpp"), expected)
        self.assertEqual(self.code("steady/c.hpp"), expected + ["#include <set>", "int c;"])

    def test_a_header_that_may_be_missing_is_refused(self) -> None:
        self.write("a.hpp", "#if X\n#include <steady/b.hpp>\n#endif\n")
        self.write("b.hpp", "#include <steady/version.hpp>\n")
        result = self.run_tool("steady/a.hpp")
        self.assertEqual(result.returncode, 1)
        self.assertIn("include steady/version.hpp before the #if", result.stderr)
        self.write(
            "a.hpp", "#include <steady/version.hpp>\n#if X\n#include <steady/b.hpp>\n#endif\n"
        )
        self.made("steady/a.hpp")

    def test_comments_that_look_like_includes_stay(self) -> None:
        self.write("a.hpp", "//   #include <steady/nothing.hpp>\nint a;\n")
        self.assertIn("//   #include <steady/nothing.hpp>\nint a;\n", self.made("steady/a.hpp"))

    def test_the_head_has_version_headers_and_license(self) -> None:
        self.write("a.hpp", "int a;\n")
        text = self.made("steady/a.hpp")
        self.assertTrue(text.startswith("// Steady 4.5.6 in one header"))
        self.assertIn("//   steady/a.hpp\n", text)
        self.assertIn("// Boost Software License - Version 1.0", text)

    def test_to_a_file(self) -> None:
        target = self.root / "new" / "one.hpp"
        self.assertEqual(self.made("--output", str(target)), "")
        self.assertIn("#define STEADY_VERSION_MAJOR 4", target.read_text(encoding="utf-8"))

    @unittest.skipIf(shutil.which("c++") is None, "no compiler")
    def test_two_different_ones_in_a_file_are_refused(self) -> None:
        self.write("a.hpp", "#pragma once\nint a;\n")
        self.write("b.hpp", "#pragma once\nint b;\n")
        for name in ("a", "b"):
            self.made("--output", str(self.root / f"one_{name}.hpp"), f"steady/{name}.hpp")
        (self.root / "again_a.hpp").write_bytes((self.root / "one_a.hpp").read_bytes())

        def preprocessed(*names: str) -> subprocess.CompletedProcess[str]:
            text = "".join(f'#include "{name}.hpp"\n' for name in names)
            command = ["c++", "-E", "-x", "c++", f"-I{self.root}", "-"]
            return subprocess.run(command, input=text, capture_output=True, text=True, check=False)

        same = preprocessed("one_a", "one_a", "again_a")
        self.assertEqual((same.returncode, same.stdout.count("int a;")), (0, 1), same.stderr)
        other = preprocessed("one_a", "one_b")
        self.assertNotEqual(other.returncode, 0)
        self.assertIn("another single header of Steady", other.stderr)

    def test_headers_are_named_as_they_are_included(self) -> None:
        self.write("a.hpp", "#pragma once\nint a;\n")
        for name in (str(self.root / "steady/a.hpp"), "./steady/a.hpp", "steady/../steady/a.hpp"):
            refused = self.run_tool("steady/a.hpp", name)
            self.assertEqual((refused.returncode, refused.stdout), (1, ""))
            self.assertIn(f"{name}: name a header as it is included", refused.stderr)

    def test_what_cannot_be_done_is_named(self) -> None:
        missing = self.run_tool("steady/none.hpp")
        self.assertEqual(missing.returncode, 1)
        self.assertIn("there is no steady/none.hpp", missing.stderr)
        self.write("a.hpp", "#if X\n")
        self.assertIn("#if and #endif do not match", self.run_tool("steady/a.hpp").stderr)
        (self.root / "steady/version.hpp").unlink()
        self.assertIn("version.hpp; --include names", self.run_tool().stderr)
        self.assertEqual(self.run_tool("--no-such-option").returncode, 2)

    def test_the_real_headers_leave_no_include_of_steady(self) -> None:
        result = subprocess.run(
            [sys.executable, str(TOOL)], capture_output=True, text=True, check=True
        )
        lines = result.stdout.split("\n")
        self.assertEqual([line for line in lines if line.startswith("#include <steady/")], [])
        self.assertEqual([line for line in lines if line.startswith("#pragma once")], [])
        # It tells compilers of an older language so, before what they do not know.
        first = next(line for line in lines if line.startswith("// ---- "))
        self.assertEqual(first, "// ---- steady/detail/base/config.hpp")
        need_others = (
            "feed_server.hpp", "redis_follower.hpp", "redis_publisher.hpp", "socket_follower.hpp",
            "tls.hpp",
        )
        for header in (PROJECT / "include/steady").glob("*.hpp"):
            times = 0 if header.name in need_others else 1
            self.assertEqual(lines.count(f"// ---- steady/{header.name}"), times, header.name)
        self.assertEqual([line for line in lines if line.startswith("#include <boost/")], [])
        self.assertEqual([line for line in lines if line.startswith("#include <hiredis/")], [])


if __name__ == "__main__":
    unittest.main()
