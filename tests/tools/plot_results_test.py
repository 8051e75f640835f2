"""tools/plot_results: what it computes, and, where gnuplot is there, that it draws."""

import importlib.machinery
import importlib.util
import json
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools/plot_results"


def load_script():
    loader = importlib.machinery.SourceFileLoader("plot_results", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("plot_results", loader))
    loader.exec_module(module)
    return module


def results_of(times, kind="u64:u64"):
    """JSON as bench.throughput writes it, of {(operation, size, map): times}."""
    return [
        {"kind": kind, "operation": operation, "size": size, "map": name, "ns": ns, "median": sorted(ns)[len(ns) // 2]}
        for (operation, size, name), ns in times.items()
    ]


class PlotResultsTest(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.results = Path(directory.name, "results.json")
        self.picture = Path(directory.name, "picture.svg")

    def write(self, times, **options):
        self.results.write_text(json.dumps(results_of(times, **options)), encoding="utf-8")

    def test_ratios_are_of_the_same_round(self):
        self.write({
            ("hit", 64, "steady"): [1, 2, 3, 4, 5],
            ("hit", 64, "boost"): [2, 2, 2, 2, 2],
            ("hit", 128, "steady"): [6],
            ("hit", 128, "boost"): [3],
            ("hit", 128, "steady half-way"): [9],
            ("miss", 64, "std"): [1],
        })
        found = load_script().ratios(self.results)
        self.assertEqual(found, {("hit", "boost"): [(64, 1, 1.5, 2), (128, 2, 2, 2)]})

    def test_other_kinds_are_left_out(self):
        self.write({("hit", 64, "steady"): [1], ("hit", 64, "std"): [1]}, kind="short text:u64")
        self.assertEqual(load_script().ratios(self.results), {})

    def test_wrong_arguments_get_the_help(self):
        done = subprocess.run([SCRIPT, "nonsense", "a", "b"], capture_output=True, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertIn("throughput", done.stderr)

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not there")
    def test_draws_a_panel_for_each_operation(self):
        sizes = [64 << n for n in range(8)]
        self.write({
            (operation, size, name): [n + 1.0, n + 2.0, n + 4.0]
            for operation in ("hit", "reserved") for size in sizes
            for n, name in enumerate(("steady", "std", "boost", "absl"))
        })
        done = subprocess.run([SCRIPT, "throughput", self.results, self.picture], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        svg = self.picture.read_text(encoding="utf-8")
        for text in ("insert after reserve", "by boost", "Steady is faster"):
            self.assertIn(text, svg)
        self.assertNotIn("churn", svg)

    def following_row(self, way, percent, scale):
        names = ("equal_ms", "stall_ms", "lag_ms")
        return {"way": way, "percent": percent, "size": 10_000_000, "bytes": [scale * 2 ** 20] * 3,
                **{name: [3 * scale, scale, 2 * scale] for name in names}}

    def test_ways_stand_in_groups_by_percentage(self):
        rows = [self.following_row(way, percent, percent) for percent in (50, 1) for way in ("stream", "full-copy")]
        found = load_script().followed(rows, "lag_ms")
        self.assertEqual(found, {
            "full-copy": [(3, 100, 50, 150), (0, 2, 1, 3)],
            "stream": [(4, 100, 50, 150), (1, 2, 1, 3)],
        })
        self.assertEqual(load_script().followed(rows, "bytes")["stream"], [(4, 50, 50, 50), (1, 1, 1, 1)])

    @unittest.skipUnless(shutil.which("gnuplot"), "gnuplot is not there")
    def test_draws_the_ways_that_were_measured(self):
        rows = [self.following_row(way, percent, percent) for percent in (1, 50) for way in ("full-copy", "stream")]
        self.results.write_text(json.dumps(rows), encoding="utf-8")
        done = subprocess.run([SCRIPT, "following", self.results, self.picture], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        svg = self.picture.read_text(encoding="utf-8")
        for text in ("10,000,000", "full copies", "50 %", "MiB"):
            self.assertIn(text, svg)
        self.assertNotIn("Redis", svg)


if __name__ == "__main__":
    unittest.main()
