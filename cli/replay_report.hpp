// A replay as text for people and as JSON.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/ratio_table.hpp"
#include "cli/replay_summary.hpp"

namespace steady::cli {

ratio_table make_table(const replay_outcome& all);

// "113,872 requests (...) of trace.csv, recorded over 7200 s, 100 times as fast: 72 s."
std::string what_was_replayed(const replay_outcome& all);

// Lines that were skipped, and times that are too coarse; each may be missing.
std::vector<std::string> remarks(const replay_outcome& all);

std::string replay_text(const replay_outcome& all);
nlohmann::json replay_json(const replay_outcome& all);

}  // namespace steady::cli
