// A replay as an HTML report.
#pragma once

#include <string>

#include "cli/machine.hpp"
#include "cli/replay_summary.hpp"

namespace steady::cli {

std::string replay_page(const replay_outcome& all, const report_origin& origin);

}  // namespace steady::cli
