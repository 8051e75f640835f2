// Bodies of the scheduler: who goes on, and when. Included by scheduler.hpp.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "interleave/support/scheduler.hpp"

namespace interleave {

// ---- an execution ----

inline std::optional<std::string> scheduler::execute(const std::vector<body>& threads,
                                                     const body& finally) {
  begin_execution();
  const auto count = static_cast<unsigned>(threads.size());
  for (unsigned each = 0; each < count; ++each) begin_thread(each, threads[each]);
  if (count != 0) go(choose(false));
  if (!failure_ && finally) {
    threads_end_ = true;
    begin_thread(count, finally);
    for (unsigned each = 0; each < count; ++each) {
      threads_[count].view.clock.join(threads_[each].view.clock);
    }
    go(count);
  }
  if (!failure_ && guide_.misled()) failure_ = misled_message;
  all_steps_ += steps_;
  return failure_;
}

inline void scheduler::begin_execution() {
  memory_.begin_execution();
  readiness_.begin_execution();
  trace_.begin_execution();
  failure_.reset();
  current_ = nullptr;
  steps_ = done_ = 0;
  sleeps_ = 0;
  preemptions_ = weak_reads_ = surprises_ = 0;
  asleep_ = 0;
  redundant_ = false;
  threads_end_ = false;
}

inline void scheduler::begin_thread(unsigned index, const body& run) {
  threads_[index] = {};
  threads_[index].view.thread = index;
  threads_[index].run = &run;
  if (fibers_.size() == index) fibers_.push_back(take_fiber());
  fibers_[index]->begin_thread(first_seed + index);
  readiness_.begin_thread(index);
}

// From outside into a thread; returns when all have ended, or something has failed.
inline void scheduler::go(unsigned first) {
  current_ = &threads_[first];
  readiness_.resume(first);
  running = this;
  outside_.switch_to(*fibers_[first]);
  running = nullptr;
}

// A fiber runs one thread after the other: whichever is current when something switches to it.
inline void scheduler::enter() {
  running->fibers_[running->index()]->arrive();
  while (true) running->run_current();
}

inline std::unique_ptr<fiber> scheduler::take_fiber() {
  if (idle_fibers().empty()) return std::make_unique<fiber>(&enter);
  std::unique_ptr<fiber> taken = std::move(idle_fibers().back());
  idle_fibers().pop_back();
  return taken;
}

inline scheduler::~scheduler() {
  for (std::unique_ptr<fiber>& each : fibers_) idle_fibers().push_back(std::move(each));
}

inline void scheduler::run_current() {
  std::optional<std::string> escaped;
  try {
    (*current_->run)();
  } catch (const std::exception& exception) {
    escaped = std::string("an exception escapes: ") + exception.what();
  } catch (...) {
    escaped = "an exception escapes";
  }
  if (escaped) fail(std::move(*escaped));
  if (place() != nullptr && release_place != nullptr) {
    release_place(std::exchange(place(), nullptr));
  }
  end_current();
}

// Returns when the fiber is used again; this scheduler may be gone by then.
inline void scheduler::end_current() {
  add_event({});
  readiness_.end(index());
  const unsigned next = choose(false);
  if (next != no_thread) return turn_to(next);
  if (readiness_.waiting() != 0) report_deadlock();
  fibers_[index()]->switch_to(outside_);
}

inline void scheduler::fail(std::string&& message) {
  failure_ = threads_end_ ? "finally: " : "thread " + std::to_string(index()) + ": ";
  *failure_ += message;
  message = {};  // nothing here is destroyed
  fibers_[index()]->switch_to(outside_);
  std::abort();  // nobody comes back to an execution that has failed
}

inline void scheduler::report_deadlock() {
  std::string message = "deadlock:";
  for (unsigned each = 0; each < most_threads; ++each) {
    if ((readiness_.waiting() & only(each)) == 0) continue;
    const location& word = memory_.at(readiness_.waits_for(each), sizeof(std::uint64_t));
    message += " thread " + std::to_string(each) + " waits for #" + std::to_string(word.number);
  }
  fail(std::move(message));
}

// ---- turns ----

// Before every operation. When it returns, the operation is done before anything else is.
inline void scheduler::step(const operation& what) {
  count_step();
  current_->next = what;
  guide_.step(index());
  const unsigned next = choose(true);
  if (next != index()) turn_to(next);
  if (asleep_ != 0) wake_whom_it_concerns(what);
  ++done_;
  ++current_->view.clock.of[index()];
}

inline void scheduler::count_step() {
  if (guide_.has_strayed()) fail(misled_message);
  if (++steps_ > rules_.most_steps) {
    fail("no end after " + std::to_string(rules_.most_steps) + " steps of all threads");
  }
}

inline void scheduler::pause() {
  count_step();
  add_event({.what = action::pause});
  asleep_ = 0;
  readiness_.pause(index());
  guide_.pause(index());
  give_turn_away();
}

// The current thread waits, or has paused.
inline void scheduler::give_turn_away() {
  const unsigned next = choose(false);
  if (next == no_thread) report_deadlock();
  if (next == index()) {
    readiness_.resume(next);
  } else {
    turn_to(next);
  }
}

inline void scheduler::turn_to(unsigned next) {
  fiber& from = *fibers_[index()];
  current_ = &threads_[next];
  readiness_.resume(next);
  from.switch_to(*fibers_[next]);
}

inline unsigned scheduler::choose(bool current_may_go_on) {
  const thread_set worth = readiness_.worth_running();
  if (worth == 0) return no_thread;
  if (current_may_go_on) {
    if (worth == only(index())) return index();
    if (preemptions_ >= guide_.within().preemptions) {
      bound_was_reached_ = true;
      return index();
    }
  }
  std::array<std::uint8_t, most_threads> able{};
  std::size_t count = 0;
  const unsigned first =
      current_ == nullptr ? 0 : (current_may_go_on ? index() : (index() + 1) % most_threads);
  for (unsigned each = 0; each < most_threads; ++each) {
    const unsigned at = (first + each) % most_threads;
    if ((worth & only(at)) != 0) able[count++] = static_cast<std::uint8_t>(at);
  }
  return decide({able.data(), count}, current_may_go_on);
}

// Sleep sets (Godefroid 1996): once all has been tried that follows from the current thread's next
// operation, putting that operation off makes a difference only behind one that it depends on. Such
// a thread sleeps until then. With a bound of preemptions this holds for the thread that is
// preempted only: to do its operation first costs no preemption more.
inline unsigned scheduler::decide(std::span<const std::uint8_t> able, bool current_may_go_on) {
  std::uint8_t skipped = 0;
  for (std::size_t at = 0; asleep_ != 0 && at < able.size(); ++at) {
    if ((asleep_ & only(able[at])) != 0) skipped = static_cast<std::uint8_t>(skipped | 1u << at);
  }
  if (skipped == (1u << able.size()) - 1) redundant_ = true;
  std::size_t chosen = 0;
  if (able.size() > 1 && !redundant_) chosen = guide_.thread(able, skipped);
  if (chosen != 0 && current_may_go_on) {
    ++preemptions_;
    if (rules_.skips_equivalent) asleep_ |= only(index());
  }
  asleep_ &= ~only(able[chosen]);
  return able[chosen];
}

inline void scheduler::wake_whom_it_concerns(const operation& what) {
  for (unsigned each = 0; each < most_threads; ++each) {
    if ((asleep_ & only(each)) != 0 && depend(threads_[each].next, what)) asleep_ &= ~only(each);
  }
}

}  // namespace interleave
