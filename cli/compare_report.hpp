// A comparison as text for people and as JSON.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "cli/compare_summary.hpp"

namespace steady::cli {

std::string comparison_text(const comparison& all);
nlohmann::json comparison_json(const comparison& all);

}  // namespace steady::cli
