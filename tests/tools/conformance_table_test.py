"""tests/typed/README.md says where each clause of the standard is tested: every test that it names
exists, and every difference is documented."""

import re
import unittest
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
TABLE = TESTS / "typed/README.md"

CASE = re.compile(r"\b(?:TYPED_TEST|TEST|TEST_F)\(\s*(\w+)\s*,\s*(\w+)\s*\)")
REFUSED = re.compile(r"\bsteady_refused\w*\(\s*(\w+)\s")
# Tests of one file, and the file: `suite.name`, `suite.name` (folder/file)
NAMED = re.compile(r"((?:`\w+\.\w+`(?:,\s)?)+)\s\(([\w/]+)\)")


def rows(text):
    """The cells of each row of the tables, but for their headings."""
    for line in text.splitlines():
        if line.startswith("|") and not line.startswith(("|---", "| clause |")):
            yield [cell.strip() for cell in line.strip("|").split("|")]


def named_tests(cell):
    """Pairs of `suite.name` and the file said to have it."""
    for names, file in NAMED.findall(cell):
        for name in re.findall(r"`([\w.]+)`", names):
            yield name, file


def tests_in(file):
    """What `file`, as the table names it, has of tests; None if there is no such file."""
    if file == "refused":
        text = (TESTS / "refused/CMakeLists.txt").read_text(encoding="utf-8")
        return {f"refused.{name}" for name in REFUSED.findall(text)}
    source = TESTS / (file if "/" in file else f"typed/{file}")
    source = source.with_suffix(".cpp")
    if not source.exists():
        return None
    return {".".join(case) for case in CASE.findall(source.read_text(encoding="utf-8"))}


def anchors(document):
    """What links into a document may name: its headings, as GitHub writes them."""
    text = document.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def mistakes(text):
    """Sentences on what is wrong with the table in `text`."""
    found = []
    for row in rows(text):
        if len(row) != 3:
            found.append(f"not three cells: {row}")
            continue
        clause, cell, state = row
        if re.sub(NAMED, "", cell).strip(", "):
            found.append(f"{clause}: not `suite.name` (file): {cell}")
        for name, file in named_tests(cell):
            there = tests_in(file)
            if there is None:
                found.append(f"{clause}: there is no file {file}")
            elif name not in there:
                found.append(f"{clause}: {file} has no test {name}")
        if not re.match(r"(holds|differs)\b", state):
            found.append(f"{clause}: neither holds nor differs")
        if state.startswith("holds") and not cell:
            found.append(f"{clause}: holds, and no test shows it")
        links = re.findall(r"\]\(([^)#]+)#([^)]+)\)", state)
        if state.startswith("differs") and not links:
            found.append(f"{clause}: differs, and is documented nowhere")
        for path, anchor in links:
            document = TABLE.parent / path
            if not document.exists() or anchor not in anchors(document):
                found.append(f"{clause}: {path} has no heading #{anchor}")
    return found


class ConformanceTableTest(unittest.TestCase):
    def test_what_the_table_says_is_there(self):
        text = TABLE.read_text(encoding="utf-8")
        self.assertGreater(len(list(rows(text))), 50)
        self.assertEqual(mistakes(text), [])

    def check(self, row, part):
        found = mistakes(row)
        self.assertEqual(len(found), 1, found)
        self.assertIn(part, found[0])

    def test_mistakes_are_found(self):
        good = "`modifiers.erase_of_a_range_takes_that_range` (modifiers_test)"
        self.assertEqual(mistakes(f"| a | {good}, `refused.const_key` (refused) | holds |"), [])
        self.check("| a | `modifiers.no_such` (modifiers_test) | holds |", "has no test")
        self.check("| a | `modifiers.no_such` (no_such_test) | holds |", "there is no file")
        self.check("| a | `refused.no_such` (refused) | holds |", "has no test")
        self.check("| a | modifiers | holds |", "not `suite.name` (file)")
        self.check(f"| a | {good} | perhaps |", "neither")
        self.check("| a | | holds |", "no test shows it")
        self.check("| a | | differs: so |", "documented nowhere")
        self.check("| a | | differs ([x](../../docs/guarantees.md#no-such)) |", "has no heading")
        self.check("| a | b |", "not three cells")


if __name__ == "__main__":
    unittest.main()
