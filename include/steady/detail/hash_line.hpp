// The hash line: the 64-bit positions 0 to 2^64-1, in order, on which everything in a map has its
// place (docs/design.md). Decided here, and only here: which position a key has under a seed, which
// bucket a position falls into, and where a bucket's interval begins.
//
// A bucket array of 2^B buckets cuts the line into 2^B equal intervals, so a bucket's index is the
// B highest bits of a position; the lowest byte becomes the tag, four further bits choose the bit
// of the overflow filter.
#pragma once

#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <steady/detail/bits.hpp>
#include <steady/hash.hpp>

namespace steady::detail {

// What makes the places of one map unpredictable, and unlike those of any other map. The multiplier
// is odd; multiplying (xor alone would not) tears apart intervals that lay together under another
// seed, so that filling one map in the order of another cannot pile up.
struct line_seed {
  std::uint64_t key = 0;
  std::uint64_t multiplier = 1;

  friend constexpr bool operator==(const line_seed&, const line_seed&) noexcept = default;
};

template <class Hash, class Key>
concept seeded_hash = requires(const Hash& hash, const Key& key, std::uint64_t seed) {
  { hash(key, seed) } -> std::convertible_to<std::uint64_t>;
};

template <class Hash>
concept avalanching_hash = requires {
  typename Hash::is_avalanching;
};

// The position of `key`: the map's seed and the user's hash, whatever that hash is worth.
template <class Hash, class Key>
STEADY_ALWAYS_INLINE std::uint64_t position_of(const Hash& hash, const Key& key,
                                               const line_seed& seed) {
  if constexpr (seeded_hash<Hash, Key>) {
    return static_cast<std::uint64_t>(hash(key, seed.key)) * seed.multiplier;
  } else {
    using result = std::remove_cvref_t<decltype(hash(key))>;
    const auto value = static_cast<std::uint64_t>(hash(key));
    if constexpr (avalanching_hash<Hash> && sizeof(result) >= sizeof(std::uint64_t)) {
      return (value ^ seed.key) * seed.multiplier;
    } else {
      return fold(value ^ seed.key, golden) * seed.multiplier;
    }
  }
}

// The line cut into 2^log2_buckets intervals. The shift is done in two parts so that a single
// bucket, which would need a shift by 64, is no special case.
struct line_partition {
  std::uint8_t shift = 63;  // 63 - log2_buckets

  // Beyond, the bucket's index would overlap with the tag, and sizes in bytes overflow.
  static constexpr unsigned max_log2_buckets = 48;

  static constexpr line_partition of(unsigned log2_buckets) noexcept {
    return {static_cast<std::uint8_t>(63 - log2_buckets)};
  }

  constexpr unsigned log2_buckets() const noexcept { return 63u - shift; }

  constexpr std::uint64_t buckets() const noexcept { return std::uint64_t{1} << log2_buckets(); }

  // The bucket that `position` falls into.
  STEADY_ALWAYS_INLINE constexpr std::uint64_t bucket_at(std::uint64_t position) const noexcept {
    return (position >> 1) >> shift;
  }

  // The first position of `bucket`; 0 for the bucket after the last.
  constexpr std::uint64_t first_of(std::uint64_t bucket) const noexcept {
    return (bucket << shift) << 1;
  }

  // The last position of `bucket`.
  constexpr std::uint64_t last_of(std::uint64_t bucket) const noexcept {
    return first_of(bucket + 1) - 1;
  }

  friend constexpr bool operator==(line_partition, line_partition) noexcept = default;
};

// The bit of the overflow filter that stands for `position`; the tag uses the eight bits below.
STEADY_ALWAYS_INLINE constexpr std::uint16_t filter_bit(std::uint64_t position) noexcept {
  return static_cast<std::uint16_t>(1u << ((position >> 8) & 15u));
}

}  // namespace steady::detail
