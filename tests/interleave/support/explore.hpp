// explore(): runs a small program of a few threads under many schedules, and reports the first
// under which something fails. tests/interleave/README.md tells how to write one.
//
//   const interleave::verdict found = interleave::explore({}, [](interleave::program& p) {
//     const auto state = std::make_shared<things>();  // fresh for every execution
//     p.thread([=] { ... });
//     p.thread([=] { ... });
//     p.finally([=] { interleave::require(state->sum() == 2, "both have counted"); });
//   });
//   EXPECT_FALSE(found.failed) << found;
//
// A failure is: a requirement not met, an exception that escapes from a thread, a deadlock, more
// steps than allowed, memory used before another thread's making of it is known or after its giving
// it back, and a program that does not do the same when it is run again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <steady/detail/line/random_seed.hpp>

#include "interleave/support/guide.hpp"
#include "interleave/support/interleaved_sync.hpp"
#include "interleave/support/random_walk.hpp"
#include "interleave/support/schedule.hpp"
#include "interleave/support/scheduler.hpp"

namespace interleave {

enum class search : std::uint8_t {
  exhaustive,  // all schedules within the limits, those with few preemptions first
  uniform,     // random schedules: at every step any thread
  priorities   // random schedules: few preemptions, anywhere (PCT)
};

struct options {
  search by = search::exhaustive;
  // Of preemptions, in an exhaustive search; how often a priority falls, in one by priorities.
  limits within;
  std::uint64_t executions = 1'000'000;  // no more than these; an exhaustive search may end before
  std::uint64_t seed = 1;                // of random searches
  std::uint64_t most_steps = 20'000;     // of all threads in one execution
  // Whether an exhaustive search leaves out executions in which only operations that do not depend
  // on each other change places. Not for programs whose threads exchange anything by plain
  // variables, a common log for example: the order of those accesses is not looked at.
  bool skips_equivalent = false;
  // Whether using memory fails that another thread has made (an atomic's constructor, fresh_memory)
  // or given back (fresh_memory), unless that happens before.
  bool watches_fresh_memory = true;
  std::size_t trace_length = 80;  // operations, of a failed execution
};

struct verdict {
  bool failed = false;
  bool exhaustive = false;  // all schedules within the limits were tried
  std::string message;
  std::string schedule;  // for replay()
  std::string trace;
  std::uint64_t executions = 0;
  std::uint64_t steps = 0;
  std::map<std::string, std::uint64_t> happened;  // in how many executions (program::must_happen)

  friend std::ostream& operator<<(std::ostream& out, const verdict& of) {
    if (of.failed) {
      out << of.message << "\nin execution " << of.executions << ", under STEADY_SCHEDULE='"
          << of.schedule << "'\n"
          << of.trace;
    } else {
      out << "no failure in " << of.executions << (of.exhaustive ? " (all)" : "") << " executions, "
          << of.steps << " steps\n";
    }
    return out;
  }
};

// Something that a program is about, noted by its threads or by what runs finally.
class happening {
 public:
  explicit happening(std::string what) : what_(std::move(what)) {}

  void note(bool happens = true) const { *happened_ |= happens; }

  const std::string& what() const { return what_; }
  bool has_happened() const { return *happened_; }

 private:
  std::string what_;
  std::shared_ptr<bool> happened_ = std::make_shared<bool>(false);
};

// What one execution runs.
class program {
 public:
  // Up to seven, which begin together.
  void thread(std::function<void()> body) { threads_.push_back(std::move(body)); }
  // When all threads have ended, with all that they did before.
  void finally(std::function<void()> body) { finally_ = std::move(body); }
  // What must happen in some execution of a search: otherwise the program is not about what it
  // says, whatever holds in it.
  happening must_happen(std::string what) { return happenings_.emplace_back(std::move(what)); }

  const std::vector<std::function<void()>>& threads() const { return threads_; }
  const std::function<void()>& at_last() const { return finally_; }
  const std::vector<happening>& happenings() const { return happenings_; }

 private:
  std::vector<happening> happenings_;
  std::vector<std::function<void()>> threads_;
  std::function<void()> finally_;
};

// Makes the state of an execution and tells its threads. It must do the same every time.
using factory = std::function<void(program&)>;

// To be called by threads, by what runs finally, and by factories. Ends the execution.
inline void require(bool holds, std::string_view message) {
  if (holds) return;
  if (scheduler::running == nullptr) throw std::logic_error(std::string(message));
  scheduler::running->fail(std::string(message));
}

namespace detail {

// Runs executions of one program, and keeps the verdict.
class explorer {
 public:
  explorer(const options& how, const factory& make)
      : make_(make),
        rules_{how.most_steps, how.skips_equivalent && how.by == search::exhaustive,
               how.watches_fresh_memory, how.trace_length},
        executions_(how.executions),
        seed_(how.seed) {}

  verdict search_all(limits within) {
    const unsigned most = within.preemptions;
    for (within.preemptions = 0;; ++within.preemptions) {
      guide by(schedule{within, {}});
      scheduler with(by, rules_);
      do {
        if (found_.executions == executions_) return finish(with);
        by.begin_execution();
        if (!run(by, with)) return finish(with);
      } while (by.advance());
      found_.exhaustive = within.preemptions == most || !with.bound_was_reached();
      finish(with);
      if (found_.exhaustive) return found_;
    }
  }

  verdict search_at_random(limits within, random_walk::kind kind) {
    const random_walk walk(kind, within.preemptions, within.weak_reads + within.surprises);
    within.preemptions = unlimited;
    guide by(within, walk);
    scheduler with(by, rules_);
    while (found_.executions != executions_) {
      by.begin_random_execution((seed_ << 32) + found_.executions);
      if (!run(by, with)) break;
    }
    return finish(with);
  }

  verdict follow(const schedule& given) {
    guide by(given);
    scheduler with(by, rules_);
    by.begin_execution();
    run(by, with);
    found_.trace = with.written_trace();
    return finish(with);
  }

 private:
  // What an execution that failed has left unfinished; kept for ever, since it refers to itself.
  struct unfinished {
    std::unique_ptr<program> of;
    std::vector<std::unique_ptr<fiber>> fibers;
  };

  bool run(guide& by, scheduler& with) {
    ++found_.executions;
    steady::detail::random_state() = scheduler::first_seed - 1;
    auto one = std::make_unique<program>();
    std::optional<std::string> failure = set_up(*one);
    if (!failure) {
      failure = with.execute(one->threads(), one->at_last());
      if (!failure) {
        for (const happening& each : one->happenings()) {
          found_.happened[each.what()] += each.has_happened();
        }
        return true;
      }
      found_.schedule = by.taken().written();
      found_.trace = with.written_trace();
    }
    found_.failed = true;
    found_.message = *failure;
    with.release_places();
    static auto* const kept = new std::vector<unfinished>;  // never destroyed
    kept->push_back({std::move(one), with.give_up_fibers()});
    return false;
  }

  std::optional<std::string> set_up(program& one) {
    try {
      make_(one);
    } catch (const std::exception& exception) {
      return std::string("while the program was set up: ") + exception.what();
    }
    if (one.threads().size() >= most_threads) return "too many threads";
    return std::nullopt;
  }

  const verdict& finish(const scheduler& with) {
    found_.steps += with.steps();
    return found_;
  }

  const factory& make_;
  scheduler::rules rules_;
  std::uint64_t executions_;
  std::uint64_t seed_;
  verdict found_;
};

// Whatever the code outside of explorations has there stays as it is.
class kept_outside {
 public:
  kept_outside() = default;
  kept_outside(const kept_outside&) = delete;
  kept_outside& operator=(const kept_outside&) = delete;
  ~kept_outside() { steady::detail::random_state() = seeds_; }

 private:
  std::uint64_t seeds_ = steady::detail::random_state();
};

}  // namespace detail

// Runs the program once more, as verdict::schedule tells. The trace has all operations.
inline verdict replay(std::string_view text, const factory& make, options how = {}) {
  const std::optional<schedule> given = schedule::read(text);
  if (!given) {
    verdict unread;
    unread.failed = true;
    unread.message = "not a schedule: " + std::string(text);
    return unread;
  }
  how.trace_length = how.most_steps * 2;
  how.skips_equivalent = false;
  const detail::kept_outside kept;
  return detail::explorer(how, make).follow(*given);
}

// With a schedule in the environment variable STEADY_SCHEDULE it runs that one only, and prints it.
inline verdict explore(const options& how, const factory& make) {
  if (const char* const given = std::getenv("STEADY_SCHEDULE")) {
    const verdict found = replay(given, make, how);
    std::cout << found << (found.failed ? "" : found.trace);
    return found;
  }
  const detail::kept_outside kept;
  detail::explorer by(how, make);
  if (how.by == search::exhaustive) return by.search_all(how.within);
  return by.search_at_random(how.within, how.by == search::uniform ? random_walk::kind::uniform
                                                                   : random_walk::kind::priorities);
}

}  // namespace interleave
