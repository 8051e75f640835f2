// Sizes and offsets of chunks, buckets and overflow buckets, computed at compile time from the
// element's size and the policy. The engine takes them as numbers; code per element type knows them
// as constants.
//
//   chunk:  [headers, if embedded] [supply] [extras, last one first] [occupancy] [slots] [spare]
//                                                                                ^ what the
//                                                                                  directory knows
// Everything in a chunk is found from the address of its first slot. Extras grow downwards, so that
// their place, and that of the occupancy, does not depend on the number of buckets. What a new
// chunk has written is in front of the slots, so that few of its pages are needed at once.
//
// A tiny array is one bucket without overflow, maybe with fewer slots than others have:
//
//   [header] [cached hash bits, if any] [slots] [directory entry]
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <steady/detail/array/bit_levels.hpp>
#include <steady/detail/array/bucket.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

// Where the overflow of a chunk's buckets comes from. A chunk that needs more than its spare room
// gets extensions, one block each.
template <class Storage>
struct overflow_supply {
  using byte_link = typename Storage::template pointer<std::byte>;

  typename overflow_bucket<Storage>::link free;  // overflow buckets that were given back
  byte_link newest;     // extension; each begins with the link to the next one, the newest's to the
                        // oldest
  std::uint32_t taken;  // overflow buckets of the newest, or else of the spare room, that were ever
                        // in use
  std::uint32_t room;   // of so many
};

// ---- how many elements chance puts into a bucket ----

// e^-x for x >= 0, to the few digits that sizing spare room needs.
constexpr double exp_minus(double x) noexcept {
  const int doublings = x > 16 ? 20 : 10;
  double power = 1 - x / (1 << doublings);
  for (int doubling = 0; doubling < doublings; ++doubling) power *= power;
  return power;
}

// The mean number of overflow buckets per bucket when buckets hold `load` elements on average:
// hashing spreads them by the Poisson distribution.
constexpr double expected_overflow(double load, unsigned width, unsigned overflow_width) noexcept {
  double chance = exp_minus(load);  // that a bucket holds exactly k elements
  double mean = 0;
  for (unsigned k = 0; k < 16 * width; ++k) {
    if (k > width) mean += chance * ((k - width + overflow_width - 1) / overflow_width);
    chance *= load / (k + 1);
  }
  return mean;
}

// The probability that a bucket holds at least `count` elements, at `load` on average.
constexpr double chance_of(double load, unsigned count) noexcept {
  double chance = exp_minus(load);  // of exactly k elements
  double sum = 0;
  for (unsigned k = 1; k < count + 200; ++k) {
    chance *= load / k;
    if (k >= count) sum += chance;
  }
  return sum;
}

// What follows from the load limit for buckets of a width; shared by all types with that width.
template <class Policy, unsigned Width, unsigned OverflowWidth>
struct overflow_statistics {
  static constexpr double load = Policy::load_limit * Width;

  // Spare overflow buckets for each bucket. They suffice on average at three quarters of the load
  // limit; what is needed above comes in extensions, so that a map that has just grown does not
  // carry much unused room.
  static constexpr double spare = expected_overflow(0.75 * load, Width, OverflowWidth);

  // So many overflow buckets for each bucket are far more than chance explains at the load limit,
  // and than erasing and inserting at a steady size leads to (docs/experiments.md).
  static constexpr double crowded = 0.25 + 4 * expected_overflow(load, Width, OverflowWidth);

  // A chain of more overflow buckets than these is not chance: within the load limit, an insertion
  // makes one with a probability below 10^-18 (docs/design.md).
  static constexpr unsigned longest_natural_chain = [] {
    unsigned length = 0;
    while (chance_of(load, Width + length * OverflowWidth) > 1e-18) ++length;
    return length;
  }();
};

// Where the parts of a block are, in bytes from its beginning.
struct chunk_extent {
  std::size_t slots;
  std::size_t spare;  // the spare room, which ends with the block
  std::size_t bytes;
  std::uint32_t spare_buckets;  // overflow buckets in the spare room
};

// The block of a tiny array.
struct tiny_block {
  std::size_t prefix;  // bytes in front of the header
  std::size_t slots;
  std::size_t bytes;
  std::uint32_t room;     // slots
  std::int8_t directory;  // as header stores have it
};

// ---- the layout ----

// So many bytes of slots the processor has in a cache from which it prefetches by itself.
inline constexpr std::size_t bytes_cached = std::size_t{1} << 21;

struct array_layout {
  // Given by element and policy.
  std::uint32_t slot_bytes;
  std::uint32_t width;           // slots in a bucket
  std::uint32_t overflow_width;  // slots in an overflow bucket
  bool caches_hashes;
  double load;                // elements in a bucket at the load limit, on average
  double spare_per_bucket;    // overflow buckets
  double crowded_per_bucket;  // overflow buckets
  std::uint32_t longest_natural_chain;
  std::uint32_t policy_chunk_bytes;

  // Derived from these.
  std::uint32_t alignment;  // of chunks
  std::uint32_t bucket_bytes;
  std::uint32_t log2_chunk_buckets;
  std::uint32_t log2_group_buckets;  // neighbours that share a bit of occupancy
  std::uint32_t extras_bytes;
  std::uint32_t supply_bytes;
  std::uint32_t overflow_slots_offset;
  std::uint32_t overflow_stride;
  std::uint32_t extension_header;
  std::uint32_t stretch_buckets;  // that iteration visits in one go, at most
  chunk_extent full_chunk;        // of a chunk that is no array by itself

  constexpr std::size_t chunk_buckets() const noexcept {
    return std::size_t{1} << log2_chunk_buckets;
  }
  // What the distance of a bucket's slots from its extras grows by with each bucket of a chunk.
  constexpr std::size_t slots_and_extras() const noexcept { return bucket_bytes + extras_bytes; }

  STEADY_COLD constexpr std::size_t spare_buckets(std::size_t buckets) const noexcept {
    return static_cast<std::size_t>(static_cast<double>(buckets) * spare_per_bucket);
  }

  // Overflow buckets in an extension of a chunk of `buckets` buckets.
  constexpr std::size_t extension_buckets(std::size_t buckets) const noexcept {
    const std::size_t fitting = max_of<std::size_t>(policy_chunk_bytes / overflow_stride, 1);
    return min_of(fitting, clamped<std::size_t>(buckets / 8, 1, 32));
  }
  STEADY_COLD constexpr std::size_t extension_bytes(std::size_t buckets) const noexcept {
    return extension_header + extension_buckets(buckets) * overflow_stride;
  }

  // Of the word in front of a chunk's slots that tells which of its buckets hold elements.
  static constexpr std::size_t occupancy_bytes = sizeof(std::uint64_t);
  // Whether a chunk of `buckets` buckets keeps that word true. Not in small arrays: so few headers
  // are as quick to look at.
  constexpr bool has_occupancy(std::size_t buckets) const noexcept {
    return buckets >= 16 || buckets == chunk_buckets();
  }
  // Neighbouring buckets that share a bit of that word: at least four where a chunk has so many.
  // Their headers are a cache line, and that all are empty is rare in a map that grows.
  static constexpr unsigned log2_group_in(unsigned log2_chunk) noexcept {
    constexpr unsigned log2_bits = 6;
    constexpr unsigned log2_of_line = 2;
    const unsigned fewest = log2_chunk <= log2_bits ? 0 : log2_chunk - log2_bits;
    return min_of(max_of(fewest, log2_of_line), log2_chunk);
  }
  constexpr std::uint64_t groups_of(std::uint64_t buckets) const noexcept {
    return max_of<std::uint64_t>(buckets >> log2_group_buckets, 1);
  }
  // Bytes of the bits that tell which chunks of an array hold elements.
  std::size_t chunk_bits_bytes(line_partition line) const noexcept {
    if (line.log2_buckets() <= log2_chunk_buckets) return 0;
    return bit_levels::bytes(line.log2_buckets() - log2_chunk_buckets);
  }

  // A chunk of `buckets` buckets behind `embedded` bytes of headers.
  constexpr std::size_t slots_room(std::size_t buckets) const noexcept {
    return round_up(buckets * bucket_bytes, sizeof(std::uint64_t));
  }
  STEADY_COLD constexpr chunk_extent chunk(std::size_t buckets,
                                           std::size_t embedded) const noexcept {
    chunk_extent extent{};
    extent.slots =
        round_up(embedded + supply_bytes + buckets * extras_bytes + occupancy_bytes, alignment);
    extent.spare = extent.slots + slots_room(buckets);
    extent.spare_buckets = static_cast<std::uint32_t>(spare_buckets(buckets));
    if (extent.spare_buckets != 0) extent.spare = round_up(extent.spare, alignment);
    extent.bytes = extent.spare + extent.spare_buckets * overflow_stride;
    return extent;
  }

  // The largest number of elements at which 2^log2_buckets buckets are not yet too full. A single
  // bucket may be filled to the brim.
  STEADY_COLD constexpr std::uint64_t load_limit(unsigned log2_buckets) const noexcept {
    if (log2_buckets == 0) return width;
    return static_cast<std::uint64_t>(static_cast<double>(std::uint64_t{1} << log2_buckets) * load);
  }

  // The fewest buckets from 2^least on, as a power of two, that hold `size` elements within the
  // limit: with a low one, two hold fewer than one. Throws std::length_error when no number of
  // buckets does.
  STEADY_COLD constexpr unsigned log2_buckets_for(std::uint64_t size, unsigned least = 0) const {
    unsigned log2_buckets = least;
    while (load_limit(log2_buckets) < size) check_log2_buckets(++log2_buckets);
    return log2_buckets;
  }

  // Beyond, chunks would be more than an array counts, or take more bytes than fit in memory.
  constexpr unsigned max_log2_buckets() const noexcept {
    return min_of(line_partition::max_log2_buckets_of(sizeof(bucket_header) + slots_and_extras()),
                  31 + log2_chunk_buckets);
  }
  constexpr void check_log2_buckets(unsigned log2_buckets) const {
    if (log2_buckets > max_log2_buckets()) throw_too_many_buckets();
  }

  // The slots of 2^log2_buckets buckets, as users count them: the part of these that the load limit
  // names is what the buckets hold before the map grows. A single bucket may be filled to the brim,
  // so one with room for `room` elements counts for as many slots as that takes (if the load limit
  // is below 1).
  STEADY_COLD constexpr std::uint64_t counted_slots(unsigned log2_buckets,
                                                    std::uint64_t room) const noexcept {
    if (log2_buckets != 0) return std::uint64_t{width} << log2_buckets;
    const auto limit = static_cast<double>(static_cast<float>(load / width));  // max_load_factor()
    std::uint64_t slots = room;
    while (static_cast<double>(slots) * limit < static_cast<double>(room)) ++slots;
    return slots;
  }
  // The fewest buckets, as a power of two, of at least so many slots. Throws as above.
  STEADY_COLD constexpr unsigned log2_buckets_of(std::uint64_t slots) const {
    unsigned log2_buckets = 0;
    while (counted_slots(log2_buckets, width) < slots) check_log2_buckets(++log2_buckets);
    return log2_buckets;
  }
  // The least room of a single bucket that counts for at least so many slots, if any does.
  STEADY_COLD constexpr std::uint64_t room_in_slots(std::uint64_t slots) const noexcept {
    std::uint64_t room = 1;
    while (counted_slots(0, room) < slots) ++room;
    return room;
  }

  STEADY_COLD constexpr std::size_t crowded_from(std::uint64_t buckets) const noexcept {
    return 4 + static_cast<std::size_t>(static_cast<double>(buckets) * crowded_per_bucket);
  }

  // ---- small arrays ----
  // Computed at compile time, because many programs have small maps only.

  static constexpr unsigned few_sizes = 3;  // 1, 2 and 4 buckets
  chunk_extent few[few_sizes];              // with their headers in front
  std::uint32_t few_limits[few_sizes];      // load_limit()

  static constexpr unsigned tiny_sizes = 3;
  tiny_block tiny[tiny_sizes];
  // The slots of the tiny arrays: two, half a bucket's width, and all of it. Fewer sizes would take
  // more memory than rivals do; more sizes would grow more often (docs/dead-ends.md).
  constexpr std::uint32_t tiny_slots(unsigned size) const noexcept {
    return size == 2 || width <= 2 ? width : size == 1 && width >= 6 ? width / 2 : 2;
  }

  // The next tiny array with more slots, tiny_sizes if there is none.
  constexpr unsigned larger_tiny(unsigned size) const noexcept {
    unsigned larger = size + 1;
    while (larger < tiny_sizes && tiny[larger].room == tiny[size].room) ++larger;
    return larger;
  }

  // Between the header and the slots: cached hash bits, which are where other arrays have them, in
  // front of the occupancy. The link to overflow, which tiny arrays do not have, would lie in the
  // header.
  constexpr std::size_t tiny_extras_bytes() const noexcept {
    return caches_hashes ? sizeof(bucket_header) + occupancy_bytes : 0;
  }
  // Behind `prefix` bytes, without the directory entry.
  constexpr chunk_extent tiny_extent(std::uint32_t slots, std::size_t prefix) const noexcept {
    chunk_extent extent{};
    extent.slots = round_up(prefix + sizeof(bucket_header) + tiny_extras_bytes(), slot_alignment());
    extent.bytes = round_up(extent.slots + slots * slot_bytes, sizeof(void*));
    extent.spare = extent.bytes;
    return extent;
  }
  // The least that slots need: the largest power of two that their size is a multiple of, or less.
  constexpr std::size_t slot_alignment() const noexcept {
    const std::size_t by_size = slot_bytes & (~slot_bytes + 1);
    return alignment > memory_source::block_alignment
               ? alignment
               : min_of(by_size, memory_source::block_alignment);
  }

 private:
  [[noreturn]] STEADY_COLD static void throw_too_many_buckets() {
    STEADY_THROW(std::length_error("steady: more buckets asked for than a map can have"));
  }
};

}  // namespace steady::detail
