// What bench.following found out: tables, and every figure as JSON. Figures of a table are medians
// over the rounds, with the least and the most behind them.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/following/open_loop.hpp"
#include "bench/following/run.hpp"
#include "bench/support/call_times.hpp"
#include "bench/support/median.hpp"

namespace steady::bench {

// ---- rounds of changes ----

// What a way found in all rounds.
struct way_rounds {
  std::string name;
  std::string about;
  run_asked asked;
  std::vector<run_found> rounds;
  std::string failure;  // why there are no more rounds
};

struct figure {
  std::string_view name;  // in JSON
  std::string_view head;  // of its column
  double run_found::*member;
  double scale;  // what is shown is so many times the figure
  int digits;
};

inline constexpr double mib = 1.0 / (1 << 20);
inline constexpr std::array<figure, 10> figures = {{
    {"equal_ms", "equal, ms", &run_found::equal_ms, 1, 0},
    {"changing_ms", "changing, ms", &run_found::changing_ms, 1, 0},
    {"bytes", "MiB sent", &run_found::bytes, mib, 1},
    {"lag_changes", "lag, changes", &run_found::lag_changes, 1, 0},
    {"lag_ms", "lag, ms", &run_found::lag_ms, 1, 1},
    {"stall_ms", "stall, ms", &run_found::stall_ms, 1, 1},
    {"writer_peak_bytes", "writer, MiB", &run_found::writer_peak_bytes, mib, 0},
    {"follower_peak_bytes", "follower, MiB", &run_found::follower_peak_bytes, mib, 0},
    {"first_ms", "first, ms", &run_found::first_ms, 1, 0},
    {"first_bytes", "first, MiB", &run_found::first_bytes, mib, 1},
}};

inline std::vector<double> values_of(const way_rounds& who, double run_found::*member) {
  std::vector<double> values;
  for (const run_found& round : who.rounds) values.push_back(round.*member);
  return values;
}

// 12 (11-15)
inline std::string with_spread(std::vector<double> values, double scale, int digits) {
  for (double& each : values) each *= scale;
  const auto [least, most] = std::minmax_element(values.begin(), values.end());
  return fmt::format("{0:.{3}f} ({1:.{3}f}-{2:.{3}f})", median(values), *least, *most, digits);
}

inline std::string rounds_table(const std::vector<way_rounds>& rows, std::uint64_t percent) {
  std::string text;
  const auto line = [&](std::string_view first, const auto& cell) {
    text += fmt::format("{:<14}", first);
    for (const way_rounds& who : rows) {
      if (who.asked.percent == percent && !who.rounds.empty()) {
        text += fmt::format(" {:>30}", cell(who));
      }
    }
    text += '\n';
  };
  line(fmt::format("\n{} % changed", percent), [](const way_rounds& who) { return who.name; });
  for (const figure& each : figures) {
    line(each.head, [&](const way_rounds& who) {
      return with_spread(values_of(who, each.member), each.scale, each.digits);
    });
  }
  return text;
}

// What a reader has to know before believing the tables; empty if there is nothing.
inline std::string warnings_about(const std::vector<way_rounds>& rows) {
  std::string text;
  for (const way_rounds& who : rows) {
    const std::string title = fmt::format("{}, {} %", who.name, who.asked.percent);
    if (!who.failure.empty()) text += fmt::format("{}: {}\n", title, who.failure);
    for (const run_found& round : who.rounds) {
      if (round.is_equal == 0) text += fmt::format("{}: WRONG CONTENT\n", title);
    }
  }
  return text;
}

inline nlohmann::json json_of(const way_rounds& who) {
  nlohmann::json one = {{"way", who.name},
                        {"about", who.about},
                        {"size", who.asked.size},
                        {"percent", who.asked.percent},
                        {"changes", who.asked.changes()}};
  if (!who.failure.empty()) one["failure"] = who.failure;
  for (const figure& each : figures) one[std::string(each.name)] = values_of(who, each.member);
  return one;
}

// ---- streams ----

// Rounds of one rate.
struct stream_rounds {
  std::string part;  // of --stream
  stream_asked asked;
  std::vector<std::unique_ptr<stream_found>> rounds;
};

template <class Value>
std::vector<Value> values_of(const stream_rounds& who, Value stream_found::*member) {
  std::vector<Value> values;
  for (const auto& round : who.rounds) values.push_back((*round).*member);
  return values;
}
inline bool kept_up(const stream_rounds& who) {
  return std::all_of(who.rounds.begin(), who.rounds.end(),
                     [](const auto& round) { return round->kept_up(); });
}
inline bool is_right(const stream_rounds& who) {
  return std::all_of(who.rounds.begin(), who.rounds.end(),
                     [](const auto& round) { return round->is_equal && round->snapshots == 1; });
}

inline call_times lag_of(const stream_rounds& who) {
  std::vector<const histogram*> lags;
  for (const auto& round : who.rounds) lags.push_back(&round->lag);
  return summarise_call_times(fmt::format("{}", who.asked.rate), lags);
}

inline std::string stream_line(const stream_rounds& who) {
  std::string line = lag_of(who).line;
  line.pop_back();
  return line + fmt::format(" {:>9.1f} {:>6.2f} {:>8.2f}  {}\n",
                            median(values_of(who, &stream_found::late_ms)),
                            median(values_of(who, &stream_found::writer_cpu)),
                            median(values_of(who, &stream_found::follower_cpu)),
                            kept_up(who) ? "yes" : "no");
}
inline std::string stream_head() {
  std::string head = call_times_head("changes/s");
  head.pop_back();
  return head +
         fmt::format(" {:>9} {:>6} {:>8}  {}\n", "late, ms", "writer", "follower", "kept up");
}

inline std::string break_line(const stream_rounds& who) {
  const double missed = median(values_of(who, &stream_found::missed_changes));
  const double arrived = median(values_of(who, &stream_found::arrived_changes));
  const double bytes = median(values_of(who, &stream_found::arrived_bytes));
  const double of_changes = arrived * bytes_of_a_change();
  const std::optional<double> caught_up = median(values_of(who, &stream_found::caught_up_ms));
  return fmt::format(
      "\nafter a break of {} ms: {:.0f} changes were missed, {:.2f} MiB; less than {:.0f} ms "
      "behind {}\n"
      "from then on {:.2f} MiB arrived for {:.0f} changes, which take {:.2f} MiB: {:.4f} times as "
      "much\n",
      who.asked.break_ms, missed, missed * bytes_of_a_change() * mib, highest_lag_ms,
      caught_up ? fmt::format("{:.1f} ms after coming back", *caught_up) : "never again",
      bytes * mib, arrived, of_changes * mib, bytes / of_changes);
}

inline nlohmann::json json_of(const stream_rounds& who) {
  nlohmann::json one = {{"part", who.part},
                        {"size", who.asked.size},
                        {"rate", who.asked.rate},
                        {"seconds", who.asked.seconds},
                        {"break_ms", who.asked.break_ms},
                        {"kept_up", kept_up(who)},
                        {"bytes_of_a_change", bytes_of_a_change()}};
  if (who.asked.break_ms == 0) {
    one["lag_ns"] = lag_of(who).figures;
    one["late_ms"] = values_of(who, &stream_found::late_ms);
    one["behind_ms"] = values_of(who, &stream_found::behind_ms);
    one["writer_cores"] = values_of(who, &stream_found::writer_cpu);
    one["follower_cores"] = values_of(who, &stream_found::follower_cpu);
  } else {
    one.erase("kept_up");
    one["missed_changes"] = values_of(who, &stream_found::missed_changes);
    for (const std::optional<double> each : values_of(who, &stream_found::caught_up_ms)) {
      one["caught_up_ms"].push_back(each ? nlohmann::json(*each) : nlohmann::json());
    }
    one["arrived_changes"] = values_of(who, &stream_found::arrived_changes);
    one["arrived_bytes"] = values_of(who, &stream_found::arrived_bytes);
  }
  return one;
}

}  // namespace steady::bench
