"""Tables and figures of bench.following: rounds of changes, and streams at a fixed rate, whose rows have a part."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import median
from typing import Any

from calls import PERCENTILES, call_cells
from figures import grouped, short, table

Row = dict[str, Any]
MIB = 2**20

# Ways of keeping the second map up to date: what they are called, and the map whose colour they have.
WAYS = {"full-copy": ("full copies", "boost"), "stream": ("snapshot and stream", "steady"),
        "redis": ("Redis, its own replication", "control")}


def rounds_of(results: Any) -> list[Row]:
    """Rows of ways that finished, in order: by percentage, and then as WAYS."""
    rows = [row for row in results if row.get("way") in WAYS and row["equal_ms"]]
    return sorted(rows, key=lambda row: (row["percent"], list(WAYS).index(row["way"])))


def ways(results: Any) -> str:
    head = ["changed", "", "equal after, ms", "writer's changes, ms", "sent, MiB", "lag, changes", "lag, ms",
            "longest stall, ms", "peak, MiB: writer", "follower"]
    rows = []
    for row in rounds_of(results):
        middle = {name: median(values) for name, values in row.items() if isinstance(values, list)}
        rows.append([f"{row['percent']} %", WAYS[row["way"]][0], _spread(row["equal_ms"]), short(middle["changing_ms"]),
                     short(middle["bytes"] / MIB), grouped(middle["lag_changes"]), short(middle["lag_ms"]),
                     _spread(row["stall_ms"]), *[short(middle[f"{who}_peak_bytes"] / MIB) for who in ("writer", "follower")]])
    return table(head, rows)


def _spread(values: list[float]) -> str:
    """The median of the rounds, the least and the most."""
    return f"{short(median(values))} ({short(min(values))} to {short(max(values))})"


def first(results: Any) -> str:
    """The first copy of all elements: medians over all runs of a way."""
    rows = []
    for way, (name, _) in WAYS.items():
        runs = [row for row in rounds_of(results) if row["way"] == way]
        if runs:
            rows.append([name, short(_over(runs, "first_ms")), short(_over(runs, "first_bytes") / MIB)])
    return table(["the first copy", "ms", "MiB"], rows)


def _over(rows: Iterable[Row], name: str) -> float:
    return median(value for row in rows for value in row[name])


def lags(results: Any) -> str:
    """Of streams that nothing broke: from when a change was due until the follower had it."""
    rows = [row for row in results if "lag_ns" in row]
    shown = [name for name in PERCENTILES if any(name in row["lag_ns"] for row in rows)]
    head = ["changes per second", "", "us: changes", *shown, "longest: median, best round", "writer late, ms", "writer, cores",
            "follower, cores", "kept up"]
    return table(head, [
        [grouped(row["rate"]), row["part"], *call_cells(row["lag_ns"], shown), short(median(row["late_ms"])),
         *[short(median(row[f"{who}_cores"])) for who in ("writer", "follower")], "yes" if row["kept_up"] else "no"]
        for row in rows])


def breaks(results: Any) -> str:
    """What a follower that went away for a while gets from coming back on."""
    head = ["changes per second", "away, ms", "missed changes", "caught up after, ms", "then arrived: changes", "MiB",
            "by the bytes of the changes"]
    rows = []
    for row in results:
        if "missed_changes" not in row:
            continue
        arrived, sent = median(row["arrived_changes"]), median(row["arrived_bytes"])
        rows.append([grouped(row["rate"]), grouped(row["break_ms"]), grouped(median(row["missed_changes"])),
                     _caught_up(row["caught_up_ms"]), grouped(arrived), short(sent / MIB),
                     f"{sent / (arrived * row['bytes_of_a_change']):.4f}"])
    return table(head, rows)


def _caught_up(times: list[float | None]) -> str:
    """The median; a follower that never caught up did so later than all that did."""
    middle = median(math.inf if each is None else each for each in times)
    return "-" if math.isinf(middle) else short(middle)


TABLES = {"ways": ways, "first": first, "lags": lags, "breaks": breaks}

# ---- for the picture ----

# Figures that it shows: their title, a unit, and how many of the figure's own make one.
SHOWN = {"equal_ms": ("from the first change until both maps are equal", "ms", 1),
         "stall_ms": ("the longest time in which the writer waits", "ms", 1),
         "lag_ms": ("how long a change is under way, at most", "ms", 1),
         "bytes": ("sent from one process to the other", "MiB", MIB)}

Bar = tuple[int, float, float, float]  # its place, the median of the rounds, the least and the most


def bars(rows: list[Row], name: str) -> dict[str, list[Bar]]:
    """By way, of a figure: the places are in groups, one for each percentage, with one left free between them."""
    percents, present = percents_and_ways(rows)
    found: dict[str, list[Bar]] = {way: [] for way in present}
    for row in rows:
        values = [value / SHOWN[name][2] for value in row[name]]
        place = percents.index(row["percent"]) * (len(present) + 1) + present.index(row["way"])
        found[row["way"]].append((place, median(values), min(values), max(values)))
    return found


def percents_and_ways(rows: list[Row]) -> tuple[list[int], list[str]]:
    return sorted({row["percent"] for row in rows}), [way for way in WAYS if any(row["way"] == way for row in rows)]
