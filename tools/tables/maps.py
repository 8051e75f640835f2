"""What bench/maps.json says of the maps that are measured: their order, their looks, which are fast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from figures import listed

LIST = Path(__file__).resolve().parents[2] / "bench/maps.json"
ALL: dict[str, Any] = json.loads(LIST.read_text(encoding="utf-8"))

OWN = "steady"
NAMES: list[str] = [each["name"] for each in ALL["hash_maps"]]
RIVALS: list[str] = [name for name in NAMES if name != OWN]
# Steady is compared with the faster of these at each size.
FAST: list[str] = [each["name"] for each in ALL["hash_maps"] if each.get("fast")]

_LOOKS: dict[str, dict[str, Any]] = {each["name"]: each["look"] for each in ALL["hash_maps"]}


def look_of(name: str) -> dict[str, Any]:
    """Colours, dash, marker and width of a map's line; of what is no map, those of the control."""
    return _LOOKS.get(name, ALL["control"]["look"])


def in_order(names: set[str]) -> list[str]:
    """As reports show them: hash maps, concurrent maps, and then the others."""
    known = NAMES + [each["name"] for each in ALL["concurrent_maps"] if each["name"] not in NAMES]
    return [name for name in known if name in names] + sorted(names - set(known))


def fast_names() -> str:
    """For headings: "boost and absl"."""
    return listed(FAST)
