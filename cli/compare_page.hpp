// A comparison as an HTML report.
#pragma once

#include <string>

#include "cli/compare_summary.hpp"
#include "cli/report_origin.hpp"

namespace steady::cli {

std::string comparison_page(const comparison& all, const report_origin& origin);

}  // namespace steady::cli
