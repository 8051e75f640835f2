// What `steady count` found out, and how it is told: as text for people and as JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/support/histogram.hpp"
#include "cli/file_walk.hpp"

namespace steady::cli {

enum class ending { complete, stopped, out_of_memory };

struct ranked_identifier {
  std::string_view name;  // lives in the map
  std::uint64_t count;
};

struct count_result {
  ending end = ending::complete;
  std::string map;          // full name and version
  bool names_lost = false;  // the map cannot be read any more
  std::size_t files = 0;    // opened and read, the last one perhaps in part
  std::uint64_t bytes = 0;
  std::uint64_t distinct = 0;
  double seconds = 0;
  std::uint64_t clock_cost_ns = 0;
  std::uint64_t peak_memory = 0;
  std::optional<std::uint64_t> growths;
  bench::histogram latency;  // one sample per identifier
  std::vector<ranked_identifier> top;
  std::vector<path_problem> problems;
};

std::string count_text(const count_result& result);
nlohmann::json count_json(const count_result& result);

}  // namespace steady::cli
