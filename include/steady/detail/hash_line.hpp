// The hash line: the 64-bit positions 0 to 2^64-1, in order, on which everything in a map has its
// place (docs/design.md). Decided here, and only here: which position a key has under a seed, which
// bucket a position falls into, and where a bucket's interval begins.
//
// A bucket array of 2^B buckets cuts the line into 2^B equal intervals, so a bucket's index is the
// B highest bits of a position; the lowest byte becomes the tag, and its lowest four bits choose
// the bit of the overflow filter.
#pragma once

#include <bit>
#include <concepts>
#include <cstdint>
#include <type_traits>
#include <utility>

#include <steady/detail/bits.hpp>
#include <steady/hash.hpp>

namespace steady::detail {

// What makes the places of one map unpredictable, and unlike those of any other map. Both are odd,
// and the key is at least 2^63: they are multiplied with. Multiplying (xor alone would not) tears
// apart intervals that lay together under another seed, so that filling one map in the order of
// another cannot pile up.
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

// steady::hash of what is or becomes a number; not what derives from it and may hash otherwise.
template <class Hash>
concept hash_of_numbers = std::same_as<typename Hash::hash_of_numbers, Hash>;

template <class Hash, class Key>
inline constexpr bool hashes_nothrow = [] {
  if constexpr (seeded_hash<Hash, Key>) {
    return noexcept(std::declval<const Hash&>()(std::declval<const Key&>(), std::uint64_t{}));
  } else {
    return noexcept(std::declval<const Hash&>()(std::declval<const Key&>()));
  }
}();

// Whether any bytes can be hashed, be they a key's or not.
template <class Hash, class Key>
inline constexpr bool hashes_any_bytes = hash_of_numbers<Hash> &&
                                         ((std::is_integral_v<Key> && !std::is_same_v<Key, bool>) ||
                                          std::is_pointer_v<Key> || hashed_as_bits<Key>);

// The place of a number on the line. The sum costs nothing, because an instruction can add where it
// copies; it makes the upper half of the product, which is folded with the lower one, a secret
// number whatever `value` is. Without it, one map in a thousand has three times the overflow.
STEADY_ALWAYS_INLINE std::uint64_t position_of_number(std::uint64_t value,
                                                      const line_seed& seed) noexcept {
  return fold(value + seed.key, seed.key) * seed.multiplier;
}

// The position of `key`: the map's seed and the user's hash, whatever that hash is worth.
template <class Hash, class Key>
STEADY_ALWAYS_INLINE std::uint64_t position_of(
    const Hash& hash, const Key& key, const line_seed& seed) noexcept(hashes_nothrow<Hash, Key>) {
  if constexpr (hash_of_numbers<Hash>) {
    return position_of_number(Hash::number(key), seed);
  } else if constexpr (seeded_hash<Hash, Key>) {
    return static_cast<std::uint64_t>(hash(key, seed.key)) * seed.multiplier;
  } else {
    using result = std::remove_cvref_t<decltype(hash(key))>;
    const auto value = static_cast<std::uint64_t>(hash(key));
    if constexpr (avalanching_hash<Hash> && sizeof(result) >= sizeof(std::uint64_t)) {
      return (value ^ seed.key) * seed.multiplier;
    } else {
      return position_of_number(value, seed);
    }
  }
}

// The line cut into 2^log2_buckets intervals. The shift leaves four bits below the bucket's index:
// without them that is the offset of the bucket's header, which is what a lookup wants; and a
// single bucket, whose index would need a shift by 64, is no special case.
struct line_partition {
  static constexpr unsigned low_bits = 4;
  std::uint8_t shift = 64 - low_bits;  // less log2_buckets

  // Beyond, the bucket's index would overlap with the tag, and sizes in bytes overflow.
  static constexpr unsigned max_log2_buckets = 48;

  static constexpr line_partition of(unsigned log2_buckets) noexcept {
    return {static_cast<std::uint8_t>(64 - low_bits - log2_buckets)};
  }

  constexpr unsigned log2_buckets() const noexcept { return 64u - low_bits - shift; }

  constexpr std::uint64_t buckets() const noexcept { return std::uint64_t{1} << log2_buckets(); }

  // The bucket that `position` falls into.
  STEADY_ALWAYS_INLINE constexpr std::uint64_t bucket_at(std::uint64_t position) const noexcept {
    return (position >> shift) >> low_bits;
  }

  // That bucket's index times 16.
  STEADY_ALWAYS_INLINE constexpr std::uint64_t offset_at(std::uint64_t position) const noexcept {
    return (position >> shift) & ~std::uint64_t{15};
  }

  // The first position of `bucket`; 0 for the bucket after the last.
  constexpr std::uint64_t first_of(std::uint64_t bucket) const noexcept {
    return (bucket << low_bits) << shift;
  }

  // The last position of `bucket`.
  constexpr std::uint64_t last_of(std::uint64_t bucket) const noexcept {
    return first_of(bucket + 1) - 1;
  }

  friend constexpr bool operator==(line_partition, line_partition) noexcept = default;
};

// What an array remembers of the position of an element that is dear to hash, so that splitting its
// bucket need not hash it again: a memo, one byte that holds seven bits of the position, and
// whether they are known. Seven doublings need one bit each; then all memos of a bucket are made
// anew.
struct line_memo {
  static constexpr std::uint8_t unknown = 0;
  static constexpr unsigned known_bit = 7;

  // What a position is rotated by to the left, so that the bits of the memo are the lowest.
  std::uint8_t rotation = known_bit;

  // The memos of an array of 2^log2_buckets buckets.
  static constexpr line_memo of(unsigned log2_buckets) noexcept {
    return {static_cast<std::uint8_t>(log2_buckets / known_bit * known_bit + known_bit)};
  }

  constexpr std::uint8_t of_position(std::uint64_t position) const noexcept {
    return static_cast<std::uint8_t>(std::rotl(position, rotation) | 1u << known_bit);
  }

  // The bit of such a memo that tells in which half of its bucket an element is where there are
  // 2^log2_buckets of them: one of 0 to 6, or a larger number if none does.
  constexpr unsigned half_bit(unsigned log2_buckets) const noexcept {
    return rotation - 1u - log2_buckets;
  }

  friend constexpr bool operator==(line_memo, line_memo) noexcept = default;
};

// The class of a position in an overflow filter: one of 16. Four bits of the tag will do, because a
// lookup that gets to the filter has compared the tags of the bucket itself only.
STEADY_ALWAYS_INLINE constexpr unsigned filter_class(std::uint64_t position) noexcept {
  return static_cast<unsigned>(position) & 15u;
}

// The bit of the filter that stands for `position`.
STEADY_ALWAYS_INLINE constexpr std::uint16_t filter_bit(std::uint64_t position) noexcept {
  return static_cast<std::uint16_t>(1u << filter_class(position));
}

STEADY_ALWAYS_INLINE bool in_filter(std::uint16_t filter, std::uint64_t position) noexcept {
  return bit_of(filter, static_cast<std::uint16_t>(position));
}

}  // namespace steady::detail
