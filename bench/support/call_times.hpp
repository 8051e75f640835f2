// A table of how long single calls took: a row for each map, in microseconds.
//
// Percentiles are over the calls of all rounds, with their number beside them; a percentile that
// has too few calls is `-`. Of the maxima the median over the rounds, and the least: what
// interrupts the machine does not strike in every round, a map's own pauses do.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/support/histogram.hpp"
#include "bench/support/median.hpp"

namespace steady::bench {

inline std::string microseconds(double ns) {
  return ns < 10'000 ? fmt::format("{:.2f}", ns / 1000) : fmt::format("{:.0f}", ns / 1000);
}

inline std::string call_times_head(std::string_view what) {
  std::string line = fmt::format("\n{:<14} {:>10}", what, "calls");
  for (const percentile& wanted : usual_percentiles) line += fmt::format(" {:>9}", wanted.name);
  return line + fmt::format(" {:>11} {:>11}\n", "max, median", "max, least");
}

struct call_times {
  std::string line;
  nlohmann::json figures;  // in nanoseconds
};

// `rounds`, one histogram of nanoseconds for each, must not be empty.
inline call_times summarise_call_times(std::string_view name,
                                       const std::vector<const histogram*>& rounds) {
  const auto all = std::make_unique<histogram>();
  std::vector<double> maxima;
  for (const histogram* const round : rounds) {
    all->merge(*round);
    maxima.push_back(static_cast<double>(round->max()));
  }
  const double least = *std::min_element(maxima.begin(), maxima.end());
  call_times made{
      fmt::format("{:<14} {:>10}", name, all->count()),
      {{"samples", all->count()}, {"max_median", median(maxima)}, {"max_least", least}}};
  for (const percentile& wanted : usual_percentiles) {
    const bool enough = all->supports(wanted);
    const auto value = static_cast<double>(all->value_at(wanted));
    made.line += fmt::format(" {:>9}", enough ? microseconds(value) : "-");
    if (enough) made.figures[std::string(wanted.name)] = value;
  }
  made.line += fmt::format(" {:>11} {:>11}\n", microseconds(median(maxima)), microseconds(least));
  return made;
}

}  // namespace steady::bench
