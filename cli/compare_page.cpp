#include <cstddef>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/compare_page.hpp"
#include "cli/compare_report.hpp"
#include "cli/outcome_page.hpp"
#include "cli/page_parts.hpp"
#include "cli/units.hpp"
#include "cli/watch_story.hpp"

namespace steady::cli {

namespace {

constexpr std::uint64_t long_ns = 1'000'000;

double slowest(const figures& f) { return f.service.max_ns.least; }
double total(const figures& f) { return f.total_ns.median; }

// "steady 117 us", and in how many milliseconds a long operation was under way.
std::string pause_text(const outcome_row& row) {
  return fmt::format("{} {} ({} ms)", row.name, format_duration(slowest(*row.measured)),
                     format_count(milliseconds_of_at_least(row.curves->pauses, long_ns)));
}

std::string pauses_text(const comparison& all) {
  std::vector<std::string> parts;
  for (const outcome_row* row : finished(all, true)) parts.push_back(pause_text(*row));
  std::string text = fmt::format(
      "The slowest {0}, and in brackets how many milliseconds in all passed within {0}s of 1 ms or "
      "more: {1}. While a wide block lasts, the program does nothing else.",
      operation_of(all), joined(parts));
  if (!all.maps.front().curves->pauses.migrating.empty()) {
    text += " Shaded: Steady is moving elements to a larger array, a few with each call.";
  }
  return text;
}

// Of all maps at a percentile; the smallest of the rivals.
std::string percentile_text(const comparison& all, std::size_t n) {
  const auto& steady = all.maps.front().measured->service.percentiles_ns[n];
  if (!steady) return "";
  const outcome_row* best = nullptr;
  for (const outcome_row& row : all.maps) {
    if (&row == &all.maps.front() || !row.measured || !row.measured->service.percentiles_ns[n])
      continue;
    if (!best ||
        *row.measured->service.percentiles_ns[n] < *best->measured->service.percentiles_ns[n])
      best = &row;
  }
  return fmt::format(
      "{} with steady{}", format_duration(*steady),
      best ? fmt::format(", {} with {}, the fastest rival there",
                         format_duration(*best->measured->service.percentiles_ns[n]), best->name)
           : "");
}

std::string percentiles_sees(const comparison& all) {
  constexpr auto all_know =
      "Further to the right are rarer calls: each line ends at its slowest one, in the median of "
      "the rounds.";
  const std::string median = percentile_text(all, 0);
  if (median.empty()) return all_know;  // too few for one
  std::string text = fmt::format("The median {} takes {}", operation_of(all), median);
  const std::string late = percentile_text(all, 3);
  if (!late.empty()) text += fmt::format("; at 99.9 % it is {}", late);
  return fmt::format("{}. {}", text, all_know);
}

std::string what_was_done(const comparison& all) {
  const std::string keys =
      all.source == "files"
          ? fmt::format("{} identifiers of files, counted in each map", format_count(all.updates))
          : fmt::format("{} different {} keys, inserted into each map, which starts empty",
                        format_count(all.updates),
                        all.keys == "u64" ? "random 64-bit" : "random 20-character");
  return keys + conditions_text(all);
}

page_section method(const comparison& all, const report_origin& origin) {
  const std::vector<std::string> paragraphs{
      what_was_done(all),
      fmt::format(
          "Total times are from runs that read the clock twice. Times of single {0}s are "
          "from other runs, which read it around each {0}; the {1} that this takes are off. "
          "The first plot shows, for each map, the round whose slowest {0} was fastest: what "
          "interrupts the machine does not strike in every round. The memory's curve is from "
          "a run of its own, in which a thread looks at it every millisecond. The control "
          "only touches memory: what it shows, the machine does by itself.",
          operation_of(all), format_duration(static_cast<double>(all.clock_cost_ns))),
  };
  return method_section(all, origin, paragraphs);
}

std::vector<page_section> plot_sections(const comparison& all) {
  const auto with_control = finished(all, true);
  const auto operation = operation_of(all);
  return {
      {"pauses", fmt::format("The slowest {} of each millisecond, while the maps grow", operation),
       pauses_text(all), pauses_plot(named(with_control, &map_curves::pauses), operation), ""},
      {"percentiles", fmt::format("How long an {} takes, by percentile", operation),
       percentiles_sees(all),
       percentiles_plot(named(with_control, &map_curves::service), operation), ""},
      memory_section(all, "Memory while the maps grow"),
      story_section(record_story()),
  };
}

}  // namespace

std::string comparison_page(const comparison& all, const report_origin& origin) {
  report_page page;
  page.title = "Steady beside other hash maps";
  page.subtitle = all.updates == 0 ? in_short(all) : what_was_done(all);
  page.file_name = "steady-compare";
  page.results = comparison_json(all);
  page.origin = origin_json(origin);
  if (all.maps.front().measured) {
    page.tiles = {
        outcome_tile(all, fmt::format("Slowest {}", operation_of(all)), slowest, format_duration),
        outcome_tile(all, "Total time", total, format_duration), peak_memory_tile(all)};
    page.sections = plot_sections(all);
  } else if (all.updates > 0) {
    page.subtitle = in_short(all);
  }
  if (all.updates > 0) page.sections.push_back(table_section(all, make_table(all).rows()));
  page.sections.push_back(method(all, origin));
  return page_html(page);
}

}  // namespace steady::cli
