#include <functional>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/compare_table.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

using figure = std::function<std::optional<double>(const figures&)>;

class table_maker {
 public:
  explicit table_maker(const comparison& all) {
    for (const comparison_row& row : all.maps) columns_.push_back(&row);
    columns_.push_back(&all.control);
    for (const comparison_row* column : columns_) table_.names.push_back(column->name);
  }

  void add(std::string label, const figure& of, std::string (*format)(double)) {
    std::vector<std::optional<double>> values;
    for (const comparison_row* column : columns_) {
      values.push_back(column->measured ? of(*column->measured) : std::nullopt);
    }
    table_.add(std::move(label), values, format);
  }

  // A line without ratios.
  void add_plain(std::string label, const std::function<std::string(const figures&)>& of) {
    std::vector<std::string> values;
    for (const comparison_row* column : columns_) {
      values.push_back(column->measured ? of(*column->measured) : "-");
    }
    table_.add_plain(std::move(label), std::move(values));
  }

  ratio_table made() { return std::move(table_); }

 private:
  std::vector<const comparison_row*> columns_;
  ratio_table table_;
};

std::string format_whole(double value) { return format_count(static_cast<std::uint64_t>(value)); }

}  // namespace

ratio_table make_table(const comparison& all) {
  const auto updates = static_cast<double>(all.updates);
  table_maker table(all);
  table.add(
      "total time", [](const figures& f) { return f.total_ns.median; }, format_duration);
  table.add_plain("  fastest round",
                  [](const figures& f) { return format_duration(f.total_ns.least); });
  table.add_plain("  slowest round",
                  [](const figures& f) { return format_duration(f.total_ns.most); });
  table.add(
      fmt::format("time per {}", operation_of(all)),
      [=](const figures& f) { return f.total_ns.median / updates; }, format_duration);
  for (std::size_t i = 0; i < bench::usual_percentiles.size(); ++i) {
    table.add(
        fmt::format("{} {}", operation_of(all), bench::usual_percentiles[i].name),
        [=](const figures& f) { return f.percentiles_ns[i]; }, format_duration);
  }
  table.add(
      fmt::format("{} max, median", operation_of(all)),
      [](const figures& f) { return f.max_ns.median; }, format_duration);
  table.add(
      fmt::format("{} max, best", operation_of(all)),
      [](const figures& f) { return f.max_ns.least; }, format_duration);
  table.add(
      "peak memory", [](const figures& f) { return f.peak_bytes; }, format_bytes);
  table.add(
      "final memory", [](const figures& f) { return f.final_bytes; }, format_bytes);
  table.add(
      "page faults", [](const figures& f) { return f.page_faults; }, format_whole);
  return table.made();
}

}  // namespace steady::cli
