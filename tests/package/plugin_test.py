#!/usr/bin/env python3
"""A program and a plugin that hides its symbols share a container that threads use: what one of
them erases is kept while the other one reads it, if the program exports its symbols."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE / "with_plugin"
INCLUDE = HERE.parent.parent / "include"
COMPILER = os.environ.get("CXX") or shutil.which("c++")


@unittest.skipUnless(COMPILER and sys.platform.startswith("linux"), "needs Linux and a compiler")
class Plugin(unittest.TestCase):
    def test_shares_grace_periods_with_its_program(self):
        with tempfile.TemporaryDirectory() as folder:
            plugin, program = f"{folder}/plugin.so", f"{folder}/program"
            options = [COMPILER, "-std=c++20", "-O1", "-fvisibility=hidden", f"-I{INCLUDE}"]
            subprocess.run([*options, "-fPIC", "-shared", SOURCES / "plugin.cpp", "-o", plugin],
                           check=True)
            subprocess.run([*options, "-rdynamic", SOURCES / "program.cpp", "-o", program,
                            "-ldl", "-pthread"], check=True)
            said = subprocess.run([program, plugin], check=True, capture_output=True, text=True,
                                  timeout=60).stdout
            self.assertEqual(said, "kept\n")


if __name__ == "__main__":
    unittest.main()
