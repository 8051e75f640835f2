"""src/steady.cppm includes every public header and exports every public name."""

import re
import unittest
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
MODULE = (PROJECT / "src/steady.cppm").read_text(encoding="utf-8")
# The module has no header that needs Boost.
NEED_BOOST = ("feed_server.hpp", "socket_follower.hpp")
HEADERS = sorted(
    header for header in (PROJECT / "include/steady").glob("*.hpp") if header.name not in NEED_BOOST
)

NAMESPACE = re.compile(r"^(inline )?namespace (\S+) \{")
# Declarations at the start of a line; clang-format indents members, but not what is in namespaces.
NAMED = re.compile(
    r"^(?:class|struct|enum class|using|concept) (?:std::)?(\w+)"
    r"|^(?:inline |constexpr |consteval )*(?:unsigned )?[\w:]+(?:<[^()]*>)?[ &*]+(\w+)(?:\(|\{| =|;)"
)


def public_names(text: str) -> set[str]:
    """Names declared in namespaces other than detail, as NAMESPACE::NAME."""
    found: set[str] = set()
    open_namespaces: list[str] = []
    for line in text.split("\n"):
        entered = NAMESPACE.match(line)
        if entered:
            open_namespaces.append("" if entered.group(1) else entered.group(2))
        elif line.startswith("}  // namespace") or line.startswith("}  // inline namespace"):
            open_namespaces.pop()
        elif open_namespaces and not any("detail" in name for name in open_namespaces):
            named = NAMED.match(line)
            if named:
                namespace = "::".join(filter(None, open_namespaces))
                found.add(f"{namespace}::{next(filter(None, named.groups()))}")
    return found


class ModuleExports(unittest.TestCase):
    def test_every_header_is_included(self) -> None:
        included = re.findall(r"^#include <steady/(\w+\.hpp)>$", MODULE, re.MULTILINE)
        self.assertEqual(included, [header.name for header in HEADERS])

    def test_every_name_is_exported(self) -> None:
        declared = set().union(
            *(public_names(header.read_text(encoding="utf-8")) for header in HEADERS)
        )
        exported = set(re.findall(r"^using (steady::[\w:]+);$", MODULE, re.MULTILINE))
        self.assertEqual(exported, declared, "src/steady.cppm exports what the headers declare")

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
