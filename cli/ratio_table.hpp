// A table of figures: a line for each figure, a column for each map, Steady's first. Beside a value
// stands how many times Steady's it is. As text and as HTML it is the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace steady::cli {

struct table_cell {
  std::string value;  // "-" where there is none
  std::string ratio;  // "" where that says nothing
};

struct table_line {
  std::string label;
  std::vector<table_cell> cells;
};

struct ratio_table {
  std::vector<std::string> names;  // of the columns
  std::vector<table_line> lines;

  // One value for each column.
  void add(std::string label, const std::vector<std::optional<double>>& values,
           std::string (*format)(double));

  // A line without ratios.
  void add_plain(std::string label, std::vector<std::string> values);

  // Aligned columns; Steady's own needs no ratios.
  std::string text() const;

  // For html_table.
  std::vector<std::vector<std::string>> rows() const;
};

}  // namespace steady::cli
