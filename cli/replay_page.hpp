// A replay as an HTML report.
#pragma once

#include <string>

#include "cli/replay_summary.hpp"
#include "cli/report_origin.hpp"

namespace steady::cli {

std::string replay_page(const replay_outcome& all, const report_origin& origin);

}  // namespace steady::cli
