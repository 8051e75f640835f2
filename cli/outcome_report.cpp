#include <utility>

#include <fmt/format.h>

#include "cli/json.hpp"
#include "cli/outcome_report.hpp"
#include "cli/units.hpp"
#include "cli/version.hpp"

namespace steady::cli {

std::string format_whole(double value) { return format_count(static_cast<std::uint64_t>(value)); }

outcome_table::outcome_table(const outcome& all) {
  for (const outcome_row& row : all.maps) columns_.push_back(&row);
  columns_.push_back(&all.control);
  for (const outcome_row* column : columns_) table_.names.push_back(column->name);
}

void outcome_table::add(std::string label,
                        const std::function<std::optional<double>(const figures&)>& of,
                        std::string (*format)(double)) {
  std::vector<std::optional<double>> values;
  for (const outcome_row* column : columns_) {
    values.push_back(column->measured ? of(*column->measured) : std::nullopt);
  }
  table_.add(std::move(label), values, format);
}

void outcome_table::add_plain(std::string label,
                              const std::function<std::string(const figures&)>& of) {
  std::vector<std::string> values;
  for (const outcome_row* column : columns_) {
    values.push_back(column->measured ? of(*column->measured) : "-");
  }
  table_.add_plain(std::move(label), std::move(values));
}

void outcome_table::add_times(std::string_view label, times figures::*of) {
  for (std::size_t i = 0; i < bench::usual_percentiles.size(); ++i) {
    add(
        fmt::format("{} {}", label, bench::usual_percentiles[i].name),
        [=](const figures& f) { return (f.*of).percentiles_ns[i]; }, format_duration);
  }
  add(
      fmt::format("{} max, median", label), [=](const figures& f) { return (f.*of).max_ns.median; },
      format_duration);
  add(
      fmt::format("{} max, best", label), [=](const figures& f) { return (f.*of).max_ns.least; },
      format_duration);
}

void outcome_table::add_memory() {
  add(
      "peak memory", [](const figures& f) { return f.peak_bytes; }, format_bytes);
  add(
      "final memory", [](const figures& f) { return f.final_bytes; }, format_bytes);
  add(
      "page faults", [](const figures& f) { return f.page_faults; }, format_whole);
}

std::string rounds_text(const outcome& all) {
  return fmt::format("{}, each run in a process of its own, {}.",
                     all.rounds == 1 ? "1 round" : fmt::format("{} rounds", all.rounds),
                     all.core ? fmt::format("on core {}", *all.core) : "not pinned to a core");
}

std::string hash_text(const outcome& all) {
  return all.hash == "same" ? "steady::hash in all maps" : "each map's own hash";
}

std::string legend_text(const outcome& all) {
  std::string text = "\n";
  for (const outcome_row& row : all.maps) {
    text += fmt::format("{:<8} {} {}", row.name, row.full_name, row.version);
    if (row.measured) text += fmt::format(", {} elements", format_count(row.measured->elements));
    if (row.measured && row.measured->growths) {
      text += fmt::format(", grown {} times", format_count(*row.measured->growths));
    }
    text += row.failure.empty() ? "\n" : fmt::format(": {}\n", row.failure);
  }
  for (const std::string& absent : all.left_out) text += absent + "\n";
  return text + fmt::format("{:<8} {}{}\n", all.control.name, all.control.full_name,
                            all.control.failure.empty() ? "" : ": " + all.control.failure);
}

nlohmann::json spread_json(const spread& values) {
  return {{"median", values.median}, {"min", values.least}, {"max", values.most}};
}

nlohmann::json times_json(const times& of, std::uint64_t samples) {
  nlohmann::json json = {{"samples", samples}, {"max", spread_json(of.max_ns)}};
  for (std::size_t i = 0; i < bench::usual_percentiles.size(); ++i) {
    json[std::string(bench::usual_percentiles[i].name)] = or_null(of.percentiles_ns[i]);
  }
  return json;
}

nlohmann::json row_json(const outcome_row& row,
                        const std::function<nlohmann::json(const figures&)>& more) {
  nlohmann::json json = {{"name", row.name},
                         {"full_name", row.full_name},
                         {"version", row.version},
                         {"failure", or_null(!row.failure.empty(), row.failure)}};
  if (!row.measured) return json;
  const figures& f = *row.measured;
  json.update({{"elements", f.elements},
               {"peak_memory_bytes", f.peak_bytes},
               {"final_memory_bytes", f.final_bytes},
               {"page_faults", f.page_faults},
               {"growths", or_null(f.growths)}});
  json.update(more(f));
  return json;
}

nlohmann::json outcome_json(const outcome& all, std::string_view command, nlohmann::json members,
                            const std::function<nlohmann::json(const figures&)>& more,
                            const std::string& in_short) {
  nlohmann::json maps = nlohmann::json::array();
  for (const outcome_row& row : all.maps) maps.push_back(row_json(row, more));
  members.update({{"command", command},
                  {"version", version_text()},
                  {"hash", all.hash},
                  {"rounds", all.rounds},
                  {"clock_cost_ns", all.clock_cost_ns},
                  {"core", or_null(all.core)},
                  {"maps", maps},
                  {"control", row_json(all.control, more)},
                  {"left_out", all.left_out},
                  {"in_short", in_short}});
  return members;
}

}  // namespace steady::cli
