// What a comparison was, and what it says in one sentence.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/outcome.hpp"

namespace steady::cli {

struct comparison : outcome {
  std::string keys;           // "u64" or "string"
  std::string source;         // "generated" or "files"
  std::uint64_t updates = 0;  // per run
};

// What happens to a key: it is inserted, or counted. A noun for the report.
std::string_view operation_of(const comparison& all);

// "In short: ...": the slowest update, the total time and the peak memory of Steady beside the best
// rival in each, whoever wins.
std::string in_short(const comparison& all);

}  // namespace steady::cli
