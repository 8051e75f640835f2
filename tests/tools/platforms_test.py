"""tools/check_platforms: its table is that of docs/platforms.md, and it says what is missing."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-B", str(REPOSITORY / "tools/check_platforms"), *arguments],
                          capture_output=True, text=True, **options)


class PlatformsTest(unittest.TestCase):
    def test_every_platform_is_documented(self):
        listed = run("--list").stdout.split()
        table = (REPOSITORY / "docs/platforms.md").read_text(encoding="utf-8").split("##")[0]
        documented = re.findall(r"^\|[^|]*\| `([^`.]+)` \|", table, re.MULTILINE)
        self.assertEqual(documented[1:], listed)  # after the title

    def test_every_test_exists(self):
        script = (REPOSITORY / "tools/check_platforms").read_text(encoding="utf-8")
        names = re.findall(r'"((?:unit|concurrent|interleave)/\w+)"', script)
        self.assertGreater(len(names), 10)
        for name in names:
            self.assertTrue((REPOSITORY / f"tests/{name}_test.cpp").exists(), name)

    def test_unknown_platforms(self):
        done = run("nonsense")
        self.assertEqual(done.returncode, 1)
        self.assertIn("the platforms are arm64, s390x", done.stderr)

    def test_what_is_missing_is_named(self):
        with tempfile.TemporaryDirectory() as empty:
            environment = {**os.environ, "PATH": empty}
            done = run("windows", env=environment)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertRegex(done.stdout, "windows +skipped: .*(is not installed|is not there)")
            self.assertEqual(run("--strict", "windows", env=environment).returncode, 1)


if __name__ == "__main__":
    unittest.main()
