"""tools/make_tables: the documents are as their records make them; and, of made-up results, what it
merges, refuses, works out and draws."""

import contextlib
import importlib.machinery
import importlib.util
import io
import json
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools/make_tables"
sys.path.insert(0, str(ROOT / "tools/tables"))
sys.dont_write_bytecode = True

import calls  # noqa: E402
import documents  # noqa: E402
import figures  # noqa: E402
import following  # noqa: E402
import maps  # noqa: E402
import records  # noqa: E402
import throughput  # noqa: E402

ORIGIN = {
    "commit": "0123abc", "date": "2026-01-02 03:04 UTC", "command": "bench.throughput --rounds 2 --json out.json",
    "compiler": "GNU 12.2.0", "flags": "-O3", "processor": "A processor", "cores": 2, "allowed_cores": 1,
    "memory_bytes": 8 << 30, "system": "A system", "kernel": "A kernel", "load": 0.25,
    "hash": "steady::hash, the same type in all maps", "maps": {"steady": "0.1.0", "boost": "1.81.0"},
}
CALLS = {"samples": 10, "p50": 100.0, "p99": 2000.0, "max_median": 5e6, "max_least": 4e6}


def row(size: int, name: str, ns: list[float], operation: str = "hit", kind: str = "u64:u64") -> dict[str, Any]:
    return {"kind": kind, "operation": operation, "size": size, "map": name, "ns": ns}


ROWS = [
    row(16, "steady", [1.0, 3.0]), row(16, "boost", [4.0, 4.0]), row(16, "absl", [1.0, 1.0]),
    row(16, "std", [8.0, 8.0]), row(16, "steady half-way", [3.0, 3.0]),
    row(64, "steady", [1.0, 1.0]), row(64, "boost", [2.0, 2.0]), row(64, "absl", [4.0, 4.0]),
]


def load_script() -> Any:
    loader = importlib.machinery.SourceFileLoader("make_tables", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("make_tables", loader))
    loader.exec_module(module)
    return module


script = load_script()


@dataclass(frozen=True)
class Outcome:
    returncode: Any
    stdout: str
    stderr: str


class Folder(unittest.TestCase):
    """A repository with nothing but what a test puts into it."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name).resolve()
        (self.folder / "docs/data").mkdir(parents=True)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def results(self, name: str, results: Any, program: str = "bench.throughput", **origin: Any) -> Path:
        """A file as --json writes it."""
        return self.write(name, json.dumps({"program": program, "origin": {**ORIGIN, **origin}, "results": results}))

    def run_script(self, *arguments: str | Path, repository: bool = True) -> Outcome:
        """Runs the script in this process, which is much faster than in one of its own."""
        where = ["--repository", self.folder] if repository else []
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            try:
                status = script.main([str(each) for each in (*arguments, *where)])
            except SystemExit as end:
                status = end.code
        return Outcome(status, output.getvalue(), errors.getvalue())

    def run_well(self, *arguments: str | Path, **options: bool) -> str:
        done = self.run_script(*arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def assert_trouble(self, part: str, *arguments: str | Path, **options: bool) -> None:
        done = self.run_script(*arguments, **options)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn(part, done.stderr)
        self.assertNotIn("Traceback", done.stderr)


class DocumentsTest(unittest.TestCase):
    def test_documents_are_as_their_records_make_them(self):
        done = subprocess.run([SCRIPT, "check"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_a_record_is_small(self):
        for path in (ROOT / records.FOLDER).glob("*.json"):
            self.assertLessEqual(path.stat().st_size, records.MOST_BYTES, path.name)


class MarkersTest(Folder):
    def setUp(self):
        super().setUp()
        self.run_well("record", "some", self.results("out.json", ROWS))
        self.document = self.write("docs/page.md", "# Page\n\n<!-- made: throughput.summary of some -->\nold\n"
                                   "<!-- end of what is made -->\n\n"
                                   "<!-- picture: throughput.ratios of some in images/ratios.svg -->\nafter\n")

    def test_writes_tables_and_pictures(self):
        self.assertEqual(self.run_well(), "wrote docs/page.md\nwrote docs/images/ratios.svg\n")
        text = self.document.read_text(encoding="utf-8")
        self.assertNotIn("old", text)
        # At 16 elements the faster rival is absl: 2 by 1; at 64 boost: 1 by 2.
        self.assertIn("| hit | 1.00, 1 of 2 | 0.25, 0 of 1 | 0.50, 0 of 2 | 0.71, 1 of 2 | 1.50 |\n", text)
        self.assertTrue(text.endswith("ratios.svg -->\nafter\n"))
        self.assertEqual(self.run_well(), "")
        self.run_well("check")

    def test_several_records_are_shown_as_one(self):
        texts = [{**each, "kind": "short text:u64"} for each in ROWS]
        self.run_well("record", "texts", self.results("out.json", texts, command="bench.throughput --kind texts"))
        self.write("docs/page.md", "<!-- made: throughput.summary of some+texts -->\n<!-- end of what is made -->\n"
                                   "<!-- made: origin of some+texts -->\n<!-- end of what is made -->\n")
        self.run_well()
        text = self.document.read_text(encoding="utf-8")
        self.assertLess(text.index("**`u64:u64`**, 2 sizes from 16 to 64"), text.index("**`short text:u64`**"))
        for part in ("--rounds 2`, then `taskset -c 0 bench.throughput --kind texts`", "(data/some.json), [texts.json]"):
            self.assertIn(part, text)
        self.run_well("record", "texts", self.results("out.json", texts, commit="fedcba9"))
        self.assert_trouble("some and texts differ in commit", "check")

    def test_a_changed_table_is_found(self):
        self.run_well()
        text = self.document.read_text(encoding="utf-8")
        self.document.write_text(text.replace("1.00, 1 of 2", "0.90, 0 of 2"), encoding="utf-8")
        self.assert_trouble("docs/page.md is not what docs/data makes of it", "check")

    def test_a_changed_picture_is_found(self):
        self.run_well()
        picture = self.folder / "docs/images/ratios.svg"
        picture.write_text(picture.read_text(encoding="utf-8").replace("M", "M0", 1), encoding="utf-8")
        self.assert_trouble("images/ratios.svg is not", "check")

    def test_a_changed_record_is_found(self):
        self.run_well()
        self.run_well("record", "some", self.results("out.json", [*ROWS, row(64, "std", [9.0, 9.0])]))
        self.assert_trouble("docs/page.md", "check")

    def test_a_record_that_nothing_shows_is_found(self):
        self.run_well("record", "other", self.results("out.json", ROWS))
        self.assert_trouble("<!-- made: VIEW of other -->", "check")

    def test_a_record_that_is_missing_is_found(self):
        (self.folder / "docs/data/some.json").unlink()
        self.assert_trouble("tools/make_tables record some RESULTS", "check")

    def test_a_marker_without_its_end_is_found(self):
        self.write("docs/page.md", "<!-- made: throughput.summary of some -->\nold\n")
        self.assert_trouble("1 markers, of which 0 are whole", "check")

    def test_a_view_that_is_none_is_found(self):
        for marker in ("<!-- made: throughput.colour of some -->\n<!-- end of what is made -->\n",
                       "<!-- made: latency.calls of some -->\n<!-- end of what is made -->\n",
                       "<!-- picture: throughput.colour of some in x.svg -->\n"):
            self.write("docs/page.md", marker)
            self.assert_trouble("there are origin, throughput.verdict, throughput.summary, throughput.ranges, throughput.ratios", "check")

    def test_says_how_a_record_was_measured(self):
        self.write("docs/page.md", "<!-- made: origin of some -->\n<!-- end of what is made -->\n")
        self.run_well()
        text = self.document.read_text(encoding="utf-8")
        for part in ("`taskset -c 0 bench.throughput --rounds 2`", "A processor, 2 cores, 8 GiB", "load average 0.25",
                     "commit 0123abc", "boost 1.81.0, steady 0.1.0", "the same type in all maps", "2026-01-02",
                     "[some.json](data/some.json)"):
            self.assertIn(part, text)
        self.assertNotIn("out.json", text)
        self.run_well("record", "some", self.results("out.json", ROWS, processor_model="family 25, model 17"))
        self.run_well()
        self.assertIn("A processor (family 25, model 17), 2 cores", self.document.read_text(encoding="utf-8"))

    def test_loads_are_sorted_as_numbers(self):
        runs = [self.results(f"{n}.json", ROWS, load=load) for n, load in enumerate((10.2, 9.5, None))]
        self.run_well("record", "some", *runs)
        self.write("docs/page.md", "<!-- made: origin of some -->\n<!-- end of what is made -->\n")
        self.run_well()
        self.assertIn("load average 9.50 to 10.20 at the start", self.document.read_text(encoding="utf-8"))

    def test_a_map_without_a_version_has_none(self):
        self.run_well("record", "some", self.results("out.json", ROWS, maps={"control": "", "steady": "0.1.0"}))
        self.write("docs/page.md", "<!-- made: origin of some -->\n<!-- end of what is made -->\n")
        self.run_well()
        self.assertIn("commit 0123abc: control, steady 0.1.0.", self.document.read_text(encoding="utf-8"))


class RecordsTest(Folder):
    def kept(self, name: str) -> records.Record:
        return records.load(self.folder / f"docs/data/{name}.json")

    def test_runs_of_several_pieces_become_one(self):
        one = self.results("one.json", ROWS[:5])
        two = self.results("two.json", ROWS[5:] + [row(16, "steady", [5.0], kind="short text:u64")], date="2026-01-03 00:00 UTC")
        self.run_well("record", "both", one, two)
        self.run_well("record", "whole", self.results("whole.json", ROWS + [row(16, "steady", [5.0], kind="short text:u64")]))
        self.assertEqual(self.kept("both").results, self.kept("whole").results)
        self.assertEqual([each["date"][:10] for each in self.kept("both").origins], ["2026-01-02", "2026-01-03"])

    def test_rounds_of_equal_pieces_are_pooled(self):
        self.run_well("record", "twice", self.results("one.json", ROWS), self.results("two.json", ROWS))
        sizes = throughput.times_of(self.kept("twice").results)["u64:u64", "hit"]
        self.assertEqual(sizes[16]["steady"], [1, 3, 1, 3])

    def test_what_is_kept_can_be_merged_again(self):
        self.run_well("record", "first", self.results("one.json", ROWS[:5]))
        self.run_well("record", "both", self.folder / "docs/data/first.json", self.results("two.json", ROWS[5:]))
        self.run_well("record", "whole", self.results("whole.json", ROWS))
        self.assertEqual(self.kept("both").results, self.kept("whole").results)

    def test_other_versions_and_machines_are_refused(self):
        one = self.results("one.json", ROWS)
        for key, other in (("commit", "fedcba9"), ("processor", "Another"), ("compiler", "Clang 14.0.6"),
                           ("hash", "each its own"), ("maps", {"steady": "0.1.0", "boost": "1.90.0"})):
            two = self.results("two.json", ROWS, **{key: other})
            self.assert_trouble(f"one and two differ in {key}", "record", "both", one, two)
        two = self.results("two.json", ROWS, processor_model="family 26, model 2")
        self.assert_trouble("one and two differ in processor_model: not known, family 26, model 2", "record", "both", one, two)
        three = self.results("three.json", ROWS, processor_model="family 25, model 17")
        self.assert_trouble("two and three differ in processor_model", "record", "both", two, three)
        self.assert_trouble("merge runs of one program", "record", "both", one, self.results("two.json", [], "bench.batch"))

    def test_a_version_that_others_do_not_have_is_refused(self):
        for commit in ("0123abc+changes", "unknown"):
            self.assert_trouble("commit include/ and bench/ first", "record", "some",
                                self.results("one.json", ROWS, commit=commit))

    def test_maps_of_different_rounds_are_refused(self):
        self.assert_trouble("not as many rounds", "record", "some", self.results("one.json", ROWS),
                            self.results("two.json", ROWS[:2]))

    def test_rows_that_come_twice_are_refused(self):
        scale = self.results("one.json", [{"size": 1000, "ns": 1.0}], "bench.scale")
        self.assert_trouble("measured twice: 1000", "record", "some", scale, scale)
        latency = self.results("two.json", {"elements": 1}, "bench.latency")
        self.assert_trouble("cannot be merged", "record", "some", latency, latency)

    def test_what_is_no_result_is_refused(self):
        for text, part in (("[", "one.json"), ("[]", "no program"), ('{"program": "bench.hits", "results": []}', "lacks commit")):
            self.assert_trouble(part, "record", "some", self.write("one.json", text))
        self.assert_trouble("has no tables", "record", "some", self.results("one.json", [], "bench.hits"))
        self.assert_trouble("No such file", "record", "some", self.folder / "gone.json")
        self.assert_trouble("lower-case", "record", "Some/name", self.results("one.json", ROWS))

    def test_a_record_that_is_too_large_is_refused(self):
        rows = [row(16 + n, "steady", [1.2345678 * n] * 20) for n in range(3000)]
        self.assert_trouble("at most 300,000", "record", "some", self.results("one.json", rows))

    def test_numbers_have_four_digits_and_timelines_700_moments(self):
        cells = {"insertion": list(range(2000)), "lookup": [7] * 1999}
        rows = [{"map": "at-once", "size": 123456, "readers": 1, "cores": [1.23456], "slowest_in_each_ms_ns": cells}]
        self.run_well("record", "some", self.results("one.json", rows, "bench.copying"))
        kept = self.kept("some").results[0]
        self.assertEqual((kept["size"], kept["cores"], kept["cell_ms"]), (123456, [1.235], 3))
        self.assertEqual(len(kept["slowest_ns"]["insertion"]), 667)
        self.assertEqual(kept["slowest_ns"]["insertion"][:2], [2, 5])

    def test_what_is_kept_does_not_say_where_results_went(self):
        for option in ("--json out.json", "--json=out.json", "--json '/a folder/out.json'", "'--json=/a folder/out.json'",
                       "--json '/it'\\''s/out.json'", "'--json=/it'\\''s/out.json'"):
            command = f"bench.throughput --kind 'short text:u64' {option} --rounds 1"
            self.run_well("record", "some", self.results("one.json", ROWS, command=command))
            self.assertEqual(self.kept("some").origins[0]["command"], "bench.throughput --kind 'short text:u64' --rounds 1", option)

    def test_wrong_options(self):
        for arguments in (["nonsense"], ["record", "name"], ["preview"]):
            done = self.run_script(*arguments, repository=False)
            self.assertEqual(done.returncode, 2, arguments)
            self.assertIn("record NAME RESULTS...", done.stderr)
        self.assertIn("docs/data/NAME.json", self.run_well("--help", repository=False))


class ArithmeticTest(unittest.TestCase):
    def test_ratios(self):
        sizes = throughput.times_of(ROWS)["u64:u64", "hit"]
        self.assertEqual(throughput.by_rivals(sizes, maps.FAST).of, {16: 2.0, 64: 0.5})
        self.assertEqual(throughput.by_rivals(sizes, ["std"]).of, {16: 0.25})
        self.assertEqual(throughput.by_rivals(sizes, maps.FAST).worst(), "2.00, 16")
        self.assertEqual(throughput.by_rivals(sizes, []).both(), "")

    def test_every_doubling_counts_the_same_in_a_mean(self):
        """However many of its sizes were measured: three of 2, and one of 16."""
        rows = [row(size, name, [ns]) for size, own in ((16, 2.0), (20, 2.0), (25, 2.0), (32, 16.0))
                for name, ns in (("steady", own), ("boost", 1.0), ("std", 32.0))]
        ratios = throughput.by_rivals(throughput.times_of(rows)["u64:u64", "hit"], maps.FAST)
        self.assertAlmostEqual(ratios.mean_value(), (2.0 * 16.0) ** 0.5)
        self.assertEqual(ratios.slow(), "4 of 4")
        self.assertIn("| hit | 5.66, 4 of 4 |", throughput.summary(rows))
        self.assertIn("| hit | 5.66 | 5.66 |", throughput.ranges(rows))
        self.assertIn("hit (466 %)", throughput.verdict(rows))

    def test_a_range_takes_its_part_of_a_doubling(self):
        """A size weighs the same in the mean of a range, whether its whole doubling is within or not."""
        ratios = throughput.Ratios({16: 4.0, 24: 4.0, 32: 2.0, 48: 1.0, 64: 1.0})
        self.assertAlmostEqual(ratios.within(16, 48).mean_value(), (4.0 * 2.0 ** 0.5) ** (1 / 1.5))
        self.assertAlmostEqual(ratios.within(48, 64).mean_value(), 1.0)
        self.assertEqual(ratios.within(5, 10).mean(), "")

    def test_doublings_begin_at_the_smallest_size(self):
        self.assertEqual(throughput.weights_of([1000, 1414, 2000, 4000, 8000]),
                         {1000: 0.5, 1414: 0.5, 2000: 1, 4000: 1, 8000: 1})
        self.assertEqual(throughput.weights_of([3, 4, 5, 6]), {3: 1 / 3, 4: 1 / 3, 5: 1 / 3, 6: 1})

    def test_exactly_the_limit_is_not_above(self):
        self.assertEqual(throughput.Ratios({1: 1.20, 2: 1.21}).slow(), "1 of 2")

    def test_ratios_for_bands_are_of_the_same_round(self):
        found = throughput.rounds_ratios(ROWS, "u64:u64")
        self.assertEqual(found["hit", "boost"], [(16, [0.25, 0.75]), (64, [0.5, 0.5])])
        self.assertEqual(throughput.rounds_ratios(ROWS, "short text:u64"), {})

    def test_verdict(self):
        rows = [row(16, "boost", [1.0], operation) for operation in ("hit", "miss", "mixed", "copy")]
        rows += [row(16, "steady", [ns], operation) for operation, ns in
                 (("hit", 1.14), ("miss", 0.91), ("mixed", 1.02), ("copy", 0.54))]
        self.assertEqual(throughput.verdict(rows), "**`u64:u64`: faster than the faster rival in copy (46 %) and miss (9 %); "
                         "level in half hits; slower in hit (14 %).**\n")

    def test_ranges(self):
        rows = [row(size, name, [ns]) for size, ns in ((1000, 2.0), (8192, 4.0)) for name, ns in (("steady", ns), ("boost", 1.0))]
        head, _, _, line = throughput.ranges(rows).splitlines()
        self.assertEqual(head, "| by the faster rival | all sizes | 1 K to 4 K | 4 K to 8.19 K | worst, at size | above 1.20 |")
        self.assertEqual(line, "| hit | 2.83 | 2.00 | 4.00 | 4.00, 8,192 | 2 of 2 |")

    def test_numbers(self):
        self.assertEqual(figures.quartiles([7]), (7, 7, 7))
        self.assertEqual(figures.quartiles([5, 1, 4, 2, 3]), (2, 3, 4))
        self.assertAlmostEqual(figures.geometric_mean([1, 4]), 2)
        self.assertAlmostEqual(figures.geometric_mean([1, 8], [2, 1]), 2)
        self.assertEqual([figures.significant(value) for value in (183293.7, 0.123456, 2.0)], [183300, 0.1235, 2])
        self.assertEqual([figures.short(value) for value in (0, 0.526, 14.52, 183290.4)], ["0", "0.53", "14.5", "183,290"])


def results_of_other_programs() -> dict[str, Any]:
    """A little of what each program writes."""
    histogram = {"steady": CALLS, "control": {**CALLS, "p99.9": 3000.0}}
    return {
        "bench.latency": {
            "elements": 1000, "times_ns": {"grow": histogram, "destroy": {"steady": CALLS}},
            "memory": {"steady": {"grown_bytes": 28000, "peak_bytes": 42000, "shrunk_bytes": 5e6, "page_faults": 7000}},
            "work": {"grow": {"elements": 49, "chunks": 2, "blocks": 4, "largest_block": 65664, "bytes_zeroed": 0}}},
        "bench.batch": [{"keys": "numbers", "state": "at rest", "size": 640000, "operation": "lookups that find",
                         "map": name, "ns": [ns]} for name, ns in (("many", 10.0), ("steady", 20.0), ("boost", 15.0))],
        "bench.concurrent": [
            {"workload": "grow", "size": 4000, "threads": 2, "map": "tbb", "timed": False, "median": 5.0,
             "million_per_second": [5.0], "cores": 2, "peak_bytes_per_element": 49.6},
            {"workload": "grow", "size": 4000, "threads": 2, "map": "steady", "timed": False, "median": 10.0,
             "million_per_second": [10.0], "cores": 2, "peak_bytes_per_element": 42.4},
            {"workload": "grow", "size": 4000, "threads": 2, "map": "steady", "timed": True, "insertion_ns": CALLS},
            {"workload": "single", "size": 4000, "threads": 1, "map": "plain", "timed": False,
             "insert_ns": [10.0], "hit_ns": [5.0], "miss_ns": [4.0]},
            {"workload": "single", "size": 4000, "threads": 1, "map": "steady", "timed": False,
             "insert_ns": [15.0], "hit_ns": [6.0], "miss_ns": [6.0]}],
        "bench.copying": [
            {"map": name, "about": "", "size": 8000, "readers": 1, "insertions_million_per_second": [2.5],
             "lookups_million_per_second": [3.0], "cores": [1.9], "peak_bytes": [334400.0], "migrations": [18],
             "migrations_ns": [885e6], "longest_migration_ns": [481e6], "lookups_during_migrations": [1754064],
             "insertion_ns": CALLS, "lookup_ns": CALLS,
             "slowest_in_each_ms_ns": {"insertion": [3000, 0, 5000000], "lookup": [4000, 4000, 4000]}}
            for name in ("incremental", "at-once")],
        "bench.durable": {"elements": 1000, "figures": [{"what": "each change synced", "unit": "/s", "values": [300.0, 200.0, 250.0]}],
                          "writes": {"control": CALLS, "while a snapshot is made": CALLS}},
        "bench.floor": [{"size": size, "independent": independent, "ns": {"one line": 1.0, "two lines": 2.0, "steady": 4.0}}
                        for size in (16384, 65536) for independent in (True, False)],
        "bench.idioms": [{"keys": "u64:u64", "size": size, "operation": "at(key)", "map": name, "ns": [ns * size, 9e9, 0]}
                         for size in (5000, 6000) for name, ns in (("steady", 0.001), ("boost", 0.002), ("absl", 0.004))],
        "bench.following": [rounds_row(way, percent, percent) for percent in (50, 1) for way in ("stream", "full-copy")] + STREAMS,
        "bench.scale": [{"size": size, "ns": 71.2, "bytes_per_element": 31.25, "elements_moved": 35, "blocks": 3,
                         "largest_block": 32128, "bytes_zeroed": 12} for size in (1000, 10000)],
    }


def rounds_row(way: str, percent: int, scale: int) -> dict[str, Any]:
    """Of bench.following, without --stream. Its medians are twice the scale."""
    names = ("equal_ms", "changing_ms", "stall_ms", "lag_ms", "lag_changes", "first_ms")
    sizes = ("bytes", "first_bytes", "writer_peak_bytes", "follower_peak_bytes")
    return {"way": way, "about": "", "percent": percent, "size": 10_000_000, "changes": 100_000 * percent,
            **{name: [3 * scale, scale, 2 * scale] for name in names}, **{name: [scale * 2**20] * 3 for name in sizes}}


def stream_row(part: str, rate: int, break_ms: int = 0) -> dict[str, Any]:
    """Of bench.following --stream."""
    row = {"part": part, "size": 1000, "rate": rate, "seconds": 1, "break_ms": break_ms, "bytes_of_a_change": 33}
    if break_ms:
        return {**row, "missed_changes": [5000.0], "caught_up_ms": [12.5], "arrived_changes": [10000.0], "arrived_bytes": [363000.0]}
    return {**row, "kept_up": rate < 50_000, "lag_ns": CALLS, "late_ms": [0.5], "behind_ms": [0.1], "writer_cores": [0.75],
            "follower_cores": [0.25]}


STREAMS = [stream_row("lag", 30000), stream_row("a break", 30000, 200), stream_row("the highest rate", 60000)]


class ViewsTest(Folder):
    """Every view of every program."""

    LINES = {
        "bench.latency": ("| grow | steady | 10 | 0.10 | 2.00 | | 5,000, 4,000 |", "| steady | 28.0 | 1.50 | 5.00 | 7,000 |",
                          "| grow | 49 | 2 | 4 | 65,664 | 0 |"),
        "bench.batch": ("| numbers | 640,000 | lookups that find | 10.0 | 20.0 | 15.0 | 0.50 | 0.67 |",),
        "bench.concurrent": ("| grow, 4,000 elements, 2 threads | 10.0 (1.00) | 5.0 (0.50) |", "| peak bytes an element | 42.4 | 49.6 |",
                             "| grow, 4,000 elements, 2 threads | steady | 10 | 0.10 | 2.00 | 5,000, 4,000 |",
                             "| 4,000 | steady | 15.0 (1.50) | 6.0 (1.20) | 6.0 (1.50) |"),
        "bench.copying": ("| all of them together, ms | 885 | 885 |", "| lookup | at-once | 10 | 0.10 | 2.00 | 5,000, 4,000 |",
                          "| peak bytes per element | 41.8 | 41.8 |"),
        "bench.durable": ("| each change synced | /s | 250 | 200 to 300 |", "| control | 10 | 0.10 | 2.00 | 5,000, 4,000 |"),
        "bench.floor": ("| 16,384 | dependent | 1.00 | 2.00 | 2.00 |",),
        "bench.following": ("| 1 % | full copies | 2.00 (1.00 to 3.00) | 2.00 | 1.00 | 2 | 2.00 | 2.00 (1.00 to 3.00) | 1.00 | 1.00 |\n| 1 % | snapshot and stream |",
                            "| full copies | 26.5 | 25.5 |",
                            "| 30,000 | lag | 10 | 0.10 | 2.00 | 5,000, 4,000 | 0.50 | 0.75 | 0.25 | yes |",
                            "| 60,000 | the highest rate | 10 | 0.10 | 2.00 | 5,000, 4,000 | 0.50 | 0.75 | 0.25 | no |",
                            "| 30,000 | 200 | 5,000 | 12.5 | 10,000 | 0.35 | 1.1000 |"),
        "bench.idioms": ("| | u64:u64, 5,000 | u64:u64, 6,000 |", "| `at(key)` | 5.00 (0.50) | 6.00 (0.50) |"),
        "bench.scale": ("| 1,000 | 71.2 | 31.2 | 35 | 3 | 32,128 | 12 |",),
    }

    def test_every_table_and_picture(self):
        for program, results in {"bench.throughput": ROWS, **results_of_other_programs()}.items():
            with self.subTest(program):
                shown = self.folder / program
                text = self.run_well("preview", shown, self.results("one.json", results, program), repository=False)
                for line in self.LINES.get(program, ()):
                    self.assertIn(line, text)
                pictures = sorted(shown.glob("*.svg"))
                self.assertEqual([f"{path.stem}" for path in pictures], sorted(documents.pictures.PICTURES.get(program, {})))
                for path in pictures:
                    self.assert_drawn(path)

    def assert_drawn(self, path: Path) -> None:
        """A picture is XML, with lines whose places are numbers within it."""
        drawing = xml.fromstring(path.read_text(encoding="utf-8"))
        name = "{http://www.w3.org/2000/svg}"
        lines = [each.get("d", "") for each in drawing.iter(f"{name}path")]
        self.assertGreater(len(lines), 1, path)
        self.assertNotIn("nan", "".join(lines))
        texts = "".join(each.text or "" for each in drawing.iter(f"{name}text"))
        self.assertTrue("u64" in texts or "ookup" in texts or "nanoseconds" in texts, texts)

    def test_a_follower_that_never_caught_up_did_so_last(self):
        shown = self.folder / "shown"
        rows = [{**stream_row("a break", rate, 200), "caught_up_ms": times}
                for rate, times in ((10000, [None, 7.5, 12.5]), (20000, [None, 7.5, None]), (40000, [None]))]
        text = self.run_well("preview", shown, self.results("one.json", rows, "bench.following"), repository=False)
        for line in ("| 10,000 | 200 | 5,000 | 12.5 |", "| 20,000 | 200 | 5,000 | - |", "| 40,000 | 200 | 5,000 | - |"):
            self.assertIn(line, text)

    def test_the_ways_that_were_measured_are_drawn(self):
        shown = self.folder / "shown"
        rows = results_of_other_programs()["bench.following"] + [{**rounds_row("redis", 1, 1), "equal_ms": []}]
        self.run_well("preview", shown, self.results("one.json", rows, "bench.following"), repository=False)
        svg = (shown / "ways.svg").read_text(encoding="utf-8")
        for text in ("10,000,000 u64 pairs", "full copies", "50 %", "MiB"):
            self.assertIn(text, svg)
        self.assertNotIn("Redis", svg)
        self.assertEqual(svg.count("<clipPath"), 4)
        self.assertEqual(svg.count('fill-opacity="0.85"'), 4 * 4)

    def test_ways_stand_in_groups_by_percentage(self):
        rows = following.rounds_of(results_of_other_programs()["bench.following"])
        self.assertEqual(following.bars(rows, "lag_ms"), {
            "full-copy": [(0, 2, 1, 3), (3, 100, 50, 150)], "stream": [(1, 2, 1, 3), (4, 100, 50, 150)]})
        self.assertEqual(following.bars(rows, "bytes")["stream"], [(1, 1, 1, 1), (4, 50, 50, 50)])

    def test_a_preview_goes_on_without_a_picture(self):
        shown = self.folder / "shown"
        text = self.run_well("preview", shown, self.results("one.json", STREAMS, "bench.following"), repository=False)
        self.assertIn("run bench.following without --stream", text)
        self.assertIn("| 30,000 | lag |", text)
        self.assertFalse((shown / "ways.svg").exists())

    def test_results_that_are_empty_are_refused(self):
        for program, results in {"bench.throughput": ROWS, **results_of_other_programs()}.items():
            self.assert_trouble("no results", "preview", self.folder / "shown", self.results("one.json", type(results)(), program),
                                repository=False)

    def test_a_preview_without_steady_or_without_rivals(self):
        """Cells are empty then, and pictures left out; whatever else is lacking."""
        for program, results in {"bench.throughput": ROWS, **results_of_other_programs()}.items():
            if not isinstance(results, list) or "map" not in results[0]:
                continue
            for name in sorted({row["map"] for row in results}):
                for some in ([row for row in results if row["map"] == name], [row for row in results if row["map"] != name]):
                    with self.subTest(program, name=name):
                        one = self.results("one.json", some, program)
                        self.run_well("preview", self.folder / "shown", one, repository=False)

    def test_cells_of_what_was_not_measured_are_empty(self):
        others = results_of_other_programs()
        without_steady = [row for row in others["bench.batch"] if row["map"] == "boost"]
        self.assertIn("| numbers | 640,000 | lookups that find | | 15.0 | | |", calls.batch_keys(without_steady))
        without_plain = [row for row in others["bench.concurrent"] if row["map"] != "plain"]
        self.assertIn("| 4,000 | steady | 15.0 | 6.0 | 6.0 |", calls.concurrent_single(without_plain))

    def test_programs_and_tables_agree(self):
        self.assertEqual(set(documents.TABLES), {"bench.throughput", *records.KEYS, *records.OBJECTS})
        self.assertEqual(set(results_of_other_programs()) | {"bench.throughput"}, set(documents.TABLES))

    def test_operations_of_the_ratios_have_a_panel_each(self):
        rows = [row(size, name, [1.0, 2.0], operation) for operation in ("hit", "reserved") for size in (64, 128, 4096)
                for name in maps.NAMES]
        shown = self.folder / "shown"
        self.run_well("preview", shown, self.results("one.json", rows), repository=False)
        svg = (shown / "ratios.svg").read_text(encoding="utf-8")
        for text in ("insert after reserve", *[f"by {rival}" for rival in maps.RIVALS], "Steady is faster"):
            self.assertIn(text, svg)
        self.assertNotIn("churn", svg)
        self.assertEqual(svg.count("<clipPath"), 2)


class RegistryTest(unittest.TestCase):
    def test_every_map_has_what_its_readers_ask_for(self):
        self.assertEqual(maps.NAMES[0], maps.OWN)
        self.assertEqual(maps.FAST[:2], ["boost", "absl"])
        self.assertIn(f" and {maps.FAST[-1]}", maps.fast_names())
        for entry in maps.ALL["hash_maps"]:
            self.assertLessEqual({"name", "full_name", "header", "version", "adapter", "file", "keys", "look"}, entry.keys())
        for entry in maps.ALL["hash_maps"] + maps.ALL["concurrent_maps"]:
            self.assertTrue((ROOT / entry["file"]).exists(), entry)
            self.assertRegex((ROOT / entry["file"]).read_text(encoding="utf-8"), f"(struct|class) {entry['adapter']}\\b")
            self.assertIn(entry.get("library", "boost"), maps.ALL["libraries"])
            self.assertLessEqual(set(entry["keys"]), {"numbers", "texts"})

    def test_no_two_maps_look_the_same(self):
        looks = [entry["look"] for entry in maps.ALL["hash_maps"]] + [maps.ALL["control"]["look"]]
        for part in ("light", "dark", "marker"):
            self.assertEqual(len({look[part] for look in looks}), len(looks), part)
        self.assertEqual(len({str(look["dash"]) for look in looks}), len(looks))

    def test_what_maps_need_can_be_installed(self):
        installs = (ROOT / "tools/install_dependencies").read_text(encoding="utf-8")
        for library in maps.ALL["libraries"].values():
            self.assertIn(library["package"], installs)


if __name__ == "__main__":
    unittest.main()
