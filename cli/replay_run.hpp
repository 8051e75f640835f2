// One replay of a trace through one new map, or through the control.
//
// The loop is open: every request is issued at its own time, whether or not the map kept up. Its
// service time is what the map took. Its response time counts from the moment at which it was due,
// so that the wait behind a slow request is in it, as it is for whoever waits for the answer.
//
// What requests do: a write inserts the key or changes its value, which holds the last time and the
// sum of sizes; a read looks the key up, and inserts it where it is missing if `fill` says so, as a
// cache does; an erasure erases it.
#pragma once

#include <cstdint>
#include <vector>

#include "cli/contestant.hpp"
#include "cli/map_types.hpp"
#include "cli/run_result.hpp"
#include "cli/trace.hpp"

namespace steady::cli {

struct replay_order {
  double speed = 1;  // 2: twice as fast as recorded
  bool fill = false;
  std::uint64_t clock_cost_ns = 0;
  std::uint64_t cell_ms = 1;          // of the curve of response times
  run_kind kind = run_kind::latency;  // or memory; both keep to the times of requests
};

using replay_contestant = contestant<trace, replay_order>;

// The maps of this build that hold texts, or numbers, Steady first.
std::vector<replay_contestant> make_replay_contestants(bool texts, hash_choice hash);

// As many requests at the same times, each touching one random cache line of a plain array of about
// `bytes` bytes.
measured_run replay_control(const trace& requests, replay_order order, std::uint64_t bytes);

}  // namespace steady::cli
