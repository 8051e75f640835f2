"""What a debugger lends, what is found, and the numbers that a program tells of its layout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import List, Protocol

# steady/detail/array/shown_layout.hpp has the same number; it changes with the layout.
VERSION = 2

MASK = (1 << 64) - 1
LINE_BITS = 64
SHIFT_OF_ONE_BUCKET = 60  # line/hash_line.hpp
LONGEST_CHAIN_READ = 1 << 20  # a longer one is taken for nonsense

KINDS = ("growing", "compacting", "shrinking", "reseeding")  # shared_array.hpp, migration_kind


class LayoutError(Exception):
    """The memory is not what this module expects; the text says what is wrong."""


def buckets_at(shift: int) -> int:
    """Of an array whose line has this shift; raises LayoutError where none has."""
    if shift > SHIFT_OF_ONE_BUCKET:
        raise LayoutError(
            f"an array with a shift of {shift}: it is not initialised yet, or its memory is damaged"
        )
    return 1 << (SHIFT_OF_ONE_BUCKET - shift)


class Place(Protocol):
    """An object in the program's memory, of a type that the debugger knows."""

    def member(self, name: str) -> "Place":
        """A member, of a base class, too."""

    def has_member(self, name: str) -> bool: ...

    def items(self) -> "List[Place]":
        """Those of an array."""

    def target(self) -> "Place":
        """What a pointer, or an atomic one, leads to."""

    def number(self) -> int:
        """The value of an unsigned number, a pointer, a flag or an enumerator, or an atomic one."""

    def address(self) -> int: ...

    def type_name(self) -> str:
        """Without typedefs."""

    def read(self, address: int, size: int) -> bytes:
        """Of the program; raises LayoutError."""

    def pointer_bytes(self) -> int: ...

    def byte_order(self) -> str:
        """As int.from_bytes has it."""


@dataclass(frozen=True)
class Slot:
    """Where an element is."""

    address: int
    array: str  # "old" (also where there is only one), or "new"
    bucket: int
    number: int  # in the bucket, or in the overflow bucket
    in_overflow: bool


@dataclass(frozen=True)
class Migration:
    kind: str  # one of KINDS
    percent: int  # of the hash line, or of the old buckets
    old_buckets: int
    new_buckets: int


@dataclass(frozen=True)
class Shown:
    """The numbers in the name of shown_table<...> or shown_shared<...>."""

    width: int
    overflow_width: int
    chunk_buckets: int
    extras_or_slot_bytes: int
    overflow_slots: int

    @staticmethod
    def of(name: str) -> "Shown":
        found = re.search(r"((?:,\s*\d+[uUlL]*)+)\s*>$", name)
        numbers = [int(n) for n in re.findall(r"\d+", found.group(1))] if found else []
        if len(numbers) < 6:
            raise LayoutError(f"the type {name} tells no layout; is the program of Steady 0.1?")
        version, *rest = numbers[-6:]
        if version != VERSION:
            raise LayoutError(
                f"this printer knows layout {VERSION}, the program has layout {version}; "
                "load the printer of the program's version of Steady"
            )
        return Shown(*rest)


class Memory:
    """Reads numbers."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.pointer_bytes = place.pointer_bytes()
        self.byte_order = place.byte_order()

    def read(self, address: int, size: int) -> bytes:
        return self.place.read(address & MASK, size)

    def number(self, address: int, size: int) -> int:
        return int.from_bytes(self.read(address, size), self.byte_order)

    def pointer(self, address: int) -> int:
        return self.number(address, self.pointer_bytes)

    def number_in(self, data: bytes, offset: int, size: int) -> int:
        return int.from_bytes(data[offset : offset + size], self.byte_order)
