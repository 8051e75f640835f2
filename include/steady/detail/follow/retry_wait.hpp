// How long to wait before a connection is tried again: twice as long each time, up to a limit, and
// each wait shortened by chance by up to a half, so that many do not come back at once.
//
//   Bound   O(1), but for sleep().   Throws   nothing.
#pragma once

#include <chrono>
#include <cstdint>
#include <thread>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/line/random_seed.hpp>

namespace steady::detail {

class retry_wait {
 public:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  retry_wait(milliseconds first, milliseconds longest) noexcept
      : first_(first), longest_(longest), next_(first) {}

  // After a success: a connection that only begins well is none.
  void reset() noexcept { next_ = first_; }
  // At the end of a connection: one that has lasted longer than any wait is a success, too.
  void reset_if_lasted(clock::time_point begun) noexcept {
    if (clock::now() - begun > longest_) reset();
  }
  // How long, this time.
  milliseconds take() noexcept {
    const auto most = static_cast<std::uint64_t>(next_.count()) / 2 + 1;
    const auto part = static_cast<milliseconds::rep>(detail::next_random() % most);
    const milliseconds now(next_.count() / 2 + part);
    next_ = detail::min_of(next_ * 2, longest_);
    return now;
  }
  // From now on, for those without a timer.
  void begin() noexcept { end_ = clock::now() + take(); }
  // Sleeps until it is over, or until then; whether it is over.
  bool sleep(clock::time_point until) const {
    if (clock::now() < end_) std::this_thread::sleep_until(detail::min_of(until, end_));
    return clock::now() >= end_;
  }

 private:
  milliseconds first_;
  milliseconds longest_;
  milliseconds next_;
  clock::time_point end_;
};

}  // namespace steady::detail
