"""Where Steady's containers keep their elements, for debuggers: gdb/steady.py and lldb/steady.py.

It reads the memory of a program that has stopped, in whatever state the container is: empty, at
rest, or in the middle of a migration, with both arrays. It calls no function of the program.
docs/design.md and docs/concurrent.md describe the layout; the headers that decide it are named
where they matter here.

A debugger lends it a Place for the container: something in the program's memory whose type the
debug information tells.
"""

import re
from dataclasses import dataclass
from typing import Iterator, List, Optional, Protocol, Tuple

# steady/detail/array/shown_layout.hpp has the same number; it changes with the layout.
VERSION = 1

MASK = (1 << 64) - 1
HEADER_BYTES = 16  # array/bucket.hpp, bucket_header
FILTER_OFFSET = 14
OVERFLOW_HEADER_BYTES = 16  # array/bucket.hpp, overflow_bucket, with a pointer of 8 bytes
OVERFLOW_LINK_OFFSET = 8
LEAF_HEADERS = 4096  # array/header_leaves.hpp
NODE_LEAVES = 512
SHARED_HEADER_BYTES = 32  # concurrent/shared_bucket.hpp
SHARED_TAGS_OFFSET = 8  # of an overflow bucket
SHARED_NODE_OFFSET = 8  # concurrent/shared_elements.hpp: in slots, behind the hash code
SHARED_CHUNK_BYTES = 16  # concurrent/shared_array.hpp, chunk
SHARED_LEAF_BYTES = 64 << 10  # concurrent/zeroed_store.hpp
LINE_BITS = 64
SHIFT_OF_ONE_BUCKET = 60  # line/hash_line.hpp
LONGEST_CHAIN_READ = 1 << 20  # a longer one is taken for nonsense

KINDS = ("growing", "compacting", "shrinking", "reseeding")  # shared_array.hpp, migration_kind


class LayoutError(Exception):
    """The memory is not what this module expects; the text says what is wrong."""


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
        self.read = place.read
        self.pointer_bytes = place.pointer_bytes()
        self.byte_order = place.byte_order()

    def number(self, address: int, size: int) -> int:
        return int.from_bytes(self.read(address & MASK, size), self.byte_order)

    def pointer(self, address: int) -> int:
        return self.number(address, self.pointer_bytes)

    def number_in(self, data: bytes, offset: int, size: int) -> int:
        return int.from_bytes(data[offset : offset + size], self.byte_order)


# ---- hash_map, hash_set and their like ----


class BucketArray:
    """array/bucket_array.hpp"""

    def __init__(
        self, memory: Memory, root: Place, shift: int, directory: int, shown: Shown, slot_bytes: int
    ) -> None:
        self.memory = memory
        self.root = root.number()
        self.in_leaves = root.type_name().count("*") > 1
        self.buckets = 1 << (SHIFT_OF_ONE_BUCKET - shift)
        self.directory = directory - 256 if directory > 127 else directory
        self.shown = shown
        self.slot_bytes = slot_bytes
        self.bucket_bytes = shown.width * slot_bytes

    def bucket_at(self, position: int) -> int:
        return position * self.buckets >> LINE_BITS

    def _leaf(self, bucket: int) -> int:
        leaf = bucket // LEAF_HEADERS
        size = self.memory.pointer_bytes
        node = self.memory.pointer(self.root + leaf // NODE_LEAVES * size)
        return self.memory.pointer(node + leaf % NODE_LEAVES * size)

    def headers(self, bucket: int, count: int) -> bytes:
        """Of buckets that are in one chunk."""
        if self.in_leaves:
            first = self._leaf(bucket) + bucket % LEAF_HEADERS * HEADER_BYTES
        else:
            first = self.root + bucket * HEADER_BYTES
        return self.memory.read(first, count * HEADER_BYTES)

    def slots(self, bucket: int) -> int:
        """The address of the first slot of a bucket."""
        chunk = bucket // self.shown.chunk_buckets
        size = self.memory.pointer_bytes
        if self.in_leaves:
            entry = chunk % (LEAF_HEADERS // self.shown.chunk_buckets) + 1
            first = self.memory.pointer(self._leaf(bucket) - entry * size)
            return first + bucket % self.shown.chunk_buckets * self.bucket_bytes
        first = self.memory.pointer(self.root + (self.directory - chunk) * size)
        return (first + bucket * self.bucket_bytes) & ((1 << 8 * size) - 1)

    def chain(self, slots: int, bucket: int) -> Iterator[int]:
        """The overflow buckets of the bucket with these slots."""
        extras = self.shown.extras_or_slot_bytes
        number = bucket % self.shown.chunk_buckets
        link = self.memory.pointer(slots - number * (self.bucket_bytes + extras) - extras)
        for _ in range(LONGEST_CHAIN_READ):
            if link == 0:
                return
            yield link
            link = self.memory.pointer(link + OVERFLOW_LINK_OFFSET)
        raise LayoutError(f"the overflow chain of bucket {bucket} does not end")

    def elements(self, begin: int, end: int, name: str) -> Iterator[Slot]:
        """Of the buckets from `begin` to `end`."""
        while begin < end:
            in_chunk = self.shown.chunk_buckets - begin % self.shown.chunk_buckets
            count = min(in_chunk, end - begin)
            headers = self.headers(begin, count)
            for n in range(count):
                header = headers[n * HEADER_BYTES : (n + 1) * HEADER_BYTES]
                if any(header):
                    yield from self._elements_of(begin + n, header, name)
            begin += count

    def _elements_of(self, bucket: int, header: bytes, name: str) -> Iterator[Slot]:
        slots = self.slots(bucket)
        for number in range(self.shown.width):
            if header[number] != 0:
                address = slots + number * self.slot_bytes
                yield Slot(address, name, bucket, number, False)
        if self.memory.number_in(header, FILTER_OFFSET, 2) == 0:
            return
        for overflow in self.chain(slots, bucket):
            tags = self.memory.read(overflow, self.shown.overflow_width)
            for number, tag in enumerate(tags):
                if tag != 0:
                    address = overflow + self.shown.overflow_slots + number * self.slot_bytes
                    yield Slot(address, name, bucket, number, True)


class Table:
    """state/table_state.hpp and state/cold_block.hpp"""

    def __init__(self, table: Place, shown: Shown, slot_bytes: int) -> None:
        self.shown = shown
        self.slot_bytes = slot_bytes
        self.memory = Memory(table)
        self.state = table.member("state_")
        link = self.state.member("cold_link")
        if not link.type_name().endswith("*"):
            raise LayoutError(f"pointers of the kind {link.type_name()} cannot be followed")
        self.cold = link.target() if link.number() != 0 else None

    def size(self) -> int:
        return self.state.member("size").number()

    def _array_of(self, place: Place) -> Optional[BucketArray]:
        directory = place.member("directory_").number()
        shift = place.member("line_").member("shift").number()
        if directory == 0:
            return None
        return BucketArray(
            self.memory, place.member("root_"), shift, directory, self.shown, self.slot_bytes
        )

    def _arrays(self) -> Tuple[Optional[BucketArray], Optional[BucketArray]]:
        """The old one, or the only one, and the new one."""
        if self.cold is not None:
            old, new = self.cold.member("arrays").items()
            return self._array_of(old), self._array_of(new)
        word = self.state.member("shape").member("word_").number()
        directory = word >> 8 & 0xFF
        if directory == 0:
            return None, None
        root = self.state.member("root")
        only = BucketArray(
            self.memory, root, word & 0x3F, directory, self.shown, self.slot_bytes
        )
        return only, None

    def _frontier(self) -> int:
        return self.cold.member("frontier").number() if self.cold is not None else 0

    def _is_reseeding(self) -> bool:
        return self.cold is not None and self.cold.member("reseeding").number() != 0

    def buckets(self) -> int:
        old, new = self._arrays()
        kept = new or old
        return kept.buckets if kept is not None else 0

    def migration(self) -> Optional[Migration]:
        old, new = self._arrays()
        if old is None or new is None:
            return None
        if self._is_reseeding():
            kind = "reseeding"
        else:
            kind = KINDS[0 if new.buckets > old.buckets else 1 if new.buckets == old.buckets else 2]
        return Migration(kind, self._frontier() * 100 >> LINE_BITS, old.buckets, new.buckets)

    def retired(self) -> int:
        """Elements that clear_gradually() has left to be destroyed."""
        if self.cold is None:
            return 0
        older = self.cold.member("older")
        if older.number() == 0:
            return 0
        return older.target().member("destruction").member("total_elements").number()

    def elements(self) -> Iterator[Slot]:
        old, new = self._arrays()
        frontier = self._frontier()
        if new is not None and frontier != 0:
            in_use = new.buckets if self._is_reseeding() else new.bucket_at(frontier - 1) + 1
            yield from new.elements(0, in_use, "new")
        if old is not None:
            yield from old.elements(old.bucket_at(frontier), old.buckets, "old")


# ---- containers that threads share ----


class ZeroedStore:
    """concurrent/zeroed_store.hpp: items that read as zeros where nothing was written."""

    def __init__(self, memory: Memory, place: Place, item_bytes: int) -> None:
        self.memory = memory
        self.item_bytes = item_bytes
        self.in_leaves = place.has_member("root_")
        self.first = place.member("root_" if self.in_leaves else "first_").number()

    def read(self, number: int, count: int) -> bytes:
        if not self.in_leaves:
            return self.memory.read(self.first + number * self.item_bytes, count * self.item_bytes)
        per_leaf = SHARED_LEAF_BYTES // self.item_bytes
        data = b""
        while count > 0:
            here = min(count, per_leaf - number % per_leaf)
            leaf = self.memory.pointer(
                self.first + number // per_leaf * self.memory.pointer_bytes
            )
            size = here * self.item_bytes
            if leaf == 0:
                data += bytes(size)
            else:
                data += self.memory.read(leaf + number % per_leaf * self.item_bytes, size)
            number += here
            count -= here
        return data


class SharedArray:
    """concurrent/shared_array.hpp and concurrent/shared_bucket.hpp"""

    def __init__(self, memory: Memory, array: Place, shown: Shown) -> None:
        self.memory = memory
        self.array = array
        self.shown = shown
        self.slot_bytes = shown.extras_or_slot_bytes
        shift = array.member("line").member("shift").number()
        self.buckets = 1 << (SHIFT_OF_ONE_BUCKET - shift)
        self.headers = ZeroedStore(memory, array.member("headers_"), SHARED_HEADER_BYTES)
        self.chunks = ZeroedStore(memory, array.member("chunks_"), SHARED_CHUNK_BYTES)

    def next(self) -> Optional["SharedArray"]:
        following = self.array.member("next_")
        if following.number() == 0:
            return None
        return SharedArray(self.memory, following.target(), self.shown)

    def kind(self) -> str:
        return KINDS[self.array.member("kind").number()]

    def percent_moved(self) -> int:
        per_chunk = min(self.buckets, self.shown.chunk_buckets)
        chunks = self.buckets // per_chunk
        if chunks > 4096:  # near enough
            return self.array.member("chunks_moved_").number() * 100 // chunks
        data = self.chunks.read(0, chunks)
        offset = self.memory.pointer_bytes
        moved = sum(
            self.memory.number_in(data, n * SHARED_CHUNK_BYTES + offset, 4) for n in range(chunks)
        )
        return moved * 100 // self.buckets

    def elements(self, name: str) -> Iterator[Slot]:
        """Of the buckets that have not moved to the next array."""
        per_chunk = self.shown.chunk_buckets
        for first in range(0, self.buckets, per_chunk):
            count = min(per_chunk, self.buckets - first)
            headers = self.headers.read(first, count)
            if not any(headers):
                continue
            chunk = self.chunks.read(first // per_chunk, 1)
            slots = self.memory.number_in(chunk, 0, self.memory.pointer_bytes)
            for n in range(count):
                header = headers[n * SHARED_HEADER_BYTES : (n + 1) * SHARED_HEADER_BYTES]
                own = slots + n * self.shown.width * self.slot_bytes
                yield from self._elements_of(first + n, header, own, name)

    def _elements_of(self, bucket: int, header: bytes, slots: int, name: str) -> Iterator[Slot]:
        word = self.memory.number_in(header, 0, 8)  # concurrent/bucket_word.hpp
        if word & 4:  # moved
            return
        occupied = word >> 3 & 0xFFFF
        for number in range(self.shown.width):
            if occupied >> number & 1:
                yield Slot(slots + number * self.slot_bytes, name, bucket, number, False)
        link = self.memory.number_in(header, 8, self.memory.pointer_bytes)
        for _ in range(LONGEST_CHAIN_READ):
            if link == 0:
                return
            tags = self.memory.read(link + SHARED_TAGS_OFFSET, 8)
            if self.memory.byte_order == "big":
                tags = tags[::-1]
            for number in range(self.shown.overflow_width):
                if tags[number] != 0:
                    address = link + self.shown.overflow_slots + number * self.slot_bytes
                    yield Slot(address, name, bucket, number, True)
            link = self.memory.pointer(link)
        raise LayoutError(f"the overflow chain of bucket {bucket} does not end")


class SharedTable:
    """concurrent/shared_state.hpp"""

    def __init__(self, container: Place, shown: Shown) -> None:
        self.shown = shown
        self.memory = Memory(container)
        self.state = container.member("state_")

    def size(self) -> int:
        stripes = self.state.member("counts").member("stripes_").items()
        total = sum(stripe.member("of").member("count").number() for stripe in stripes) & MASK
        return 0 if total >> 63 else total

    def _first(self) -> Optional[SharedArray]:
        root = self.state.member("root")
        if root.number() == 0:
            return None
        return SharedArray(self.memory, root.target(), self.shown)

    def buckets(self) -> int:
        first = self._first()
        if first is None:
            return 0
        return (first.next() or first).buckets

    def migration(self) -> Optional[Migration]:
        first = self._first()
        following = first.next() if first is not None else None
        if first is None or following is None:
            return None
        return Migration(first.kind(), first.percent_moved(), first.buckets, following.buckets)

    def retired(self) -> int:
        return 0

    def elements(self) -> Iterator[Slot]:
        name = "old"
        array = self._first()
        while array is not None:
            yield from array.elements(name)
            array = array.next()
            name = "new"


# ---- what all of them have ----

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
    table: "Table | SharedTable"

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
