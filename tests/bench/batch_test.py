"""bench.batch, as a user sees it. What is faster is not a matter of tests."""

import unittest

from program import ProgramTest


class BatchTest(ProgramTest):
    def test_no_size_comes_twice(self):
        _, rows = self.run_json("--from", "2", "--to", "4", "--per-doubling", "5", "--rounds", "1")
        sizes = [row["size"] for row in rows if row["map"] == "many" and row["operation"] == "erasing by keys"]
        self.assertEqual(sizes, [2, 3, 4])
        self.assertIn("| numbers | 3 | erasing by keys |", self.tables())

    def test_half_way(self):
        text, rows = self.run_json("--from", "1000", "--to", "1000", "--rounds", "1", "--half-way", "--texts")
        self.assertEqual({(row["keys"], row["state"]) for row in rows}, {("texts", "half-way")})
        means = text.split("Geometric means over the sizes")[1].splitlines()[1:]
        self.assertEqual(len(means), 4)
        has_rivals = len({row["map"] for row in rows}) > 2
        for line in means:
            self.assertEqual(line.split()[-1] == "-", not has_rivals, line)


if __name__ == "__main__":
    unittest.main()
