"""steady compare, as a user sees it. Which map is faster is not a matter of tests."""

import os
import pty
import re
import unittest

from command import CommandTest, maps_of, run


class CompareTest(CommandTest):
    def assert_sane(self, found, elements):
        self.assertEqual(found["command"], "compare")
        keys = "numbers" if found["keys"] == "u64" else "texts"
        self.assertEqual([row["name"] for row in found["maps"]], maps_of(keys))
        for row in [*found["maps"], found["control"]]:
            with self.subTest(row["name"]):
                self.assertIsNone(row["failure"])
                self.assert_row_sane(row, found["updates"])
        for row in found["maps"]:
            self.assertEqual(row["elements"], elements)
            self.assertEqual(row["growths"] is not None, row["name"] == "steady")

    def assert_row_sane(self, row, updates):
        for spread in (row["total_ns"], row["latency_ns"]["max"]):
            self.assertLessEqual(spread["min"], spread["median"])
            self.assertLessEqual(spread["median"], spread["max"])
        self.assertGreater(row["total_ns"]["min"], 0)
        latency = row["latency_ns"]
        self.assertEqual(latency["samples"], updates)
        values = [latency[name] for name in ("p50", "p90", "p99", "p99.9") if latency[name]]
        values.append(latency["max"]["median"])
        self.assertEqual(values, sorted(values))
        self.assertGreaterEqual(row["peak_memory_bytes"], row["final_memory_bytes"])

    def test_numbers(self):
        done, found = self.run_json("compare", "--n", 200_000, "--rounds", 2)
        self.assertEqual(done.stderr, "")
        self.assert_sane(found, 200_000)
        self.assertEqual((found["keys"], found["hash"], found["rounds"]), ("u64", "same", 2))
        for row in found["maps"]:
            # 200,000 pairs of 16 bytes are there somewhere, and little else is counted.
            self.assertGreater(row["final_memory_bytes"], 3_000_000, row["name"])
            self.assertLess(row["peak_memory_bytes"], 30_000_000, row["name"])

        lines = done.stdout.splitlines()
        self.assertIn(maps_of("numbers") + ["control"], [line.split() for line in lines])
        self.assertTrue(lines[-1].startswith("In short: the slowest of 200,000 inserts took"))
        self.assertEqual(lines[-1], found["in_short"])
        for label in ("total time", "insert p99.999", "insert max, best", "peak memory"):
            row = next(line for line in lines if line.startswith(label))
            self.assertEqual(len(re.findall(r"\d+x", row)), len(maps_of("numbers")), row)

    def test_too_few_samples_for_a_percentile(self):
        done, found = self.run_json("compare", "--n", 2000, "--rounds", 1)
        self.assert_sane(found, 2000)
        self.assertIsNotNone(found["maps"][0]["latency_ns"]["p99.9"])
        self.assertIsNone(found["maps"][0]["latency_ns"]["p99.99"])
        for row in found["maps"]:
            # What the process holds anyway would be several MB.
            self.assertLess(row["peak_memory_bytes"], 1_500_000, row["name"])
        self.assertRegex(done.stdout, r"\ninsert p99\.99( +-){5}\n")

    def test_texts(self):
        for hash_choice in ("same", "own"):
            _, found = self.run_json(
                "compare", "--n", 3000, "--keys", "string", "--rounds", 1, "--hash", hash_choice
            )
            self.assert_sane(found, 3000)
            self.assertEqual((found["keys"], found["hash"]), ("string", hash_choice))

    def test_numbers_with_each_maps_own_hash(self):
        _, found = self.run_json("compare", "--n", 3000, "--rounds", 1, "--hash", "own")
        self.assert_sane(found, 3000)

    def test_files(self):
        file = self.write("words", " ".join(f"word_{i % 700}" for i in range(5000)))
        missing = self.path("missing")
        done, found = self.run_json("compare", file, missing, "--rounds", 1, status=1)
        self.assert_sane(found, 700)
        self.assertEqual((found["source"], found["updates"]), ("files", 5000))
        self.assertEqual(done.stderr, f"steady: {missing}: No such file or directory\n")
        self.assertIn("In short: the slowest of 5,000 updates took", done.stdout)

    def test_nothing_to_compare(self):
        empty = self.path("empty")
        empty.mkdir()
        done, found = self.run_json("compare", empty)
        self.assertEqual(done.stderr, "")
        self.assertEqual(
            done.stdout, "In short: there were no keys, so there is nothing to compare.\n"
        )
        self.assertEqual(found["updates"], 0)
        self.assertNotIn("total_ns", found["maps"][0])

    def test_a_map_that_runs_out_of_memory(self):
        # Boost and Abseil hold two tables while they grow; the limit leaves no room for that.
        done, found = self.run_json("compare", "--n", 1_000_000, "--rounds", 1, status=1, memory=50)
        failures = {row["name"]: row["failure"] for row in found["maps"]}
        self.assertEqual((failures["boost"], failures["absl"]), ("out of memory", "out of memory"))
        self.assertIn("steady: absl::flat_hash_map: out of memory\n", done.stderr)
        self.assertRegex(done.stdout, r"\nboost +boost::unordered_flat_map \S+: out of memory\n")
        self.assertIsNone(failures["steady"])
        self.assertIn("with steady", done.stdout.splitlines()[-1])

    def shown_on_a_terminal(self, *arguments, **options):
        """Gives (result of the run, what a terminal as standard error shows)."""
        reader, terminal = pty.openpty()
        done = run("compare", *arguments, stderr=terminal, **options)
        os.close(terminal)
        shown = os.read(reader, 100_000).decode()
        os.close(reader)
        return done, shown

    def test_progress_on_a_terminal(self):
        done, shown = self.shown_on_a_terminal("--n", 1000, "--rounds", 2)
        self.assertEqual(done.returncode, 0)
        self.assertIn("round 2 of 2: control, each update", shown)
        self.assertTrue(shown.endswith("\r\x1b[K"))
        _, shown = self.shown_on_a_terminal("--n", 1000, "--keys", "string", "--rounds", 1)
        self.assertTrue(shown.startswith("\r\x1b[Kmaking keys: 0 of 1,000"), shown)

    def test_a_map_that_failed_takes_no_part_any_more(self):
        done, shown = self.shown_on_a_terminal("--n", 1_000_000, "--rounds", 2, memory=50)
        self.assertEqual(done.returncode, 1)
        self.assertIn("round 1 of 2: boost, total time", shown)
        self.assertNotIn("boost, each update", shown)
        self.assertNotIn("round 2 of 2: boost", shown)
        self.assertIn("round 2 of 2: steady, total time", shown)


if __name__ == "__main__":
    unittest.main()
