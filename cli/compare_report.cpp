#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "cli/compare_report.hpp"
#include "cli/json.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"
#include "cli/version.hpp"

namespace steady::cli {

namespace {

using figure = std::function<std::optional<double>(const figures&)>;

// Every line of the table: a value per column, and beside it how many times Steady's it is.
class comparison_table {
 public:
  explicit comparison_table(const comparison& all) : columns_{} {
    for (const comparison_row& row : all.maps) columns_.push_back(&row);
    columns_.push_back(&all.control);
    std::vector<std::string> head{""};
    for (const comparison_row* column : columns_) add_cells(head, column->name, "");
    table_.add_row(std::move(head));
  }

  void add(std::string label, const figure& of, std::string (*format)(double)) {
    std::vector<std::string> line{std::move(label)};
    const std::optional<double> reference = value(*columns_.front(), of);
    for (const comparison_row* column : columns_) {
      const std::optional<double> found = value(*column, of);
      const bool relative = found && reference && *reference > 0;
      add_cells(line, found ? format(*found) : "-",
                relative ? format_factor(*found / *reference) : "");
    }
    table_.add_row(std::move(line));
  }

  // A line without ratios.
  void add_plain(std::string label, const std::function<std::string(const figures&)>& of) {
    std::vector<std::string> line{std::move(label)};
    for (const comparison_row* column : columns_) {
      add_cells(line, column->measured ? of(*column->measured) : "-", "");
    }
    table_.add_row(std::move(line));
  }

  std::string text() const { return table_.text(); }

 private:
  static std::optional<double> value(const comparison_row& row, const figure& of) {
    return row.measured ? of(*row.measured) : std::nullopt;
  }

  // Steady's own column needs no ratio.
  void add_cells(std::vector<std::string>& line, std::string cell, std::string ratio) const {
    const bool first = line.size() == 1;
    line.push_back(std::move(cell));
    if (!first) line.push_back(std::move(ratio));
  }

  std::vector<const comparison_row*> columns_;
  text_table table_;
};

std::string format_whole(double value) { return format_count(static_cast<std::uint64_t>(value)); }

std::string table_text(const comparison& all) {
  const auto updates = static_cast<double>(all.updates);
  comparison_table table(all);
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
  return table.text();
}

std::string head_text(const comparison& all) {
  const std::string keys =
      all.source == "files" ? "identifiers of the files, counted in each map"
                            : fmt::format("different {} keys, inserted into each map",
                                          all.keys == "u64" ? "random u64" : "random 20-character");
  const std::string core = all.core ? fmt::format("on core {}", *all.core) : "not pinned to a core";
  return fmt::format("{} {}.\n{}, each run in a process of its own, {}.\n\n",
                     format_count(all.updates), keys,
                     all.rounds == 1 ? "1 round" : fmt::format("{} rounds", all.rounds), core);
}

std::string legend_text(const comparison& all) {
  std::string text = "\n";
  for (const comparison_row& row : all.maps) {
    text += fmt::format("{:<8} {} {}", row.name, row.full_name, row.version);
    if (row.measured) text += fmt::format(", {} elements", format_count(row.measured->elements));
    if (row.measured && row.measured->growths) {
      text += fmt::format(", grown {} times", format_count(*row.measured->growths));
    }
    text += row.failure.empty() ? "\n" : fmt::format(": {}\n", row.failure);
  }
  for (const std::string& absent : all.left_out) text += absent + "\n";
  text += fmt::format("{:<8} {}{}\n", all.control.name, all.control.full_name,
                      all.control.failure.empty() ? "" : ": " + all.control.failure);
  return text;
}

std::string notes_text(const comparison& all) {
  return fmt::format(
      "\nx: times steady's. Figures are medians over the rounds. The total comes from runs that "
      "read\n"
      "the clock only twice; percentiles and maxima come from runs that time each of the {} {}s,\n"
      "{} for reading the clock taken off. \"best\" is the round with the smallest maximum: what\n"
      "interrupts the machine strikes the control as well, but not in every round. Memory is what\n"
      "the process gained. Hash: {}.\n\n",
      format_count(all.updates), operation_of(all),
      format_duration(static_cast<double>(all.clock_cost_ns)),
      all.hash == "same" ? "steady::hash in every map" : "each map's own");
}

nlohmann::json spread_json(const spread& values) {
  return {{"median", values.median}, {"min", values.least}, {"max", values.most}};
}

nlohmann::json figures_json(const figures& f, std::uint64_t updates) {
  nlohmann::json latency = {{"samples", updates}, {"max", spread_json(f.max_ns)}};
  for (std::size_t i = 0; i < bench::usual_percentiles.size(); ++i) {
    latency[std::string(bench::usual_percentiles[i].name)] = or_null(f.percentiles_ns[i]);
  }
  return {
      {"elements", f.elements},
      {"total_ns", spread_json(f.total_ns)},
      {"latency_ns", latency},
      {"peak_memory_bytes", f.peak_bytes},
      {"final_memory_bytes", f.final_bytes},
      {"page_faults", f.page_faults},
      {"growths", or_null(f.growths)},
  };
}

nlohmann::json row_json(const comparison_row& row, std::uint64_t updates) {
  nlohmann::json json = {{"name", row.name},
                         {"full_name", row.full_name},
                         {"version", row.version},
                         {"failure", or_null(!row.failure.empty(), row.failure)}};
  if (row.measured) json.update(figures_json(*row.measured, updates));
  return json;
}

}  // namespace

std::string comparison_text(const comparison& all) {
  if (all.updates == 0) return in_short(all) + "\n";
  return head_text(all) + table_text(all) + legend_text(all) + notes_text(all) + in_short(all) +
         "\n";
}

nlohmann::json comparison_json(const comparison& all) {
  nlohmann::json maps = nlohmann::json::array();
  for (const comparison_row& row : all.maps) maps.push_back(row_json(row, all.updates));
  return {
      {"command", "compare"},
      {"version", version_text()},
      {"keys", all.keys},
      {"source", all.source},
      {"hash", all.hash},
      {"updates", all.updates},
      {"rounds", all.rounds},
      {"clock_cost_ns", all.clock_cost_ns},
      {"core", or_null(all.core)},
      {"maps", maps},
      {"control", row_json(all.control, all.updates)},
      {"left_out", all.left_out},
      {"in_short", in_short(all)},
  };
}

}  // namespace steady::cli
