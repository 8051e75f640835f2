// Cached hash bits: what an array keeps of the hash position of an element that is slow to hash, so
// that splitting its bucket need not hash it again.
//
// One byte for each slot: seven bits of the hash position, and whether they are known. Seven
// doublings need one bit each; then all bytes of a bucket are computed anew.
#pragma once

#include <bit>
#include <cstdint>

#include <steady/detail/base/config.hpp>

namespace steady::detail {

struct cached_hash {
  static constexpr std::uint8_t unknown = 0;
  static constexpr unsigned known_bit = 7;

  // How far a hash position is rotated to the left, so that the bits to keep are the lowest.
  std::uint8_t rotation = known_bit;

  // Of an array of 2^log2_buckets buckets.
  static constexpr STEADY_ALWAYS_INLINE cached_hash of(unsigned log2_buckets) noexcept {
    const unsigned doublings = log2_buckets * 37 >> 8;  // a seventh, for numbers up to 48
    return {static_cast<std::uint8_t>((doublings + 1) * known_bit)};
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

static_assert(cached_hash::of(6).rotation == 7 && cached_hash::of(7).rotation == 14 &&
                  cached_hash::of(48).rotation == 49 && cached_hash::of(41).rotation == 42,
              "a multiplication divides by seven");

}  // namespace steady::detail
