// run_team(threads, steps_each, make_worker): threads that start together, each with work of its
// own, and how long they took.
//
// Each thread makes its worker by make_worker(thread), waits until all have theirs, and calls
// worker(step) for the steps 0, 1, 2, ... A worker says how many answers of its step were wrong:
// that is the benchmark's check of the map, and keeps the compiler from dropping what is timed.
//
// Several threads have a core each, if there are enough: left alone, the scheduler may keep two on
// one core for as long as a run takes, and they would hardly ever meet in the map.
//
// No thread goes on for longer than `limit_ns`: a slow map then did fewer steps than were asked
// for.
#pragma once

#include <algorithm>
#include <cstdint>
#include <latch>
#include <limits>
#include <thread>
#include <vector>

#include "bench/support/clock.hpp"
#include "bench/support/process.hpp"

namespace steady::bench {

struct team_result {
  std::uint64_t ns = 0;      // from the first thread's start to the last one's end
  std::uint64_t cpu_ns = 0;  // that all threads together were running then
  std::uint64_t steps = 0;   // of all threads together
  std::uint64_t wrong = 0;   // answers
  bool complete = true;      // no thread ran into the time limit
};

namespace detail {

struct member_result {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint64_t cpu_ns = 0;
  std::uint64_t steps = 0;
  std::uint64_t wrong = 0;
};

template <class Worker>
member_result work(Worker& worker, std::uint64_t steps, std::uint64_t limit_ns) {
  constexpr std::uint64_t steps_between_looks = 1024;
  member_result done;
  const std::uint64_t cpu_start = thread_cpu_ns();
  done.start = now_ns();
  done.end = done.start;
  while (done.steps < steps && done.end - done.start < limit_ns) {
    const std::uint64_t stop = std::min(steps, done.steps + steps_between_looks);
    for (; done.steps < stop; ++done.steps) done.wrong += worker(done.steps);
    done.end = now_ns();
  }
  done.cpu_ns = thread_cpu_ns() - cpu_start;
  return done;
}

inline team_result together(const std::vector<member_result>& members, std::uint64_t steps_each) {
  team_result all;
  std::uint64_t start = std::numeric_limits<std::uint64_t>::max();
  std::uint64_t end = 0;
  for (const member_result& each : members) {
    start = std::min(start, each.start);
    end = std::max(end, each.end);
    all.cpu_ns += each.cpu_ns;
    all.steps += each.steps;
    all.wrong += each.wrong;
    all.complete = all.complete && each.steps == steps_each;
  }
  all.ns = end - start;
  return all;
}

}  // namespace detail

template <class MakeWorker>
team_result run_team(unsigned threads, std::uint64_t steps_each, std::uint64_t limit_ns,
                     const MakeWorker& make_worker) {
  std::vector<detail::member_result> members(threads);
  const bool has_core_each = threads > 1 && threads <= allowed_cores();
  std::latch everybody(threads);
  {
    std::vector<std::jthread> running;  // joined at the end of this block
    for (unsigned n = 0; n < threads; ++n) {
      running.emplace_back([&, n] {
        if (has_core_each) pin_thread_to(n);
        auto worker = make_worker(n);
        everybody.arrive_and_wait();
        members[n] = detail::work(worker, steps_each, limit_ns);
      });
    }
  }
  return detail::together(members, steps_each);
}

}  // namespace steady::bench
