"""Runs the benchmark under test, whose path is in STEADY_BENCHMARK, as a user does."""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools/tables"))

import documents  # noqa: E402
import records  # noqa: E402

PROGRAM = os.environ["STEADY_BENCHMARK"]


def run(*options):
    return subprocess.run([PROGRAM, *options], capture_output=True, text=True, timeout=250)


class ProgramTest(unittest.TestCase):
    def run_well(self, *options):
        """Gives what the program prints; it must succeed, and find no wrong answers."""
        done = run(*options)
        self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
        self.assertNotIn("WRONG", done.stdout)
        return done.stdout

    def run_json(self, *options):
        """Gives that, and the figures of --json, which also say where they come from."""
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "figures.json")
            text = self.run_well(*options, "--json", str(path))
            found = json.loads(path.read_text(encoding="utf-8"))
        self.assert_origin(found["origin"], options)
        self.assertEqual(found["program"], Path(PROGRAM).name)
        self.found = found
        return text, found["results"]

    def tables(self, kinds=(documents.TABLES, documents.pictures.PICTURES)):
        """Every table and picture that tools/make_tables makes of the last figures, in one text."""
        found = records.Record("some", self.found["program"], [self.found["origin"]], self.found["results"])
        kept = json.loads(records.text_of(found))
        found = records.Record("some", kept["program"], kept["origins"], kept["results"])
        short = found.program.removeprefix("bench.")
        return "\n".join(documents.view(found, f"{short}.{name}", kind)
                         for kind in kinds
                         for name in kind.get(found.program, {}))

    def assert_origin(self, origin, options):
        """What tools/make_tables asks for, and tells who wants to repeat a run."""
        self.assertEqual(set(origin), {*records.EVERY_ORIGIN, *records.NEWER})
        self.assertRegex(origin["processor_model"], r"^(family \d+, model \d+|unknown)$")
        self.assertRegex(origin["commit"], r"^([0-9a-f]{7,40}(\+changes)?|unknown)$")
        self.assertRegex(origin["command"], rf"^{re.escape(Path(PROGRAM).name)} {re.escape(' '.join(options))} --json ")
        self.assertRegex(origin["date"], r"^\d{4}-\d\d-\d\d \d\d:\d\d UTC$")
        self.assertGreaterEqual(origin["cores"], origin["allowed_cores"])
        self.assertGreater(origin["allowed_cores"], 0)
        self.assertIn("same type in all maps", origin["hash"])
        self.assertRegex(origin["compiler"], r"^\w+ \d+\.")

    def assert_refused(self, options, right):
        """The message says what would be right, and nothing is measured."""
        done = run(*options)
        self.assertNotEqual(done.returncode, 0, options)
        self.assertIn(right, done.stderr, options)
        self.assertEqual(done.stdout, "", options)
