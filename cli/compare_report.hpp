// A comparison as text for people and as JSON.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/compare_summary.hpp"
#include "cli/ratio_table.hpp"

namespace steady::cli {

ratio_table make_table(const comparison& all);

std::string comparison_text(const comparison& all);
nlohmann::json comparison_json(const comparison& all);

}  // namespace steady::cli
