// What bench.concurrent found out: a table for each task, and every figure as JSON.
//
// A table's first row is the base of its ratios. A ratio is the median over the rounds of figure by
// the base's figure of the same round, so that what slows the machine for a while slows both.
//
// `cores` is how many the threads kept busy. With as many threads as cores, less than that means
// that threads slept, waiting for locks, or that other programs took the cores: the row `control`,
// which has no locks, tells the one from the other.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/concurrent/contender.hpp"
#include "bench/concurrent/workloads.hpp"
#include "bench/support/call_times.hpp"
#include "bench/support/median.hpp"

namespace steady::bench {

struct task_results {
  task asked;
  std::vector<contender_rounds> rows;
};

namespace detail {

inline std::vector<double> values_of(const contender_rounds& who, std::size_t which) {
  std::vector<double> values;
  for (const measured& round : who.rounds) values.push_back(round.values[which]);
  return values;
}

// Nothing if there is no round to compare.
inline std::optional<double> ratio_to(const contender_rounds& base, const contender_rounds& who,
                                      std::size_t which) {
  std::vector<double> ratios;
  for (std::size_t n = 0; n < std::min(base.rounds.size(), who.rounds.size()); ++n)
    ratios.push_back(who.rounds[n].values[which] / base.rounds[n].values[which]);
  if (ratios.empty()) return std::nullopt;
  return median(ratios);
}

inline std::string ratio_text(std::optional<double> ratio) {
  return ratio ? fmt::format("{:.2f}", *ratio) : "-";
}

// Median, least and most of the rounds, and the ratio.
inline std::string cells(const contender_rounds& base, const contender_rounds& who,
                         std::size_t which) {
  const std::vector<double> values = values_of(who, which);
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return fmt::format(" {:>8.2f} {:>15} {:>6}", median(values),
                     fmt::format("{:.2f}-{:.2f}", *least, *most),
                     ratio_text(ratio_to(base, who, which)));
}

inline std::string cells_head(std::string_view what) {
  return fmt::format(" {:>8} {:>15} {:>6}", what, "least-most", "ratio");
}

inline std::string title(const task& asked) {
  return fmt::format("\n{}: {} elements, {} thread{}",
                     workload_names[static_cast<unsigned>(asked.what)], asked.size, asked.threads,
                     asked.threads == 1 ? "" : "s");
}

inline double least_longest(const contender_rounds& who) {
  std::uint64_t least = who.rounds.front().insertions.max();
  for (const measured& round : who.rounds) least = std::min(least, round.insertions.max());
  return static_cast<double>(least);
}

inline double cores_of(const contender_rounds& who) {
  std::vector<double> cores;
  for (const measured& round : who.rounds) cores.push_back(round.cores);
  return median(cores);
}

inline double peak_per_element(const task_results& of, const contender_rounds& who) {
  std::vector<double> peaks;
  for (const measured& round : who.rounds) peaks.push_back(static_cast<double>(round.peak_bytes));
  return median(peaks) / static_cast<double>(of.asked.size);
}

inline std::string throughput_table(const task_results& of) {
  const bool with_memory = of.asked.what == workload::grow;
  std::string text =
      title(of.asked) + ", million operations per second; ratio to " + of.rows.front().name + '\n';
  text += fmt::format("{:<14}", "") + cells_head("median") + fmt::format(" {:>6}", "cores");
  if (with_memory) text += fmt::format(" {:>20}", "peak bytes/element");
  text += '\n';
  for (const contender_rounds& who : of.rows) {
    if (who.rounds.empty()) continue;
    text += fmt::format("{:<14}", who.name) + cells(of.rows.front(), who, 0) +
            fmt::format(" {:>6.2f}", cores_of(who));
    if (with_memory) text += fmt::format(" {:>20.1f}", peak_per_element(of, who));
    text += '\n';
  }
  return text;
}

inline call_times insertion_times(const contender_rounds& who) {
  std::vector<const histogram*> rounds;
  for (const measured& round : who.rounds) rounds.push_back(&round.insertions);
  return summarise_call_times(who.name, rounds);
}

inline std::string latency_table(const task_results& of) {
  std::string text = title(of.asked) + ", microseconds of an insertion";
  text += call_times_head("");
  for (const contender_rounds& who : of.rows) {
    if (!who.rounds.empty()) text += insertion_times(who).line;
  }
  return text;
}

inline std::string single_table(const task_results& of) {
  std::string text =
      title(of.asked) + ", nanoseconds of an operation; ratio to " + of.rows.front().name + '\n';
  text += fmt::format("{:<14}", "") + cells_head("insert") + cells_head("hit") + cells_head("miss");
  text += '\n';
  for (const contender_rounds& who : of.rows) {
    if (who.rounds.empty()) continue;
    text += fmt::format("{:<14}", who.name);
    for (std::size_t which = 0; which < 3; ++which) text += cells(of.rows.front(), who, which);
    text += '\n';
  }
  return text;
}

}  // namespace detail

inline std::string table_of(const task_results& of) {
  if (of.asked.what == workload::single) return detail::single_table(of);
  return of.asked.times_calls ? detail::latency_table(of) : detail::throughput_table(of);
}

// Several tasks beside each other, which differ in what `labels` say. All have the same rows, at
// least one. A mean is over all tasks: `-` where a ratio is missing.
inline std::string throughput_grid(const std::vector<const task_results*>& columns,
                                   const std::vector<std::string>& labels) {
  std::string text = "million operations per second, median and ratio to " +
                     columns.front()->rows.front().name + "; geometric mean of the ratios\n";
  text += fmt::format("{:<14}", "");
  for (const std::string& label : labels) text += fmt::format(" {:>13}", label);
  text += fmt::format(" {:>6}\n", "mean");
  for (std::size_t row = 0; row < columns.front()->rows.size(); ++row) {
    text += fmt::format("{:<14}", columns.front()->rows[row].name);
    double logarithms = 0;
    std::size_t ratios = 0;
    for (const task_results* const column : columns) {
      const contender_rounds& who = column->rows[row];
      const std::optional<double> ratio = detail::ratio_to(column->rows.front(), who, 0);
      if (ratio) {
        logarithms += std::log(*ratio);
        ++ratios;
      }
      text += who.rounds.empty() ? fmt::format(" {:>13}", "-")
                                 : fmt::format(" {:>7.2f} {:>5}", median(detail::values_of(who, 0)),
                                               detail::ratio_text(ratio));
    }
    std::optional<double> mean;
    if (ratios == columns.size()) mean = std::exp(logarithms / static_cast<double>(ratios));
    text += fmt::format(" {:>6}\n", detail::ratio_text(mean));
  }
  return text;
}

inline std::string longest_grid(const std::vector<const task_results*>& columns,
                                const std::vector<std::string>& labels) {
  std::string text = "microseconds of the longest insertion, the least of the rounds\n";
  text += fmt::format("{:<14}", "");
  for (const std::string& label : labels) text += fmt::format(" {:>13}", label);
  text += '\n';
  for (std::size_t row = 0; row < columns.front()->rows.size(); ++row) {
    text += fmt::format("{:<14}", columns.front()->rows[row].name);
    for (const task_results* const column : columns) {
      const contender_rounds& who = column->rows[row];
      text += fmt::format(" {:>13}",
                          who.rounds.empty() ? "-" : microseconds(detail::least_longest(who)));
    }
    text += '\n';
  }
  return text;
}

// What a reader has to know before believing the table; empty if there is nothing.
inline std::string warnings_about(const task_results& of) {
  std::string text;
  for (const contender_rounds& who : of.rows) {
    std::uint64_t wrong = 0;
    for (const measured& round : who.rounds) wrong += round.wrong;
    if (!who.failure.empty()) text += fmt::format("{}: {}\n", who.name, who.failure);
    if (wrong != 0) text += fmt::format("{}: {} WRONG ANSWERS\n", who.name, wrong);
  }
  return text;
}

// Whether every contender did all rounds and answered rightly.
inline bool succeeded(const task_results& of) {
  return std::all_of(of.rows.begin(), of.rows.end(), [](const contender_rounds& who) {
    return who.failure.empty() &&
           std::all_of(who.rounds.begin(), who.rounds.end(),
                       [](const measured& round) { return round.wrong == 0; });
  });
}

inline nlohmann::json json_of(const task_results& of) {
  auto all = nlohmann::json::array();
  for (const contender_rounds& who : of.rows) {
    nlohmann::json one = {{"workload", workload_names[static_cast<unsigned>(of.asked.what)]},
                          {"size", of.asked.size},
                          {"threads", of.asked.threads},
                          {"timed", of.asked.times_calls},
                          {"map", who.name}};
    if (!who.failure.empty()) one["failure"] = who.failure;
    if (!who.rounds.empty() && of.asked.what == workload::single) {
      one["insert_ns"] = detail::values_of(who, 0);
      one["hit_ns"] = detail::values_of(who, 1);
      one["miss_ns"] = detail::values_of(who, 2);
    } else if (!who.rounds.empty() && of.asked.times_calls) {
      one["insertion_ns"] = detail::insertion_times(who).figures;
    } else if (!who.rounds.empty()) {
      one["million_per_second"] = detail::values_of(who, 0);
      one["median"] = median(detail::values_of(who, 0));
      one["cores"] = detail::cores_of(who);
      if (of.asked.what == workload::grow)
        one["peak_bytes_per_element"] = detail::peak_per_element(of, who);
    }
    all.push_back(one);
  }
  return all;
}

}  // namespace steady::bench
