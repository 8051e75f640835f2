// What one measured run of a map, or of the control, found. Trivially copyable: it comes back
// through a pipe from a process of its own.
//
// There are three kinds of runs, because measuring one thing disturbs the others: throughput runs
// read the clock once before and once after all operations, latency runs around each of them, and
// memory runs not at all; there a thread looks at the memory meanwhile.
#pragma once

#include <algorithm>
#include <bitset>
#include <cstdint>

#include "bench/support/histogram.hpp"
#include "bench/support/memory_curve.hpp"
#include "bench/support/timeline.hpp"

namespace steady::cli {

enum class run_kind { throughput, latency, memory };

struct run_result {
  std::uint64_t elements = 0;     // in the end
  std::uint64_t peak_bytes = 0;   // beyond what the process held before there was a map
  std::uint64_t final_bytes = 0;  // likewise
  std::uint64_t page_faults = 0;  // during the operations
  std::uint64_t growths = 0;      // where growths_known
  bool growths_known = false;
  std::uint64_t total_ns = 0;  // throughput runs only
  bench::histogram service;    // latency runs only: what each operation took

  // Replays only.
  bench::histogram response;   // the same, from the moment at which the operation was due
  std::uint64_t late = 0;      // operations that could not begin when they were due
  std::uint64_t hits = 0;      // reads and erasures of keys that were there
  std::uint64_t misses = 0;    // and of others
  std::uint64_t inserted = 0;  // keys

  // What whoever calls the map waited for longest.
  std::uint64_t slowest_ns() const noexcept { return std::max(service.max(), response.max()); }
};

// What pictures are drawn from.
struct run_curves {
  // Latency runs only: the slowest operation of each cell, and whether a migration was under way
  // then, where the map tells. A cell takes `cell_ms` milliseconds.
  bench::timeline slowest;
  std::bitset<bench::timeline::cells> migrating;
  std::uint64_t cell_ms = 1;
  bench::memory_curve memory;  // memory runs only
};

struct measured_run {
  run_result result;
  run_curves curves;
};

}  // namespace steady::cli
