"""bench.idioms, as a user sees it. Which map is faster is not a matter of tests."""

import unittest

from program import ProgramTest


class IdiomsTest(ProgramTest):
    def test_a_table_of_two_sizes(self):
        self.run_json("--size", "10", "--size", "20", "--rounds", "1")
        self.assertIn("| | u64:u64, 10 |", self.tables())
        self.assertIn("u64:u64, 20 |", self.tables())

    def test_refuses_what_it_cannot_do(self):
        self.assert_refused(("--size", "10", "--size", "20", "--size", "10"), "--size")
        self.assert_refused(("--size", "0"), "--size")


if __name__ == "__main__":
    unittest.main()
