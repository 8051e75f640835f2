// Parts of an outcome's text, table and JSON that all commands have.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "cli/outcome.hpp"
#include "cli/ratio_table.hpp"

namespace steady::cli {

std::string format_whole(double value);

// A table with a column for each map and the control.
class outcome_table {
 public:
  explicit outcome_table(const outcome& all);

  void add(std::string label, const std::function<std::optional<double>(const figures&)>& of,
           std::string (*format)(double));

  // A line without ratios.
  void add_plain(std::string label, const std::function<std::string(const figures&)>& of);

  // Percentiles, and the maxima's median and best.
  void add_times(std::string_view label, times figures::*of);

  void add_memory();

  ratio_table made() { return std::move(table_); }

 private:
  std::vector<const outcome_row*> columns_;
  ratio_table table_;
};

// "2 rounds, each run in a process of its own, on core 3."
std::string rounds_text(const outcome& all);

// "steady::hash in all maps"
std::string hash_text(const outcome& all);

// A line for each map, its version and what it held in the end; what was left out; the control.
std::string legend_text(const outcome& all);

nlohmann::json spread_json(const spread& values);
nlohmann::json times_json(const times& of, std::uint64_t samples);

// A map's or the control's; what more(figures) gives is added where it finished.
nlohmann::json row_json(const outcome_row& row,
                        const std::function<nlohmann::json(const figures&)>& more);

// The command's members, all that outcomes have, and `in_short`.
nlohmann::json outcome_json(const outcome& all, std::string_view command, nlohmann::json members,
                            const std::function<nlohmann::json(const figures&)>& more,
                            const std::string& in_short);

}  // namespace steady::cli
