"""bench.concurrent, as a user sees it. Which map is faster is not a matter of tests."""

import unittest

from program import ProgramTest, run

SMALL = ("--size", "2000", "--operations", "4000", "--rounds", "2")
ALWAYS = ("steady-shards", "steady-shared")


class ConcurrentTest(ProgramTest):
    def figures(self, *options):
        return self.run_json(*SMALL, *options)

    def test_every_workload(self):
        _, figures = self.figures()
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
        tables = self.tables()
        for line in ("| churn, 2,000 elements, 2 threads |", "| grow, 2,000 elements, 2 threads | steady-shards | 4,000 |",
                     "| 2,000 | plain |"):
            self.assertIn(line, tables)

    def test_only_some(self):
        text, figures = self.figures("--only", "steady-shards", "control", "--workload", "grow")
        self.assertEqual({row["map"] for row in figures}, {"steady-shards", "control"})
        self.assertNotIn("churn", text)

    def test_the_control_alone_grows(self):
        for options in (("--workload", "grow"), ("--sweep",), ("--scaling", "--workload", "grow")):
            _, figures = self.figures("--only", "control", *options)
            self.assertEqual({row["map"] for row in figures}, {"control"})

    def test_scaling(self):
        text, figures = self.figures("--scaling", "--workload", "churn", "--only", *ALWAYS)
        self.assertEqual({row["threads"] for row in figures}, {1, 2, 4, 8, 16})
        self.assertEqual({row["workload"] for row in figures}, {"churn"})
        self.assertIn("16 threads", text)

    def test_sweep(self):
        _, figures = self.figures("--sweep", "--only", *ALWAYS)
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
            (("--only", "control", "--workload", "read"), "takes no part in read"),
            (("--only", "control", "--workload", "churn"), "takes no part in churn"),
            (("--only", "control"), "takes no part in read"),
            (("--scaling", "--only", "control"), "takes no part in read"),
        ):
            self.assert_refused(options, right)


if __name__ == "__main__":
    unittest.main()
