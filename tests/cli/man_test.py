"""The manual pages that tools/make_man_pages makes of the help, as readers see them."""

import gzip
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from command import COMMAND, CommandTest, run

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("help2man", "gzip", "groff")
COMMANDS = ("count", "compare", "replay", "watch", "log", "serve", "follow")


def examples_of(text):
    """The commands of a section of examples, and what is said of them: words, one list each."""
    section = re.search(r"^E(?:XAMPLES|xamples:)\n((?:[ ].*\n|\n)*)", text, re.MULTILINE)
    return [line.split() for line in section.group(1).splitlines() if line.strip()]


@unittest.skipUnless(all(map(shutil.which, NEEDED)), f"needs {', '.join(NEEDED)}")
class ManualTest(CommandTest):
    def setUp(self):
        super().setUp()
        made = subprocess.run(
            [ROOT / "tools/make_man_pages", COMMAND, self.directory], capture_output=True, text=True
        )
        self.assertEqual(made.returncode, 0, made.stderr)

    def shown(self, name):
        page = gzip.decompress(self.path(f"{name}.1.gz").read_bytes())
        done = subprocess.run(
            ["groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-rLL=200n"], input=page,
            capture_output=True, check=True,
        )
        self.assertEqual(done.stderr, b"")
        return done.stdout.decode()

    def test_every_example_stands_by_itself(self):
        for name in COMMANDS:
            with self.subTest(name):
                told = [line.split("  ") for line in self.lines_of_help(name)]
                expected = [part.split() for line in told for part in line if part.strip()]
                self.assertEqual(examples_of(self.shown(f"steady-{name}")), expected)

    def lines_of_help(self, name):
        text = run(name, "--help").stdout
        return text.partition("\nExamples:\n")[2].splitlines()

    def test_names(self):
        for name in COMMANDS:
            page = self.shown(f"steady-{name}")
            self.assertRegex(page, rf"(?m)^NAME\n +steady-{name} - \w+")
            self.assertEqual(page.count(f"steady-{name}"), 1)
        self.assertRegex(self.shown("steady"), r"(?m)^NAME\n +steady - \w+")


if __name__ == "__main__":
    unittest.main()
