// Bodies of the scheduler: operations on memory. Included by scheduler.hpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "interleave/support/scheduler.hpp"

namespace interleave {

inline std::uint64_t scheduler::load(const operation& what) {
  step(what);
  location& of = reach(what);
  store_record& from = choose_store(of, what.order);
  memory_.load(from, current_->view, what.order);
  const bool stale = &from != of.newest;
  readiness_.note_read(index(), of, stale ? 0 : done_);
  event& done = add_event(what, of);
  done.found = from.value;
  done.left = of.newest->value;
  done.stale = stale;
  return from.value;
}

inline void scheduler::store(const operation& what, std::uint64_t value) {
  step(what);
  location& of = reach(what);
  event& done = add_event(what, of);
  done.found = of.newest->value;
  done.left = value;
  put(of, what.order, value, false);
}

inline std::uint64_t scheduler::modify(const operation& what, std::uint64_t operand) {
  step(what);
  location& of = reach(what);
  const std::uint64_t before = of.newest->value;
  const std::uint64_t after = truncated(combined(what.what, before, operand), what.bytes);
  memory_.load(*of.newest, current_->view, what.order);
  readiness_.note_read(index(), of, done_);
  event& done = add_event(what, of);
  done.found = before;
  done.left = after;
  put(of, what.order, after, true);
  return before;
}

inline bool scheduler::compare_exchange(const operation& what, std::uint64_t& expected,
                                        std::uint64_t desired, std::memory_order on_failure,
                                        bool may_fail_for_no_reason) {
  step(what);
  location& of = reach(what);
  const std::uint64_t before = of.newest->value;
  const bool fails = before != expected || (may_fail_for_no_reason && surprised());
  memory_.load(*of.newest, current_->view, fails ? on_failure : what.order);
  readiness_.note_read(index(), of, done_);
  event& done = add_event(what, of);
  done.found = before;
  done.left = desired;
  done.failed = fails;
  if (!fails) put(of, what.order, desired, true);
  expected = before;
  return !fails;
}

inline void scheduler::wait(std::uintptr_t word, std::uint64_t seen) {
  const operation what{.what = action::wait, .bytes = sizeof seen, .address = word};
  step(what);
  location& of = reach(what);
  readiness_.note_read(index(), of, done_);
  constexpr std::uint64_t half = std::numeric_limits<std::uint32_t>::max();
  event& done = add_event(what, of);
  done.found = seen;
  done.failed = (of.newest->value & half) != (seen & half) || surprised();
  if (done.failed) return;
  ++sleeps_;
  readiness_.wait(index(), word);
  give_turn_away();
}

inline void scheduler::wake_all(std::uintptr_t word) {
  const operation what{.what = action::wake_all, .bytes = sizeof word, .address = word};
  step(what);
  event& done = add_event(what, memory_.at(word, sizeof(std::uint64_t)));
  done.found = readiness_.wake_all(word);
}

inline void scheduler::fence() {
  const operation what{.what = action::fence, .order = std::memory_order_seq_cst};
  step(what);
  memory_.fence(current_->view);
  add_event(what);
}

inline void scheduler::construct(std::uintptr_t address, unsigned bytes) {
  memory_.construct(address, bytes, make_something());
}

inline void scheduler::fresh_memory(std::uintptr_t from, std::size_t bytes) {
  memory_.forget(from, bytes, make_something());
}

// Making is no operation, but it comes behind all that the thread has released before.
inline origin scheduler::make_something() {
  asleep_ = 0;  // it concerns whoever is about to use that memory
  ++done_;
  return {index(), ++current_->view.clock.of[index()]};
}

inline location& scheduler::reach(const operation& what) {
  location& of = memory_.at(what.address, what.bytes);
  if (rules_.watches_fresh_memory && !memory_model::reachable(of, current_->view)) {
    add_event(what, of).failed = true;
    fail("uses memory (#" + std::to_string(of.number) + ") that thread " +
         std::to_string(of.made.thread) +
         " has made or given back, which does not happen before this use");
  }
  return of;
}

inline store_record& scheduler::choose_store(location& of, std::memory_order order) {
  if (weak_reads_ >= guide_.within().weak_reads || redundant_ || of.newest->older == nullptr) {
    return *of.newest;
  }
  store_record* choices[memory_model::most_choices];
  const unsigned count = memory_.readable(of, current_->view, order, choices);
  if (count == 1) return *of.newest;
  const std::size_t chosen = guide_.unusual(count);
  if (chosen != 0) ++weak_reads_;
  return *choices[chosen];
}

inline void scheduler::put(location& of, std::memory_order order, std::uint64_t value,
                           bool read_modify_write) {
  if (value != of.newest->value) {
    of.changed_at = done_;
    of.changed_by = index();
  }
  memory_.store(of, current_->view, order, value, read_modify_write);
}

inline bool scheduler::surprised() {
  if (surprises_ >= guide_.within().surprises || redundant_) return false;
  if (guide_.unusual(2) == 0) return false;
  ++surprises_;
  return true;
}

inline std::uint64_t scheduler::combined(action what, std::uint64_t before, std::uint64_t operand) {
  switch (what) {
    case action::add:
      return before + operand;
    case action::subtract:
      return before - operand;
    case action::bits_or:
      return before | operand;
    case action::bits_and:
      return before & operand;
    case action::bits_xor:
      return before ^ operand;
    default:
      return operand;
  }
}

inline std::uint64_t scheduler::truncated(std::uint64_t value, unsigned bytes) {
  return bytes >= sizeof value ? value : value & ((std::uint64_t{1} << (bytes * 8)) - 1);
}

inline event& scheduler::add_event(const operation& what) {
  event& done = trace_.add();
  done = {};
  done.of = what;
  done.thread = static_cast<std::uint8_t>(index());
  return done;
}
inline event& scheduler::add_event(const operation& what, const location& of) {
  event& done = add_event(what);
  done.place = of.number;
  return done;
}

}  // namespace interleave
