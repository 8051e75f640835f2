#include <cstdint>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/html.hpp"
#include "cli/page.hpp"
#include "cli/page_parts.hpp"
#include "cli/replay_page.hpp"
#include "cli/replay_report.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

using figure = std::function<double(const replay_figures&)>;

constexpr std::size_t p999 = 3;  // of bench::usual_percentiles
static_assert(bench::usual_percentiles[p999].name == "p99.9");

double slowest(const replay_figures& f) { return f.response.max_ns.least; }
double late(const replay_figures& f) { return f.late; }
double peak(const replay_figures& f) { return f.peak_bytes; }

std::string format_whole(double value) { return format_count(static_cast<std::uint64_t>(value)); }

template <class Curve>
auto named(const std::vector<const replay_row*>& of, Curve curve) {
  using curve_type = std::decay_t<std::invoke_result_t<Curve, const replay_curves&>>;
  std::vector<named_curve<curve_type>> all;
  for (const replay_row* row : of) all.push_back({row->name, curve(*row->curves)});
  return all;
}

std::string each_of(const std::vector<const replay_row*>& of,
                    const std::function<std::string(const replay_figures&)>& text) {
  std::vector<std::string> parts;
  for (const replay_row* row : of) {
    parts.push_back(fmt::format("{} {}", row->name, text(*row->measured)));
  }
  return joined(parts);
}

page_tile tile(const replay_outcome& all, std::string title, const figure& of,
               std::string (*format)(double)) {
  auto rows = finished(all, false);
  const double own = of(*rows.front()->measured);
  title += fmt::format(" with {}", rows.front()->name);
  rows.erase(rows.begin());
  const std::string others = each_of(rows, [&](const replay_figures& f) {
    const double value = of(f);
    return format(value) + (own > 0 ? fmt::format(" ({})", format_factor(value / own)) : "");
  });
  return {std::move(title), format(own), others.empty() ? "no other map took part" : others};
}

std::string times_sees(const std::vector<const replay_row*>& of, times replay_figures::*which) {
  const auto percentile = [&](std::size_t n) {
    return each_of(of, [=](const replay_figures& f) {
      const auto& value = (f.*which).percentiles_ns[n];
      return value ? format_duration(*value) : std::string("-");
    });
  };
  std::string text = fmt::format("The median: {}.", percentile(0));
  if (((*of.front()->measured).*which).percentiles_ns[p999]) {
    text += fmt::format(" One in a thousand takes longer than this: {}.", percentile(p999));
  }
  return text + fmt::format(" The slowest: {}.", each_of(of, [=](const replay_figures& f) {
                              return format_duration((f.*which).max_ns.median);
                            }));
}

std::vector<page_section> plot_sections(const replay_outcome& all) {
  const auto rows = finished(all, true);
  const std::string slow =
      each_of(rows, [](const replay_figures& f) { return format_duration(slowest(f)); });
  return {
      {"pauses", "The slowest response of each moment",
       fmt::format("Counted from when the request was due, the slowest response took: {}. A "
                   "request shows from then until it was answered. Where a map stops to grow, all "
                   "that were due meanwhile wait; Steady's migrations are shaded.",
                   slow),
       pauses_plot(named(rows, [](const replay_curves& c) { return c.pauses; }), "response"), ""},
      {"responses", "Response times, by percentile",
       "What whoever waits for an answer sees. " + times_sees(rows, &replay_figures::response),
       percentiles_plot(named(rows, [](const replay_curves& c) { return c.response; }), "response"),
       ""},
      {"services", "Service times, by percentile",
       "What the map took, without waiting. " + times_sees(rows, &replay_figures::service),
       percentiles_plot(named(rows, [](const replay_curves& c) { return c.service; }), "service"),
       ""},
  };
}

page_section method(const replay_outcome& all, const report_origin& origin) {
  std::vector<std::string> paragraphs{
      fmt::format(
          "{}. {} round{}, each run in a process of its own{}; {}. The loop is open: every request "
          "is issued at its own time, whether or not the map kept up. {} for reading the clock are "
          "off all times. The first plot shows, for each map, the round whose slowest response was "
          "fastest.",
          what_was_replayed(all), all.rounds, all.rounds == 1 ? "" : "s",
          all.core ? fmt::format(", all on core {}", *all.core) : "",
          all.hash == "same" ? "steady::hash in all maps" : "each map's own hash",
          format_duration(static_cast<double>(all.clock_cost_ns))),
      fmt::format("A write inserts the key, or changes its value: the last time and the sum of "
                  "sizes. A read looks the key up{}. An erasure erases it.",
                  all.fill ? ", and inserts it where it is missing" : ""),
  };
  for (std::string& remark : remarks(all)) paragraphs.push_back(std::move(remark));
  std::vector<std::pair<std::string, std::string>> took_part;
  for (const replay_row& row : all.maps) {
    const std::string failed = row.failure.empty() ? "" : ": " + row.failure;
    took_part.emplace_back(row.name, row.full_name + " " + row.version + failed);
  }
  took_part.emplace_back("control", all.control.full_name);
  for (const std::string& absent : all.left_out) took_part.emplace_back("left out", absent);
  return origin_section(origin, paragraphs, took_part);
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
    page.tiles = {tile(all, "Slowest response", slowest, format_duration),
                  tile(all, "Late requests", late, format_whole),
                  tile(all, "Peak memory", peak, format_bytes)};
    page.sections = plot_sections(all);
  } else {
    page.subtitle = in_short(all);
  }
  page.sections.push_back(
      {"table", "All figures", "", nullptr,
       html_table(
           fmt::format("Medians over the rounds; in brackets, times {}'s", all.maps.front().name),
           make_table(all).rows())});
  page.sections.push_back(method(all, origin));
  return page_html(page);
}

}  // namespace steady::cli
