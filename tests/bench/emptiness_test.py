"""bench.emptiness, as a user sees it. Which map is faster is not a matter of tests."""

import unittest

from program import ProgramTest

SMALL = ("--elements", "100", "--few", "10", "--room", "1000")


class EmptinessTest(ProgramTest):
    def test_every_question_is_answered(self):
        _, *rows = self.run_well(*SMALL, "--rounds", "1", "--all").splitlines()
        self.assertEqual(len(rows), 5)
        for row in rows:
            for figure in row[34:].split():
                self.assertGreaterEqual(float(figure), 0, row)
                self.assertLess(float(figure), 1e12, row)

    def test_refuses_what_it_cannot_do(self):
        for option in ("--rounds", "--few", "--elements", "--room"):
            self.assert_refused((*SMALL, option, "0"), option)
        self.assert_refused(("--elements", "1"), "--elements")


if __name__ == "__main__":
    unittest.main()
