// Decisions at random, from a seed: for programs that have too many schedules to try them all.
//
// Uniform: at every step any thread, each as probable as the others. By priorities: the thread of
// the highest priority runs; the priorities are drawn at first, and at a few random steps that of
// the running thread falls below all others. A bug that needs d ordered events is found with a
// probability of at least 1 in n * k^(d-1), for n threads and k steps (Burckhardt and others, A
// randomized scheduler with probabilistic guarantees of finding bugs, 2010).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "interleave/support/vector_clock.hpp"

namespace interleave {

class random_numbers {
 public:
  explicit random_numbers(std::uint64_t seed = 0) : state_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return next() % bound; }

 private:
  std::uint64_t next() {
    std::uint64_t word = state_ += 0x9e3779b97f4a7c15u;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
    word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
    return word ^ (word >> 31);
  }
  std::uint64_t state_;
};

class random_walk {
 public:
  enum class kind : std::uint8_t { uniform, priorities };

  random_walk() = default;
  // `falls`: how often a priority falls. `weak`: how many weak reads and surprises there may be.
  random_walk(kind chosen, unsigned falls, unsigned weak)
      : kind_(chosen), falls_(std::min<unsigned>(falls, most_falls)), weak_(weak) {}

  void begin_execution(std::uint64_t seed) {
    numbers_ = random_numbers(seed);
    expected_steps_ = std::max<std::uint64_t>(expected_steps_, steps_);
    expected_weak_ = std::max<std::uint64_t>(expected_weak_, weak_chances_);
    steps_ = 0;
    weak_chances_ = 0;
    lowest_ = -1;
    for (unsigned thread = 0; thread < most_threads; ++thread) {
      priority_[thread] = static_cast<int>(thread);
      std::swap(priority_[thread], priority_[numbers_.below(thread + 1)]);
    }
    for (unsigned each = 0; each < falls_; ++each) {
      falls_at_[each] = 1 + numbers_.below(expected_steps_);
    }
  }

  // An index into the threads that could run now.
  std::size_t thread(std::span<const std::uint8_t> able) {
    if (kind_ == kind::uniform) return numbers_.below(able.size());
    return static_cast<std::size_t>(
        std::ranges::max_element(able, {}, [&](std::uint8_t each) { return priority_[each]; }) -
        able.begin());
  }
  // A thread has made a step; or has paused, and others should come first.
  void step(unsigned thread) {
    if (kind_ == kind::uniform) return;
    ++steps_;
    const auto end = falls_at_.begin() + falls_;
    if (std::find(falls_at_.begin(), end, steps_) != end) fall(thread);
  }
  void pause(unsigned thread) { fall(thread); }

  // Whether something weak happens at a chance for it: spread over all chances of an execution.
  std::size_t weak(unsigned options) {
    ++weak_chances_;
    if (numbers_.below(expected_weak_) >= weak_) return 0;
    return 1 + numbers_.below(options - 1);
  }

 private:
  static constexpr unsigned most_falls = 16;

  void fall(unsigned thread) { priority_[thread] = lowest_--; }

  kind kind_ = kind::uniform;
  unsigned falls_ = 0;
  unsigned weak_ = 0;
  random_numbers numbers_;
  std::uint64_t steps_ = 0;
  std::uint64_t expected_steps_ = 16;
  std::uint64_t weak_chances_ = 0;
  std::uint64_t expected_weak_ = 4;
  int lowest_ = -1;
  std::array<int, most_threads> priority_{};
  std::array<std::uint64_t, most_falls> falls_at_{};
};

}  // namespace interleave
