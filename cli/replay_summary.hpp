// What the rounds of a replay say together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/curves.hpp"
#include "cli/replay_run.hpp"
#include "cli/times.hpp"

namespace steady::cli {

// Medians over the rounds, but for the counts of what requests found, which are always the same.
struct replay_figures {
  std::uint64_t hits = 0;
  std::uint64_t misses = 0;
  std::uint64_t inserted = 0;
  std::uint64_t elements = 0;
  double late = 0;
  times service;
  times response;
  double peak_bytes = 0;
  double final_bytes = 0;
  double page_faults = 0;
  std::optional<std::uint64_t> growths;
};

// One result for each round, at least one.
replay_figures summarize(const std::vector<replay_result>& rounds);

struct replay_curves {
  pause_curve pauses;  // of response times, in the round with the smallest maximum
  std::vector<percentile_point> service;
  std::vector<percentile_point> response;
};

struct replay_row {
  std::string name;
  std::string full_name;
  std::string version;
  std::string failure;  // why there are no figures
  std::optional<replay_figures> measured;
  std::shared_ptr<const replay_curves> curves = nullptr;
};

struct replay_outcome {
  std::string source;  // the trace's path
  bool holds_texts = false;
  std::uint64_t requests = 0;
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t erases = 0;
  std::uint64_t at_once = 0;
  std::uint64_t skipped = 0;
  std::string first_skipped;
  std::uint64_t span_ns = 0;  // as recorded
  double speed = 1;
  bool spread = false;
  bool fill = false;
  std::string hash;  // "same" or "own"
  std::size_t rounds = 0;
  std::uint64_t clock_cost_ns = 0;
  std::optional<int> core;
  std::vector<replay_row> maps;  // Steady first, unless it was not asked for
  replay_row control;
  std::vector<std::string> left_out;
};

// The maps that finished.
std::vector<const replay_row*> finished(const replay_outcome& all, bool with_control);

// "In short: ...": the slowest response, and how many requests were late.
std::string in_short(const replay_outcome& all);

}  // namespace steady::cli
