#include <utility>

#include <nlohmann/json.hpp>

#include "bench/support/clock.hpp"
#include "bench/support/process.hpp"
#include "cli/compare.hpp"
#include "cli/compare_page.hpp"
#include "cli/compare_report.hpp"
#include "cli/compare_run.hpp"
#include "cli/contest.hpp"
#include "cli/missing_rivals.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/report_origin.hpp"

namespace steady::cli {

namespace {

std::string what_is_measured(run_kind kind) {
  switch (kind) {
    case run_kind::throughput:
      return "total time";
    case run_kind::latency:
      return "each update";
    case run_kind::memory:
      return "no clock";
  }
  return "";
}

void play(const compare_options& options, const key_stream& keys, progress_line& progress,
          comparison& all) {
  contest rounds(progress, what_is_measured);
  for (const compare_contestant& map : make_contestants(keys, options.hash)) {
    rounds.enter(map.name, map.full_name, map.version, [&, run = map.run](run_kind kind) {
      return run(keys, {kind, all.clock_cost_ns});
    });
  }
  rounds.enter_control("adds to", [&](run_kind kind, std::uint64_t bytes) {
    return run_control(keys, {kind, all.clock_cost_ns}, bytes);
  });
  const bool reports = !options.report_path.empty();
  if (all.updates > 0) {
    constexpr run_kind kinds[] = {run_kind::throughput, run_kind::latency};
    rounds.play(options.rounds, kinds);
    if (reports) rounds.watch_memory();
  }
  rounds.write_to(all, reports);
}

key_stream make_keys(const compare_options& options, std::vector<path_problem>& problems,
                     progress_line& progress) {
  if (!options.paths.empty()) return read_texts(options.paths, problems, progress);
  if (options.texts) return make_texts(options.generated, progress);
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

  all.clock_cost_ns = bench::measure_clock_cost();
  play(options, keys, progress, all);
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
  const bool whole = write_failures(all) && problems.empty();
  const bool delivered = sink.deliver(comparison_text(all), comparison_json(all));
  const bool reported = options.report_path.empty() || report.write(comparison_page(all, origin));
  return whole && delivered && reported ? 0 : 1;
}

}  // namespace steady::cli
