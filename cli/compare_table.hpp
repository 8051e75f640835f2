// The table of a comparison: a line for each figure, a cell for each map and the control. As text
// and as HTML it is the same.
#pragma once

#include <string>
#include <vector>

#include "cli/compare_summary.hpp"

namespace steady::cli {

struct table_cell {
  std::string value;  // "-" where there is none
  std::string ratio;  // how many times steady's it is; "" where that says nothing
};

struct table_line {
  std::string label;
  std::vector<table_cell> cells;
};

struct comparison_table {
  std::vector<std::string> names;  // of the columns, steady's first
  std::vector<table_line> lines;
};

comparison_table make_table(const comparison& all);

}  // namespace steady::cli
