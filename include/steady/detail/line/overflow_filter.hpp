// The overflow filter of a bucket: one bit for each of 16 classes of hash positions. A lookup whose
// class is not in the filter need not search the overflow chain.
//
// Four bits of the tag choose the class. That suffices, because a lookup that gets to the filter
// has compared the tags of the bucket itself only.
#pragma once

#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>

namespace steady::detail {

STEADY_ALWAYS_INLINE constexpr std::uint16_t filter_bit(std::uint64_t position) noexcept {
  return static_cast<std::uint16_t>(1u << (static_cast<unsigned>(position) & 15u));
}

STEADY_ALWAYS_INLINE bool in_filter(std::uint16_t filter, std::uint64_t position) noexcept {
  return bit_of(filter, static_cast<std::uint16_t>(position));
}

}  // namespace steady::detail
