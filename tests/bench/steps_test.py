"""bench.steps, as a user sees it. How long a step takes is not a matter of tests."""

import unittest

from program import ProgramTest


class StepsTest(ProgramTest):
    def test_every_case(self):
        lines = self.run_well("2000").splitlines()
        self.assertRegex(lines[0], r"^\d+ ns for reading the clock taken off$")
        rows = {line[:38].strip(): line[38:].split() for line in lines[2:] if not line.startswith("with ")}
        self.assertEqual(len(rows), 7)
        for name, (steps, p50, p99, p999, _) in rows.items():
            # A percentile is shown if at least one call is expected to have taken longer.
            self.assertEqual(p50 == "-", int(steps) < 2, name)
            self.assertEqual(p99 == "-", int(steps) < 100, name)
            self.assertEqual(p999 == "-", int(steps) < 1000, name)
        self.assertEqual(rows["walking"][0], "2000")
        self.assertIn("-", rows["compacting"])


if __name__ == "__main__":
    unittest.main()
