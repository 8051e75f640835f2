// What a replay was, and what it says in one sentence.
#pragma once

#include <cstdint>
#include <string>

#include "cli/outcome.hpp"

namespace steady::cli {

struct replay_outcome : outcome {
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
};

// "In short: ...": the slowest response, and how many requests were late.
std::string in_short(const replay_outcome& all);

}  // namespace steady::cli
