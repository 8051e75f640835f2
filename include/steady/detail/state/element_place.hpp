// Where an element is, or a group of them, without its type: what functions return in a register.
#pragma once

#include <cstdint>

#include <steady/detail/base/config.hpp>

namespace steady::detail {

// A bucket, and how many of its neighbours belong to it, if that is told; in the old or the new
// array; itself or its overflow.
class element_place {
 public:
  constexpr element_place() noexcept = default;
  STEADY_ALWAYS_INLINE constexpr element_place(std::uint64_t bucket, unsigned buckets, bool in_new,
                                               bool in_overflow) noexcept
      : word_(bucket << 5 | std::uint64_t{buckets} << 2 | std::uint64_t{in_new} << 1 |
              std::uint64_t{in_overflow}) {}

  STEADY_ALWAYS_INLINE constexpr std::uint64_t bucket() const noexcept { return word_ >> 5; }
  STEADY_ALWAYS_INLINE constexpr std::uint8_t buckets() const noexcept {
    return static_cast<std::uint8_t>(word_ >> 2 & 7);
  }
  STEADY_ALWAYS_INLINE constexpr bool in_new() const noexcept { return (word_ & 2) != 0; }
  STEADY_ALWAYS_INLINE constexpr bool in_overflow() const noexcept { return (word_ & 1) != 0; }

 private:
  std::uint64_t word_ = 0;
};

}  // namespace steady::detail
