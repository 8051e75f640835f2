"""bench.heat, as a user sees it. Which order is faster is not a matter of tests."""

import unittest

from program import ProgramTest

CONTENDERS = {"line", "heat", "hot-first"}


class HeatTest(ProgramTest):
    def tables(self, *options):
        """Gives {title: {name: figures}} of the tables that the program prints."""
        tables = {}
        for table in self.run_well(*options).split("\n\n")[1:]:
            title, _, *rows = table.strip().splitlines()
            tables[title] = {row.split()[0]: row.split()[1:] for row in rows}
        return tables

    def test_every_distribution_and_carrier(self):
        tables = self.tables("--log2-slots", "16", "--lookups", "50000", "--rounds", "1")
        self.assertEqual(len(tables), 4 * 2 * 2)
        for title, rows in tables.items():
            self.assertEqual(set(rows), CONTENDERS, title)
            self.assertEqual(rows["line"][2], "1.00")
            for figures in rows.values():
                self.assertGreater(float(figures[0]), 0)
                self.assertTrue(0 <= float(figures[3]) <= 100)

    def test_insertions_end_every_migration_and_lookups_are_forwarded(self):
        # 2^16 slots are 4,096 buckets: some 2,000 insertions, 33,000 lookups.
        options = ("--log2-slots", "16", "--lookups", "100000", "--rounds", "1")
        tables = self.tables(*options, "--only", "zipf-0.99", "--threads", "1")
        rows = tables["zipf-0.99, 1 thread, carried by a trickle of insertions"]
        for name, figures in rows.items():
            self.assertNotEqual(figures[6], "-", name)
            self.assertGreater(float(figures[3]), 5, name)

    def test_a_percentile_of_too_few_lookups_is_left_out(self):
        # One lookup in 32 is timed.
        tables = self.tables("--log2-slots", "16", "--lookups", "10000", "--rounds", "1", "--only", "uniform",
                             "--threads", "1")
        for title, rows in tables.items():
            for figures in rows.values():
                self.assertNotEqual(figures[4], "-", title)
                self.assertEqual(figures[5], "-", title)

    def test_refuses_what_it_cannot_do(self):
        for options, right in (
            (("--only", "nonsense"), "zipf-1.2"),
            (("--threads", "0"), "--threads"),
            (("--threads", "1", "--threads", "1"), "--threads"),
            (("--log2-slots", "40"), "--log2-slots"),
        ):
            self.assert_refused(options, right)


if __name__ == "__main__":
    unittest.main()
