"""Runs the benchmark under test, whose path is in STEADY_BENCHMARK, as a user does."""

import json
import os
import subprocess
import tempfile
import unittest
from pathlib import Path

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
        """Gives that, and the figures of --json."""
        with tempfile.TemporaryDirectory() as directory:
            path = Path(directory, "figures.json")
            text = self.run_well(*options, "--json", str(path))
            return text, json.loads(path.read_text(encoding="utf-8"))

    def assert_refused(self, options, right):
        """The message says what would be right, and nothing is measured."""
        done = run(*options)
        self.assertNotEqual(done.returncode, 0, options)
        self.assertIn(right, done.stderr, options)
        self.assertEqual(done.stdout, "", options)
