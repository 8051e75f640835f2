"""What the tests of the debuggers' printers share: running the subject, and reading its list."""

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Dict, List, Optional, Tuple

ROOT = Path(__file__).resolve().parents[2]
# The subject, built in several ways.
SUBJECTS = os.environ["STEADY_DEBUG_SUBJECTS"].split(":")
NUMBER_OR_TEXT = r'("[^"]*"|-?\d+)'

Element = Tuple[str, ...]  # a key, or a key and a value


@dataclass
class Container:
    kind: str
    size: int
    percent: str  # "none", "unknown" or a number
    elements: List[Element] = field(default_factory=list)

    def is_map(self) -> bool:
        return self.kind.endswith("map")

    def is_shared(self) -> bool:
        return self.kind.startswith("concurrent")


@dataclass
class Truth:
    """What the subject says of itself."""

    containers: Dict[str, Container]
    iterators: Dict[str, Element]

    @staticmethod
    def of(subject: str) -> "Truth":
        """Without a debugger. Seeds differ, so only names are the same in every run."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "truth"
            subprocess.run([subject, str(file)], check=True, timeout=100)
            return Truth.read(file.read_text())

    @staticmethod
    def read(text: str) -> "Truth":
        truth = Truth({}, {})
        for line in text.splitlines():
            what, rest = line.split(" ", 1)
            if what == "container":
                name, kind, size, percent = rest.split()
                last = truth.containers[name] = Container(kind, int(size), percent)
            elif what == "element":
                last.elements.append(tuple(re.findall(NUMBER_OR_TEXT, rest)))
            else:
                name, element = rest.split(" ", 1)
                truth.iterators[name] = tuple(re.findall(NUMBER_OR_TEXT, element))
        return truth


SUMMARY = re.compile(
    r"steady::(\w+) with (\d+) elements?(?:, (growing|shrinking|compacting|reseeding) (\d+) %)?"
    r"(?:, (\d+) more to be destroyed)?"
)

# What the subject makes migrate, and how, where it is known.
MIGRATIONS = {
    "grown_small": "growing",
    "grown_large": "growing",
    "shrunk": "shrinking",
    "compacted": "compacting",
    "reseeded": "reseeding",
    "prepared": "reseeding",
    "shared_grown": "growing",
    "shared_shrunk": "shrinking",
    "shared_reseeded": "reseeding",
    "shared_nodes_grown": "growing",
    "shared_leaves": "growing",
}


def check_summary(test, name: str, container: Container, text: str) -> None:
    """That a printed summary says what the program says."""
    found = SUMMARY.search(text)
    test.assertIsNotNone(found, f"{name}: no summary in {text[:300]}")
    kind, size, migration, percent, retired = found.groups()
    test.assertEqual((kind, int(size)), (container.kind, container.size), name)
    if name in MIGRATIONS:
        test.assertEqual(migration, MIGRATIONS[name], name)
    if container.percent == "unknown":
        test.assertIn(int(percent), range(1, 100), name)
    else:
        test.assertEqual(percent or "none", container.percent, name)
    test.assertEqual(retired is not None, name == "retired", name)


def debugger(name: str) -> Optional[str]:
    return shutil.which(name)


def run(test, command: List[str], script: str, environment: Optional[Dict[str, str]] = None):
    """Runs a debugger with a script, in which TRUTH is the file that the subject writes. Returns
    what it printed, and the truth."""
    with tempfile.TemporaryDirectory() as folder:
        truth = Path(folder) / "truth"
        commands = Path(folder) / "commands"
        commands.write_text(script.replace("TRUTH", str(truth)))
        done = subprocess.run(
            [part.replace("COMMANDS", str(commands)) for part in command],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env={**os.environ, **(environment or {})},
            timeout=250,
        )
        output = done.stdout + done.stderr
        if not truth.exists():
            refused = ("ptrace", "Operation not permitted", "personality")
            if any(reason in output for reason in refused):
                test.skipTest("the system lets no debugger start a program: " + output[-300:])
            test.fail(f"{command[0]} did not run the program:\n{output[-3000:]}")
        return output, Truth.read(truth.read_text())
