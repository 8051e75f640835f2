"""Tables of the benchmarks that are neither bench.throughput nor bench.following. Times of single calls are by percentile."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from statistics import median
from typing import Any

import maps
from figures import grouped, short, table

PERCENTILES = ("p50", "p90", "p99", "p99.9", "p99.99", "p99.999")
Row = dict[str, Any]


def microseconds(ns: float) -> str:
    return short(ns / 1000)


def call_cells(figures: dict[str, float], shown: Iterable[str]) -> list[str]:
    """Calls, percentiles, and of the longest calls the median over the rounds and the least."""
    longest = f"{microseconds(figures['max_median'])}, {microseconds(figures['max_least'])}"
    return [grouped(figures["samples"]),
            *[microseconds(figures[name]) if name in figures else "" for name in shown], longest]


def call_table(labels: list[str], rows: list[tuple[list[str], dict[str, float]]]) -> str:
    """A row of labels and figures for each map, in microseconds, without columns that all lack."""
    shown = [name for name in PERCENTILES if any(name in figures for _, figures in rows)]
    head = [*labels, "calls", *shown, "longest: median, best round"]
    return table(head, [[*names, *call_cells(figures, shown)] for names, figures in rows])


def in_order(rows: Iterable[Row]) -> list[Row]:
    """Rows in the order of the registry, where they differ in the map alone."""
    rows = list(rows)
    names = maps.in_order({row["map"] for row in rows})
    return sorted(rows, key=lambda row: names.index(row["map"]))


# ---- bench.latency ----


def latency_calls(results: Any) -> str:
    rows = [([phase, name], times[name]) for phase, times in _phases(results["times_ns"])
            for name in maps.in_order(set(times))]
    return call_table(["us", ""], rows)


def latency_insertions(results: Any) -> str:
    """Of latency_calls() those that make the map grow."""
    times = results["times_ns"]["grow"]
    return call_table(["us of an insertion"], [([name], times[name]) for name in maps.in_order(set(times))])


def _phases(of: dict[str, Any]) -> list[tuple[str, Any]]:
    """The phases of a map's life, in their order."""
    names = ("grow", "churn", "shrink", "clear", "destroy")
    return [(name, of[name]) for name in names if name in of]


def latency_memory(results: Any) -> str:
    elements = results["elements"]
    head = ["", "bytes per element", "peak, growing", "MB resident after shrinking", "page faults, growing"]
    rows = [[name, f"{each['grown_bytes'] / elements:.1f}", f"{each['peak_bytes'] / each['grown_bytes']:.2f}",
             short(each["shrunk_bytes"] / 1e6), grouped(each["page_faults"])]
            for name, each in ((name, results["memory"][name]) for name in maps.in_order(set(results["memory"])))]
    return table(head, rows)


def latency_work(results: Any) -> str:
    """The most that one call did, counted."""
    head = ["", "elements moved", "chunks", "blocks", "bytes in one piece", "bytes zeroed"]
    keys = ("elements", "chunks", "blocks", "largest_block", "bytes_zeroed")
    return table(head, [[phase, *[grouped(most[key]) for key in keys]] for phase, most in _phases(results["work"])])


# ---- bench.batch ----


def batch_keys(results: Any) -> str:
    """Nanoseconds for each key: Steady's calls for many, its calls for one, and loops over rivals.

    What was not measured is left empty."""
    names = ["many", *[name for name in maps.NAMES if any(row["map"] == name for row in results)]]
    head = ["keys", "elements", "ns for each key", *names, "many by steady", "many by the faster rival"]
    cells: dict[tuple[str, str, int, str], dict[str, float]] = {}
    for row in results:
        place = (row["keys"], row["state"], row["size"], row["operation"])
        cells.setdefault(place, {})[row["map"]] = median(row["ns"])
    rows = []
    for (keys, state, size, operation), ns in cells.items():
        rivals = [ns[name] for name in maps.FAST if name in ns]
        rows.append([keys if state == "at rest" else f"{keys}, {state}", grouped(size), operation,
                     *[short(ns[name]) if name in ns else "" for name in names],
                     _many_by(ns, ns.get(maps.OWN)), _many_by(ns, min(rivals, default=None))])
    return table(head, rows)


def _many_by(ns: dict[str, float], other: float | None) -> str:
    return f"{ns['many'] / other:.2f}" if other and "many" in ns else ""


# ---- bench.idioms ----


def idioms_operations(results: Any) -> str:
    """Nanoseconds of Steady for one operation; in brackets by the faster rival's."""
    ns: dict[tuple[str, str, int], dict[str, float]] = {}
    for row in results:
        ns.setdefault((row["operation"], row["keys"], row["size"]), {})[row["map"]] = median(row["ns"])
    operations = list(dict.fromkeys(operation for operation, _, _ in ns))
    columns = list(dict.fromkeys((keys, size) for _, keys, size in ns))
    head = ["", *[f"{keys}, {grouped(size)}" for keys, size in columns]]
    return table(head, [[f"`{operation}`", *[_by_faster(ns.get((operation, *column), {})) for column in columns]]
                        for operation in operations])


def _by_faster(ns: dict[str, float]) -> str:
    rivals = [ns[name] for name in maps.FAST if name in ns]
    if maps.OWN not in ns:
        return ""
    return short(ns[maps.OWN]) + (f" ({ns[maps.OWN] / min(rivals):.2f})" if rivals else "")


# ---- bench.concurrent ----


def _by_task(rows: Iterable[Row]) -> dict[tuple[str, int, int], dict[str, Row]]:
    tasks: dict[tuple[str, int, int], dict[str, Row]] = {}
    for row in rows:
        tasks.setdefault((row["workload"], row["size"], row["threads"]), {})[row["map"]] = row
    return tasks


def concurrent_throughput(results: Any) -> str:
    """Million operations per second, and in brackets by the row's first map."""
    tasks = _by_task(row for row in results if "million_per_second" in row)
    names = maps.in_order({name for rows in tasks.values() for name in rows})
    head = ["million operations per second", *names]
    lines = []
    for (workload, size, threads), rows in tasks.items():
        base = rows[next(name for name in names if name in rows)]["median"]
        lines.append([_task_name(workload, size, threads),
                      *[f"{rows[name]['median']:.1f} ({rows[name]['median'] / base:.2f})" if name in rows else ""
                        for name in names]])
        if any("peak_bytes_per_element" in row for row in rows.values()):
            lines.append(["peak bytes an element", *[_peak(rows.get(name)) for name in names]])
    return table(head, lines)


def _peak(row: Row | None) -> str:
    return f"{row['peak_bytes_per_element']:.1f}" if row and "peak_bytes_per_element" in row else ""


def _task_name(workload: str, size: int, threads: int) -> str:
    return f"{workload}, {grouped(size)} elements, {threads} thread{'s' if threads != 1 else ''}"


def concurrent_insertions(results: Any) -> str:
    tasks = _by_task(row for row in results if "insertion_ns" in row)
    rows = [([_task_name(*task), row["map"]], row["insertion_ns"])
            for task, by_map in tasks.items() for row in in_order(by_map.values())]
    return call_table(["us of an insertion", ""], rows)


def concurrent_single(results: Any) -> str:
    """One thread alone: nanoseconds, and in brackets by those of a plain map in the same round."""
    tasks = _by_task(row for row in results if "hit_ns" in row)
    lines = []
    for (_, size, _), rows in tasks.items():
        base = rows.get("plain")
        for row in [*([base] if base else []), *in_order(row for row in rows.values() if row is not base)]:
            lines.append([grouped(size), row["map"], *[_by_base(row, base, f"{what}_ns") for what in ("insert", "hit", "miss")]])
    return table(["elements", "ns", "insert", "hit", "miss"], lines)


def _by_base(row: Row, base: Row | None, key: str) -> str:
    ratios = [own / other for own, other in zip(row[key], base[key])] if base else []
    return f"{median(row[key]):.1f}" + (f" ({median(ratios):.2f})" if ratios else "")


# ---- bench.copying ----


def copying_growth(results: Any) -> str:
    rows = [row for row in results if "failure" not in row]

    def line(title: str, key: str, shown: Callable[[float, Row], str]) -> list[str]:
        return [title, *[shown(median(row[key]), row) if key in row else "" for row in rows]]

    def plain(value: float, _: Row) -> str:
        return short(value)

    def milliseconds(value: float, _: Row) -> str:
        return short(value / 1e6)

    return table(["", *[row["map"] for row in rows]], [
        line("insertions, million per second", "insertions_million_per_second", plain),
        line("lookups, million per second", "lookups_million_per_second", plain),
        line("peak bytes per element", "peak_bytes", lambda value, row: f"{value / row['size']:.1f}"),
        line("cores kept busy", "cores", plain),
        line("migrations", "migrations", lambda value, _: grouped(value)),
        line("all of them together, ms", "migrations_ns", milliseconds),
        line("the longest, ms", "longest_migration_ns", milliseconds),
        line("lookups meanwhile", "lookups_during_migrations", lambda value, _: grouped(value)),
    ])


def copying_calls(results: Any) -> str:
    rows = [([call, row["map"]], row[f"{call}_ns"])
            for call in ("insertion", "lookup") for row in results if f"{call}_ns" in row]
    return call_table(["us", ""], rows)


# ---- bench.durable ----


def durable_figures(results: Any) -> str:
    rows = [[each["what"], each["unit"], short(median(each["values"])),
             f"{short(min(each['values']))} to {short(max(each['values']))}"] for each in results["figures"]]
    return table(["", "unit", "median", "least to most"], rows)


def durable_writes(results: Any) -> str:
    return call_table(["us of a write"], [([name], figures) for name, figures in results["writes"].items()])


# ---- bench.floor ----


def floor_lookups(results: Any) -> str:
    """Lookups as multiples of a gather of two random lines."""
    names = [name for name in maps.NAMES if any(name in cell["ns"] for cell in results)]
    head = ["elements", "keys", "gather of one line, ns", "of two lines, ns", *[f"{name} by two lines" for name in names]]
    rows = []
    for cell in results:
        ns = cell["ns"]
        rows.append([grouped(cell["size"]), "independent" if cell["independent"] else "dependent",
                     short(ns["one line"]), short(ns["two lines"]),
                     *[f"{ns[name] / ns['two lines']:.2f}" if name in ns else "" for name in names]])
    return table(head, rows)


# ---- bench.scale ----


def scale_insertions(results: Any) -> str:
    head = ["up to", "ns per insertion", "bytes per element", "elements moved, at most", "blocks",
            "bytes in one piece", "bytes zeroed"]
    rows = [[grouped(row["size"]), short(row["ns"]), f"{row['bytes_per_element']:.1f}",
             *[grouped(row[key]) for key in ("elements_moved", "blocks", "largest_block", "bytes_zeroed")]]
            for row in results]
    return table(head, rows)


TABLES = {
    "bench.latency": {"calls": latency_calls, "insertions": latency_insertions, "memory": latency_memory, "work": latency_work},
    "bench.batch": {"keys": batch_keys},
    "bench.concurrent": {"throughput": concurrent_throughput, "insertions": concurrent_insertions,
                         "single": concurrent_single},
    "bench.copying": {"growth": copying_growth, "calls": copying_calls},
    "bench.durable": {"figures": durable_figures, "writes": durable_writes},
    "bench.floor": {"lookups": floor_lookups},
    "bench.idioms": {"operations": idioms_operations},
    "bench.scale": {"insertions": scale_insertions},
}
