// `steady replay`: a recorded trace through Steady and the maps people use today, each request at
// its own time, and through a control that only touches memory.
//
// A contest (contest.hpp), in which everything is pinned to one core. A report takes one more run
// of each map, for its memory.
//
// Returns the exit status: 0; 1 when the trace could not be read, a run failed or the result could
// not be written.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/map_types.hpp"
#include "cli/trace.hpp"

namespace steady::cli {

struct replay_options {
  trace_options input;
  double speed = 1;     // times as fast as recorded
  double duration = 0;  // unless 0: as fast as makes it last so many seconds
  bool spread = false;
  bool fill = false;
  hash_choice hash = hash_choice::same;
  std::size_t rounds = 1;
  std::vector<std::string> maps;  // all, if empty
  std::string json_path;          // "" for none
  std::string report_path;        // the same
  std::string command_line;
};

int run_replay(const replay_options& options);

}  // namespace steady::cli
