"""bench.task_ring, as a user sees it. Which queue is faster is not a matter of tests."""

import unittest

from program import ProgramTest

ALWAYS = ("ring", "ring-single")


class TaskRingTest(ProgramTest):
    def rows(self, *options):
        """Gives {name: figures} of the table that the program prints."""
        contenders, table = self.run_well(*options).split("\n\n")
        rows = {}
        for line in table.splitlines()[2:]:
            name, *figures = line.split()
            if "times" not in figures:
                rows[name] = figures
        for line in contenders.splitlines()[1:]:
            self.assertIn(line.split()[0], rows)
        return rows

    def test_all_contenders(self):
        rows = self.rows("--tasks", "20000", "--rounds", "3")
        self.assertLessEqual(set(ALWAYS), set(rows))
        for median, spread, ratio, cores in rows.values():
            least, most = (float(figure) for figure in spread.split("-"))
            self.assertTrue(0 < least <= float(median) <= most)
            self.assertGreater(float(ratio), 0)
            self.assertGreater(float(cores), 0)
        self.assertEqual(rows["ring"][2], "1.00")

    def test_other_numbers_of_threads_and_batches_of_one(self):
        for producers, consumers in ((1, 3), (3, 1), (1, 1)):
            rows = self.rows(
                *("--tasks", "3000", "--rounds", "1", "--batch", "1"),
                *("--producers", str(producers), "--consumers", str(consumers)),
            )
            self.assertLessEqual(set(ALWAYS), set(rows))

    def test_only_one(self):
        rows = self.rows("--tasks", "3000", "--rounds", "1", "--only", "ring-single")
        self.assertEqual(set(rows), {"ring-single"})

    def test_refuses_what_it_cannot_do(self):
        for options, right in (
            (("--only", "nonsense"), "ring-single"),
            (("--producers", "0"), "--producers"),
            (("--consumers", "0"), "--consumers"),
            (("--batch", "257"), "--batch"),
        ):
            self.assert_refused(options, right)


if __name__ == "__main__":
    unittest.main()
