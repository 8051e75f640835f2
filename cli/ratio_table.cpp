#include <utility>

#include <fmt/format.h>

#include "cli/ratio_table.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"

namespace steady::cli {

void ratio_table::add(std::string label, const std::vector<std::optional<double>>& values,
                      std::string (*format)(double)) {
  table_line line{std::move(label), {}};
  const std::optional<double> reference = values.front();
  for (const std::optional<double>& value : values) {
    const bool relative = value && reference && *reference > 0;
    line.cells.push_back(
        {value ? format(*value) : "-", relative ? format_factor(*value / *reference) : ""});
  }
  lines.push_back(std::move(line));
}

void ratio_table::add_plain(std::string label, std::vector<std::string> values) {
  table_line line{std::move(label), {}};
  for (std::string& value : values) line.cells.push_back({std::move(value), ""});
  lines.push_back(std::move(line));
}

std::string ratio_table::text() const {
  text_table table;
  std::vector<std::string> head{""};
  for (const std::string& name : names) {
    head.push_back(name);
    if (head.size() > 2) head.emplace_back();
  }
  table.add_row(std::move(head));
  for (const table_line& line : lines) {
    std::vector<std::string> row{line.label};
    for (const table_cell& cell : line.cells) {
      row.push_back(cell.value);
      if (row.size() > 2) row.push_back(cell.ratio);
    }
    table.add_row(std::move(row));
  }
  return table.text();
}

std::vector<std::vector<std::string>> ratio_table::rows() const {
  std::vector<std::vector<std::string>> made{{""}};
  for (const std::string& name : names) made.front().push_back(name);
  for (const table_line& line : lines) {
    std::vector<std::string>& row = made.emplace_back();
    row.push_back(line.label);
    for (std::size_t i = 0; i < line.cells.size(); ++i) {
      const auto& [value, ratio] = line.cells[i];
      row.push_back(i > 0 && !ratio.empty() ? fmt::format("{} ({})", value, ratio) : value);
    }
  }
  return made;
}

}  // namespace steady::cli
