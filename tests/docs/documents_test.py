"""The documents: their links lead somewhere, and code in the guide is code that is compiled."""

import re
import sys
import tempfile
import textwrap
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools/site"))
sys.dont_write_bytecode = True

import links  # noqa: E402
import staging  # noqa: E402

GUIDE = sorted((REPOSITORY / "docs/guide").glob("*.md"))


def documents() -> list[Path]:
    """All documents of the project."""
    folders = ("docs", "bench", "tests", "include", "examples")
    found = [path for folder in folders for path in (REPOSITORY / folder).rglob("*.md")]
    return sorted(found) + sorted(REPOSITORY.glob("*.md"))


def without_code(text: str) -> str:
    """A document without its blocks of code."""
    return re.sub(r"^(```+).*?^\1\s*$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors_of(text: str) -> set[str]:
    """The anchors of a document's headings, as sites that show Markdown make them."""
    anchors: set[str] = set()
    for title in re.findall(r"^#+ (.+?)\s*$", without_code(text), re.MULTILINE):
        title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        anchor = re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        count = 1
        unique = anchor
        while unique in anchors:
            unique = f"{anchor}-{count}"
            count += 1
        anchors.add(unique)
    return anchors


def links_of(text: str) -> list[str]:
    """The links of a document that stay in the repository."""
    found: list[str] = []

    def note(match: re.Match) -> str:
        found.append(match.group(2))
        return match.group()

    staging.links_outside_code(text, note)
    return [link for link in found if not link.startswith(("http://", "https://", "mailto:"))]


def broken_links(document: Path) -> list[str]:
    """What a document links to and is not there."""
    text = document.read_text(encoding="utf-8")
    broken = []
    for link in links_of(text):
        path, _, anchor = link.partition("#")
        target = (document.parent / path).resolve() if path else document
        if not target.exists():
            broken.append(link)
        elif anchor and anchor not in anchors_of(target.read_text(encoding="utf-8")):
            broken.append(link)
    return broken


class LinksTest(unittest.TestCase):
    def test_links_of_all_documents_lead_somewhere(self):
        count = 0
        for document in documents():
            with self.subTest(str(document.relative_to(REPOSITORY))):
                self.assertEqual(broken_links(document), [])
            count += len(links_of(document.read_text(encoding="utf-8")))
        self.assertGreater(count, 150)

    def test_broken_links_are_found(self):
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder) / "page.md"
            page.write_text(
                "# A title, `code`\n[here](#a-title-code) [no](#other) [gone](gone.md)\n"
                "`f[](auto x)` is code\n```\n[in code](gone.md)\n# none\n```\n[`code`](#none)\n",
                encoding="utf-8",
            )
            self.assertEqual(broken_links(page), ["#other", "gone.md", "#none"])

    def test_the_navigation_names_documents(self):
        settings = (REPOSITORY / "mkdocs.yml").read_text(encoding="utf-8")
        named = re.findall(r": ([\w/.-]+\.md)$", settings, re.MULTILINE)
        pages = set(staging.PAGES.values()) | {"pictures.md"}
        for name in named:
            self.assertTrue(name in pages or (REPOSITORY / name).exists(), name)
        for page in GUIDE:
            name = page.relative_to(REPOSITORY).as_posix()
            self.assertIn(staging.PAGES.get(name, name), named)


class SiteLinksTest(unittest.TestCase):
    """What tools/build_site checks the built pages with."""

    def test_pages(self):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "sub").mkdir()
            (folder / "a.html").write_text(
                '<h1 id="top"></h1><a href="#top"></a><a href="sub/b.html#x"></a>'
                '<a href="sub/b.html#y"></a><img src="no.svg"><a href="https://example.org/"></a>',
                encoding="utf-8",
            )
            (folder / "sub/b.html").write_text(
                '<p id="x"></p><a href="../a.html"></a><script src="//example.org/x.js"></script>',
                encoding="utf-8",
            )
            self.assertEqual(
                links.broken_links(folder),
                ["a.html: no.svg leads to no file", "a.html: sub/b.html#y leads to no anchor"],
            )
            self.assertEqual(links.loaded_from_elsewhere(folder),
                             ["sub/b.html: loads //example.org/x.js"])


class CodeTest(unittest.TestCase):
    """Blocks of C++ in the guide are programs, which are compiled, or are in one of examples/."""

    def test_code_of_the_guide_is_compiled(self):
        examples = [self.plain(path.read_text(encoding="utf-8"))
                    for path in (REPOSITORY / "examples").glob("*.cpp")]
        cmake = (REPOSITORY / "tests/docs/CMakeLists.txt").read_text(encoding="utf-8")
        compiled = re.search(r"foreach\(page (.*?)\)", cmake).group(1).split()
        count = 0
        for page in GUIDE:
            text = page.read_text(encoding="utf-8")
            for block in re.findall(r"^```cpp\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
                count += 1
                if "int main(" in block:
                    self.assertIn(page.stem, compiled)
                else:
                    self.assertTrue(any(self.plain(block) in code for code in examples),
                                    f"{page.name}: not in examples/:\n{block}")
        self.assertGreater(count, 10)

    def test_the_weights_of_the_readme_are_those_of_the_record(self):
        record = (REPOSITORY / "docs/experiments.md").read_text(encoding="utf-8").splitlines()
        readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")
        section = re.search(r"^## What a map weighs\n(.*?)^## ", readme, re.MULTILINE | re.DOTALL)
        rows = re.findall(r"^\|.*\|$", section.group(1), re.MULTILINE)
        self.assertGreater(len(rows), 5)
        for row in rows:
            self.assertIn(row, record)

    def test_programs_print_what_their_pages_say(self):
        cmake = (REPOSITORY / "tests/docs/CMakeLists.txt").read_text(encoding="utf-8")
        found = re.findall(r'set\(prints_([a-z_]+) "(.*?)"\)', cmake, re.DOTALL)
        self.assertGreater(len(found), 3)
        for name, prints in found:
            page = REPOSITORY / f"docs/guide/{name}.md"
            if not page.exists():
                page = REPOSITORY / f"docs/{name}.md"
            text = page.read_text(encoding="utf-8")
            prints = prints.replace("\\\n", "").replace("\\n", "\n")
            self.assertIn("It prints\n\n```\n" + prints + "```", text)

    @staticmethod
    def plain(code: str) -> str:
        """Code without its indentation."""
        return "\n".join(line.strip() for line in textwrap.dedent(code).strip().splitlines())


if __name__ == "__main__":
    unittest.main()
