// The headers: what a lookup reads first.
//
// A bucket is a header, among all other headers, and a run of slots, in a chunk. A full bucket
// continues in overflow buckets, each a header with its slots behind it, in spare room of the same
// chunk. Invariants:
//
//   1. A tag is 0 exactly when its slot holds no element.
//   2. The filter has the bit of every element that lives in the bucket's overflow; it may have
//      more. A lookup whose bit is missing need not look there, so misses rarely do.
//   3. The chunk's link to the first overflow bucket has a meaning only while the filter is not 0:
//      writing a header in full is all it takes to make a bucket of unwritten memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/config.hpp>
#include <steady/detail/pointers.hpp>

namespace steady::detail {

inline constexpr unsigned max_bucket_width = 14;
inline constexpr unsigned max_overflow_width = 6;

struct alignas(16) bucket_header {
  std::uint8_t tags[max_bucket_width];
  std::uint16_t filter;  // one bit for each of 16 classes of positions in overflow
};

static_assert(sizeof(bucket_header) == 16 && cache_line_bytes % sizeof(bucket_header) == 0,
              "no header straddles a cache line");

// Its slots follow behind it, at geometry::overflow_slots_offset.
template <class Allocator>
struct alignas(16) overflow_bucket {
  std::uint8_t tags[max_overflow_width];  // 0 also while it belongs to no bucket
  std::uint16_t place;
  pointer_of<Allocator, overflow_bucket> next;  // null at the end of the chain

  // The bucket that it belongs to, as a number in its chunk.
  static constexpr std::uint16_t home_bits = 0x0fff;
  // Whether it is in an extension, and whether nothing follows in that or in the spare room.
  static constexpr std::uint16_t extends = 0x4000;
  static constexpr std::uint16_t ends = 0x8000;

  std::uint64_t home() const noexcept { return place & home_bits; }
  void move_to(std::uint64_t bucket) noexcept {
    place = static_cast<std::uint16_t>((place & (extends | ends)) | (bucket & home_bits));
  }
};

// Found by an empty map, so that looking up needs no test for emptiness. Never written.
inline constexpr bucket_header empty_header{};

// Found where a lookup must go another way, without a test for that either: there is no element,
// but any position may be in overflow. Never written.
inline constexpr bucket_header detour_header{{}, 0xffff};

// The slot of that number. The product is worked out in 32 bits, which spares widening the number.
template <class Slot>
STEADY_ALWAYS_INLINE Slot* slot_of(Slot* slots, unsigned number) noexcept {
  return reinterpret_cast<Slot*>(reinterpret_cast<std::byte*>(slots) +
                                 number * static_cast<unsigned>(sizeof(Slot)));
}

// The bits that stand for slots in the result of a tag comparison.
constexpr std::uint32_t slots_mask(unsigned width) noexcept { return (1u << width) - 1u; }

}  // namespace steady::detail
