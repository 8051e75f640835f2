// `steady count`: how often each identifier occurs in files, and what every single update of the
// map cost.
//
// Returns the exit status: 0; 1 when a path could not be read, memory ran out or the result could
// not be written; 128 + the signal's number when stopped by a signal. In all of these cases what
// was counted is shown.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace steady::cli {

struct count_options {
  std::vector<std::string> paths;
  std::string map = "steady";
  std::size_t top = 20;
  std::size_t min_length = 1;
  std::string json_path;  // "" for none
};

int run_count(const count_options& options);

}  // namespace steady::cli
