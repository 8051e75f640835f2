// Buckets: what a lookup reads first.
//
// A bucket is a header, among all other headers, and a run of slots, in a chunk. A full bucket
// continues in overflow buckets, each a header with its slots behind it, in spare room of the same
// chunk. Invariants:
//
//   1. A tag is 0 exactly when its slot holds no element.
//   2. The filter has the bit of every element that lives in the bucket's overflow; it may have
//      more. A lookup whose bit is missing need not search there, so misses rarely do.
//   3. The link to the first overflow bucket has a meaning only while the filter is not 0: to make
//      a bucket of unwritten memory, writing its header is enough.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/memory/storage.hpp>

namespace steady::detail {

inline constexpr unsigned max_bucket_width = 14;
inline constexpr unsigned max_overflow_width = 6;

struct alignas(16) bucket_header {
  std::uint8_t tags[max_bucket_width];
  std::uint16_t filter;  // one bit for each of 16 classes of hash positions in overflow
};

static_assert(sizeof(bucket_header) == 16 && cache_line_bytes % sizeof(bucket_header) == 0,
              "no header straddles a cache line");

// Its slots follow behind it, at array_layout::overflow_slots_offset.
template <class Storage>
struct alignas(16) overflow_bucket {
  using link = typename Storage::template pointer<overflow_bucket>;

  std::uint8_t tags[max_overflow_width];  // 0 also while it belongs to no bucket
  std::uint16_t home_and_place;
  link next;  // null at the end of the chain

  // The bucket that it belongs to, as a number in its chunk.
  static constexpr std::uint16_t home_bits = 0x0fff;
  // Whether it is in an extension, and whether nothing follows in that or in the spare room.
  static constexpr std::uint16_t in_extension = 0x4000;
  static constexpr std::uint16_t is_last = 0x8000;

  std::uint64_t home() const noexcept { return home_and_place & home_bits; }
  void move_to(std::uint64_t bucket) noexcept {
    home_and_place = static_cast<std::uint16_t>((home_and_place & (in_extension | is_last)) |
                                                (bucket & home_bits));
  }
};

// What lookups do not read of a bucket, its extras: the link to its first overflow bucket, which
// has a meaning only while the filter in the header is not 0, and, in arrays that keep some, the
// cached hash bits of the elements in its slots.
template <class Storage>
struct bucket_extras {
  typename overflow_bucket<Storage>::link first_overflow;

  static constexpr std::size_t cached_hashes_bytes = sizeof(bucket_header);  // a byte for each tag
};

// Found by an empty map, so that looking up needs no test for emptiness. Never written.
inline constexpr bucket_header empty_header{};

// A detour: it has no element, but its filter admits every hash position. So every lookup and every
// insertion goes on out of line, and what is rare needs no test where buckets are probed. While the
// line is divided between two arrays the root shows this one. The buckets of a group without
// elements have it, too, until the first element comes (occupancy.hpp).
inline constexpr bucket_header detour_header{{}, 0xffff};

// The slot of that number. The product is computed in 32 bits, which spares widening the number.
template <class Slot>
STEADY_ALWAYS_INLINE Slot* slot_of(Slot* slots, unsigned number) noexcept {
  return reinterpret_cast<Slot*>(reinterpret_cast<std::byte*>(slots) +
                                 number * static_cast<unsigned>(sizeof(Slot)));
}

// The header, or overflow bucket, that a tag is in: both are aligned to 16 bytes.
inline std::uint8_t* header_around(std::uint8_t* tag) noexcept {
  return tag - (reinterpret_cast<std::uintptr_t>(tag) % sizeof(bucket_header));
}

}  // namespace steady::detail
