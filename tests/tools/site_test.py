"""The parts of tools/build_site that need neither mkdocs nor Doxygen."""

import json
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from importlib.machinery import SourceFileLoader
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools/site"))
sys.dont_write_bytecode = True

import reference  # noqa: E402
import search  # noqa: E402
import staging  # noqa: E402

build_site = SourceFileLoader("build_site", str(REPOSITORY / "tools/build_site")).load_module()
doxygen_filter = SourceFileLoader("doxygen_filter", str(REPOSITORY / "tools/site/doxygen_filter")).load_module()

HEADER = """// a_map: a map.
//
//   a_map map;
//
// Unless said otherwise:
//
//   Bound    one bucket,
//            and its overflow
//   Throws   nothing
#pragma once

class a_map {
 public:
  // ---- looking up ----
  // Each is const.

  // The element of <key>.
  int find(int key) const;  // never moves

 private:
  // Hidden.
  int size_;
};
""".splitlines()


class FilterTest(unittest.TestCase):
    def test_comments_become_documentation_and_sections_groups(self):
        lines = [line for line in doxygen_filter.filtered(HEADER) if line]
        self.assertEqual(lines[:6], [
            "#pragma once", "class a_map {", " public:", "/// @name looking up",
            "  /// Each is const.", "/// @{"])
        self.assertIn("  /// The element of <key>.", lines)
        self.assertIn("  int find(int key) const;  // never moves", lines)
        self.assertLess(lines.index("/// @}"), lines.index(" private:"))
        self.assertEqual(lines.count("/// @{"), lines.count("/// @}"))

    def test_groups_of_all_headers_end(self):
        for header in (REPOSITORY / "include/steady").glob("*.hpp"):
            lines = doxygen_filter.filtered(header.read_text(encoding="utf-8").splitlines())
            self.assertEqual(lines.count("/// @{"), lines.count("/// @}"), header.name)


class ReferenceTest(unittest.TestCase):
    def test_contract(self):
        text, code = reference.contract_of("\n".join(HEADER))
        self.assertIn("\n    a_map map;\n", text)
        self.assertIn("- **Bound**: one bucket,\n  and its overflow\n- **Throws**: nothing\n", text)
        self.assertTrue(code.startswith("#pragma once"))

    def test_text_is_no_markup(self):
        self.assertEqual(reference.escaped("a <b> of `c<d>` *e_f*"), "a &lt;b> of `c<d>` \\*e\\_f\\*")

    def test_declarations_are_spaced_as_programmers_do(self):
        for found, expected in (
            ("find(const K &key) const", "find(const K& key) const"),
            ("f(K &&key, T *t=nullptr)", "f(K&& key, T* t = nullptr)"),
            ("a(const a &)=default", "a(const a&) = default"),
            ("std::pair< int, bool >", "std::pair<int, bool>"),
            ("operator==(const a &b)", "operator==(const a& b)"),
        ):
            self.assertEqual(reference.tidy(found), expected)

    def test_signature(self):
        member = xml.fromstring(
            '<memberdef kind="function" prot="public" static="no"><templateparamlist><param><type>class'
            "</type><declname>K</declname></param></templateparamlist><type>bool</type>"
            "<name>contains</name><argsstring>(const K &amp;key) const</argsstring></memberdef>")
        self.assertEqual(reference.signature_of(member),
                         "template <class K>\nbool contains(const K& key) const;")


class StagingTest(unittest.TestCase):
    def test_links_to_sources_lead_to_pages(self):
        with tempfile.TemporaryDirectory() as folder:
            repository = Path(folder) / "repository"
            for name, text in (
                ("docs/page.md", "[h](../include/steady/a.hpp) [d](../src/b.hpp#x) [p](other.md#y) "
                                 "[w](https://example.org/) [r](data/r.json) `[c](gone.md)`\n```\n[c](gone.md)\n```\n"),
                ("docs/other.md", "# y\n"),
                ("include/steady/a.hpp", ""),
                ("src/b.hpp", "int b;\n"),
                ("docs/data/r.json", "{}\n"),
            ):
                (repository / name).parent.mkdir(parents=True, exist_ok=True)
                (repository / name).write_text(text, encoding="utf-8")
            stage = staging.Stage(repository, Path(folder) / "stage")
            stage.add_document("docs/page.md")
            stage.add_sources()
            self.assertEqual(
                (stage.folder / "docs/page.md").read_text(encoding="utf-8"),
                "[h](../reference/a.md) [d](../source/src/b.hpp.md#x) [p](other.md#y) "
                "[w](https://example.org/) [r](data/r.json) `[c](gone.md)`\n```\n[c](gone.md)\n```\n")
            self.assertEqual((stage.folder / "docs/data/r.json").read_text(encoding="utf-8"), "{}\n")
            self.assertIn("int b;", (stage.folder / "source/src/b.hpp.md").read_text(encoding="utf-8"))
            (repository / "docs/page.md").write_text("[x](gone.cpp)", encoding="utf-8")
            with self.assertRaisesRegex(FileNotFoundError, "links to docs/gone.cpp"):
                stage.add_document("docs/page.md")

    def test_links_of_all_documents_lead_to_pages_that_are_laid_out(self):
        with tempfile.TemporaryDirectory() as folder:
            stage = staging.Stage(REPOSITORY, Path(folder))
            for name in build_site.documents():
                stage.add_document(name)
            stage.add_images("docs/images")
            stage.add_sources()
            count = 0
            for page in stage.folder.rglob("*.md"):
                if "source" in page.relative_to(stage.folder).parts[:1]:
                    continue  # code, whose brackets are no links
                for _, link in staging.LINK.findall(text_outside_code(page)):
                    path = link.partition("#")[0]
                    target = (page.parent / path).resolve()
                    if staging.is_elsewhere(link) or "reference" in target.parts:
                        continue  # Doxygen makes those
                    count += 1
                    self.assertTrue(target.exists(), f"{page.relative_to(stage.folder)}: {link}")
            self.assertGreater(count, 150)


def text_outside_code(page: Path) -> str:
    """What links of a page can be in."""
    found: list[str] = []
    staging.links_outside_code(page.read_text(encoding="utf-8"), lambda link: found.append(link.group()) or "")
    return "\n".join(found)


class SearchTest(unittest.TestCase):
    def test_the_script_holds_the_index_and_the_worker(self):
        with tempfile.TemporaryDirectory() as folder:
            site = Path(folder)
            (site / "search").mkdir()
            (site / "assets/javascripts/workers").mkdir(parents=True)
            text = "</script> \u2028 \"quoted\""
            (site / "search/search_index.json").write_text(json.dumps({"docs": [{"text": text}]}), encoding="utf-8")
            worker = "onmessage = () => postMessage(`$\n\\`);"
            (site / "assets/javascripts/workers/search.0a.min.js").write_text(worker, encoding="utf-8")
            search.add_script(site)
            script = (site / search.SCRIPT).read_text(encoding="utf-8")
        self.assertTrue(script.isascii())
        self.assertIn(json.dumps({"docs": [{"text": text}]}), script)
        self.assertIn(json.dumps(worker), script)

    def test_pages_opened_as_files_load_it(self):
        template = (REPOSITORY / "tools/site/theme/main.html").read_text(encoding="utf-8")
        self.assertIn(search.SCRIPT, template)
        self.assertLess(template.index(search.SCRIPT), template.index("super()"))


if __name__ == "__main__":
    unittest.main()
