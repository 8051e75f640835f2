"""Where Steady's containers keep their elements, for debuggers: gdb/steady.py and lldb/steady.py.

It reads the memory of a program that has stopped, in whatever state the container is: empty, at
rest, or in the middle of a migration, with both arrays. It calls no function of the program.
docs/design.md and docs/concurrent.md describe the layout; the headers that decide it are named
where they matter here.

A debugger lends it a Place for the container: something in the program's memory whose type the
debug information tells.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Optional, Protocol, Tuple, Union

from .memory import LayoutError, Memory, Migration, Place, Shown, Slot
from .shared import NODE_OFFSET as SHARED_NODE_OFFSET
from .shared import SharedTable
from .tables import Table

__all__ = [
    "Container",
    "LayoutError",
    "MISCOUNT",
    "Memory",
    "Migration",
    "Place",
    "SHARED_NODE_OFFSET",
    "Shown",
    "Slot",
]

CONTAINERS = re.compile(
    r"^(?:const )?steady::(?:\w+::)?((?:node_|concurrent_)?hash_(?:map|set))<.*>$"
)


@dataclass(frozen=True)
class Container:
    """A container of any kind."""

    name: str  # such as "steady::hash_map"
    is_map: bool
    in_nodes: bool  # slots of a table hold pointers
    is_shared: bool
    table: Union[Table, SharedTable]

    @staticmethod
    def kind_of(type_name: str) -> Optional[str]:
        found = CONTAINERS.match(type_name)
        return found.group(1) if found else None

    @staticmethod
    def of(kind: str, place: Place, shown_type: str, slot_bytes: int) -> "Container":
        """`place`: its table_ or container_ (see part_of()); `shown_type`: the name of the type
        that shows the layout."""
        shared = kind.startswith("concurrent_")
        shown = Shown.of(shown_type)
        table = SharedTable(place, shown) if shared else Table(place, shown, slot_bytes)
        return Container(
            "steady::" + kind, kind.endswith("map"), kind.startswith("node_"), shared, table
        )

    @staticmethod
    def part_of(kind: str) -> str:
        return "container_" if kind.startswith("concurrent_") else "table_"

    def summary(self) -> str:
        size = self.table.size()
        text = f"{self.name} with {size} element{'' if size == 1 else 's'}"
        if self.table.is_retired():
            text += ", retired"
        migration = self.table.migration()
        if migration is not None:
            text += f", {migration.kind} {migration.percent} %"
        retired = self.table.retired()
        if retired != 0:
            text += f", {retired} more to be destroyed"
        return text

    def details(self) -> List[str]:
        """Lines about its shape; looks at every bucket."""
        lines = [self.summary(), f"  buckets: {self.table.buckets()}"]
        migration = self.table.migration()
        if migration is not None:
            lines.append(f"  from {migration.old_buckets} to {migration.new_buckets} buckets")
        in_overflow = in_new = count = 0
        for slot in self.table.elements():
            count += 1
            in_overflow += slot.in_overflow
            in_new += slot.array == "new"
        lines.append(f"  elements in overflow: {in_overflow}")
        if migration is not None:
            lines.append(f"  elements in the new array: {in_new}")
        if count != self.table.size():
            lines.append(f"  {count} elements were found: {MISCOUNT}")
        return lines

    def where(
        self, address: int, slot_bytes: int, element_of: "ElementAddress"
    ) -> Tuple[str, Optional[Slot]]:
        """What a pointer into an element, or into a slot, points to."""
        for slot in self.table.elements():
            begin, size = element_of(slot)
            in_slot = slot.address <= address < slot.address + slot_bytes
            if in_slot or begin <= address < begin + size:
                which = f"the {slot.array} array" if self.table.migration() else "the array"
                kind = "an overflow bucket of bucket" if slot.in_overflow else "bucket"
                offset = address - (slot.address if in_slot else begin)
                text = f"slot {slot.number} of {kind} {slot.bucket} in {which}, offset {offset}"
                return text, slot
        return NOT_THERE, None


NOT_THERE = "no element of this container: it was erased, or has moved, or never was one"


class ElementAddress(Protocol):
    def __call__(self, slot: Slot) -> Tuple[int, int]:
        """The address and the size of the element that a slot holds or owns."""


MISCOUNT = (
    "the program was stopped in the middle of a change, its memory is damaged, or this printer "
    "is of another version of Steady"
)
