"""Results of benchmarks: read from what --json wrote or from docs/data, merged, and kept small.

A file is an object: "program", where it comes from, and "results", as the program wrote them. What
--json wrote has one "origin"; what is kept in docs/data has "origins", one for each run that was
merged, and numbers of four digits. In both an origin says commit, date, command, compiler, machine
and versions. Runs are merged only if they agree in MUST_AGREE: ratios of different versions or
machines would be ratios of nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import throughput
from figures import significant
from trouble import Trouble

FOLDER = "docs/data"
MOST_BYTES = 300_000

# Not in what was measured before 2026-11-30.
NEWER = ("processor_model",)
EVERY_ORIGIN = ("commit", "compiler", "flags", "processor", "cores", "memory_bytes", "system", "kernel", "hash", "maps",
                "allowed_cores", "command", "date", "load")
MUST_AGREE = (*EVERY_ORIGIN[:10], *NEWER)

# What tells the rows of a program's results apart, where they are a list. Of bench.throughput the
# rounds of equal rows are pooled; of others no row may come twice.
KEYS = {
    "bench.batch": ("keys", "state", "size", "operation", "map"),
    "bench.concurrent": ("workload", "size", "threads", "map", "timed"),
    "bench.copying": ("size", "readers", "map"),
    "bench.floor": ("size", "independent"),
    "bench.idioms": ("keys", "size", "operation", "map"),
    "bench.following": ("way", "percent", "size", "part", "rate", "seconds", "break_ms"),
    "bench.scale": ("size",),
}
# These results are one object, so runs of them cannot be merged.
OBJECTS = ("bench.durable", "bench.latency")


@dataclass(frozen=True)
class Record:
    name: str
    program: str
    origins: list[dict[str, Any]]
    results: Any


def load(path: Path) -> Record:
    """A file that --json wrote, or one of docs/data."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise Trouble(f"{path}: {error}; it must be what a benchmark's --json wrote") from error
    if not isinstance(found, dict) or not {"program", "results"} <= found.keys():
        raise Trouble(f"{path}: no program and results in it; it must be what a benchmark's --json wrote")
    origins = found.get("origins") or [found.get("origin", {})]
    for origin in origins:
        missing = [key for key in EVERY_ORIGIN if key not in origin]
        if missing:
            raise Trouble(f"{path}: its origin lacks {', '.join(missing)}; measure again with this version")
    if found["program"] not in ("bench.throughput", *KEYS, *OBJECTS):
        raise Trouble(f"{path}: {found['program']} has no tables; those that have: "
                      + ", ".join(("bench.throughput", *KEYS, *OBJECTS)))
    return Record(path.stem, found["program"], origins, found["results"])


def merge(name: str, parts: list[Record]) -> Record:
    """One record of runs of one program, one version and one machine."""
    first = parts[0]
    for part in parts[1:]:
        if part.program != first.program:
            raise Trouble(f"{first.name} is of {first.program}, {part.name} of {part.program}; "
                          "merge runs of one program")
    origins = [(part.name, origin) for part in parts for origin in part.origins]
    first_origin = origins[0][1]
    for key in MUST_AGREE:
        for other, origin in origins[1:]:
            if origin.get(key) != first_origin.get(key):
                raise Trouble(f"{origins[0][0]} and {other} differ in {key}: {first_origin.get(key, 'not known')}, "
                              f"{origin.get(key, 'not known')}; merge runs of one version on one machine")
    results = [part.results for part in parts]
    return Record(name, first.program, [origin for _, origin in origins], _merged(first.program, results))


def _merged(program: str, results: list[Any]) -> Any:
    if program == "bench.throughput":
        return throughput.pooled(row for rows in results for row in rows)
    if program in OBJECTS:
        if len(results) > 1:
            raise Trouble(f"runs of {program} cannot be merged; record each by a name of its own")
        return results[0]
    rows = [row for rows in results for row in rows]
    seen = set()
    for row in rows:
        key = tuple(row.get(part) for part in KEYS[program])
        if key in seen:
            raise Trouble(f"measured twice: {', '.join(map(str, key))}; leave one of the runs out")
        seen.add(key)
    return rows


def record(name: str, paths: Iterable[Path]) -> Record:
    """What is to be kept of results: merged, and from a version that others can check out."""
    if not re.fullmatch(r"[a-z0-9-]+", name):
        raise Trouble(f"'{name}': a record's name is of lower-case letters, digits and -, as throughput-numbers")
    merged = merge(name, [load(path) for path in paths])
    commit = merged.origins[0]["commit"]
    if not re.fullmatch(r"[0-9a-f]{7,40}", commit):
        raise Trouble(f"measured with commit '{commit}'; commit include/ and bench/ first, build, and measure that, "
                      "so that others can repeat it")
    return merged


def text_of(kept: Record) -> str:
    """The file in docs/data: a line for each row, so that versions of it can be compared."""
    results = _rounded(_thinned(kept.results))
    parts = [f'"program":{_line(kept.program)}', f'"origins":{_lines([_public(each) for each in kept.origins])}']
    parts.append(f'"results":{_lines(results) if isinstance(results, list) else _line(results)}')
    text = "{\n" + ",\n".join(parts) + "\n}\n"
    if len(text) > MOST_BYTES:
        raise Trouble(f"{kept.name} takes {len(text):,} bytes, a record at most {MOST_BYTES:,}; "
                      "record kinds of elements apart")
    return text


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


def _lines(values: list[Any]) -> str:
    return "[\n" + ",\n".join(_line(value) for value in values) + "\n]"


# A part of a word that a shell reads as one; and the option with its file.
_PART = r"(?:'[^']*'|\\.|[^\s'\\])"
JSON_OPTION = re.compile(rf" (?:--json[ =]{_PART}+|'--json=[^']*'{_PART}*)")


def _public(origin: dict[str, Any]) -> dict[str, Any]:
    """An origin whose command says nothing of folders: where results went is nobody's concern."""
    return {**origin, "command": JSON_OPTION.sub("", origin["command"])}


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return significant(value)
    return _each_value(value, _rounded)


def _each_value(value: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(value, dict):
        return {key: change(each) for key, each in value.items()}
    return [change(each) for each in value] if isinstance(value, list) else value


# A picture has no more columns.
MOST_CELLS = 700


def _thinned(value: Any) -> Any:
    """Timelines with one value for several milliseconds, the largest; "cell_ms" says for how many."""
    if isinstance(value, dict) and "slowest_in_each_ms_ns" in value:
        lines = value["slowest_in_each_ms_ns"]
        width = -(-max(len(cells) for cells in lines.values()) // MOST_CELLS)
        thin = {call: [max(cells[at:at + width]) for at in range(0, len(cells), width)]
                for call, cells in lines.items()}
        kept = {key: each for key, each in value.items() if key != "slowest_in_each_ms_ns"}
        return {**kept, "slowest_ns": thin, "cell_ms": width}
    return _each_value(value, _thinned)
