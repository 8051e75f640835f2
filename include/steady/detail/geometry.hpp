// Sizes and offsets of chunks and overflow buckets, worked out at compile time from the element's
// size and the policy.
//
//   chunk:  [embedded headers] [annexes, last bucket's first] [chunk_footer] [slots] [spare]
//                                                                            ^ what the
//                                                                            directory knows
//
// Everything in a chunk is found from the address of its first slot. Annexes grow downwards from
// the footer, so that their place does not depend on the number of buckets.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <stdexcept>

#include <steady/detail/bucket.hpp>
#include <steady/detail/hash_line.hpp>

namespace steady::detail {

constexpr std::size_t round_up(std::size_t bytes, std::size_t multiple) noexcept {
  return (bytes + multiple - 1) / multiple * multiple;
}

// e^-x for x >= 0, to the few digits that sizing spare room needs.
constexpr double exp_minus(double x) noexcept {
  double base = 1;
  for (int i = 0; i < 1024; ++i) base *= 1 - x / 1024;
  return base;
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

// What is known of a bucket that lookups do not read. The link to the first overflow bucket has a
// meaning only while the filter in the header is not 0, a memo only while its slot is filled.
template <class Allocator, bool KeepsMemos>
struct bucket_annex {
  pointer_of<Allocator, overflow_bucket<Allocator>> first_overflow;
};
template <class Allocator>
struct bucket_annex<Allocator, true> {
  pointer_of<Allocator, overflow_bucket<Allocator>> first_overflow;
  std::uint8_t memos[sizeof(bucket_header)];  // as many as a group has
};

// Where the overflow of a chunk's buckets comes from. A chunk that needs more than its spare room
// gets extensions, one block each, chained.
template <class Allocator>
struct chunk_footer {
  pointer_of<Allocator, std::byte> next_spare;  // [next_spare, end_spare): not used yet
  pointer_of<Allocator, std::byte> end_spare;
  pointer_of<Allocator, overflow_bucket<Allocator>> free;  // given back
  pointer_of<Allocator, std::byte> extensions;  // oldest; each begins with the link to the next
};

template <class Slot, class Allocator, class Policy, bool KeepsMemos = false>
struct geometry {
  static constexpr bool keeps_memos = KeepsMemos;

  using overflow = overflow_bucket<Allocator>;
  using overflow_link = pointer_of<Allocator, overflow>;
  using annex = bucket_annex<Allocator, KeepsMemos>;
  using footer = chunk_footer<Allocator>;
  using extension_link = pointer_of<Allocator, std::byte>;
  using group = typename Policy::group;

  static constexpr unsigned width = Policy::template bucket_width<sizeof(Slot)>;
  static constexpr unsigned overflow_width = std::min(Policy::overflow_width, width);

  // So many overflow buckets in an array of `buckets` are far more than chance explains at the load
  // limit, and than erasing and inserting at a steady size leads to (docs/experiments.md).
  static constexpr double crowded_overflow =
      0.25 + 4 * expected_overflow(Policy::load_limit * width, width, overflow_width);
  static constexpr std::size_t crowded_from(std::uint64_t buckets) noexcept {
    return 4 + static_cast<std::size_t>(static_cast<double>(buckets) * crowded_overflow);
  }

  // A chain of more overflow buckets than these is not chance: within the load limit, an insertion
  // makes one with a probability below 10^-18 (docs/design.md).
  static constexpr unsigned longest_natural_chain = [] {
    unsigned length = 0;
    while (chance_of(Policy::load_limit * width, width + length * overflow_width) > 1e-18) ++length;
    return length;
  }();

  // Not in the class itself, so that a container of a type that is not complete yet can be named.
  static constexpr void check_policy() noexcept {
    static_assert(1 <= width && width <= max_bucket_width, "bucket_width: 1 to 14 slots");
    static_assert(1 <= overflow_width && overflow_width <= max_overflow_width,
                  "overflow_width: 1 to 6 slots");
    static_assert(chunk_buckets <= overflow::home_bits + 1,
                  "an overflow bucket can tell every bucket of its chunk");
    static_assert(Policy::load_limit > 0 && Policy::load_limit * width >= 1,
                  "load_limit: a part of the slots that is at least one slot per bucket");
    static_assert(Policy::shrink_below >= 0 && Policy::shrink_below <= 0.4,
                  "shrink_below: 0 to 0.4, so that what has shrunk has room");
    static_assert(Policy::evacuations_per_insert >= 1, "evacuations_per_insert: at least 1");
  }

  static constexpr std::size_t alignment = std::max(std::size_t{16}, alignof(Slot));
  static constexpr std::size_t bucket_bytes = width * sizeof(Slot);

  // Buckets per chunk: as many as fit the chunk's size, a power of two.
  static constexpr std::size_t chunk_buckets = std::bit_floor(
      std::clamp(Policy::chunk_bytes / bucket_bytes, std::size_t{1}, std::size_t{4096}));
  static constexpr unsigned log2_chunk_buckets = std::bit_width(chunk_buckets) - 1;

  // Whether a bucket's slots are so few cache lines that asking for all of them costs little.
  static constexpr bool has_short_buckets = bucket_bytes <= 4 * cache_line_bytes;

  // The shift of the smallest array that counts as large: its slots, which a lookup asks for before
  // it knows which one it needs, come from so far that this pays.
  static constexpr unsigned shift_of_large =
      line_partition::of(
          std::bit_width((std::size_t{1} << (has_short_buckets ? 17 : 19)) / bucket_bytes))
          .shift;

  // In an array of no more than these, a visit to all slots, in order but with pauses, is not worth
  // asking ahead.
  static constexpr std::uint64_t buckets_nearby = (std::size_t{1} << 16) / bucket_bytes;
  // The same where nothing but the slots is read: then the processor sees by itself what comes, as
  // long as that is in one of its caches.
  static constexpr std::uint64_t buckets_cached = (std::size_t{1} << 21) / bucket_bytes;

  // What a container begins with that was not told its size: two buckets, unless elements are
  // large. One would soon be too small, and growing costs what inserting ten elements does.
  // reserve() with a small number makes one.
  static constexpr unsigned first_log2_buckets = bucket_bytes <= 1024 && chunk_buckets >= 2 ? 1 : 0;

  static constexpr std::size_t overflow_slots_offset = round_up(sizeof(overflow), alignof(Slot));
  static constexpr std::size_t overflow_stride =
      round_up(overflow_slots_offset + overflow_width * sizeof(Slot), alignment);

  static constexpr std::size_t footer_offset = round_up(sizeof(footer), alignof(annex));

  // Spare room suffices on average at three quarters of the load limit; what is needed above comes
  // in extensions, so that a map just grown does not carry much unused room.
  static constexpr double spare_load = 0.75 * Policy::load_limit * width;
  static constexpr std::size_t spare_buckets(std::size_t buckets) noexcept {
    return static_cast<std::size_t>(static_cast<double>(buckets) *
                                    expected_overflow(spare_load, width, overflow_width));
  }

  // Overflow buckets in an extension of a chunk of `buckets` buckets.
  static constexpr std::size_t extension_buckets(std::size_t buckets) noexcept {
    const std::size_t fitting = std::max(Policy::chunk_bytes / overflow_stride, std::size_t{1});
    return std::min(fitting, std::clamp(buckets / 8, std::size_t{1}, std::size_t{32}));
  }
  static constexpr std::size_t extension_header = round_up(sizeof(extension_link), alignment);
  static constexpr std::size_t extension_bytes(std::size_t buckets) noexcept {
    return extension_header + extension_buckets(buckets) * overflow_stride;
  }

  // A chunk of `buckets` buckets behind `embedded` bytes of headers.
  struct layout {
    std::size_t slots;  // offset of the first slot
    std::size_t spare;  // offset of the spare room
    std::size_t bytes;

    static constexpr layout of(std::size_t buckets, std::size_t embedded) noexcept {
      layout chunk{};
      chunk.slots = round_up(embedded + buckets * sizeof(annex) + footer_offset, alignment);
      chunk.spare = round_up(chunk.slots + buckets * bucket_bytes, alignment);
      chunk.bytes = chunk.spare + spare_buckets(buckets) * overflow_stride;
      return chunk;
    }
  };
  static constexpr layout full_chunk = layout::of(chunk_buckets, 0);

  // The largest number of elements at which 2^log2_buckets buckets are not yet too full. A single
  // bucket may be filled to the brim.
  static constexpr std::size_t load_limit(unsigned log2_buckets) noexcept {
    return load_limits[log2_buckets];
  }

  // The fewest buckets, as a power of two, that hold `size` elements within the limit. Throws
  // std::length_error when no number of buckets does.
  static constexpr unsigned log2_buckets_for(std::size_t size) {
    unsigned log2_buckets = 0;
    while (load_limit(log2_buckets) < size) check_log2_buckets(++log2_buckets);
    return log2_buckets;
  }

  static constexpr void check_log2_buckets(unsigned log2_buckets) {
    if (log2_buckets > line_partition::max_log2_buckets) {
      throw std::length_error("steady: more buckets asked for than a map can have");
    }
  }

 private:
  // Its type is named, so that it is worked out only when used.
  using limit_of_each = std::array<std::size_t, line_partition::max_log2_buckets + 1>;
  static constexpr limit_of_each load_limits = [] {
    limit_of_each limits{};
    for (unsigned log2 = 0; log2 < limits.size(); ++log2) {
      limits[log2] = static_cast<std::size_t>(static_cast<double>(std::uint64_t{1} << log2) *
                                              (Policy::load_limit * width));
    }
    limits[0] = width;
    return limits;
  }();
};

}  // namespace steady::detail
