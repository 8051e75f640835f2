// The guide takes the decisions of executions: along a given schedule first, and then as the search
// wants it. In a depth-first search it makes the schedule of the next execution from the last one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "interleave/support/random_walk.hpp"
#include "interleave/support/schedule.hpp"

namespace interleave {

class guide {
 public:
  enum class search : std::uint8_t { depth_first, random };

  // Follows a schedule; behind its end nothing unusual happens.
  explicit guide(schedule along)
      : within_(along.within), taken_(std::move(along.decisions)), given_(taken_.size()) {}
  guide(limits within, random_walk walk) : kind_(search::random), within_(within), walk_(walk) {}

  const limits& within() const { return within_; }

  void begin_execution() { at_ = 0; }
  void begin_random_execution(std::uint64_t seed) {
    taken_.clear();
    given_ = 0;
    at_ = 0;
    walk_.begin_execution(seed);
  }

  // Which of the threads goes on; a bit of `skipped` per option that need not be tried.
  std::size_t thread(std::span<const std::uint8_t> able, std::uint8_t skipped = 0) {
    const auto count = static_cast<unsigned>(able.size());
    if (at_ < given_) return given(count);
    if (kind_ == search::random) return take(walk_.thread(able), count, 0);
    return take(first_not_in(skipped, count), count, skipped);
  }
  // Which option of those of which all but 0 are unusual.
  std::size_t unusual(unsigned count) {
    if (at_ < given_) return given(count);
    return take(kind_ == search::random ? walk_.weak(count) : 0, count, 0);
  }
  void step(unsigned thread) {
    if (kind_ == search::random) walk_.step(thread);
  }
  void pause(unsigned thread) {
    if (kind_ == search::random) walk_.pause(thread);
  }

  // Whether the program offered options other than when the given schedule was made, or ended
  // before all was decided.
  bool misled() const { return misled_ || at_ < given_; }
  bool has_strayed() const { return misled_; }
  schedule taken() const { return {within_, {taken_.begin(), taken_.begin() + size()}}; }

  // Depth first: the last decision that has an option left takes it. False if none has.
  bool advance() {
    taken_.resize(at_);
    while (!taken_.empty()) {
      decision& last = taken_.back();
      const unsigned next = first_not_in(last.skipped, last.options, last.chosen + 1u);
      if (next < last.options) {
        last.chosen = static_cast<std::uint8_t>(next);
        given_ = taken_.size();
        return true;
      }
      taken_.pop_back();
    }
    return false;
  }

 private:
  std::ptrdiff_t size() const { return static_cast<std::ptrdiff_t>(at_); }

  static unsigned first_not_in(std::uint8_t skipped, unsigned count, unsigned from = 0) {
    while (from < count && (skipped >> from & 1) != 0) ++from;
    return from;
  }
  std::size_t given(unsigned count) {
    decision& next = taken_[at_];
    if (next.options == 0) next.options = static_cast<std::uint8_t>(count);
    if (next.options != count || next.chosen >= count) {
      misled_ = true;
      return 0;
    }
    ++at_;
    return next.chosen;
  }
  std::size_t take(std::size_t chosen, unsigned count, std::uint8_t skipped) {
    taken_.push_back(
        {static_cast<std::uint8_t>(chosen), static_cast<std::uint8_t>(count), skipped});
    ++at_;
    return chosen;
  }

  search kind_ = search::depth_first;
  limits within_;
  random_walk walk_;
  std::vector<decision> taken_;
  std::size_t given_ = 0;  // decisions to follow
  std::size_t at_ = 0;     // decisions taken in this execution
  bool misled_ = false;
};

}  // namespace interleave
