"""A test that runs CMake, with a folder of its own that is gone afterwards."""

import os
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path


class RunsCMake(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def run_cmake(self, *arguments: str, **environment: str) -> str:
        """Gives what it printed; it must succeed. Who packages is told by `environment` alone."""
        kept = {name: value for name, value in os.environ.items() if "EMAIL" not in name}
        kept.pop("DEBFULLNAME", None)
        if shutil.which("ninja"):  # ./check needs no make
            kept["CMAKE_GENERATOR"] = "Ninja"
        done = subprocess.run(
            ["cmake", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env={**kept, **environment},
        )
        self.assertEqual(done.returncode, 0, done.stdout)
        return done.stdout
