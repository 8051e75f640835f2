"""bench.concurrent, as a user sees it. Which map is faster is not a matter of tests."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

PROGRAM = os.environ["STEADY_BENCHMARK"]
SMALL = ("--size", "2000", "--operations", "4000", "--rounds", "2")
ALWAYS = ("steady-shards", "steady-shared")


def run(*options):
    return subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=250)


class ConcurrentTest(unittest.TestCase):
    def run_json(self, *options):
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "figures.json")
            done = run(*SMALL, *options, "--json", str(path))
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            return done.stdout, json.loads(path.read_text(encoding="utf-8"))

    def test_every_workload(self):
        text, figures = self.run_json()
        self.assertNotIn("WRONG", text)
        for workload, threads in (("grow", 2), ("read", 2), ("churn", 2), ("single", 1)):
            rows = [row for row in figures if row["workload"] == workload]
            names = {row["map"] for row in rows}
            self.assertLessEqual(set(ALWAYS), names)
            self.assertEqual("control" in names, workload == "grow")
            self.assertEqual("plain" in names, workload == "single")
            for row in rows:
                self.assertNotIn("failure", row)
                self.assertEqual((row["size"], row["threads"]), (2000, threads))
        for row in figures:
            key = "insert_ns" if row["workload"] == "single" else "million_per_second"
            if "insertion_ns" in row:
                self.assertEqual(row["insertion_ns"]["samples"], 2 * 2000)
            else:
                self.assertEqual(len(row[key]), 2)
                self.assertGreater(min(row[key]), 0)

    def test_only_some(self):
        text, figures = self.run_json("--only", "steady-shards", "control", "--workload", "grow")
        self.assertEqual({row["map"] for row in figures}, {"steady-shards", "control"})
        self.assertNotIn("churn", text)

    def test_scaling(self):
        text, figures = self.run_json("--scaling", "--workload", "churn", "--only", *ALWAYS)
        self.assertEqual({row["threads"] for row in figures}, {1, 2, 4, 8, 16})
        self.assertEqual({row["workload"] for row in figures}, {"churn"})
        self.assertIn("16 threads", text)

    def test_sweep(self):
        _, figures = self.run_json("--sweep", "--only", *ALWAYS)
        sizes = sorted({row["size"] for row in figures})
        self.assertEqual(len(sizes), 8)
        self.assertEqual((sizes[3], sizes[7]), (1000, 2000))

    def test_says_what_was_left_out(self):
        done = run(*SMALL, "--rounds", "1", "--workload", "churn", "--only", ALWAYS[0])
        for line in done.stdout.splitlines():
            if "left out" not in line:
                continue
            name = line.split()[0]
            refused = run("--only", name)
            self.assertEqual(refused.returncode, 2)
            self.assertIn(line.split("needs ")[1], refused.stderr)

    def test_refuses_what_it_cannot_do(self):
        for options, right in (
            (("--only", "nonsense"), "steady-shards"),
            (("--workload", "nonsense"), "churn"),
            (("--threads", "0"), "--threads"),
            (("--scaling", "--sweep"), "exclude"),
            (("--sweep", "--workload", "read"), "--workload"),
            (("--scaling", "--workload", "single"), "grow, read or churn"),
        ):
            done = run(*options)
            self.assertNotEqual(done.returncode, 0, options)
            self.assertIn(right, done.stderr, options)
            self.assertEqual(done.stdout, "", options)


if __name__ == "__main__":
    unittest.main()
