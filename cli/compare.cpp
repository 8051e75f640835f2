#include <algorithm>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/adapters/all.hpp"
#include "bench/support/child_process.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/process.hpp"
#include "cli/compare.hpp"
#include "cli/compare_page.hpp"
#include "cli/compare_report.hpp"
#include "cli/compare_summary.hpp"
#include "cli/missing_rivals.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/report_origin.hpp"

namespace steady::cli {

namespace {

using run_function = std::function<measured_run(run_order)>;

// One column of the report while its rounds go on.
struct entrant {
  comparison_row row;
  run_function run;
  std::vector<run_result> throughput;
  std::vector<run_result> latency;
  run_curves curves;  // of the latency run with the smallest maximum; for reports
  std::uint64_t curves_max_ns = 0;
};

class tournament {
 public:
  tournament(const compare_options& options, const key_stream& keys, progress_line& progress)
      : options_(options), keys_(keys), progress_(progress) {
    clock_cost_ns_ = bench::measure_clock_cost();
    for (contestant& map : make_contestants(keys, options.hash)) {
      entrant& added = entrants_.emplace_back();
      added.row = {std::string(map.name), map.full_name, map.version, "", {}};
      added.run = [this, run = map.run](run_order order) { return run(keys_, order); };
    }
    control_.row.name = "control";
    control_.run = [this](run_order order) { return run_control(keys_, order, table_bytes_); };
  }

  void play() {
    for (round_ = 1; round_ <= options_.rounds; ++round_) {
      for (entrant& map : entrants_) {
        play_both(map);
        check_elements(map);
      }
      choose_table_bytes();
      play_both(control_);
    }
    if (options_.report_path.empty()) return;
    for (entrant& map : entrants_) watch_memory(map);
  }

  void write_to(comparison& all) {
    all.clock_cost_ns = clock_cost_ns_;
    for (entrant& map : entrants_) all.maps.push_back(summary_of(map));
    control_.row.full_name = fmt::format(
        "adds to a random cache line of a plain array as large as {}'s table", table_owner_);
    all.control = summary_of(control_);
  }

 private:
  void play_both(entrant& one) {
    const std::string round = fmt::format("round {} of {}", round_, options_.rounds);
    if (const auto run = play_one(one, run_kind::throughput, round, "total time")) {
      one.throughput.push_back(run->result);
    }
    if (const auto run = play_one(one, run_kind::latency, round, "each update")) {
      keep_curves(one, *run);
      one.latency.push_back(run->result);
    }
  }

  // Nothing where it fails, or has failed before.
  std::unique_ptr<measured_run> play_one(entrant& one, run_kind kind, std::string_view when,
                                         std::string_view what) {
    if (!one.row.failure.empty()) return nullptr;
    progress_.show(fmt::format("{}: {}, {}", when, one.row.name, what));
    auto outcome = bench::run_in_child([&] { return one.run({kind, clock_cost_ns_}); });
    if (outcome.result) return std::make_unique<measured_run>(*outcome.result);
    one.row.failure = outcome.failure;
    return nullptr;
  }

  // What interrupts the machine does not strike in every round.
  static void keep_curves(entrant& one, const measured_run& run) {
    const std::uint64_t max = run.result.latency.max();
    if (!one.latency.empty() && max >= one.curves_max_ns) return;
    one.curves = run.curves;
    one.curves_max_ns = max;
  }

  void watch_memory(entrant& map) {
    if (const auto run = play_one(map, run_kind::memory, "memory", "no clock")) {
      map.curves.memory = run->curves.memory;
    }
  }

  // All maps were given the same keys; one that holds another number of them is broken.
  void check_elements(entrant& map) {
    if (!map.row.failure.empty()) return;
    if (!elements_) elements_ = map.throughput.back().elements;
    for (const std::uint64_t found :
         {map.throughput.back().elements, map.latency.back().elements}) {
      if (found != *elements_) {
        map.row.failure =
            fmt::format("wrong: it holds {} elements, others hold {}", found, *elements_);
      }
    }
  }

  // The control's array is as large as Steady's final table, or the first map's that has one.
  void choose_table_bytes() {
    for (const entrant& map : entrants_) {
      if (map.throughput.empty()) continue;
      table_bytes_ = map.throughput.back().final_bytes;
      table_owner_ = map.row.name;
      return;
    }
    control_.row.failure = "no map finished, so its array's size is unknown";
  }

  comparison_row summary_of(entrant& one) const {
    const bool ran = !one.throughput.empty() && !one.latency.empty();
    if (!ran || !one.row.failure.empty()) return one.row;
    one.row.measured = summarize(one.throughput, one.latency);
    if (!options_.report_path.empty()) one.row.curves = curves_of(one);
    return one.row;
  }

  static std::shared_ptr<const map_curves> curves_of(const entrant& one) {
    std::vector<const bench::histogram*> rounds;
    for (const run_result& each : one.latency) rounds.push_back(&each.latency);
    return std::make_shared<map_curves>(
        map_curves{make_pause_curve(one.curves.slowest, one.curves.migrating),
                   make_percentile_curve(rounds), make_memory_samples(one.curves.memory)});
  }

  const compare_options& options_;
  const key_stream& keys_;
  progress_line& progress_;
  std::uint64_t clock_cost_ns_ = 0;
  std::vector<entrant> entrants_;
  entrant control_;
  std::size_t round_ = 0;
  std::optional<std::uint64_t> elements_;
  std::uint64_t table_bytes_ = 0;
  std::string table_owner_ = "a map";
};

key_stream make_keys(const compare_options& options, std::vector<path_problem>& problems,
                     progress_line& progress) {
  if (!options.paths.empty()) return read_texts(options.paths, problems, progress);
  if (options.texts) return make_texts(options.generated);
  return number_stream(options.generated);
}

comparison compare(const compare_options& options, std::vector<path_problem>& problems) {
  comparison all;
  all.keys = options.paths.empty() && !options.texts ? "u64" : "string";
  all.source = options.paths.empty() ? "generated" : "files";
  all.hash = options.hash == hash_choice::same ? "same" : "own";
  all.rounds = options.rounds;
  all.left_out = missing_rivals(all.keys == "string");

  progress_line progress;
  const key_stream keys = make_keys(options, problems, progress);
  progress.clear();
  for (const path_problem& problem : problems) write_error(problem.path + ": " + problem.reason);
  all.updates = size_of(keys);
  all.core = bench::pin_to_one_core();

  tournament rounds(options, keys, progress);
  if (all.updates > 0) rounds.play();
  rounds.write_to(all);
  return all;
}

}  // namespace

int run_compare(const compare_options& options) {
  result_sink sink;
  output_file report;
  if (!sink.open(options.json_path) || !report.open(options.report_path)) return 1;

  const report_origin origin{bench::read_machine(), bench::current_time(), options.command_line};
  std::vector<path_problem> problems;
  const comparison all = compare(options, problems);
  bool whole = problems.empty();
  for (const comparison_row& row : all.maps) {
    if (row.failure.empty()) continue;
    write_error(row.full_name + ": " + row.failure);
    whole = false;
  }
  const bool delivered = sink.deliver(comparison_text(all), comparison_json(all));
  const bool reported = options.report_path.empty() || report.write(comparison_page(all, origin));
  return whole && delivered && reported ? 0 : 1;
}

}  // namespace steady::cli
