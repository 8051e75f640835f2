// Which simulated threads are worth running.
//
// 1. A thread that waits for a word runs again once it is woken.
// 2. A thread that paused runs again once a location has changed that it has read since its pause
//    before. If all threads wait or have paused so, all that paused run again.
// 3. Threads that pause again and again do not keep others from running: a thread that pauses twice
//    lets all those run first that could have run in between and did not (Musuvathi and Qadeer,
//    Fair stateless model checking, 2008). Otherwise two spinning threads that watch each other
//    could take turns for ever, while a third has what they spin for.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "interleave/support/memory_model.hpp"
#include "interleave/support/vector_clock.hpp"

namespace interleave {

using thread_set = std::uint32_t;  // a bit per thread
constexpr thread_set only(unsigned thread) { return thread_set{1} << thread; }

class readiness {
 public:
  void begin_execution() { *this = {}; }
  void begin_thread(unsigned thread) {
    ready_ |= only(thread);
    each_[thread] = {};
  }

  void end(unsigned thread) {
    ready_ &= ~only(thread);
    takes_no_turns(thread);
  }
  void wait(unsigned thread, std::uintptr_t word) {
    end(thread);
    waiting_ |= only(thread);
    each_[thread].waits_for = word;
  }
  // How many threads that wakes.
  unsigned wake_all(std::uintptr_t word) {
    unsigned count = 0;
    for (unsigned thread = 0; thread < most_threads; ++thread) {
      if ((waiting_ & only(thread)) == 0 || each_[thread].waits_for != word) continue;
      waiting_ &= ~only(thread);
      ready_ |= only(thread);
      ++count;
    }
    return count;
  }

  void pause(unsigned thread) {
    record& of = each_[thread];
    any_paused_ = true;
    of.held_back_by = of.could_run & ~of.ran;
    of.could_run = (ready_ | paused_) & ~only(thread);
    of.ran = 0;
    ready_ &= ~only(thread);
    paused_ |= only(thread);
  }
  // The thread runs now, after others or after its own pause.
  void resume(unsigned thread) {
    if (!any_paused_) return;
    if ((paused_ & only(thread)) != 0) {
      paused_ &= ~only(thread);
      ready_ |= only(thread);
      each_[thread].reads = 0;
    }
    for (record& other : each_) {
      other.ran |= only(thread);
      other.held_back_by &= ~only(thread);
    }
  }

  void note_read(unsigned thread, const location& of, std::uint64_t step) {
    record& by = each_[thread];
    by.read[by.reads++ % by.read.size()] = {&of, step};
  }

  thread_set worth_running() const {
    if (paused_ == 0) return ready_;
    const thread_set worth = ready_ | paused(true);
    return worth != 0 ? worth : paused(false);
  }
  thread_set waiting() const { return waiting_; }
  std::uintptr_t waits_for(unsigned thread) const { return each_[thread].waits_for; }

 private:
  struct read_record {
    const location* of;
    std::uint64_t step;
  };
  struct record {
    std::uintptr_t waits_for = 0;
    thread_set held_back_by = 0;
    thread_set could_run = 0;  // ever since its last pause
    thread_set ran = 0;        // at any time since its last pause
    std::size_t reads = 0;     // since its last pause; the newest of them are in `read`
    std::array<read_record, 16> read;
  };

  void takes_no_turns(unsigned thread) {
    for (record& other : each_) other.could_run &= ~only(thread);
  }

  // Those paused that nothing holds back, and for which something has changed.
  thread_set paused(bool only_if_changed) const {
    thread_set found = 0;
    for (unsigned thread = 0; thread < most_threads; ++thread) {
      if ((paused_ & only(thread)) == 0) continue;
      if ((each_[thread].held_back_by & (ready_ | paused_)) != 0) continue;
      if (!only_if_changed || has_news(thread)) found |= only(thread);
    }
    return found;
  }
  bool has_news(unsigned thread) const {
    const record& of = each_[thread];
    const std::size_t count = of.reads < of.read.size() ? of.reads : of.read.size();
    for (std::size_t at = 0; at < count; ++at) {
      const location& seen = *of.read[at].of;
      if (seen.changed_at > of.read[at].step && seen.changed_by != thread) return true;
    }
    return false;
  }

  thread_set ready_ = 0;
  thread_set paused_ = 0;
  thread_set waiting_ = 0;
  bool any_paused_ = false;
  std::array<record, most_threads> each_;
};

}  // namespace interleave
