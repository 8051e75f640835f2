"""Code and compile times of files with some map types."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

import objects
import sources

OPTIMIZED = ("-O2", "-DNDEBUG")
UNOPTIMIZED = ("-O0",)


@dataclass(frozen=True)
class Group:
    """Files that are compiled by turns: the same for each contender."""

    flags: tuple
    maps: int

    @property
    def what(self):
        return f"compile {self.flags[0]}"


def groups_of(map_counts, times_wanted):
    """Without compile times one compilation of each file will do, for its code."""
    if not times_wanted:
        return [Group(OPTIMIZED, maps) for maps in map_counts if maps > 0]
    return [Group(flags, maps) for flags in (OPTIMIZED, UNOPTIMIZED) for maps in map_counts]


def next_group(costs, rounds, left, most_rounds):
    """Which group to repeat: the one that had the least time, so that short ones are repeated more
    often; only such as end within the seconds that are left. None where there is none."""
    possible = [
        group for group in costs if rounds[group] < most_rounds and costs[group] <= left
    ]
    return min(possible, key=lambda group: costs[group] * rounds[group], default=None)


class Measurement:
    def __init__(self, compiler, contenders, directory, figures, times_wanted, random, progress):
        self.compiler = compiler
        self.contenders = contenders
        self.directory = directory
        self.figures = figures
        self.times_wanted = times_wanted
        self.random = random
        self.progress = progress

    def run(self, groups, seconds, most_rounds):
        """Every group once; then again, as long as the seconds last."""
        end = time.monotonic() + seconds
        costs, rounds = {}, {group: 0 for group in groups}
        waiting = list(groups)
        while waiting:
            group = waiting.pop(0)
            self.progress.show(
                f"compiling at {group.flags[0]}, map types: {group.maps}, "
                f"round {rounds[group] + 1}"
            )
            start = time.monotonic()
            self.one_round(group)
            costs[group] = time.monotonic() - start
            rounds[group] += 1
            if not waiting:
                again = next_group(costs, rounds, end - time.monotonic(), most_rounds)
                waiting = [again] if again else []

    def one_round(self, group):
        for contender in self.random.sample(self.contenders, len(self.contenders)):
            source = os.path.join(self.directory, f"{contender.key}_{group.maps}.cpp")
            made = source + ".o"
            if not os.path.exists(source):
                with open(source, "w", encoding="utf-8") as file:
                    file.write(
                        sources.file_with(contender.header, contender.template, group.maps)
                    )
            flags = group.flags + contender.flags
            seconds = self.compiler.compile(source, flags, made)
            if self.times_wanted:
                self.figures.add(group.what, group.maps, contender.key, seconds)
            if group.flags == OPTIMIZED and group.maps > 0:
                self.add_code(contender.key, group.maps, made)

    def add_code(self, key, maps, made):
        """Once: the same code comes of the same file every time."""
        if self.figures.of("code", maps, key):
            return
        self.figures.add("code", maps, key, objects.text_bytes_of(made))
        self.figures.add("functions", maps, key, objects.functions_of(made))
