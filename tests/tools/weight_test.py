"""bench/weight: what it reads, works out and refuses. Nothing here depends on how long a thing takes."""

import io
import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

WEIGHT = Path(__file__).resolve().parents[2] / "bench" / "weight" / "weight"
sys.path.insert(0, str(WEIGHT.parent))

import compiling
import contenders
import figures
import objects
import progress
import report
import running
import sources
import table
from trouble import Trouble

SIZE_OUTPUT = """\
file.o  :
section                                    size   addr
.text                                        96      0
.data                                         8      0
.bss                                          0      0
.text._ZNSt6vectorIiEC2Ev                    32      0
.text.unlikely                               16      0
.rodata.str1.1                                2      0
.text_of_another_kind                      1000      0
.comment                                     32      0
Total                                      1186
"""

NM_OUTPUT = """\
0000000000000000 T _Z6assignRSt3mapIiiE
0000000000000000 t _Z6assignRSt3mapIiiE.cold
                 U _Znwm
0000000000000000 r .LC0
0000000000000000 W _ZNSt6vectorIiEC1Ev
0000000000000000 V _ZTIi
0000000000000040 t _ZL4helpv
                 w _ITM_registerTMCloneTable
0000000000000000 n wm4.0.c4a8
"""


class ParsingTest(unittest.TestCase):
    def test_sections_of_code(self):
        self.assertEqual(objects.text_bytes(SIZE_OUTPUT), 96 + 32 + 16)

    def test_functions(self):
        self.assertEqual(objects.functions(NM_OUTPUT), 3)

    def test_nothing(self):
        self.assertEqual((objects.text_bytes(""), objects.functions("")), (0, 0))

    def test_figures(self):
        self.assertEqual(
            running.parse("sizeof 0 56\nheap_taken 1000 3.27e+04\n"),
            [("sizeof", 0, 56.0), ("heap_taken", 1000, 32700.0)],
        )

    def test_figures_that_are_none(self):
        for line in ("sizeof 0", "sizeof 0.5 3", "sizeof 0 many", "sizeof 0 1 2"):
            with self.assertRaisesRegex(Trouble, line):
                running.parse(line)

    def test_versions(self):
        for key, text, version in (
            ("std", "int i;\nweight_version 12 20220819\n", "12.20220819"),
            ("boost", "weight_version 108100\n", "1.81.0"),
            ("absl", "weight_version ABSL_LTS_RELEASE_VERSION 1\n", "unknown version"),
            ("steady", "", "unknown version"),
        ):
            self.assertEqual(contenders.version_in(key, text), version)


class SourcesTest(unittest.TestCase):
    def test_twenty_types_all_different(self):
        self.assertEqual(len(set(sources.MAP_TYPES)), 20)

    def test_as_many_types_as_asked_for(self):
        for maps in (0, 1, 5, 20):
            text = sources.file_with("unordered_map", "std::unordered_map", maps)
            self.assertEqual(text.count("using map_"), maps)
            self.assertIn("#include <unordered_map>\n", text)

    def test_one_map_is_of_string_to_int(self):
        text = sources.file_with("unordered_map", "std::unordered_map", 1)
        self.assertIn("using map_0 = std::unordered_map<std::string, int>;", text)
        self.assertIn('map["a"] = 1;', text)


class FiguresTest(unittest.TestCase):
    def setUp(self):
        self.figures = figures.Figures()
        for size, of_steady, of_boost, of_absl in (
            (1, [20, 40, 60], [10, 10, 10], [40, 20, 30]),
            (2, [10, 10, 10], [40, 20, 40], [80, 80, 10]),
        ):
            for key, values in (("steady", of_steady), ("boost", of_boost), ("absl", of_absl)):
                for value in values:
                    self.figures.add("insert", size, key, value)

    def test_by_faster(self):
        self.assertEqual(figures.by_faster(self.figures, "insert", 1, "steady"), 4)
        self.assertEqual(figures.by_faster(self.figures, "insert", 2, "steady"), 0.25)
        self.assertEqual(figures.by_faster(self.figures, "insert", 1, "absl"), 3)
        self.assertIsNone(figures.by_faster(self.figures, "insert", 1, "std"))

    def test_by_faster_of_one_rival(self):
        for rival in ("boost", "absl"):
            alone = figures.Figures()
            alone.add("insert", 1, "steady", 3)
            alone.add("insert", 1, rival, 2)
            self.assertEqual(figures.by_faster(alone, "insert", 1, "steady"), 1.5)

    def test_by_faster_without_rivals(self):
        alone = figures.Figures()
        alone.add("insert", 1, "steady", 3)
        self.assertIsNone(figures.by_faster(alone, "insert", 1, "steady"))
        self.assertEqual(figures.by_faster_in_rounds(alone, "insert", 1, "steady"), [])
        self.assertIsNone(figures.summary_by_faster(alone, "insert", "steady"))

    def test_by_faster_in_rounds(self):
        in_rounds = figures.by_faster_in_rounds(self.figures, "insert", 2, "steady")
        self.assertEqual(in_rounds, [0.25, 0.5, 1])

    def test_summary(self):
        mean, worst, worst_at = figures.summary_by_faster(self.figures, "insert", "steady")
        self.assertAlmostEqual(mean, 1)
        self.assertEqual((worst, worst_at), (4, 1))

    def test_quartiles(self):
        self.assertEqual(figures.quartiles([7]), (7, 7))
        self.assertEqual(figures.quartiles([5, 1, 4, 2, 3]), (2, 4))

    def test_per_further(self):
        for maps, code in ((0, 0), (1, 100), (5, 480), (20, 2000)):
            self.figures.add("code", maps, "std", code)
        self.assertEqual(figures.per_further(self.figures, "code", "std"), 100)
        self.assertIsNone(figures.per_further(self.figures, "code", "steady"))
        self.assertIsNone(figures.per_further(self.figures, "nothing", "std"))

    def test_stand_in(self):
        self.figures.stand_in("steady", "steady_engine")
        self.assertEqual(self.figures.of("insert", 1, "steady_engine"), [20, 40, 60])


class HeapTest(unittest.TestCase):
    """All small sizes count, of which the main table shows some."""

    HELD = {0: (0, 0, 0), 1: (64, 528, 48), 2: (64, 528, 64), 3: (144, 528, 72), 1000: (320, 300, 400)}

    def setUp(self):
        measured = figures.Figures()
        for size, held in self.HELD.items():
            for key, bytes_held in zip(("steady", "boost", "absl"), held):
                measured.add("heap_taken", size, key, bytes_held)
        shown = [each for each in contenders.ALL if each.key in ("steady", "boost", "absl")]
        self.report = report.Report(measured, shown, shown)

    def row(self, text, label):
        return next(line for line in text.splitlines() if line.strip().startswith(label)).split()

    def test_worst_of_all_small_sizes(self):
        text = self.report.main_table().text()
        self.assertIn("n = 1 to 3: by lighter of boost, absl", text)
        self.assertEqual(self.row(text, "geometric mean")[2], "1.39")  # of 4/3, 1 and 2
        self.assertEqual(self.row(text, "worst")[1:4], ["2.00", "at", "3"])
        self.assertEqual(self.row(text, "n = 1,000")[3:], ["320", "300", "400"])
        self.assertNotIn("n = 3 ", text)

    def test_every_size_by_itself(self):
        (of_sizes,) = self.report.size_tables()
        text = of_sizes.text()
        self.assertEqual(self.row(text, "n = 3")[3:], ["144", "528", "72", "2.00"])
        self.assertEqual(self.row(text, "n = 1,000")[3:], ["320", "300", "400", "1.07"])
        self.assertEqual(self.row(text, "n = 0")[3:], ["0", "0", "0", "-"])


class RoundsOfCompilingTest(unittest.TestCase):
    SHORT = compiling.Group(compiling.OPTIMIZED, 1)
    LONG = compiling.Group(compiling.OPTIMIZED, 20)

    def next(self, rounds_of_short, rounds_of_long, left):
        return compiling.next_group(
            {self.SHORT: 1, self.LONG: 3},
            {self.SHORT: rounds_of_short, self.LONG: rounds_of_long},
            left,
            most_rounds=5,
        )

    def test_short_ones_more_often(self):
        self.assertEqual(self.next(1, 1, left=10), self.SHORT)
        self.assertEqual(self.next(4, 1, left=10), self.LONG)

    def test_no_more_rounds_than_asked_for(self):
        self.assertEqual(self.next(5, 4, left=10), self.LONG)
        self.assertIsNone(self.next(5, 5, left=10))

    def test_no_more_time_than_there_is(self):
        self.assertEqual(self.next(4, 1, left=2), self.SHORT)
        self.assertIsNone(self.next(1, 1, left=0.5))

    def test_code_alone_is_compiled_once(self):
        groups = compiling.groups_of((0, 1, 5), times_wanted=False)
        self.assertEqual([(each.flags[0], each.maps) for each in groups], [("-O2", 1), ("-O2", 5)])


class TableTest(unittest.TestCase):
    def test_columns(self):
        text = table.Table("Title", ["one", "a two"])
        text.heading("Group")
        text.row("label", ["1,000", None])
        self.assertEqual(
            text.text(), "Title\n                a\n         one  two\n\nGroup\nlabel  1,000    -\n"
        )


class ProgressTest(unittest.TestCase):
    def test_not_every_step_in_a_log(self):
        stream = io.StringIO()
        shown = progress.Progress(stream)
        shown.show("first")
        shown.show("second")
        shown.end()
        self.assertIn("first\n", stream.getvalue())
        self.assertNotIn("second", stream.getvalue())


class CommandTest(unittest.TestCase):
    """With a pretended compiler and pretended programs."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)
        self.stub("compiler", 'if [ "$1" = --version ]; then echo "stub 1.0"; else cat; fi')
        for name in ("bench.weight", "bench.weight_engine"):
            self.stub(name, 'echo "sizeof 0 1${#2}"')  # $2: the map's name

    def stub(self, name, body):
        path = self.directory / name
        path.write_text(f"#!/usr/bin/env bash\n{body}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def weight(self, *arguments, compiler=None):
        return subprocess.run(
            [sys.executable, "-B", str(WEIGHT), *arguments],
            capture_output=True,
            text=True,
            env={**os.environ, "CXX": compiler or str(self.directory / "compiler")},
        )

    def assert_refused(self, done, status, *parts):
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertEqual(done.stdout, "")
        for part in parts:
            self.assertIn(part, done.stderr)
        self.assertNotIn("Traceback", done.stderr)

    def test_help(self):
        done = self.weight("--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for option in ("--only", "--quick", "--json", "--programs"):
            self.assertIn(option, done.stdout)

    def test_unknown_option(self):
        self.assert_refused(self.weight("--nonsense"), 2, "--nonsense", "usage: weight")

    def test_unknown_part(self):
        self.assert_refused(self.weight("--only", "size,colour"), 2, "'colour'", "size, heap, code")

    def test_no_compiler(self):
        done = self.weight(compiler="/no/such/compiler")
        self.assert_refused(done, 1, "/no/such/compiler", "CXX")

    def test_another_compiler(self):
        path = self.stub("old", "echo 'what is -std=c++20?' >&2; exit 1")
        done = self.weight(compiler=str(path))
        self.assert_refused(done, 1, "not a C++20 compiler", "what is -std=c++20?")

    def test_programs_not_built(self):
        done = self.weight("--only", "size", "--programs", "/no/such/folder")
        self.assert_refused(done, 1, "/no/such/folder/bench.weight", "cmake --build")

    def test_failing_program(self):
        self.stub("bench.weight", "echo 'no memory' >&2; exit 1")
        done = self.weight("--only", "size", "--programs", str(self.directory))
        self.assert_refused(done, 1, "no memory")

    def test_unwritable_json(self):
        done = self.weight(
            "--only", "size", "--programs", str(self.directory), "--json", "/no/such/folder/file"
        )
        self.assertEqual(done.returncode, 1)
        self.assertIn("/no/such/folder/file", done.stderr)

    def test_table_and_json(self):
        file = self.directory / "figures.json"
        done = self.weight(
            "--only", "size", "--programs", str(self.directory), "--json", str(file)
        )
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("stub 1.0", done.stdout)
        row = next(line for line in done.stdout.splitlines() if line.startswith("sizeof"))
        self.assertEqual(row.split()[-5:], ["16", "16", "13", "15", "14"])
        values = {each["map"]: each["median"] for each in json.loads(file.read_text())["figures"]}
        self.assertEqual(values["absl"], 14)

    def test_an_engine_compiled_apart_has_figures_of_its_own(self):
        self.stub(
            "compiler",
            'if [ "$1" = --version ]; then echo "stub 1.0"; exit; fi\n'
            'cat; case "$*" in *-DSTEADY_COMPILED_ENGINE=1*) echo "extern int engine;" ;; esac',
        )
        self.stub("bench.weight_engine", 'echo "sizeof 0 40"')
        done = self.weight("--only", "size", "--programs", str(self.directory))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertNotIn("note:", done.stdout)
        row = next(line for line in done.stdout.splitlines() if line.startswith("sizeof"))
        self.assertEqual(row.split()[-5:], ["16", "40", "13", "15", "14"])

    def test_a_map_that_is_not_installed_is_left_out(self):
        self.stub(
            "compiler",
            'if [ "$1" = --version ]; then echo "stub 1.0"; exit; fi\n'
            "text=$(cat)\n"
            "case $text in *absl/*) echo 'no such file' >&2; exit 1 ;; *) echo \"$text\" ;; esac",
        )
        done = self.weight("--only", "size", "--programs", str(self.directory))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("libabsl-dev", done.stdout)
        row = next(line for line in done.stdout.splitlines() if line.startswith("sizeof"))
        self.assertEqual(row.split()[-4:], ["16", "16", "13", "15"])


if __name__ == "__main__":
    unittest.main()
