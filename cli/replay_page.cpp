#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/outcome_page.hpp"
#include "cli/outcome_report.hpp"
#include "cli/page_parts.hpp"
#include "cli/replay_page.hpp"
#include "cli/replay_report.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

constexpr std::size_t p999 = 3;  // of bench::usual_percentiles
static_assert(bench::usual_percentiles[p999].name == "p99.9");

double slowest(const figures& f) { return f.response.max_ns.least; }
double late(const figures& f) { return f.late; }

std::string times_sees(const outcome_rows& of, times figures::*which) {
  const auto percentile = [&](std::size_t n) {
    return each_of(of, [=](const figures& f) {
      const auto& value = (f.*which).percentiles_ns[n];
      return value ? format_duration(*value) : std::string("-");
    });
  };
  std::string text = fmt::format("The median: {}.", percentile(0));
  if (((*of.front()->measured).*which).percentiles_ns[p999]) {
    text += fmt::format(" One in a thousand takes longer than this: {}.", percentile(p999));
  }
  return text + fmt::format(" The slowest: {}.", each_of(of, [=](const figures& f) {
                              return format_duration((f.*which).max_ns.median);
                            }));
}

std::vector<page_section> plot_sections(const replay_outcome& all) {
  const auto rows = finished(all, true);
  const std::string slow =
      each_of(rows, [](const figures& f) { return format_duration(slowest(f)); });
  return {
      {"pauses", "The slowest response of each moment",
       fmt::format("Counted from when the request was due, the slowest response took: {}. A "
                   "request shows from then until it was answered. Where a map stops to grow, all "
                   "that were due meanwhile wait; Steady's migrations are shaded.",
                   slow),
       pauses_plot(named(rows, &map_curves::pauses), "response"), ""},
      {"responses", "Response times, by percentile",
       "What whoever waits for an answer sees. " + times_sees(rows, &figures::response),
       percentiles_plot(named(rows, &map_curves::response), "response"), ""},
      {"services", "Service times, by percentile",
       "What the map took, without waiting. " + times_sees(rows, &figures::service),
       percentiles_plot(named(rows, &map_curves::service), "service"), ""},
      memory_section(all, "Memory over time"),
  };
}

page_section method(const replay_outcome& all, const report_origin& origin) {
  std::vector<std::string> paragraphs{
      fmt::format(
          "{}{} The loop is open: every request is issued at its own time, whether or not the map "
          "kept up. {} for reading the clock are off all times. The first plot shows, for each "
          "map, "
          "the round whose slowest response was fastest. The memory's curve is from a run of its "
          "own at the same times, in which a thread looks at it every millisecond.",
          what_was_replayed(all), conditions_text(all),
          format_duration(static_cast<double>(all.clock_cost_ns))),
      fmt::format("A write inserts the key, or changes its value: the last time and the sum of "
                  "sizes. A read looks the key up{}. An erasure erases it.",
                  all.fill ? ", and inserts it where it is missing" : ""),
  };
  for (std::string& remark : remarks(all)) paragraphs.push_back(std::move(remark));
  return method_section(all, origin, paragraphs);
}

}  // namespace

std::string replay_page(const replay_outcome& all, const report_origin& origin) {
  report_page page;
  page.title = "A trace through hash maps";
  page.subtitle = what_was_replayed(all) + ".";
  page.file_name = "steady-replay";
  page.results = replay_json(all);
  page.origin = origin_json(origin);
  if (!finished(all, false).empty()) {
    page.tiles = {outcome_tile(all, "Slowest response", slowest, format_duration),
                  outcome_tile(all, "Late requests", late, format_whole), peak_memory_tile(all)};
    page.sections = plot_sections(all);
  } else {
    page.subtitle = in_short(all);
  }
  page.sections.push_back(table_section(all, make_table(all).rows()));
  page.sections.push_back(method(all, origin));
  return page_html(page);
}

}  // namespace steady::cli
