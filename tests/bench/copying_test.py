"""bench.copying, as a user sees it. Which map is faster, or stalls, is not a matter of tests."""

import unittest

from program import ProgramTest

ALWAYS = ("incremental", "at-once", "control")
ROUNDS = 2


class CopyingTest(ProgramTest):
    def rows(self, *options, rounds=ROUNDS):
        """Gives {map: figures}."""
        _, rows = self.run_json("--size", "20000", "--rounds", str(rounds), *options)
        return {row["map"]: row for row in rows}

    def test_all_maps(self):
        rows = self.rows()
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
        tables = self.tables()
        for line in ("| insertions, million per second |", f"| insertion | at-once | {ROUNDS * 20000:,} |",
                     "seconds since the first insertion</text>"):
            self.assertIn(line, tables)

    def test_timelines_have_the_longest_calls(self):
        rows = self.rows("--only", *ALWAYS, rounds=1)
        self.assertEqual(set(rows), set(ALWAYS))
        for row in rows.values():
            for call in ("insertion", "lookup"):
                timeline = row["slowest_in_each_ms_ns"][call]
                self.assertEqual(max(timeline), row[f"{call}_ns"]["max_least"])

    def test_more_readers_than_cores(self):
        rows = self.rows("--readers", "5", "--only", "at-once")
        self.assertEqual(rows["at-once"]["readers"], 5)

    def test_refuses_what_it_cannot_do(self):
        for options, right in (
            (("--only", "nonsense"), "at-once"),
            (("--readers", "0"), "--readers"),
            (("--size", "1"), "--size"),
        ):
            self.assert_refused(options, right)


if __name__ == "__main__":
    unittest.main()
