#include <fmt/format.h>

#include "cli/replay_summary.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

std::string late_part(const replay_outcome& all, const outcome_row& row) {
  const double late = row.measured->late;
  return fmt::format("{} of {} ({:.2f} %) could not begin when they were due",
                     format_count(static_cast<std::uint64_t>(late)), format_count(all.requests),
                     100 * late / static_cast<double>(all.requests));
}

}  // namespace

std::string in_short(const replay_outcome& all) {
  const outcome_row& first = all.maps.front();
  if (!first.measured)
    return fmt::format("In short: {} did not finish: {}.", first.name, first.failure);
  std::string text = fmt::format(
      "In short: counted from when it was due, the slowest of {} requests took {} with {}",
      format_count(all.requests), format_duration(first.measured->response.max_ns.least),
      first.name);
  for (const outcome_row* row : finished(all, true)) {
    if (row == &first) continue;
    text += fmt::format(", {} with {}", format_duration(row->measured->response.max_ns.least),
                        row == &all.control ? "the control" : row->name);
  }
  if (all.rounds > 1) text += fmt::format(", each in its best of {} rounds", all.rounds);
  return text + fmt::format("; with {} {}.", first.name, late_part(all, first));
}

}  // namespace steady::cli
