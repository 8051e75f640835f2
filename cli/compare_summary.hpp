// What the rounds of a comparison say together: medians, spread, and one sentence.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/support/histogram.hpp"
#include "cli/compare_run.hpp"
#include "cli/curves.hpp"
#include "cli/times.hpp"

namespace steady::cli {

// The figures of one map (or the control) over all rounds.
struct figures {
  std::uint64_t elements = 0;
  spread total_ns;
  // Of single updates, as in struct times.
  std::array<std::optional<double>, bench::usual_percentiles.size()> percentiles_ns;
  spread max_ns;
  double peak_bytes = 0;
  double final_bytes = 0;
  double page_faults = 0;
  std::optional<std::uint64_t> growths;
};

// One per round each.
figures summarize(const std::vector<run_result>& throughput,
                  const std::vector<run_result>& latency);

// Of the latency runs the one with the smallest maximum, percentiles over all of them, and a run
// of its own for the memory.
struct map_curves {
  pause_curve pauses;
  std::vector<percentile_point> percentiles;
  memory_samples memory;
};

struct comparison_row {
  std::string name;
  std::string full_name;
  std::string version;
  std::string failure;  // why there are no figures
  std::optional<figures> measured;
  // For reports; gathered only for those.
  std::shared_ptr<const map_curves> curves = nullptr;
};

struct comparison {
  std::string keys;           // "u64" or "string"
  std::string hash;           // "same" or "own"
  std::string source;         // "generated" or "files"
  std::uint64_t updates = 0;  // per run
  std::uint64_t clock_cost_ns = 0;
  std::size_t rounds = 0;
  std::optional<int> core;
  std::vector<comparison_row> maps;  // Steady first
  comparison_row control;
  std::vector<std::string> left_out;  // rivals that this build is without, and what to install
};

// What happens to a key: it is inserted, or counted. A noun for the report.
std::string_view operation_of(const comparison& all);

// "In short: ...": the slowest update, the total time and the peak memory of Steady beside the best
// rival in each, whoever wins.
std::string in_short(const comparison& all);

}  // namespace steady::cli
