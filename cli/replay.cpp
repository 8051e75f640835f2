#include <algorithm>
#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/support/clock.hpp"
#include "bench/support/process.hpp"
#include "cli/contest.hpp"
#include "cli/missing_rivals.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/replay.hpp"
#include "cli/replay_page.hpp"
#include "cli/replay_report.hpp"
#include "cli/replay_run.hpp"
#include "cli/report_origin.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

// A timeline has a minute of cells; half of that leaves room for a map that is late.
constexpr double planned_ms = 30'000;

bool is_chosen(const replay_options& options, std::string_view name) {
  const auto& chosen = options.maps;
  return chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
}

void play(const replay_options& options, const trace& requests, replay_outcome& all) {
  const double run_ns = static_cast<double>(requests.span_ns()) / all.speed;
  replay_order order;
  order.speed = all.speed;
  order.fill = options.fill;
  order.clock_cost_ns = all.clock_cost_ns;
  order.cell_ms = static_cast<std::uint64_t>(std::max(1.0, std::ceil(run_ns / 1e6 / planned_ms)));
  const auto order_of = [&](run_kind kind) {
    order.kind = kind;
    return order;
  };
  progress_line progress;
  contest rounds(progress, [=](run_kind) { return "which takes " + format_duration(run_ns); });
  for (const replay_contestant& map : make_replay_contestants(requests.holds_texts, options.hash)) {
    if (!is_chosen(options, map.name)) continue;
    rounds.enter(map.name, map.full_name, map.version,
                 [&, run = map.run](run_kind kind) { return run(requests, order_of(kind)); });
  }
  rounds.enter_control("touches", [&](run_kind kind, std::uint64_t bytes) {
    return replay_control(requests, order_of(kind), bytes);
  });
  const bool reports = !options.report_path.empty();
  constexpr run_kind kinds[] = {run_kind::latency};
  rounds.play(options.rounds, kinds);
  if (reports) rounds.watch_memory();
  rounds.write_to(all, reports);
}

constexpr double longest_days = 366;

// Throws trace_error where a run would take more than a year, or no time at all.
double speed_of(const replay_options& options, const trace& requests) {
  const double seconds = static_cast<double>(requests.span_ns()) / 1e9;
  if (seconds == 0) return 1;
  const double speed = options.duration > 0 ? seconds / options.duration : options.speed;
  if (!std::isfinite(speed)) {
    throw trace_error(
        fmt::format("{} s is too short for a replay of {:.3f} s; give a longer --duration",
                    options.duration, seconds));
  }
  const double days = seconds / speed / 86'400;
  if (days > longest_days) {
    throw trace_error(
        fmt::format("at {} times the speed one run would take {:.4g} days; a replay "
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
  all.clock_cost_ns = bench::measure_clock_cost();
  play(options, requests, all);
  return all;
}

}  // namespace

int run_replay(const replay_options& options) {
  result_sink sink;
  output_file report;
  if (!sink.open(options.json_path) || !report.open(options.report_path)) return 1;

  const report_origin origin{bench::read_machine(), bench::current_time(), options.command_line};
  const replay_outcome all = replay(options);
  const bool whole = write_failures(all);
  const bool delivered = sink.deliver(replay_text(all), replay_json(all));
  const bool reported = options.report_path.empty() || report.write(replay_page(all, origin));
  return whole && delivered && reported ? 0 : 1;
}

}  // namespace steady::cli
