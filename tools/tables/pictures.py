"""The pictures in docs/images, each of one record."""

from __future__ import annotations

import math
from typing import Any

import calls
import following
import maps
import throughput
from figures import grouped, quartiles
from svg import Axis, Box, Drawing, Panel
from trouble import Trouble


RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def powers_of_two(low: float, high: float, every: int) -> list[tuple[float, str]]:
    first = math.ceil(math.log2(low))
    exponents = [n for n in range(first, math.floor(math.log2(high)) + 1) if n % every == 0]
    return [(2.0 ** n, "2" + str(n).translate(RAISED)) for n in exponents]


def decades(low: float, high: float, name: Any) -> list[tuple[float, str]]:
    """The powers of ten within, by `name(value)`."""
    exponents = range(math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9) + 1)
    return [(10.0 ** n, name(10.0 ** n)) for n in exponents]


def duration(ns: float) -> str:
    """10,000 as 10 us."""
    for unit, name in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if ns >= unit:
            return f"{ns / unit:g} {name}"
    return f"{ns:g} ns"


def enclosing_decades(values: list[float]) -> tuple[float, float]:
    return 10.0 ** math.floor(math.log10(min(values))), 10.0 ** math.ceil(math.log10(max(values)))


# ---- bench.throughput ----

RATIOS = ((0.125, "1/8"), (0.25, "1/4"), (0.5, "1/2"), (1.0, "same"), (2.0, "twice"))
COLUMNS, PANEL_WIDTH, PANEL_HEIGHT = 3, 232.0, 150.0


def throughput_ratios(results: Any) -> str:
    """Steady's time by that of each rival, one panel for each operation: medians, and the middle half."""
    kinds = [kind for kind, _, _ in throughput.in_tables(results)]
    if not kinds:
        raise Trouble("no times of bench.throughput to draw")
    ratios = throughput.rounds_ratios(results, kinds[0])
    shown = [operation for operation in throughput.OPERATIONS if any((operation, rival) in ratios for rival in maps.RIVALS)]
    sizes = [size for rows in ratios.values() for size, _ in rows]
    if not sizes:
        raise Trouble("no ratios to draw: they are of Steady's times by a rival's")
    x = Axis(min(sizes), max(sizes) + 1, powers_of_two(min(sizes), max(sizes), 4), logarithmic=True)
    y = Axis(0.125, 2.5, RATIOS, logarithmic=True)
    lines = -(-(len(shown) + 1) // COLUMNS)
    drawing = Drawing(900, round(lines * (PANEL_HEIGHT + 58) + 12), "Steady's time by that of each rival")
    for n, operation in enumerate(shown):
        panel = Panel(drawing, _panel_box(n), x, y, throughput.OPERATIONS[operation])
        panel.level(1)
        for rival in maps.RIVALS:
            _draw_ratios(panel, ratios.get((operation, rival), []), maps.look_of(rival))
    _explain_ratios(drawing, _panel_box(len(shown)), kinds[0])
    return drawing.svg()


def _panel_box(n: int) -> Box:
    column, line = n % COLUMNS, n // COLUMNS
    return Box(54 + column * (PANEL_WIDTH + 58), 34 + line * (PANEL_HEIGHT + 58), PANEL_WIDTH, PANEL_HEIGHT)


def _draw_ratios(panel: Panel, rows: list[tuple[int, list[float]]], look: dict[str, Any]) -> None:
    if not rows:
        return
    spreads = [(size, *quartiles(of_rounds)) for size, of_rounds in rows]
    panel.band([(size, low) for size, low, _, _ in spreads], [(size, high) for size, _, _, high in spreads], look["light"])
    panel.curve([(size, middle) for size, _, middle, _ in spreads], look, width=2)


def _explain_ratios(drawing: Drawing, box: Box, kind: str) -> None:
    drawing.text(box.left, box.top + 6, f"Steady's time by that of a rival, {kind},")
    drawing.text(box.left, box.top + 22, "by number of elements")
    drawing.text(box.left, box.top + 38, 'below "same" Steady is faster')
    for n, rival in enumerate(maps.RIVALS):
        drawing.swatch(box.left, box.top + 60 + 20 * n, maps.look_of(rival), f"by {rival}", marks=False)
    below = box.top + 60 + 20 * len(maps.RIVALS)
    drawing.text(box.left, below + 4, "lines: medians of the rounds")
    drawing.text(box.left, below + 20, "bands: their middle half")


# ---- bench.latency ----


def latency_growing(results: Any) -> str:
    """How long an insertion takes, by percentile."""
    names = [*calls.PERCENTILES, "max_least"]
    times = results["times_ns"]["grow"]
    curves = {who: [(n, times[who][name]) for n, name in enumerate(names) if times[who].get(name)]
              for who in maps.in_order(set(times))}
    low, high = enclosing_decades([ns for points in curves.values() for _, ns in points])
    drawing = Drawing(900, 480, "How long an insertion takes, by percentile")
    x = Axis(0, len(names) - 1, [(n, name.replace("max_least", "longest")) for n, name in enumerate(names)])
    y = Axis(low, high, decades(low, high, duration), logarithmic=True)
    title = f"Growing to {grouped(results['elements'])} u64 pairs: how long an insertion takes, by percentile"
    panel = Panel(drawing, Box(70, 40, 690, 400), x, y, title)
    for n, (who, points) in enumerate(curves.items()):
        panel.curve(points, maps.look_of(who), marks=True)
        drawing.swatch(780, 60 + 22 * n, maps.look_of(who), who)
    return drawing.svg()


# ---- bench.copying ----

COPYING_ABOUT = {"incremental": "Steady as it is: each insertion evacuates two buckets",
                 "at-once": "The same map, which stops all threads for a migration"}
COPYING_CALLS = {"insertion": ("insertions", "boost"), "lookup": ("lookups", "steady")}  # and whose colour


def copying_timeline(results: Any) -> str:
    """The slowest call of each moment, full copying below incremental."""
    rows = [row for row in results if row["map"] in COPYING_ABOUT and "slowest_ns" in row]
    if not rows:
        raise Trouble("no timeline of incremental or at-once; run bench.copying without --only")
    seconds = max(len(cells) * row["cell_ms"] for row in rows for cells in row["slowest_ns"].values()) / 1000
    step = 10.0 ** math.floor(math.log10(seconds / 2))
    x = Axis(0, seconds, [(n * step, f"{n * step:g}") for n in range(int(seconds / step) + 1)],
             label="seconds since the first insertion")
    y = Axis(1e3, 1e9, decades(1e3, 1e9, duration), logarithmic=True)
    drawing = Drawing(900, 100 + 290 * len(rows), "The slowest call of each moment")
    drawing.text(450, 24, f"Growing to {grouped(rows[0]['size'])} u64 pairs while other threads look up: "
                          "the slowest call of each moment", "middle", 14)
    for n, row in enumerate(rows):
        panel = Panel(drawing, Box(70, 80 + 290 * n, 790, 200), x, y, COPYING_ABOUT[row["map"]])
        for call, (_, whose) in COPYING_CALLS.items():
            panel.curve(_moments(row, call), {**maps.look_of(whose), "dash": []}, width=1.5)
    for n, (title, whose) in enumerate(COPYING_CALLS.values()):
        drawing.swatch(640 + 120 * n, 44, {**maps.look_of(whose), "dash": []}, title, marks=False)
    return drawing.svg()


def _moments(row: dict[str, Any], call: str) -> list[tuple[float, float]]:
    cell = row["cell_ms"] / 1000
    return [((n + 0.5) * cell, ns) for n, ns in enumerate(row["slowest_ns"][call]) if ns > 0]


# ---- bench.following ----


def following_ways(results: Any) -> str:
    """Four figures of each way, by how much has changed: medians as bars, from the least to the most as lines."""
    rows = following.rounds_of(results)
    if not rows:
        raise Trouble("no rounds of changes to draw; run bench.following without --stream")
    drawing = Drawing(900, 660, "What it takes until two maps are equal")
    drawing.text(450, 22, f"{grouped(rows[0]['size'])} u64 pairs in two processes: by how many of them change", "middle", 14)
    percents, present = following.percents_and_ways(rows)
    for n, way in enumerate(present):
        title, whose = following.WAYS[way]
        drawing.swatch(52 + 270 * n, 46, {**maps.look_of(whose), "dash": [], "width": 12}, title, marks=False)
    width = len(present) + 1
    middles = [(n * width + (len(present) - 1) / 2, f"{percent} %") for n, percent in enumerate(percents)]
    x = Axis(-1, len(percents) * width - 1, middles)
    for n, (name, (title, unit, _)) in enumerate(following.SHOWN.items()):
        box = Box(52 + n % 2 * 440, 96 + n // 2 * 300, 396, 230)
        _draw_bars(drawing, box, x, f"{title}, {unit}", following.bars(rows, name))
    return drawing.svg()


def _draw_bars(drawing: Drawing, box: Box, x: Axis, title: str, bars: dict[str, list[following.Bar]]) -> None:
    above_0 = [value for of_way in bars.values() for bar in of_way for value in bar[1:] if value > 0] or [1.0]
    # Room for the numbers, and for the lowest bar.
    low, high = enclosing_decades([min(above_0) / 1.5, max(above_0) * 2])
    ticks = decades(low, high, lambda value: grouped(value) if value >= 1 else f"{value:g}")
    panel = Panel(drawing, box, x, Axis(low, high, ticks, logarithmic=True), title)
    for way, of_way in bars.items():
        for place, middle, least, most in of_way:
            panel.bar(place, middle, maps.look_of(following.WAYS[way][1])["light"])
            panel.upright(place, least, most)
            panel.note(place, max(middle, most), f"{middle:.1f}" if middle < 10 else grouped(middle))


# ---- bench.floor ----

GATHERS = {"one line": {"light": "#6b7280", "dash": [], "marker": "cross", "width": 2},
           "two lines": {"light": "#000000", "dash": [], "marker": "cross", "width": 2}}


def floor_lookups(results: Any) -> str:
    """Lookups that find and gathers, by size; those that wait for each other are dashed."""
    names = [*GATHERS, *[name for name in maps.NAMES if any(name in cell["ns"] for cell in results)]]
    sizes = [cell["size"] for cell in results]
    low, high = enclosing_decades([ns for cell in results for ns in cell["ns"].values()])
    drawing = Drawing(900, 500, "Nanoseconds of a lookup, and of a gather of random lines")
    x = Axis(min(sizes), max(sizes) + 1, powers_of_two(min(sizes), max(sizes), 2), logarithmic=True, label="elements")
    y = Axis(low, high, decades(low, high, duration), logarithmic=True)
    panel = Panel(drawing, Box(70, 40, 670, 400), x, y,
                  "A lookup that finds its key, and a gather of one and of two random lines")
    for n, name in enumerate(names):
        look = {**(GATHERS.get(name) or maps.look_of(name)), "width": 2}
        for independent, dash in ((True, []), (False, [6, 4])):
            points = [(cell["size"], cell["ns"][name]) for cell in results
                      if cell["independent"] == independent and name in cell["ns"]]
            if points:
                panel.curve(points, {**look, "dash": dash}, marks=True)
        drawing.swatch(756, 60 + 22 * n, {**look, "dash": []}, name)
    drawing.text(756, 70 + 22 * len(names), "solid: overlapping")
    drawing.text(756, 86 + 22 * len(names), "dashed: dependent")
    return drawing.svg()


# ---- bench.scale ----


def scale_insertions(results: Any) -> str:
    """What an insertion costs, and the most elements that one moved, by size: one panel each."""
    sizes = [row["size"] for row in results]
    x = Axis(min(sizes), max(sizes) + 1, decades(min(sizes), max(sizes), grouped), logarithmic=True)
    drawing = Drawing(900, 520, "An insertion into a map of u64 pairs, by size")
    look = maps.look_of(maps.OWN)
    for n, (key, title) in enumerate((("ns", "nanoseconds of an insertion, mean over a doubling of the size"),
                                      ("elements_moved", "elements moved by one insertion, at most"))):
        most = max(row[key] for row in results)
        step = 10.0 ** math.floor(math.log10(most))
        y = Axis(0, most * 1.1, [(k * step, f"{k * step:g}") for k in range(int(most * 1.1 / step) + 1)])
        panel = Panel(drawing, Box(70, 40 + 250 * n, 790, 190), x, y, title)
        panel.curve([(row["size"], row[key]) for row in results], look, marks=True)
    return drawing.svg()


PICTURES = {
    "bench.throughput": {"ratios": throughput_ratios},
    "bench.latency": {"growing": latency_growing},
    "bench.copying": {"timeline": copying_timeline},
    "bench.following": {"ways": following_ways},
    "bench.floor": {"lookups": floor_lookups},
    "bench.scale": {"insertions": scale_insertions},
}
