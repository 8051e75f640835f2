"""The maps that are compared, all of bench/maps.json, and what the compiler knows of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from trouble import Trouble


@dataclass(frozen=True)
class Contender:
    key: str
    name: str  # heads a column
    full_name: str
    header: str
    template: str  # with a key type and a value type, and nothing more, as users write it
    version_header: str
    version_macros: str
    package: str  # brings the header
    flags: tuple = ()
    program: str = "bench.weight"
    map: str = ""  # what the program calls it; the key where that is empty

    @property
    def program_map(self):
        return self.map or self.key


LIST = json.loads((Path(__file__).resolve().parents[1] / "maps.json").read_text(encoding="utf-8"))


def package_of(entry):
    """What brings a map's header."""
    if "library" in entry:
        return LIST["libraries"][entry["library"]]["package"] + " or later"
    return "this repository's include/" if entry["name"] == "steady" else "the compiler"


def listed():
    """The contenders of the list, and after Steady the same with its engine compiled apart."""
    for entry in LIST["hash_maps"]:
        name, full_name, version = entry["name"], entry["full_name"], entry["version"]
        one = Contender(name, name, full_name, entry["header"], full_name, version["header"], version["macros"],
                        package_of(entry))
        yield one
        if name == "steady":
            yield replace(one, key="steady_engine", name="steady, engine compiled apart",
                          flags=("-DSTEADY_COMPILED_ENGINE=1",), program="bench.weight_engine", map="steady")


ALL = list(listed())

# The others are compared with the faster of these.
FAST = tuple(entry["name"] for entry in LIST["hash_maps"] if entry.get("fast"))


def version_in(key, preprocessed):
    """The version in a preprocessed file whose last line has the values of the version's macros."""
    lines = [line for line in preprocessed.splitlines() if line.startswith("weight_version ")]
    words = lines[-1].split()[1:] if lines else []
    if not words or not all(word.isdigit() for word in words):
        return "unknown version"  # macros that this library, or this standard library, has not
    if key == "boost":
        number = int(words[0])
        words = [str(number // 100_000), str(number // 100 % 1000), str(number % 100)]
    return ".".join(words)


def version_of(contender, compiler):
    """The version that the compiler finds; None where it does not find the headers."""
    text = (
        f"#include <{contender.header}>\n#include <{contender.version_header}>\n"
        f"weight_version {contender.version_macros}\n"
    )
    try:
        return version_in(contender.key, compiler.preprocess(text, contender.flags))
    except Trouble:
        return None


def find_all(compiler):
    """({key: version} of what can be measured, a note about each map that cannot)."""
    versions = {contender.key: version_of(contender, compiler) for contender in ALL}
    if versions["steady"] is None:
        raise Trouble(f"{compiler.name} cannot read <steady/hash_map.hpp> in {compiler.include}")
    notes = [
        f"{contender.full_name} is left out: {compiler.name} does not find <{contender.header}>; "
        f"install {contender.package}"
        for contender in ALL
        if versions[contender.key] is None
    ]
    return {key: version for key, version in versions.items() if version is not None}, notes
