// When the changes of a stream are due: change n, counted from 1, at a time of its own, whether the
// ones before were made in time or not.
#pragma once

#include <cstdint>

namespace steady::bench {

struct schedule {
  std::uint64_t start;  // now_ns()
  std::uint64_t rate;   // changes per second

  // Of change n, counted from 1.
  std::uint64_t time_of(std::uint64_t n) const noexcept {
    return start + (n - 1) * 1'000'000'000 / rate;
  }
  // The number of the last change that is due.
  std::uint64_t due(std::uint64_t now) const noexcept {
    return now < start ? 0 : (now - start) * rate / 1'000'000'000 + 1;
  }
};

}  // namespace steady::bench
