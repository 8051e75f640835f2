#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/compare_page.hpp"
#include "cli/compare_report.hpp"
#include "cli/compare_table.hpp"
#include "cli/html.hpp"
#include "cli/page.hpp"
#include "cli/page_parts.hpp"
#include "cli/units.hpp"
#include "cli/watch_story.hpp"

namespace steady::cli {

namespace {

using figure = std::function<double(const figures&)>;

constexpr std::uint64_t long_ns = 1'000'000;

double slowest(const figures& f) { return f.max_ns.least; }
double total(const figures& f) { return f.total_ns.median; }
double peak(const figures& f) { return f.peak_bytes; }

// The maps that finished, Steady first if it did, and after them the control.
std::vector<const comparison_row*> finished(const comparison& all, bool with_control) {
  std::vector<const comparison_row*> found;
  for (const comparison_row& row : all.maps) {
    if (row.measured && row.curves) found.push_back(&row);
  }
  if (with_control && all.control.measured && all.control.curves) found.push_back(&all.control);
  return found;
}

template <class Curve>
auto named(const std::vector<const comparison_row*>& of, Curve curve) {
  using curve_type = std::decay_t<std::invoke_result_t<Curve, const map_curves&>>;
  std::vector<named_curve<curve_type>> all;
  for (const comparison_row* row : of) all.push_back({row->name, curve(*row->curves)});
  return all;
}

page_tile tile(const comparison& all, std::string title, const figure& of,
               std::string (*format)(double)) {
  const figures& steady = *all.maps.front().measured;
  const double own = of(steady);
  std::vector<std::string> others;
  for (const comparison_row& row : all.maps) {
    if (&row == &all.maps.front() || !row.measured) continue;
    const double value = of(*row.measured);
    others.push_back(fmt::format("{} {}{}", row.name, format(value),
                                 own > 0 ? fmt::format(" ({})", format_factor(value / own)) : ""));
  }
  return {std::move(title), format(own),
          others.empty() ? "no rivals in this build" : joined(others)};
}

// "steady 117 us", and in how many milliseconds a long operation was under way.
std::string pause_text(const comparison_row& row) {
  return fmt::format("{} {} ({} ms)", row.name, format_duration(slowest(*row.measured)),
                     format_count(milliseconds_of_at_least(row.curves->pauses, long_ns)));
}

std::string pauses_text(const comparison& all) {
  std::vector<std::string> parts;
  for (const comparison_row* row : finished(all, true)) parts.push_back(pause_text(*row));
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
  const auto& steady = all.maps.front().measured->percentiles_ns[n];
  if (!steady) return "";
  const comparison_row* best = nullptr;
  for (const comparison_row& row : all.maps) {
    if (&row == &all.maps.front() || !row.measured || !row.measured->percentiles_ns[n]) continue;
    if (!best || *row.measured->percentiles_ns[n] < *best->measured->percentiles_ns[n]) best = &row;
  }
  return fmt::format(
      "{} with steady{}", format_duration(*steady),
      best ? fmt::format(", {} with {}, the fastest rival there",
                         format_duration(*best->measured->percentiles_ns[n]), best->name)
           : "");
}

std::string percentiles_sees(const comparison& all) {
  std::string text =
      fmt::format("The median {} takes {}", operation_of(all), percentile_text(all, 0));
  const std::string late = percentile_text(all, 3);
  if (!late.empty()) {
    text += fmt::format("; at 99.9 % it is {}", late);
  }
  return text +
         ". Further to the right are rarer calls: each line ends at its slowest one, in the "
         "median of the rounds.";
}

std::string memory_sees(const comparison& all) {
  std::vector<std::string> parts;
  const double own = peak(*all.maps.front().measured);
  for (const comparison_row* row : finished(all, false)) {
    const double value = peak(*row->measured);
    const bool rival = row != &all.maps.front() && own > 0;
    parts.push_back(fmt::format("{} {}{}", row->name, format_bytes(value),
                                rival ? fmt::format(" ({})", format_factor(value / own)) : ""));
  }
  return "The peak: " + joined(parts) +
         ". A map that moves all elements at once holds its old and its new array in full "
         "meanwhile; "
         "Steady gives the old one back chunk by chunk while it fills the new one.";
}

std::string what_was_done(const comparison& all) {
  const std::string keys =
      all.source == "files"
          ? fmt::format("{} identifiers of files, counted in each map", format_count(all.updates))
          : fmt::format("{} different {} keys, inserted into each map, which starts empty",
                        format_count(all.updates),
                        all.keys == "u64" ? "random 64-bit" : "random 20-character");
  return fmt::format(
      "{}; {}. {} round{}, interleaved, each run in a process of its own{}.", keys,
      all.hash == "same" ? "the same hash, steady::hash, in all maps" : "each map's own hash",
      all.rounds, all.rounds == 1 ? "" : "s",
      all.core ? fmt::format(", all on core {}", *all.core) : "");
}

page_section method(const comparison& all, const report_origin& origin) {
  std::vector<std::pair<std::string, std::string>> took_part;
  for (const comparison_row& row : all.maps) {
    const std::string failed = row.failure.empty() ? "" : ": " + row.failure;
    took_part.emplace_back(row.name, row.full_name + " " + row.version + failed);
  }
  took_part.emplace_back("control", all.control.full_name);
  for (const std::string& absent : all.left_out) took_part.emplace_back("left out", absent);
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
  return origin_section(origin, paragraphs, took_part);
}

std::vector<page_section> plot_sections(const comparison& all) {
  const auto maps = finished(all, false);
  const auto with_control = finished(all, true);
  const auto operation = operation_of(all);
  return {
      {"pauses", fmt::format("The slowest {} of each millisecond, while the maps grow", operation),
       pauses_text(all),
       pauses_plot(named(with_control, [](const map_curves& c) { return c.pauses; }), operation),
       ""},
      {"percentiles", fmt::format("How long an {} takes, by percentile", operation),
       percentiles_sees(all),
       percentiles_plot(named(with_control, [](const map_curves& c) { return c.percentiles; }),
                        operation),
       ""},
      {"memory", "Memory while the maps grow", memory_sees(all),
       memory_plot(named(maps, [](const map_curves& c) { return c.memory; })), ""},
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
  if (all.maps.front().measured && all.maps.front().curves) {
    page.tiles = {tile(all, fmt::format("Slowest {} with steady", operation_of(all)), slowest,
                       format_duration),
                  tile(all, "Total time with steady", total, format_duration),
                  tile(all, "Peak memory with steady", peak, format_bytes)};
    page.sections = plot_sections(all);
    page.sections.push_back(story_section(record_story()));
  } else if (all.updates > 0) {
    page.subtitle = in_short(all);
  }
  if (all.updates > 0) {
    page.sections.push_back({"table", "All figures", "", nullptr,
                             html_table("Medians over the rounds; in brackets, times Steady's",
                                        make_table(all).rows())});
  }
  page.sections.push_back(method(all, origin));
  return page_html(page);
}

}  // namespace steady::cli
