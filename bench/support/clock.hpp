// Timing single operations with std::chrono::steady_clock, or by how long the thread has run.
//
// Reading the clock takes about as long as the operations being timed, so its own cost is measured
// once, taken off every time, and stated beside the results. What is taken off is the median gap
// between two readings in a row; a difference never goes below 0.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#include <time.h>

namespace steady::bench {

inline std::uint64_t now_ns() noexcept {
  const auto since = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
}

// Nanoseconds that the calling thread has run: what others do with its core does not count.
inline std::uint64_t thread_cpu_ns() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

using clock_function = std::uint64_t (*)() noexcept;

// What reading `now` costs; the thread's own clock takes a system call.
inline std::uint64_t measure_clock_cost(clock_function now = now_ns) noexcept {
  constexpr std::size_t readings = 1001;
  std::array<std::uint64_t, readings> gaps;
  for (std::uint64_t& gap : gaps) {
    const std::uint64_t start = now();
    gap = now() - start;
  }
  const auto median = gaps.begin() + readings / 2;
  std::nth_element(gaps.begin(), median, gaps.end());
  return *median;
}

// Nanoseconds that `operation` took, less the clock's own.
template <class Operation>
std::uint64_t timed(std::uint64_t clock_cost, Operation&& operation, clock_function now = now_ns) {
  const std::uint64_t start = now();
  operation();
  const std::uint64_t took = now() - start;
  return took > clock_cost ? took - clock_cost : 0;
}

}  // namespace steady::bench
