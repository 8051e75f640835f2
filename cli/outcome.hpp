// What the rounds of a contest say together: medians, spread, curves. `steady compare` and `steady
// replay` have the same, and add what their operations were.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/curves.hpp"
#include "cli/run_result.hpp"
#include "cli/times.hpp"

namespace steady::cli {

// The figures of one map, or of the control, over all rounds: medians, but for what is the same in
// every round.
struct figures {
  std::uint64_t elements = 0;
  std::optional<std::uint64_t> growths;
  double peak_bytes = 0;
  double final_bytes = 0;
  double page_faults = 0;
  times service;    // of single operations
  spread total_ns;  // where there were throughput runs

  // Replays only; times of responses count from when the request was due.
  times response;
  double late = 0;
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t inserted = 0;
};

// One of each round: throughput runs, or none where there are only the others, and latency runs.
figures summarize(const std::vector<run_result>& throughput,
                  const std::vector<run_result>& latency);

struct map_curves {
  pause_curve pauses;  // of the latency run with the smallest maximum
  // Over all of them.
  std::vector<percentile_point> service;
  std::vector<percentile_point> response;  // replays only
  memory_samples memory;                   // of a run of its own
};

map_curves make_map_curves(const std::vector<run_result>& latency, const run_curves& of);

struct outcome_row {
  std::string name;
  std::string full_name;
  std::string version;
  std::string failure;  // why there are no figures
  std::optional<figures> measured;
  // For reports; gathered only for those.
  std::shared_ptr<const map_curves> curves = nullptr;
};

struct outcome {
  std::string hash;  // "same" or "own"
  std::uint64_t clock_cost_ns = 0;
  std::size_t rounds = 0;
  std::optional<int> core;
  std::vector<outcome_row> maps;  // Steady first, unless it was not asked for
  outcome_row control;
  std::vector<std::string> left_out;  // rivals that this build is without, and what to install
};

// The maps that finished, in their order, and after them the control.
std::vector<const outcome_row*> finished(const outcome& all, bool with_control);

}  // namespace steady::cli
