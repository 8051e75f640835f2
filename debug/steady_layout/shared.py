"""Where concurrent_hash_map and concurrent_hash_set keep their elements."""

from __future__ import annotations

from typing import Iterator, Optional

from .memory import (
    KINDS,
    LONGEST_CHAIN_READ,
    MASK,
    LayoutError,
    Memory,
    Migration,
    Place,
    Shown,
    Slot,
    buckets_at,
)

HEADER_BYTES = 32  # concurrent/shared_bucket.hpp
TAGS_OFFSET = 8  # of an overflow bucket
NODE_OFFSET = 8  # concurrent/shared_elements.hpp: in slots, behind the hash code
CHUNK_BYTES = 16  # concurrent/shared_array.hpp, chunk
LEAF_BYTES = 64 << 10  # concurrent/zeroed_store.hpp
MOST_ARRAYS = 64  # more are taken for nonsense


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
        per_leaf = LEAF_BYTES // self.item_bytes
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
        self.buckets = buckets_at(array.member("line").member("shift").number())
        self.headers = ZeroedStore(memory, array.member("headers_"), HEADER_BYTES)
        self.chunks = ZeroedStore(memory, array.member("chunks_"), CHUNK_BYTES)

    def next(self) -> Optional["SharedArray"]:
        following = self.array.member("next_")
        if following.number() == 0:
            return None
        return SharedArray(self.memory, following.target(), self.shown)

    def kind(self) -> str:
        number = self.array.member("kind").number()
        if number >= len(KINDS):
            raise LayoutError(f"a migration of kind {number}: there is none")
        return KINDS[number]

    def percent_moved(self) -> int:
        per_chunk = min(self.buckets, self.shown.chunk_buckets)
        chunks = self.buckets // per_chunk
        if chunks > 4096:  # near enough
            return self.array.member("chunks_moved_").number() * 100 // chunks
        data = self.chunks.read(0, chunks)
        offset = self.memory.pointer_bytes
        moved = sum(
            self.memory.number_in(data, n * CHUNK_BYTES + offset, 4) for n in range(chunks)
        )
        return moved * 100 // self.buckets

    def elements(self, name: str) -> Iterator[Slot]:
        """Of the buckets that have not moved to the next array."""
        per_chunk = self.shown.chunk_buckets
        for first in range(0, self.buckets, per_chunk):
            count = min(per_chunk, self.buckets - first)
            headers = self.headers.read(first, count)
            if headers.count(0) == len(headers):
                continue
            chunk = self.chunks.read(first // per_chunk, 1)
            slots = self.memory.number_in(chunk, 0, self.memory.pointer_bytes)
            for n in range(count):
                header = headers[n * HEADER_BYTES : (n + 1) * HEADER_BYTES]
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
            tags = self.memory.read(link + TAGS_OFFSET, 8)
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

    def is_retired(self) -> bool:
        return False  # nothing there tells

    def retired(self) -> int:
        return 0

    def elements(self) -> Iterator[Slot]:
        name = "old"
        array = self._first()
        for _ in range(MOST_ARRAYS):
            if array is None:
                return
            yield from array.elements(name)
            array = array.next()
            name = "new"
        raise LayoutError("the chain of arrays does not end")
