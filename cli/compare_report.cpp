#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/compare_report.hpp"
#include "cli/outcome_report.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

std::string head_text(const comparison& all) {
  const std::string keys =
      all.source == "files" ? "identifiers of the files, counted in each map"
                            : fmt::format("different {} keys, inserted into each map",
                                          all.keys == "u64" ? "random u64" : "random 20-character");
  return fmt::format("{} {}.\n{}\n\n", format_count(all.updates), keys, rounds_text(all));
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
      format_duration(static_cast<double>(all.clock_cost_ns)), hash_text(all));
}

}  // namespace

ratio_table make_table(const comparison& all) {
  const auto updates = static_cast<double>(all.updates);
  outcome_table table(all);
  table.add(
      "total time", [](const figures& f) { return f.total_ns.median; }, format_duration);
  table.add_plain("  fastest round",
                  [](const figures& f) { return format_duration(f.total_ns.least); });
  table.add_plain("  slowest round",
                  [](const figures& f) { return format_duration(f.total_ns.most); });
  table.add(
      fmt::format("time per {}", operation_of(all)),
      [=](const figures& f) { return f.total_ns.median / updates; }, format_duration);
  table.add_times(operation_of(all), &figures::service);
  table.add_memory();
  return table.made();
}

std::string comparison_text(const comparison& all) {
  if (all.updates == 0) return in_short(all) + "\n";
  return head_text(all) + make_table(all).text() + legend_text(all) + notes_text(all) +
         in_short(all) + "\n";
}

nlohmann::json comparison_json(const comparison& all) {
  const nlohmann::json members = {
      {"keys", all.keys}, {"source", all.source}, {"updates", all.updates}};
  const auto more = [&](const figures& f) -> nlohmann::json {
    return {{"total_ns", spread_json(f.total_ns)},
            {"latency_ns", times_json(f.service, all.updates)}};
  };
  return outcome_json(all, "compare", members, more, in_short(all));
}

}  // namespace steady::cli
