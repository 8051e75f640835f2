// The table of a comparison: a column for each map and the control.
#pragma once

#include "cli/compare_summary.hpp"
#include "cli/ratio_table.hpp"

namespace steady::cli {

ratio_table make_table(const comparison& all);

}  // namespace steady::cli
