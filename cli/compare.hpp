// `steady compare`: the same stream of updates through Steady and the maps people use today, and
// through a control that only touches memory.
//
// A contest (contest.hpp), in which everything is pinned to one core.
//
// Returns the exit status: 0; 1 when a path could not be read, a run failed or the result could not
// be written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "cli/map_types.hpp"

namespace steady::cli {

struct compare_options {
  std::vector<std::string> paths;  // identifiers of these files, unless empty
  std::uint64_t generated = 0;     // otherwise this many generated keys
  bool texts = false;              // generated keys are texts, not numbers
  hash_choice hash = hash_choice::same;
  std::size_t rounds = 3;
  std::string json_path;    // "" for none
  std::string report_path;  // the same
  std::string command_line;
};

int run_compare(const compare_options& options);

}  // namespace steady::cli
