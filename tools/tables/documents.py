"""Documents whose tables and pictures are made of the records in docs/data.

    <!-- made: throughput.summary of throughput-numbers -->
    what the script writes
    <!-- end of what is made -->

    <!-- picture: throughput.ratios of throughput-numbers in images/throughput.svg -->

A view's name is that of its program, without "bench.", and what it shows. `origin` shows how any
record was measured. `of a+b` shows two records as one, if they are of one version and one machine.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import calls
import following
import pictures
import records
import throughput
from trouble import Trouble

MADE = re.compile(r"^<!-- made: (\S+) of (\S+) -->\n(.*?)^(<!-- end of what is made -->)$", re.MULTILINE | re.DOTALL)
PICTURE = re.compile(r"^<!-- picture: (\S+) of (\S+) in (\S+) -->$", re.MULTILINE)
BEGINNING = re.compile(r"^<!-- *(?:made|picture) *:.*$", re.MULTILINE)

TABLES: dict[str, dict[str, Any]] = {"bench.throughput": throughput.TABLES, "bench.following": following.TABLES,
                                   **calls.TABLES}


def views_of(program: str) -> list[str]:
    """What can be made of a program's results, tables first."""
    short = program.removeprefix("bench.")
    return ["origin", *[f"{short}.{name}" for of in (TABLES, pictures.PICTURES) for name in of.get(program, {})]]


def view(record: records.Record, name: str, kind: dict[str, dict[str, Any]]) -> str:
    """A table or a picture."""
    program, _, what = name.partition(".")
    found = kind.get(record.program, {}).get(what)
    if f"bench.{program}" != record.program or found is None:
        raise Trouble(f"there is no {name} of {record.name}, which is of {record.program}; there are "
                      + ", ".join(views_of(record.program)))
    if not record.results:
        raise Trouble(f"{record.name} has no results of {record.program}")
    return found(record.results)


def made_text(record: records.Record, name: str, data: list[str]) -> str:
    return origin_text(record, data) if name == "origin" else view(record, name, TABLES)


def origin_text(record: records.Record, data: list[str]) -> str:
    """How a record was measured, as a list. `data` are the ways to its files from the document."""
    first = record.origins[0]
    commands = [f"`{each}`" for each in dict.fromkeys(_command(origin) for origin in record.origins)]
    dates = list(dict.fromkeys(origin["date"][:10] for origin in record.origins))
    versions = ", ".join(f"{name} {version}".strip() for name, version in sorted(first["maps"].items()))
    return (
        f"- Command: {', then '.join(commands)}\n"
        f"- Machine: {_processor(first)}, {first['cores']} cores, {first['memory_bytes'] / 2**30:.0f} GiB; "
        f"{first['system']}, {first['kernel']}{_load(record.origins)}.\n"
        f"- Built by {first['compiler']} `{first['flags'].strip()}`, commit {first['commit']}: {versions}.\n"
        f"- Hash: {first['hash']}.\n"
        f"- Date: {', '.join(dates)}.\n"
        f"- Data: {', '.join(f'[{Path(each).name}]({each})' for each in data)}\n")


def _processor(origin: dict[str, Any]) -> str:
    """Its name; and family and model, where they are known."""
    model = origin.get("processor_model", "unknown")
    return origin["processor"] + (f" ({model})" if model != "unknown" else "")


def _load(origins: list[dict[str, Any]]) -> str:
    """How busy the machine was when runs began, as far as they know."""
    known = sorted(origin["load"] for origin in origins if origin["load"] is not None)
    if not known:
        return ""
    known = [f"{load:.2f}" for load in known]
    return f"; load average {' to '.join(dict.fromkeys((known[0], known[-1])))} at the start"


def _command(origin: dict[str, Any]) -> str:
    pinned = 0 < origin["allowed_cores"] < origin["cores"]
    return f"taskset -c 0 {origin['command']}" if pinned and origin["allowed_cores"] == 1 else origin["command"]


@dataclass
class Made:
    """What the script makes: new texts by path; and which records it made them of."""
    texts: dict[Path, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


class Maker:
    """Makes the tables and pictures of a repository's documents."""

    def __init__(self, repository: Path):
        self.repository = repository
        self.folder = repository / records.FOLDER
        self._loaded: dict[str, records.Record] = {}

    def documents(self) -> list[Path]:
        return [self.repository / "README.md", *sorted((self.repository / "docs").rglob("*.md"))]

    def make(self) -> Made:
        """Of all documents that have markers. Writes nothing."""
        made = Made()
        for document in self.documents():
            if document.exists():
                self._make(document, made)
        unused = sorted({path.stem for path in self.folder.glob("*.json")} - made.used)
        if unused:
            record = self.record(unused[0])
            raise Trouble(f"{records.FOLDER}/{unused[0]}.json is in no document; write, in one of docs/, a line\n"
                          f"<!-- made: VIEW of {unused[0]} -->\nand a line\n<!-- end of what is made -->\n"
                          f"where VIEW is one of {', '.join(views_of(record.program))}")
        return made

    def record(self, names: str) -> records.Record:
        """The one of that name, or what several make together."""
        parts = [self._load(name) for name in names.split("+")]
        return parts[0] if len(parts) == 1 else records.merge(names, parts)

    def _load(self, name: str) -> records.Record:
        if name not in self._loaded:
            path = self.folder / f"{name}.json"
            if not path.exists():
                raise Trouble(f"there is no {records.FOLDER}/{name}.json; tools/make_tables record {name} RESULTS makes it")
            self._loaded[name] = records.load(path)
        return self._loaded[name]

    def _make(self, document: Path, made: Made) -> None:
        text = document.read_text(encoding="utf-8")
        where = document.relative_to(self.repository).as_posix()
        understood = len(MADE.findall(text)) + len(PICTURE.findall(text))
        if understood != len(BEGINNING.findall(text)):
            raise Trouble(f"{where}: {len(BEGINNING.findall(text))} markers, of which {understood} are whole; right are\n"
                          "<!-- made: VIEW of RECORD --> with <!-- end of what is made --> below, and\n"
                          "<!-- picture: VIEW of RECORD in FILE.svg -->")
        if understood == 0:
            return

        def replace(found: re.Match[str]) -> str:
            name, record = found.group(1), found.group(2)
            made.used |= set(record.split("+"))
            data = [self._way(document, self.folder / f"{each}.json") for each in record.split("+")]
            content = made_text(self.record(record), name, data)
            # Some readers of Markdown want the blank lines.
            return f"<!-- made: {name} of {record} -->\n\n{content}\n{found.group(4)}"

        made.texts[document] = MADE.sub(replace, text)
        for name, record, file in PICTURE.findall(text):
            made.used |= set(record.split("+"))
            made.texts[(document.parent / file).resolve()] = view(self.record(record), name, pictures.PICTURES)

    @staticmethod
    def _way(document: Path, target: Path) -> str:
        """The link from a document to a file below its folder."""
        return target.relative_to(document.parent).as_posix()
