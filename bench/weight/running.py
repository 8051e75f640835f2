"""Runs bench.weight, which measures one map in a process of its own, and reads its figures."""

import os
import subprocess

from trouble import Trouble

BUILD = "cmake --preset release && cmake --build --preset release"


def parse(output):
    """Lines of three words: what, at how many elements, how much."""
    figures = []
    for line in output.splitlines():
        try:
            what, number, value = line.split()
            figures.append((what, int(number), float(value)))
        except ValueError:
            raise Trouble(f"'{line}': not a name, a whole number and a number") from None
    return figures


class Programs:
    def __init__(self, directory, contenders):
        self.paths = {
            contender.key: os.path.join(directory, contender.program) for contender in contenders
        }
        for path in self.paths.values():
            if not os.access(path, os.X_OK):
                raise Trouble(f"{path} is not there; build it first ({BUILD}) or say --programs")

    def are_older_than(self, headers):
        """Whether a program was built before a header was changed."""
        built = min(os.path.getmtime(path) for path in self.paths.values())
        return any(os.path.getmtime(header) > built for header in headers)

    def run(self, contender, parts, seed):
        command = [self.paths[contender.key], "--map", contender.program_map, "--seed", str(seed)]
        for part in parts:
            command += ["--part", part]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise Trouble(f"{' '.join(command)} failed: {(done.stderr or done.stdout).strip()}")
        return parse(done.stdout)


def measure(programs, contenders, parts, figures, rounds, random, progress):
    """Sizes and memory once; times in rounds, in each of which the order is another."""
    lasting = [part for part in parts if part != "time"]
    for contender in contenders if lasting else []:
        progress.show(f"{', '.join(lasting)} of {contender.key}")
        for figure in programs.run(contender, lasting, 1):
            figures.add(figure[0], figure[1], contender.key, figure[2])
    for number in range(rounds if "time" in parts else 0):
        progress.show(f"times, round {number + 1} of {rounds}")
        for contender in random.sample(contenders, len(contenders)):
            for what, size, value in programs.run(contender, ["time"], number + 1):
                figures.add(what, size, contender.key, value)
