"""Running the steady command, whose path is in the environment variable STEADY_COMMAND."""

import json
import os
import resource
import subprocess
import tempfile
import unittest
from pathlib import Path

COMMAND = os.environ["STEADY_COMMAND"]
LIST = Path(__file__).resolve().parents[2] / "bench/maps.json"
MAPS = json.loads(LIST.read_text(encoding="utf-8"))["hash_maps"]


def maps_of(keys):
    """The names of the maps that hold such keys, numbers or texts, as reports show them."""
    return [each["name"] for each in MAPS if keys in each["keys"]]


def run(*arguments, memory=None, **options):
    """Runs it to its end; `memory` limits its address space, in MiB."""
    if memory is not None:
        limit = memory << 20
        options["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    return subprocess.run([COMMAND, *map(str, arguments)], text=True, timeout=240, **options)


class CommandTest(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.directory = Path(directory.name)

    def path(self, name):
        return self.directory / name

    def write(self, name, content):
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run_json(self, *arguments, status=0, **options):
        """Gives (result of the run, its JSON)."""
        file = self.path("result.json")
        done = run(*arguments, "--json", file, **options)
        self.assertEqual(done.returncode, status, done.stderr)
        return done, json.loads(file.read_text(encoding="utf-8"))
