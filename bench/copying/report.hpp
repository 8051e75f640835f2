// What bench.copying found out: three tables, and every figure as JSON.
//
// Figures are medians over the rounds, percentiles are over the calls of all rounds. The timeline
// of a map is that of the round whose longest call, of any thread, is the median.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/copying/growth.hpp"
#include "bench/support/call_times.hpp"
#include "bench/support/median.hpp"

namespace steady::bench {

// What one map measured in all rounds.
struct growth_rounds {
  std::string name;
  std::string about;
  std::vector<std::unique_ptr<growth_measured>> rounds;
  std::string failure;  // why there are no more rounds
};

namespace detail {

template <class Figure>
std::vector<double> figures_of(const growth_rounds& who, const Figure& figure) {
  std::vector<double> values;
  for (const auto& round : who.rounds) values.push_back(static_cast<double>(figure(*round)));
  return values;
}

// Of all threads together, while they did not wait for a processor.
inline double million_per_second(const calls_made& calls) {
  return 1000 * static_cast<double>(calls.times.count()) * calls.threads /
         static_cast<double>(std::max<std::uint64_t>(calls.ns, 1));
}
inline double insertions_rate(const growth_measured& of) { return million_per_second(of.writer); }
inline double lookups_rate(const growth_measured& of) { return million_per_second(of.readers); }
inline double cores_kept_busy(const growth_measured& of) {
  return static_cast<double>(of.writer.cpu_ns + of.readers.cpu_ns) /
         static_cast<double>(std::max<std::uint64_t>(of.ns, 1));
}
inline std::uint64_t longest_call(const growth_measured& of) {
  return std::max(of.writer.times.max(), of.readers.times.max());
}

inline std::string migration_cells(const growth_rounds& who) {
  if (!who.rounds.front()->tells_migrations)
    return fmt::format(" {:>10} {:>12} {:>11} {:>14}", "-", "-", "-", "-");
  const auto middle = [&](auto figure) { return median(figures_of(who, figure)); };
  return fmt::format(
      " {:>10.0f} {:>12.1f} {:>11.1f} {:>14.0f}",
      middle([](const growth_measured& of) { return of.migrations; }),
      middle([](const growth_measured& of) { return of.migrations_ns; }) / 1e6,
      middle([](const growth_measured& of) { return of.longest_migration_ns; }) / 1e6,
      middle([](const growth_measured& of) { return of.readers.during_migration; }));
}

inline call_times times_of(const growth_rounds& who, calls_made growth_measured::*whose) {
  std::vector<const histogram*> rounds;
  for (const auto& round : who.rounds) rounds.push_back(&((*round).*whose).times);
  return summarise_call_times(who.name, rounds);
}

inline const growth_measured& median_round(const growth_rounds& who) {
  std::vector<const growth_measured*> rounds;
  for (const auto& round : who.rounds) rounds.push_back(round.get());
  const auto middle = rounds.begin() + static_cast<std::ptrdiff_t>(rounds.size() / 2);
  std::nth_element(rounds.begin(), middle, rounds.end(), [](const auto* one, const auto* other) {
    return longest_call(*one) < longest_call(*other);
  });
  return **middle;
}

inline nlohmann::json json_of(const timeline& times) {
  auto all = nlohmann::json::array();
  for (std::size_t cell = 0; cell < times.size(); ++cell) all.push_back(times[cell]);
  return all;
}

}  // namespace detail

inline std::string growth_table(const growth& asked, const std::vector<growth_rounds>& rows) {
  std::string text = fmt::format(
      "\ngrowing to {} elements: 1 thread inserts, {} looks up; medians\n"
      "{:<14} {:>12} {:>12} {:>6} {:>14} {:>10} {:>12} {:>11} {:>14}\n"
      "{:<14} {:>12} {:>12} {:>6} {:>14} {:>10} {:>12} {:>11} {:>14}\n",
      asked.size, asked.readers, "", "insertions", "lookups", "", "peak bytes", "", "all of them",
      "longest", "lookups", "", "million/s", "million/s", "cores", "/element", "migrations", "ms",
      "ms", "meanwhile");
  for (const growth_rounds& who : rows) {
    if (who.rounds.empty()) continue;
    const auto middle = [&](auto figure) { return median(detail::figures_of(who, figure)); };
    const double peak = middle([](const growth_measured& of) { return of.peak_bytes; });
    text += fmt::format("{:<14} {:>12.2f} {:>12.2f} {:>6.2f} {:>14.1f}", who.name,
                        middle(detail::insertions_rate), middle(detail::lookups_rate),
                        middle(detail::cores_kept_busy), peak / static_cast<double>(asked.size));
    text += detail::migration_cells(who) + '\n';
  }
  return text;
}

inline std::string growth_times_table(const std::vector<growth_rounds>& rows, std::string_view what,
                                      calls_made growth_measured::*whose) {
  std::string text = fmt::format("\nmicroseconds of {}", what) + call_times_head("");
  for (const growth_rounds& who : rows) {
    if (!who.rounds.empty()) text += detail::times_of(who, whose).line;
  }
  return text;
}

// What a reader has to know before believing the tables; empty if there is nothing.
inline std::string warnings_about(const std::vector<growth_rounds>& rows) {
  std::string text;
  for (const growth_rounds& who : rows) {
    std::uint64_t wrong = 0;
    for (const auto& round : who.rounds) wrong += round->writer.wrong + round->readers.wrong;
    if (!who.failure.empty()) text += fmt::format("{}: {}\n", who.name, who.failure);
    if (wrong != 0) text += fmt::format("{}: {} WRONG ANSWERS\n", who.name, wrong);
  }
  return text;
}

inline nlohmann::json json_of(const growth& asked, const growth_rounds& who) {
  nlohmann::json one = {
      {"map", who.name}, {"about", who.about}, {"size", asked.size}, {"readers", asked.readers}};
  if (!who.failure.empty()) one["failure"] = who.failure;
  if (who.rounds.empty()) return one;
  const auto all = [&](auto figure) { return detail::figures_of(who, figure); };
  one["insertions_million_per_second"] = all(detail::insertions_rate);
  one["lookups_million_per_second"] = all(detail::lookups_rate);
  one["cores"] = all(detail::cores_kept_busy);
  one["peak_bytes"] = all([](const growth_measured& of) { return of.peak_bytes; });
  if (who.rounds.front()->tells_migrations) {
    one["migrations"] = all([](const growth_measured& of) { return of.migrations; });
    one["migrations_ns"] = all([](const growth_measured& of) { return of.migrations_ns; });
    one["longest_migration_ns"] =
        all([](const growth_measured& of) { return of.longest_migration_ns; });
    one["lookups_during_migrations"] =
        all([](const growth_measured& of) { return of.readers.during_migration; });
  }
  one["insertion_ns"] = detail::times_of(who, &growth_measured::writer).figures;
  one["lookup_ns"] = detail::times_of(who, &growth_measured::readers).figures;
  const growth_measured& shown = detail::median_round(who);
  one["slowest_in_each_ms_ns"] = {{"insertion", detail::json_of(shown.writer.slowest)},
                                  {"lookup", detail::json_of(shown.readers.slowest)}};
  return one;
}

}  // namespace steady::bench
