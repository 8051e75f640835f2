// steady::bench::timeline: for each millisecond of a run, how long the slowest call took that was
// under way in it. A call of 100 ms is the slowest of the hundred milliseconds that it takes.
//
// Trivially copyable, a quarter of a MiB: it can travel through a pipe. What comes after a minute
// counts for the last millisecond.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace steady::bench {

class timeline {
 public:
  static constexpr std::uint64_t cell_ns = 1'000'000;
  static constexpr std::size_t cells = 60'000;

  // Times from now_ns(). No call begins before `ns`.
  void starts_at(std::uint64_t ns) noexcept { start_ = ns; }

  // A call from `begin` to `end` that took `ns`: a little less, because the clock's cost is off.
  void record(std::uint64_t begin, std::uint64_t end, std::uint64_t ns) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::uint32_t>::max();
    const auto shown = static_cast<std::uint32_t>(std::min(ns, most));
    const std::size_t last = cell_of(end);
    for (std::size_t cell = cell_of(begin); cell <= last; ++cell)
      slowest_[cell] = std::max(slowest_[cell], shown);
    used_ = std::max(used_, last + 1);
  }

  void merge(const timeline& other) noexcept {
    used_ = std::max(used_, other.used_);
    for (std::size_t cell = 0; cell < used_; ++cell)
      slowest_[cell] = std::max(slowest_[cell], other.slowest_[cell]);
  }

  std::size_t size() const noexcept { return used_; }  // milliseconds until the last call's end
  // The millisecond of a time that is not before the start.
  std::size_t cell_of(std::uint64_t ns) const noexcept {
    return static_cast<std::size_t>(std::min<std::uint64_t>((ns - start_) / cell_ns, cells - 1));
  }

  // Nanoseconds, 4.29 s at most; 0 where no call was under way.
  std::uint32_t operator[](std::size_t cell) const noexcept { return slowest_[cell]; }

 private:
  std::array<std::uint32_t, cells> slowest_{};
  std::size_t used_ = 0;
  std::uint64_t start_ = 0;
};

}  // namespace steady::bench
