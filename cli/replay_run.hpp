// One replay of a trace through one new map, or through the control. To be called in a process of
// its own (bench/support/child_process.hpp): it leaves its map behind.
//
// The loop is open: every request is issued at its own time, whether or not the map kept up. Its
// service time is what the map took. Its response time counts from the moment at which it was due,
// so that the wait behind a slow request is in it, as it is for whoever waits for the answer.
//
// What requests do: a write inserts the key or changes its value, which holds the last time and the
// sum of sizes; a read looks the key up, and inserts it where it is missing if `fill` says so, as a
// cache does; an erasure erases it.
#pragma once

#include <bitset>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/support/histogram.hpp"
#include "bench/support/timeline.hpp"
#include "cli/map_types.hpp"
#include "cli/trace.hpp"

namespace steady::cli {

// Trivially copyable: it comes back through a pipe.
struct replay_result {
  std::uint64_t hits = 0;  // reads and erasures of keys that were there
  std::uint64_t misses = 0;
  std::uint64_t inserted = 0;
  std::uint64_t elements = 0;     // in the end
  std::uint64_t late = 0;         // requests that could not begin when they were due
  std::uint64_t peak_bytes = 0;   // beyond what the process held before there was a map
  std::uint64_t final_bytes = 0;  // likewise
  std::uint64_t page_faults = 0;
  std::uint64_t growths = 0;  // where growths_known
  bool growths_known = false;
  bench::histogram service;
  bench::histogram response;
  bench::timeline slowest;  // response times; its milliseconds are `cell_ms` milliseconds
  std::bitset<bench::timeline::cells> migrating;
};

struct replay_order {
  double speed = 1;  // 2: twice as fast as recorded
  bool fill = false;
  std::uint64_t clock_cost_ns = 0;
  std::uint64_t cell_ms = 1;
};

struct replay_contestant {
  std::string_view name;
  std::string full_name;
  std::string version;
  std::function<replay_result(const trace&, replay_order)> run;
};

// The maps of this build, Steady first.
std::vector<replay_contestant> make_replay_contestants(bool texts, hash_choice hash);

// As many requests at the same times, each touching one random cache line of a plain array of about
// `bytes` bytes: what the machine itself does to such a run.
replay_result replay_control(const trace& requests, replay_order order, std::uint64_t bytes);

}  // namespace steady::cli
