"""bench.following, as a user sees it. Which way is faster is not a matter of tests."""

import unittest

from program import ProgramTest, documents

ALWAYS = {"full-copy", "stream"}
SIZE = 20000
ROUNDS = 2
ELEMENT = 25  # bytes of a record: a head of 8, a tag, a key and a value
CHANGE = 33  # and a position


class RoundsTest(ProgramTest):
    def test_every_way_ends_with_the_same_content(self):
        text, rows = self.run_json("--size", str(SIZE), "--rounds", str(ROUNDS), "--percent", "5", "100")
        ways = {row["way"] for row in rows}
        self.assertEqual(ways - ALWAYS, set() if "redis is left out" in text else {"redis"})
        self.assertEqual(len(rows), 2 * len(ways))
        for row in rows:
            self.assertNotIn("failure", row)
            self.assertEqual(row["changes"], SIZE * row["percent"] // 100)
            for figure in ("equal_ms", "changing_ms", "stall_ms", "writer_peak_bytes", "follower_peak_bytes"):
                self.assertEqual(len(row[figure]), ROUNDS, figure)
                self.assertGreater(min(row[figure]), 0, figure)
            self.assertLessEqual(max(row["lag_changes"]), row["changes"])
        self.assertEqual("redis" in self.found["origin"]["maps"], "redis" in ways)
        tables = self.tables()
        for part in ("| 100 % | snapshot and stream |", "| full copies |", f"{SIZE:,} u64 pairs in two processes"):
            self.assertIn(part, tables)

    def test_counts_the_bytes_that_went_over(self):
        _, rows = self.run_json("--size", str(SIZE), "--rounds", "1", "--percent", "10", "--only", "full-copy", "stream")
        copy, stream = sorted(rows, key=lambda row: row["way"])
        whole = 8 + 16 * SIZE
        self.assertEqual((copy["first_bytes"], copy["bytes"]), ([whole], [whole]))
        self.assertEqual(copy["lag_changes"], [SIZE // 10])
        # What stands between the records is little: the handshake, and now and then the position.
        self.assertTrue(SIZE * ELEMENT <= stream["first_bytes"][0] <= SIZE * ELEMENT + 2000)
        changes = SIZE // 10 * CHANGE
        self.assertTrue(changes <= stream["bytes"][0] <= 1.1 * changes)


class StreamTest(ProgramTest):
    def test_lag_a_break_and_the_highest_rate(self):
        options = ("--stream", "--size", str(SIZE), "--rounds", "1", "--rate", "30000", "--seconds", "1")
        text, rows = self.run_json(*options, "--break-ms", "200", "--tries", "2")
        usual, broken, *tried = rows
        self.assertEqual(usual["lag_ns"]["samples"], 30000)
        self.assertGreaterEqual(usual["writer_cores"][0], 0)
        # A break of 200 ms at 30,000 a second; a busy machine makes it longer.
        self.assertGreaterEqual(broken["missed_changes"][0], 5000)
        arrived = broken["arrived_changes"][0]
        self.assertGreaterEqual(arrived, broken["missed_changes"][0])
        self.assertTrue(arrived * CHANGE <= broken["arrived_bytes"][0] <= 1.1 * arrived * CHANGE)
        self.assertEqual(len(tried), 2)
        self.assertEqual(tried[0]["rate"], 30000)
        self.assertEqual(tried[1]["rate"], 60000 if tried[0]["kept_up"] else 15000)
        highest = max([row["rate"] for row in tried if row["kept_up"]], default=0)
        self.assertIn(f"kept up with {highest} changes a second", text)
        tables = self.tables((documents.TABLES,))
        for part in ("| 30,000 | lag | 30,000 |", "| 30,000 | 200 |", "| the highest rate |"):
            self.assertIn(part, tables)

    def test_refuses_what_it_cannot_do(self):
        for options, right in (
            (("--only", "nonsense"), "full-copy"),
            (("--percent", "0"), "--percent"),
            (("--percent", "10", "10"), "--percent"),
            (("--size", "1"), "--size"),
            (("--stream", "--rate", "0"), "--rate"),
        ):
            self.assert_refused(options, right)


if __name__ == "__main__":
    unittest.main()
