"""Where hash_map, hash_set, node_hash_map and node_hash_set keep their elements."""

from __future__ import annotations

from typing import Iterator, Optional, Tuple

from .memory import (
    KINDS,
    LINE_BITS,
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

HEADER_BYTES = 16  # array/bucket.hpp, bucket_header
OCCUPANCY_BYTES = 8  # array/array_layout.hpp, in front of a chunk's slots
GROUP_BUCKETS = 4  # array/array_layout.hpp: at least so many share a bit of it
FILTER_OFFSET = 14
OVERFLOW_LINK_OFFSET = 8  # array/bucket.hpp, overflow_bucket
LEAF_HEADERS = 4096  # array/header_leaves.hpp
NODE_LEAVES = 512


class BucketArray:
    """array/bucket_array.hpp"""

    def __init__(
        self, memory: Memory, root: Place, shift: int, directory: int, shown: Shown, slot_bytes: int
    ) -> None:
        self.memory = memory
        self.root = root.number()
        self.in_leaves = root.type_name().count("*") > 1
        self.buckets = buckets_at(shift)
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
        first = slots - number * (self.bucket_bytes + extras) - OCCUPANCY_BYTES
        link = self.memory.pointer(first - extras)
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
            filled = self._filled_groups(begin)
            if filled != 0:
                headers = self.headers(begin, count)
                for bucket in range(begin, begin + count):
                    at = (bucket - begin) * HEADER_BYTES
                    header = headers[at : at + HEADER_BYTES]
                    if filled >> self._group_of(bucket) & 1 and any(header):
                        yield from self._elements_of(bucket, header, name)
            begin += count

    def _group_of(self, bucket: int) -> int:
        """In its chunk."""
        in_chunk = self.shown.chunk_buckets
        group_buckets = min(max(in_chunk // 64, GROUP_BUCKETS), in_chunk)
        return bucket % in_chunk // group_buckets

    def _filled_groups(self, bucket: int) -> int:
        """A bit for each group of the bucket's chunk: array/occupancy.hpp. Where room is reserved, a
        look at each empty bucket would take minutes."""
        in_chunk = self.shown.chunk_buckets
        if self.buckets <= in_chunk:
            return MASK
        return self.memory.number(self.slots(bucket - bucket % in_chunk) - OCCUPANCY_BYTES, 8)

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
        if self.is_retired():
            return sum(1 for _ in self.elements())
        return self.state.member("size").number()

    def is_retired(self) -> bool:
        """Whether it is what a steady::retired holds, whose elements are being destroyed."""
        return self.cold is not None and self.cold.member("is_retired").number() != 0

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
        if old is None or new is None or self.is_retired():
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
        first_new = 0
        first_old = old.bucket_at(frontier) if old is not None else 0
        if self.is_retired():  # the new array's elements are destroyed first
            destruction = self.cold.member("destruction")
            next_bucket = destruction.member("next_bucket").number()
            if destruction.member("in_new").number() != 0:
                first_new = next_bucket
            else:
                first_old, new = next_bucket, None
        if new is not None and frontier != 0:
            in_use = new.buckets if self._is_reseeding() else new.bucket_at(frontier - 1) + 1
            yield from new.elements(first_new, in_use, "new")
        if old is not None:
            yield from old.elements(first_old, old.buckets, "old")
