"""bench.pressure, as a user sees it. How much memory comes back is a matter of the allocator."""

import unittest

from program import ProgramTest


class PressureTest(ProgramTest):
    def test_every_map_tells_its_life(self):
        text = self.run_well("--n", "20000", "--left", "100")
        self.assertEqual(text.count("filled"), 3)
        self.assertEqual(text.count("a fresh map"), 3)

    def test_refuses_what_it_cannot_do(self):
        for wrong in ("0", "-1", "many"):
            for option in ("--n", "--left"):
                self.assert_refused((option, wrong), option)
        self.assert_refused(("--n", "10", "--left", "11"), "--left")


if __name__ == "__main__":
    unittest.main()
