"""bench.throughput: Steady's time by that of each rival, over all sizes and by ranges of sizes.

Rows of its results: kind, operation, map, and either size and ns (one for each round), or, as they
are kept, sizes and ns (a list of those for each). A ratio of a size is one of medians over the
rounds; a mean is the geometric mean over the sizes, in which every doubling of the size counts the
same: below 4,096 elements a doubling has twice as many sizes as above.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import maps
from figures import geometric_mean, grouped, in_words, listed, table
from trouble import Trouble

OPERATIONS = {
    "insert": "insert", "reserved": "insert after reserve", "hit": "hit", "dependent": "dependent hit",
    "miss": "miss", "mixed": "half hits", "iterate": "iterate", "copy": "copy", "churn": "churn",
    "build": "build and destroy",
}
KINDS = ("u64:u64", "u64:56 bytes", "short text:u64", "40-byte text:u64")
HALF_WAY = "steady half-way"
SLOW = 1.20
# Small maps, those within the second-level cache, or not far beyond it, and large ones.
RANGES = ((0, 4_096), (4_096, 200_000), (200_000, 2_000_000), (2_000_000, 1 << 62))
ENDS = {4_096: "4 K", 200_000: "200 K", 2_000_000: "2 M"}

# Of one kind and operation: by size, the times of each map, one for each round.
Sizes = dict[int, dict[str, list[float]]]


def sizes_of(row: dict[str, Any]) -> Iterator[tuple[int, list[float]]]:
    """The sizes of a row with their times."""
    if "sizes" in row:
        yield from zip(row["sizes"], row["ns"])
    else:
        yield row["size"], row["ns"]


def times_of(rows: Iterable[dict[str, Any]]) -> dict[tuple[str, str], Sizes]:
    """By kind and operation. Times of several runs follow each other."""
    found: dict[tuple[str, str], Sizes] = {}
    for row in rows:
        sizes = found.setdefault((row["kind"], row["operation"]), {})
        for size, ns in sizes_of(row):
            sizes.setdefault(size, {}).setdefault(row["map"], []).extend(ns)
    for (kind, operation), sizes in found.items():
        for size, times in sizes.items():
            if len({len(ns) for ns in times.values()}) > 1:
                raise Trouble(f"{kind}, {operation}, {size} elements: not as many rounds of each map; "
                              "merge runs of the same maps")
    return found


def pooled(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of all runs as they are kept: one for each kind, operation and map."""
    kept: list[dict[str, Any]] = []
    for (kind, operation), sizes in sorted(times_of(rows).items(), key=_place):
        for name in maps.in_order({name for times in sizes.values() for name in times}):
            measured = sorted(size for size in sizes if name in sizes[size])
            kept.append({"kind": kind, "operation": operation, "map": name, "sizes": measured,
                         "ns": [sizes[size][name] for size in measured]})
    return kept


def _place(item: tuple[tuple[str, str], Sizes]) -> tuple[int, int]:
    """Where a kind and operation come in tables."""
    kind, operation = item[0]
    return (KINDS.index(kind) if kind in KINDS else len(KINDS)), list(OPERATIONS).index(operation)


def weights_of(sizes: Iterable[int]) -> dict[int, float]:
    """By size: one by how many of the sizes are in its doubling. The first doubling begins with the smallest size."""
    measured = sorted(sizes)
    doublings = {size: (size // measured[0]).bit_length() for size in measured}  # which one, from 1 on
    count = collections.Counter(doublings.values())
    return {size: 1 / count[doubling] for size, doubling in doublings.items()}


@dataclass(frozen=True)
class Ratios:
    """By size."""
    of: dict[int, float]
    weights: dict[int, float] | None = None  # those of these sizes, if nobody says otherwise

    def mean_value(self) -> float:
        """Of at least one ratio."""
        weights = self._weights()
        return geometric_mean(list(self.of.values()), [weights[size] for size in self.of])

    def _weights(self) -> dict[int, float]:
        return self.weights or weights_of(self.of)

    def mean(self) -> str:
        return f"{self.mean_value():.2f}" if self.of else ""

    def slow(self) -> str:
        return f"{sum(ratio > SLOW for ratio in self.of.values())} of {len(self.of)}" if self.of else ""

    def both(self) -> str:
        return f"{self.mean()}, {self.slow()}" if self.of else ""

    def worst(self) -> str:
        if not self.of:
            return ""
        size = max(self.of, key=lambda each: self.of[each])
        return f"{self.of[size]:.2f}, {grouped(size)}"

    def within(self, low: int, high: int) -> "Ratios":
        """Whose sizes keep their weights, also those of a doubling that is within in part."""
        return Ratios({size: ratio for size, ratio in self.of.items() if low <= size < high}, self._weights())


def by_rivals(sizes: Sizes, rivals: Iterable[str], who: str = maps.OWN) -> Ratios:
    """By the time of the fastest of the rivals that were measured at that size."""
    rivals = list(rivals)
    found = {}
    for size, times in sorted(sizes.items()):
        others = [median(times[rival]) for rival in rivals if rival in times]
        if who in times and others:
            found[size] = median(times[who]) / min(others)
    return Ratios(found)


def in_tables(results: Any) -> list[tuple[str, str, Sizes]]:
    """Kind, operation and times, in the order of tables."""
    return [(kind, OPERATIONS[operation], sizes)
            for (kind, operation), sizes in sorted(times_of(results).items(), key=_place)]


def _kind_row(kind: str, sizes: Sizes, columns: int) -> list[str]:
    measured = sorted(sizes)
    span = f"**`{kind}`**, {len(measured)} sizes from {grouped(measured[0])} to {grouped(measured[-1])}"
    return [span, *[""] * (columns - 1)]


def _with_kinds(results: Any, columns: int, cells: Any) -> Iterator[list[str]]:
    """Rows for each operation, below a row for each kind of elements."""
    shown = None
    for kind, operation, sizes in in_tables(results):
        if kind != shown:
            yield _kind_row(kind, sizes, columns)
        shown = kind
        yield [operation, *cells(sizes)]


def summary(results: Any) -> str:
    """For each kind of elements and operation: the mean over the sizes, and at how many it is slow."""
    head = ["", f"by the faster of {maps.fast_names()}", *[f"by {rival}" for rival in maps.RIVALS],
            "during a migration, by at rest"]

    def cells(sizes: Sizes) -> list[str]:
        return [by_rivals(sizes, maps.FAST).both(), *[by_rivals(sizes, [rival]).both() for rival in maps.RIVALS],
                by_rivals(sizes, [maps.OWN], HALF_WAY).mean()]

    return table(head, _with_kinds(results, len(head), cells))


def ranges(results: Any) -> str:
    """The means by the faster rival again, for ranges of sizes, and the worst size."""
    measured = {size for _, _, sizes in in_tables(results) for size in sizes}
    shown = [(low, high) for low, high in RANGES if any(low <= size < high for size in measured)]
    head = ["by the faster rival", "all sizes", *[_range_name(low, high, measured) for low, high in shown],
            "worst, at size", f"above {SLOW:.2f}"]

    def cells(sizes: Sizes) -> list[str]:
        all_sizes = by_rivals(sizes, maps.FAST)
        return [all_sizes.mean(), *[all_sizes.within(low, high).mean() for low, high in shown],
                all_sizes.worst(), all_sizes.slow()]

    return table(head, _with_kinds(results, len(head), cells))


def _range_name(low: int, high: int, measured: set[int]) -> str:
    first, last = max(low, min(measured)), min(high, max(measured))
    return f"{ENDS.get(first) or in_words(first)} to {ENDS.get(last) or in_words(last)}"


def rounds_ratios(results: Any, kind: str) -> dict[tuple[str, str], list[tuple[int, list[float]]]]:
    """By operation and rival: for each size Steady's time by the rival's, of each round by itself."""
    found = collections.defaultdict(list)
    for (of, operation), sizes in times_of(results).items():
        for size, times in sorted(sizes.items()) if of == kind else ():
            for rival in maps.RIVALS:
                if maps.OWN in times and rival in times:
                    ratios = [own / other for own, other in zip(times[maps.OWN], times[rival])]
                    found[operation, rival].append((size, ratios))
    return dict(found)


LEVEL = 0.03  # two runs of one program differ by as much


def verdict(results: Any) -> str:
    """One paragraph for each kind of elements: where Steady is faster than the faster rival, and where not."""
    means: dict[str, list[tuple[float, str]]] = {}
    for kind, operation, sizes in in_tables(results):
        ratios = by_rivals(sizes, maps.FAST)
        if ratios.of:
            means.setdefault(kind, []).append((ratios.mean_value(), operation))
    return "\n".join(_verdict_on(kind, sorted(found)) for kind, found in means.items())


def _verdict_on(kind: str, means: list[tuple[float, str]]) -> str:
    faster = [f"{operation} ({round(100 - 100 * mean)} %)" for mean, operation in means if mean < 1 - LEVEL]
    level = [operation for mean, operation in means if abs(mean - 1) <= LEVEL]
    slower = [f"{operation} ({round(100 * mean - 100)} %)" for mean, operation in means if mean > 1 + LEVEL]
    parts = [f"{name} in {listed(names)}" for name, names in
             (("faster than the faster rival", faster), ("level", level), ("slower", slower)) if names]
    return f"**`{kind}`: {'; '.join(parts)}.**\n"


TABLES = {"verdict": verdict, "summary": summary, "ranges": ranges}
