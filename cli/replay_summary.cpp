#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "cli/replay_summary.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

template <class Value>
double median_of(const std::vector<replay_result>& rounds, Value value) {
  std::vector<double> values;
  for (const replay_result& round : rounds) values.push_back(static_cast<double>(value(round)));
  return spread_of(std::move(values)).median;
}

template <class Histogram>
times times_of(const std::vector<replay_result>& rounds, Histogram histogram) {
  std::vector<const bench::histogram*> all;
  for (const replay_result& round : rounds) all.push_back(&histogram(round));
  return summarize_times(all);
}

std::string late_part(const replay_outcome& all, const replay_row& row) {
  const double late = row.measured->late;
  return fmt::format("{} of {} ({:.2f} %) could not begin when they were due",
                     format_count(static_cast<std::uint64_t>(late)), format_count(all.requests),
                     100 * late / static_cast<double>(all.requests));
}

}  // namespace

replay_figures summarize(const std::vector<replay_result>& rounds) {
  const replay_result& first = rounds.front();
  replay_figures all;
  all.hits = first.hits;
  all.misses = first.misses;
  all.inserted = first.inserted;
  all.elements = first.elements;
  if (first.growths_known) all.growths = first.growths;
  all.late = median_of(rounds, [](const replay_result& r) { return r.late; });
  all.service = times_of(
      rounds, [](const replay_result& r) -> auto& { return r.service; });
  all.response = times_of(
      rounds, [](const replay_result& r) -> auto& { return r.response; });
  all.peak_bytes = median_of(rounds, [](const replay_result& r) { return r.peak_bytes; });
  all.final_bytes = median_of(rounds, [](const replay_result& r) { return r.final_bytes; });
  all.page_faults = median_of(rounds, [](const replay_result& r) { return r.page_faults; });
  return all;
}

std::vector<const replay_row*> finished(const replay_outcome& all, bool with_control) {
  std::vector<const replay_row*> found;
  for (const replay_row& row : all.maps) {
    if (row.measured) found.push_back(&row);
  }
  if (with_control && all.control.measured) found.push_back(&all.control);
  return found;
}

std::string in_short(const replay_outcome& all) {
  const replay_row& first = all.maps.front();
  if (!first.measured)
    return fmt::format("In short: {} did not finish: {}.", first.name, first.failure);
  std::string text = fmt::format(
      "In short: counted from when it was due, the slowest of {} requests took {} with {}",
      format_count(all.requests), format_duration(first.measured->response.max_ns.least),
      first.name);
  for (const replay_row* row : finished(all, true)) {
    if (row == &first) continue;
    text += fmt::format(", {} with {}", format_duration(row->measured->response.max_ns.least),
                        row == &all.control ? "the control" : row->name);
  }
  if (all.rounds > 1) text += fmt::format(", each in its best of {} rounds", all.rounds);
  return text + fmt::format("; with {} {}.", first.name, late_part(all, first));
}

}  // namespace steady::cli
