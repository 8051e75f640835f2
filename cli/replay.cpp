#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <memory>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/support/child_process.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/process.hpp"
#include "cli/missing_rivals.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/replay.hpp"
#include "cli/replay_page.hpp"
#include "cli/replay_report.hpp"
#include "cli/report_origin.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

using run_function = std::function<replay_result(replay_order)>;

// A timeline has a minute of cells; half of that leaves room for a map that is late.
constexpr double planned_ms = 30'000;

struct entrant {
  replay_row row;
  run_function run;
  std::vector<replay_result> rounds;
};

class tournament {
 public:
  tournament(const replay_options& options, const trace& requests, double speed,
             progress_line& progress)
      : options_(options), requests_(requests), progress_(progress) {
    const double span_ms = static_cast<double>(requests.span_ns()) / speed / 1e6;
    order_ = {speed, options.fill, bench::measure_clock_cost(),
              static_cast<std::uint64_t>(std::max(1.0, std::ceil(span_ms / planned_ms)))};
    for (replay_contestant& map : make_replay_contestants(requests.holds_texts, options.hash)) {
      if (!is_chosen(map.name)) continue;
      entrant& added = entrants_.emplace_back();
      added.row = {std::string(map.name), map.full_name, map.version, "", {}};
      added.run = [this, run = map.run](replay_order order) { return run(requests_, order); };
    }
    control_.row.name = "control";
    control_.run = [this](replay_order order) {
      return replay_control(requests_, order, table_bytes_);
    };
  }

  void play() {
    for (round_ = 1; round_ <= options_.rounds; ++round_) {
      for (entrant& map : entrants_) {
        play_one(map);
        check_counts(map);
      }
      if (choose_table_bytes()) play_one(control_);
    }
  }

  void write_to(replay_outcome& all) {
    all.clock_cost_ns = order_.clock_cost_ns;
    for (entrant& map : entrants_) all.maps.push_back(summary_of(map));
    control_.row.full_name = fmt::format(
        "touches a random cache line of a plain array as large as {}'s table", table_owner_);
    all.control = summary_of(control_);
  }

 private:
  bool is_chosen(std::string_view name) const {
    const auto& chosen = options_.maps;
    return chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
  }

  void play_one(entrant& one) {
    if (!one.row.failure.empty()) return;
    const double ns = static_cast<double>(requests_.span_ns()) / order_.speed;
    progress_.show(fmt::format("round {} of {}: {}, which takes {}", round_, options_.rounds,
                               one.row.name, format_duration(ns)));
    auto outcome = bench::run_in_child([&] { return one.run(order_); });
    if (outcome.result) {
      one.rounds.push_back(*outcome.result);
    } else {
      one.row.failure = outcome.failure;
    }
  }

  // All maps were given the same requests; one that finds something else is broken.
  void check_counts(entrant& map) {
    if (!map.row.failure.empty()) return;
    const replay_result& found = map.rounds.back();
    const counts these{found.hits, found.misses, found.inserted, found.elements};
    if (!counts_) counts_ = these;
    if (these != *counts_) {
      map.row.failure =
          fmt::format("wrong: {} hits, {} misses and {} elements, where others have {}, {} and {}",
                      these[0], these[1], these[3], (*counts_)[0], (*counts_)[1], (*counts_)[3]);
    }
  }

  bool choose_table_bytes() {
    for (const entrant& map : entrants_) {
      if (map.rounds.empty()) continue;
      table_bytes_ = map.rounds.back().final_bytes;
      table_owner_ = map.row.name;
      return true;
    }
    control_.row.failure = "no map finished, so its array's size is unknown";
    return false;
  }

  replay_row summary_of(entrant& one) const {
    if (one.rounds.empty() || !one.row.failure.empty()) return one.row;
    one.row.measured = summarize(one.rounds);
    if (!options_.report_path.empty()) one.row.curves = curves_of(one);
    return one.row;
  }

  std::shared_ptr<const replay_curves> curves_of(const entrant& one) const {
    std::vector<const bench::histogram*> service;
    std::vector<const bench::histogram*> response;
    for (const replay_result& round : one.rounds) {
      service.push_back(&round.service);
      response.push_back(&round.response);
    }
    const auto best = std::min_element(
        one.rounds.begin(), one.rounds.end(),
        [](const auto& a, const auto& b) { return a.response.max() < b.response.max(); });
    pause_curve pauses = make_pause_curve(best->slowest, best->migrating);
    pauses.cell_ms = order_.cell_ms;
    return std::make_shared<replay_curves>(replay_curves{
        std::move(pauses), make_percentile_curve(service), make_percentile_curve(response)});
  }

  using counts = std::array<std::uint64_t, 4>;

  const replay_options& options_;
  const trace& requests_;
  progress_line& progress_;
  replay_order order_;
  std::vector<entrant> entrants_;
  entrant control_;
  std::size_t round_ = 0;
  std::optional<counts> counts_;
  std::uint64_t table_bytes_ = 0;
  std::string table_owner_ = "a map";
};

constexpr double longest_days = 366;

// Throws trace_error where a run would take more than a year.
double speed_of(const replay_options& options, const trace& requests) {
  const double seconds = static_cast<double>(requests.span_ns()) / 1e9;
  if (seconds == 0) return 1;
  const double speed = options.duration > 0 ? seconds / options.duration : options.speed;
  const double days = seconds / speed / 86'400;
  if (days > longest_days) {
    throw trace_error(
        fmt::format("at {} times the speed one run would take {:.0f} days; a replay "
                    "may take {:.0f}; --speed and --duration make it shorter",
                    speed, days, longest_days));
  }
  return speed;
}

replay_outcome describe(const replay_options& options, const trace& requests, double speed) {
  replay_outcome all;
  all.source = options.input.path == "-" ? "standard input" : options.input.path;
  all.holds_texts = requests.holds_texts;
  all.requests = requests.requests.size();
  all.reads = requests.reads;
  all.writes = requests.writes;
  all.erases = requests.erases;
  all.at_once = requests.at_once;
  all.skipped = requests.skipped;
  all.first_skipped = requests.first_skipped;
  all.span_ns = requests.span_ns();
  all.speed = speed;
  all.spread = options.spread;
  all.fill = options.fill;
  all.hash = options.hash == hash_choice::same ? "same" : "own";
  all.rounds = options.rounds;
  all.left_out = missing_rivals(requests.holds_texts);
  return all;
}

replay_outcome replay(const replay_options& options) {
  trace requests = read_trace(options.input);
  if (options.spread) spread_times(requests);
  const double speed = speed_of(options, requests);
  replay_outcome all = describe(options, requests, speed);
  all.core = bench::pin_to_one_core();
  progress_line progress;
  tournament rounds(options, requests, speed, progress);
  rounds.play();
  rounds.write_to(all);
  return all;
}

}  // namespace

int run_replay(const replay_options& options) {
  result_sink sink;
  output_file report;
  if (!sink.open(options.json_path) || !report.open(options.report_path)) return 1;

  const report_origin origin{bench::read_machine(), bench::current_time(), options.command_line};
  const replay_outcome all = replay(options);
  bool whole = true;
  for (const replay_row& row : all.maps) {
    if (row.failure.empty()) continue;
    write_error(row.full_name + ": " + row.failure);
    whole = false;
  }
  const bool delivered = sink.deliver(replay_text(all), replay_json(all));
  const bool reported = options.report_path.empty() || report.write(replay_page(all, origin));
  return whole && delivered && reported ? 0 : 1;
}

}  // namespace steady::cli
