// One run of bench.following: a writer's map, and a second map that is brought up to date in one of
// several ways, in processes of their own. First the second map gets all elements; then some are
// changed, as fast as the writer can, until the second map is equal again.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>

#include "bench/following/model.hpp"
#include "bench/following/shared_notes.hpp"
#include "bench/support/clock.hpp"

namespace steady::bench {

struct run_asked {
  std::uint64_t size = 0;
  std::uint64_t percent = 0;  // of the elements that are changed

  std::uint64_t changes() const noexcept {
    return std::max<std::uint64_t>(1, size / 100 * percent);
  }
};

// What a run found. Trivially copyable: it comes through a pipe.
struct run_found {
  double first_ms = 0;     // that the first copy took
  double first_bytes = 0;  // that went from one process to the other for it
  double equal_ms = 0;     // from the first change to when the second map was equal
  double changing_ms = 0;  // from the first change to the last
  double bytes = 0;        // that went over for the changes
  double lag_changes = 0;  // that the second map was behind at most
  double lag_ms = 0;       // that a change needed at most
  double stall_ms = 0;     // the longest time in which the writer made no 256 changes
  double writer_peak_bytes = 0;
  double follower_peak_bytes = 0;
  double is_equal = 0;  // 1, or the second map has something else
};

struct way {
  std::string name;
  std::string about;
  std::function<run_found(const run_asked&)> run;  // throws where that is impossible
  std::string version = {};  // of what is not Steady; that has a hash of its own
};

inline double milliseconds(std::uint64_t from, std::uint64_t to) noexcept {
  return to < from ? 0 : static_cast<double>(to - from) / 1e6;
}

// What the two processes of a way noted under the same names; not how far the second map lagged,
// nor how long the first copy took.
template <class Writer, class Follower>
run_found found_by_both(const run_asked& asked, const Writer& writer, const Follower& follower) {
  run_found found;
  found.first_bytes = static_cast<double>(writer.first_bytes);
  found.equal_ms = milliseconds(writer.began, follower.equal_at);
  found.changing_ms = milliseconds(writer.began, writer.changed);
  found.bytes = static_cast<double>(writer.bytes);
  found.stall_ms = writer.stall_ms;
  found.writer_peak_bytes = static_cast<double>(writer.peak);
  found.follower_peak_bytes = static_cast<double>(follower.peak);
  found.is_equal = follower.sum == expected_sum(asked.size, asked.changes()) ? 1 : 0;
  return found;
}

// The longest time between two calls of pass().
class stall_watch {
 public:
  explicit stall_watch(std::uint64_t now) noexcept : last_(now) {}
  void pass(std::uint64_t now) noexcept {
    longest_ = std::max(longest_, now - last_);
    last_ = now;
  }
  double longest_ms() const noexcept { return milliseconds(0, longest_); }

 private:
  std::uint64_t last_;
  std::uint64_t longest_ = 0;
};

// How far the second map is behind, as seen when changes arrive there.
class lag_watch {
 public:
  // `arrived`: so many changes have, at least one.
  void look(const shared_notes& notes, std::uint64_t arrived, std::uint64_t now) noexcept {
    const std::uint64_t made = notes.made_so_far();
    if (made > arrived) changes_ = std::max(changes_, made - arrived);
    note_age(notes.begun_at(arrived), now);
  }
  void note_age(std::uint64_t made_at, std::uint64_t now) noexcept {
    if (now > made_at) ns_ = std::max(ns_, now - made_at);
  }
  void note_changes(std::uint64_t behind) noexcept { changes_ = std::max(changes_, behind); }

  double changes() const noexcept { return static_cast<double>(changes_); }
  double ms() const noexcept { return milliseconds(0, ns_); }

 private:
  std::uint64_t changes_ = 0;
  std::uint64_t ns_ = 0;
};

// Makes the changes of a run with `change(key, value)`, and calls `pause(now)` after each 256. How
// long the longest 256 took, pauses included.
template <class Change, class Pause>
double make_changes(const run_asked& asked, const shared_notes& notes, const Change& change,
                    const Pause& pause) {
  const changed_elements changed(asked.size);
  const std::uint64_t count = asked.changes();
  std::uint64_t now = now_ns();
  stall_watch stalls(now);
  for (std::uint64_t done = 0; done < count;) {
    notes.note_begin(done, now);
    for (const std::uint64_t stop = std::min(count, done + changes_at_once); done < stop; ++done) {
      const std::uint64_t key = followed_key(changed[done]);
      change(key, followed_value(key, 1));
    }
    notes.note_made(done);
    pause(done);
    now = now_ns();
    stalls.pass(now);
  }
  return stalls.longest_ms();
}

}  // namespace steady::bench
