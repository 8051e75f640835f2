// The hash line: the hash positions 0 to 2^64-1, in order (docs/design.md). Decided here, and only
// here: which hash position a key has under a seed, which bucket it falls into, and where a
// bucket's interval begins.
//
// A bucket array of 2^B buckets cuts the line into 2^B equal intervals, so a bucket's index is the
// B highest bits of a hash position; the lowest byte becomes the tag.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <type_traits>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/hash.hpp>

namespace steady::detail {

// What makes the hash positions of one map unpredictable, and unlike those of any other map: a key
// and a multiplier, both odd. Multiplying (xor alone would not) tears apart intervals that lay
// together under another seed, so that filling one map in the order of another cannot pile up.
//
// One word holds both, because every map has one: the multiplier is the key, rotated by half. The
// key is odd and at least 2^63 and has bit 32 set, so the multiplier is odd, too, and at least
// 2^32.
struct line_seed {
  std::uint64_t key = required_bits;

  static constexpr std::uint64_t required_bits =
      std::uint64_t{1} << 63 | std::uint64_t{1} << 32 | 1;

  STEADY_ALWAYS_INLINE constexpr std::uint64_t multiplier() const noexcept {
    return std::rotl(key, 32);
  }

  friend constexpr bool operator==(const line_seed&, const line_seed&) noexcept = default;
};

// steady::hash of what is or becomes a number; not what derives from it and may hash otherwise.
template <class Hash>
concept hash_of_numbers = std::same_as<typename Hash::hash_of_numbers, Hash>;

template <class Hash, class Key>
concept plain_hash = requires(const Hash& hash, const Key& key) {
  static_cast<std::uint64_t>(hash(key));
};

// What becomes of a hash's result; none: there is none, and no such table is made. The map's own
// type of keys decides: equal keys of other types must get the same hash position.
enum class hash_kind : std::uint8_t { none, of_numbers, seeded, avalanching, any };

template <class Hash, class Key>
inline constexpr hash_kind kind_of_hash = [] {
  if constexpr (hash_of_numbers<Hash>) {
    return has_numbers<Hash> ? hash_kind::of_numbers : hash_kind::none;
  } else if constexpr (seeded_hash<Hash, Key>) {
    return hash_kind::seeded;
  } else if constexpr (!plain_hash<Hash, Key>) {
    return hash_kind::none;
  } else {
    using result = decltype(std::declval<const Hash&>()(std::declval<const Key&>()));
    constexpr bool is_wide = sizeof(std::remove_cvref_t<result>) >= sizeof(std::uint64_t);
    return avalanching_hash<Hash> && is_wide ? hash_kind::avalanching : hash_kind::any;
  }
}();

// Whether a hash of this kind takes such keys, too.
template <hash_kind Kind, class Hash, class Key>
inline constexpr bool hashes_by = [] {
  if constexpr (Kind == hash_kind::of_numbers) {
    return requires(const Key& key) { Hash::number(key); };
  } else if constexpr (Kind == hash_kind::seeded) {
    return seeded_hash<Hash, Key>;
  } else {
    return Kind != hash_kind::none && plain_hash<Hash, Key>;
  }
}();

template <hash_kind Kind, class Hash, class Key>
inline constexpr bool hashes_nothrow = [] {
  if constexpr (!hashes_by<Kind, Hash, Key>) {
    return true;
  } else if constexpr (Kind == hash_kind::of_numbers) {
    return noexcept(Hash::number(std::declval<const Key&>()));
  } else if constexpr (Kind == hash_kind::seeded) {
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

// The hash position of a number. The sum costs nothing, because an instruction can add where it
// copies; it makes the upper half of the product, which is folded with the lower one, a secret
// number whatever `value` is. Without it, one map in a thousand has three times the overflow.
STEADY_ALWAYS_INLINE std::uint64_t position_of_number(std::uint64_t value,
                                                      const line_seed& seed) noexcept {
  return fold(value + seed.key, seed.key) * seed.multiplier();
}

// The hash position of `key`: the map's seed and the user's hash, whatever that hash is worth.
template <hash_kind Kind, class Hash, class Key>
STEADY_ALWAYS_INLINE std::uint64_t position_by(
    const Hash& hash, const Key& key,
    const line_seed& seed) noexcept(hashes_nothrow<Kind, Hash, Key>) {
  if constexpr (!hashes_by<Kind, Hash, Key>) {
    return 0;
  } else if constexpr (Kind == hash_kind::of_numbers) {
    return position_of_number(Hash::number(key), seed);
  } else if constexpr (Kind == hash_kind::seeded) {
    return static_cast<std::uint64_t>(hash(key, seed.key)) * seed.multiplier();
  } else if constexpr (Kind == hash_kind::avalanching) {
    return (static_cast<std::uint64_t>(hash(key)) ^ seed.key) * seed.multiplier();
  } else {
    return position_of_number(static_cast<std::uint64_t>(hash(key)), seed);
  }
}
// The same for a key of the map's own type.
template <class Hash, class Key>
STEADY_ALWAYS_INLINE std::uint64_t position_of(
    const Hash& hash, const Key& key,
    const line_seed& seed) noexcept(hashes_nothrow<kind_of_hash<Hash, Key>, Hash, Key>) {
  return detail::position_by<kind_of_hash<Hash, Key>>(hash, key, seed);
}

// The line cut into 2^log2_buckets intervals. The shift leaves four bits below the bucket's index:
// without them that is the offset of the bucket's header, which is what a lookup wants; and a
// single bucket, whose index would need a shift by 64, is no special case.
struct line_partition {
  static constexpr unsigned low_bits = 4;
  std::uint8_t shift = 64 - low_bits;  // less log2_buckets

  // Beyond, the bucket's index would overlap with the tag, and sizes in bytes overflow.
  static constexpr unsigned max_log2_buckets = 48;

  // The same where a bucket takes so many bytes: together they are no more than fit in memory.
  static constexpr unsigned max_log2_buckets_of(std::uint64_t bucket_bytes) noexcept {
    constexpr std::uint64_t memory = (std::numeric_limits<std::ptrdiff_t>::max)();
    return min_of(max_log2_buckets,
                  static_cast<unsigned>(std::bit_width(memory / bucket_bytes)) - 1);
  }

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

}  // namespace steady::detail
