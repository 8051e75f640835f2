// Times that programs give, of which the largest often means "never": a clock that counts in
// nanoseconds would overflow, and so would poll(2), which takes an int. So no time is longer than
// 24 days.
//
//   Bound   O(1).   Throws   nothing.
#pragma once

#include <chrono>
#include <limits>

#include <steady/detail/base/bits.hpp>

namespace steady::detail {

inline constexpr std::chrono::milliseconds longest_time{std::numeric_limits<int>::max()};

constexpr std::chrono::milliseconds bounded(std::chrono::milliseconds time) noexcept {
  return detail::clamped(time, std::chrono::milliseconds(0), longest_time);
}

// Options whose members `times` are bounded.
template <class Options, class... Members>
Options with_bounded(Options options, Members... times) {
  ((options.*times = detail::bounded(options.*times)), ...);
  return options;
}

// When it is over that begins now.
inline std::chrono::steady_clock::time_point end_of(std::chrono::milliseconds time) noexcept {
  return std::chrono::steady_clock::now() + detail::bounded(time);
}

}  // namespace steady::detail
