// Vector clocks: what each simulated thread knows to have happened.
//
// Every operation of a thread has an instant, counted from 1 per thread. A clock holds, for every
// thread, the last of its instants that happened before.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>

namespace interleave {

// Simulated threads of one program, and one more for what runs when they have ended.
inline constexpr unsigned most_threads = 8;
inline constexpr unsigned no_thread = most_threads;

using instant = std::uint32_t;
inline constexpr instant never = std::numeric_limits<instant>::max();

struct vector_clock {
  std::array<instant, most_threads> of{};

  void join(const vector_clock& other) {
    for (unsigned thread = 0; thread < most_threads; ++thread) {
      of[thread] = std::max(of[thread], other.of[thread]);
    }
  }
  bool knows(unsigned thread, instant when) const { return of[thread] >= when; }
};

// When each thread first had to do with something.
struct first_instants {
  std::array<instant, most_threads> of{};

  void forget() { of.fill(never); }
  void note(unsigned thread, instant when) { of[thread] = std::min(of[thread], when); }
  // Whether any of them happened before, as far as the clock knows.
  bool any_known_to(const vector_clock& clock) const {
    for (unsigned thread = 0; thread < most_threads; ++thread) {
      if (of[thread] <= clock.of[thread]) return true;
    }
    return false;
  }
};

}  // namespace interleave
