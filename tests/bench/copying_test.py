"""bench.copying, as a user sees it. Which map is faster, or stalls, is not a matter of tests."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ["STEADY_BENCHMARK"]
ALWAYS = ("incremental", "at-once", "control")
ROUNDS = 2


def run(*options):
    return subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=250)


class CopyingTest(unittest.TestCase):
    def run_json(self, *options, rounds=ROUNDS):
        small = ("--size", "20000", "--rounds", str(rounds))
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "figures.json")
            done = run(*small, *options, "--json", str(path))
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            rows = json.loads(path.read_text(encoding="utf-8"))
            return done.stdout, {row["map"]: row for row in rows}

    def test_all_maps(self):
        text, rows = self.run_json()
        self.assertNotIn("WRONG", text)
        self.assertLessEqual(set(ALWAYS), set(rows))
        for row in rows.values():
            self.assertNotIn("failure", row)
            self.assertEqual((row["size"], row["readers"]), (20000, 1))
            self.assertEqual(row["insertion_ns"]["samples"], ROUNDS * 20000)
            self.assertGreater(row["lookup_ns"]["samples"], 0)
            for figure in ("insertions_million_per_second", "lookups_million_per_second"):
                self.assertEqual(len(row[figure]), ROUNDS)
                self.assertGreater(min(row[figure]), 0)
        # From 4 buckets to 20,000 elements and more.
        for name in ("incremental", "at-once"):
            self.assertGreater(min(rows[name]["migrations"]), 5)
            self.assertEqual(len(rows[name]["lookups_during_migrations"]), ROUNDS)
        self.assertNotIn("migrations", rows["control"])

    def test_timelines_have_the_longest_calls(self):
        _, rows = self.run_json("--only", *ALWAYS, rounds=1)
        self.assertEqual(set(rows), set(ALWAYS))
        for row in rows.values():
            for call in ("insertion", "lookup"):
                timeline = row["slowest_in_each_ms_ns"][call]
                self.assertEqual(max(timeline), row[f"{call}_ns"]["max_least"])

    def test_more_readers_than_cores(self):
        _, rows = self.run_json("--readers", "5", "--only", "at-once")
        self.assertEqual(rows["at-once"]["readers"], 5)

    def test_refuses_what_it_cannot_do(self):
        for options, right in (
            (("--only", "nonsense"), "at-once"),
            (("--readers", "0"), "--readers"),
            (("--size", "1"), "--size"),
        ):
            done = run(*options)
            self.assertNotEqual(done.returncode, 0, options)
            self.assertIn(right, done.stderr, options)
            self.assertEqual(done.stdout, "", options)


if __name__ == "__main__":
    unittest.main()
