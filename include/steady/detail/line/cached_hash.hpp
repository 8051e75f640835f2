// Cached hash bits: what an array keeps of the hash position of an element that is slow to hash, so
// that splitting its bucket need not hash it again.
//
// One byte for each slot: seven bits of the hash position, and whether they are known. Seven
// doublings need one bit each; then all bytes of a bucket are computed anew.
#pragma once

#include <bit>
#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/line/hash_line.hpp>

namespace steady::detail {

struct cached_hash {
  static constexpr std::uint8_t unknown = 0;
  static constexpr unsigned known_bit = 7;

  // How far a hash position is rotated to the left, so that the bits to keep are the lowest.
  std::uint8_t rotation = known_bit;

  // Of an array with these buckets.
  static STEADY_ALWAYS_INLINE cached_hash of(line_partition line) noexcept;
  static cached_hash of(unsigned log2_buckets) noexcept {
    return of(line_partition::of(log2_buckets));
  }

  constexpr std::uint8_t of_position(std::uint64_t position) const noexcept {
    return static_cast<std::uint8_t>(std::rotl(position, rotation) | 1u << known_bit);
  }

  // The bit of such a byte that says in which half of its bucket an element is where there are
  // 2^log2_buckets of them: one of 0 to 6, or a larger number if none does.
  constexpr unsigned half_bit(unsigned log2_buckets) const noexcept {
    return rotation - 1u - log2_buckets;
  }

  friend constexpr bool operator==(cached_hash, cached_hash) noexcept = default;
};

// A table, because every insertion of an element that is slow to hash needs one of these, and would
// take eight instructions to compute it.
struct cached_hash_rotations {
  std::uint8_t by_shift[line_partition::of(0).shift + 1] = {};

  constexpr cached_hash_rotations() noexcept {
    constexpr unsigned step = cached_hash::known_bit;
    for (unsigned log2 = 0; log2 <= line_partition::max_log2_buckets; ++log2) {
      by_shift[line_partition::of(log2).shift] =
          static_cast<std::uint8_t>((log2 / step + 1) * step);
    }
  }
};
inline constexpr cached_hash_rotations rotations_of_cached_hashes;

STEADY_ALWAYS_INLINE cached_hash cached_hash::of(line_partition line) noexcept {
  return {rotations_of_cached_hashes.by_shift[line.shift]};
}

}  // namespace steady::detail
