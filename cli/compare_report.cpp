#include <utility>

#include <fmt/format.h>

#include "cli/compare_report.hpp"
#include "cli/compare_table.hpp"
#include "cli/json.hpp"
#include "cli/units.hpp"
#include "cli/version.hpp"

namespace steady::cli {

namespace {

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
  return head_text(all) + make_table(all).text() + legend_text(all) + notes_text(all) +
         in_short(all) + "\n";
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
