// bench.concurrent: maps that threads share, Steady's beside its rivals'.
//
// What is done: workloads.hpp. In every round all contenders do a task one after the other, in the
// same order, each in a process of its own; tables have medians over the rounds, their spread, and
// ratios. Throughput is measured in runs that hardly read the clock; insertions are timed in runs
// of their own, less the clock's cost.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/concurrent/contender.hpp"
#include "bench/concurrent/report.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/json_file.hpp"
#include "bench/support/progress.hpp"

namespace {

using namespace steady::bench;

constexpr std::uint64_t cached_size = 10'000;  // elements that fit into the caches

struct options {
  std::vector<std::string> workloads;  // all if there are none
  std::vector<std::string> only;       // contenders; all if there are none
  unsigned threads = 2;
  std::uint64_t size = 4'000'000;
  std::uint64_t operations = 8'000'000;
  unsigned rounds = 3;
  std::string json;
  bool quick = false;
  bool sweep = false;
  bool scaling = false;
};

constexpr std::string_view control_name = "control";

template <class Chosen, class Name>
bool is_among(const Chosen& chosen, const Name& name) {
  return chosen.empty() || std::find(chosen.begin(), chosen.end(), name) != chosen.end();
}

bool is_chosen(const options& chosen, workload what) {
  return is_among(chosen.workloads, workload_names[static_cast<unsigned>(what)]);
}

// Measures tasks, prints what came out, and keeps it for the JSON.
class session {
 public:
  explicit session(const options& chosen) : chosen_(chosen), clock_cost_(measure_clock_cost()) {
    for (contender& each : concurrent_contenders()) {
      if (is_among(chosen.only, each.name)) maps_.push_back(std::move(each));
    }
  }

  std::uint64_t clock_cost() const { return clock_cost_; }
  const std::vector<contender>& maps() const { return maps_; }

  task asked(workload what, std::uint64_t size) const {
    task made;
    made.what = what;
    made.size = size;
    made.threads = what == workload::single ? 1 : chosen_.threads;
    made.operations = chosen_.operations;
    made.clock_cost = clock_cost_;
    return made;
  }

  task_results measure(const task& what) {
    const std::vector<contender> all = contenders_for(what);
    task_results results{what, {}};
    for (const contender& each : all) results.rows.push_back({each.name, {}, ""});
    for (unsigned round = 1; round <= chosen_.rounds; ++round) {
      for (std::size_t n = 0; n < all.size(); ++n) {
        show_progress(fmt::format("{}{}, {} elements, {} threads, round {} of {}: {}",
                                  workload_names[static_cast<unsigned>(what.what)],
                                  what.times_calls ? ", timing insertions" : "", what.size,
                                  what.threads, round, chosen_.rounds, all[n].name));
        run_once(all[n], what, results.rows[n]);
      }
    }
    show_progress("");
    for (const auto& each : json_of(results)) json_.push_back(each);
    succeeded_ = succeeded_ && succeeded(results);
    return results;
  }

  void show(const std::string& text) const {
    std::fputs(text.c_str(), stdout);
    std::fflush(stdout);
  }

  void measure_and_show(const task& what) {
    const task_results results = measure(what);
    show(table_of(results) + warnings_about(results));
  }

  bool succeeded_so_far() const { return succeeded_; }
  bool write() const {
    const auto* const maps = static_cast<const concurrent_maps_found*>(nullptr);
    return write_json("bench.concurrent", chosen_.json, origin_of_results(versions_of(maps)),
                      json_);
  }

 private:
  // The first is the base of the ratios.
  std::vector<contender> contenders_for(const task& what) const {
    std::vector<contender> all = maps_;
    if (what.what == workload::single) all.insert(all.begin(), contender_of<plain_map>());
    if (what.what == workload::grow && is_among(chosen_.only, control_name))
      all.push_back({std::string(control_name), "", grow_without_a_map});
    return all;
  }

  const options& chosen_;
  std::uint64_t clock_cost_;
  std::vector<contender> maps_;
  nlohmann::json json_ = nlohmann::json::array();
  bool succeeded_ = true;
};

void measure_workloads(const options& chosen, session& all) {
  std::vector<std::uint64_t> sizes = {chosen.size};
  if (chosen.size > cached_size) sizes.push_back(cached_size);
  if (is_chosen(chosen, workload::grow)) {
    task what = all.asked(workload::grow, chosen.size);
    all.measure_and_show(what);
    what.times_calls = true;
    all.measure_and_show(what);
  }
  for (const std::uint64_t size : sizes) {
    if (is_chosen(chosen, workload::read)) all.measure_and_show(all.asked(workload::read, size));
  }
  if (is_chosen(chosen, workload::churn))
    all.measure_and_show(all.asked(workload::churn, chosen.size));
  for (const std::uint64_t size : sizes) {
    if (is_chosen(chosen, workload::single))
      all.measure_and_show(all.asked(workload::single, size));
  }
}

// Measures every task and shows their figures beside each other.
template <class Grid>
void measure_beside(session& all, const std::vector<task>& tasks,
                    const std::vector<std::string>& labels, const Grid& grid) {
  std::vector<task_results> results;
  std::string warnings;
  for (const task& each : tasks) {
    results.push_back(all.measure(each));
    warnings += warnings_about(results.back());
  }
  std::vector<const task_results*> columns;
  for (const task_results& each : results) columns.push_back(&each);
  all.show(grid(columns, labels) + warnings);
}

// Growing to sizes over two whole doublings, which end at the size asked for: at any one size one
// map has just grown and another is about to.
void measure_sweep(const options& chosen, session& all) {
  std::vector<task> tasks;
  std::vector<std::string> labels;
  for (int step = 1; step <= 8; ++step) {
    const double size = static_cast<double>(chosen.size) / 4 * std::exp2(step / 4.0);
    tasks.push_back(all.asked(workload::grow, static_cast<std::uint64_t>(std::llround(size))));
    labels.push_back(fmt::to_string(tasks.back().size));
  }
  all.show(fmt::format("\ngrow, {} threads: ", chosen.threads));
  measure_beside(all, tasks, labels, throughput_grid);
  for (task& each : tasks) each.times_calls = true;
  all.show(fmt::format("\ngrow, {} threads: ", chosen.threads));
  measure_beside(all, tasks, labels, longest_grid);
}

void measure_scaling(const options& chosen, session& all) {
  std::vector<task> tasks;
  std::vector<std::string> labels;
  const auto found =
      std::find(workload_names.begin(), workload_names.end(), chosen.workloads.front());
  for (const unsigned threads : {1u, 2u, 4u, 8u, 16u}) {
    tasks.push_back(all.asked(workload(found - workload_names.begin()), chosen.size));
    tasks.back().threads = threads;
    labels.push_back(fmt::format("{} thread{}", threads, threads == 1 ? "" : "s"));
  }
  all.show(fmt::format("\n{}, {} elements: ", *found, chosen.size));
  measure_beside(all, tasks, labels, throughput_grid);
}

void show_contenders(const options& chosen, const session& all) {
  all.show(
      fmt::format("{} rounds, each run in a process of its own; {} ns for reading the clock "
                  "taken off; hash: {}\n",
                  chosen.rounds, all.clock_cost(), same_hash));
  for (const contender& each : all.maps())
    all.show(fmt::format("{:<14} {}\n", each.name, each.about));
  for (const known_map& each : concurrent_maps) {
    if (!each.available)
      all.show(fmt::format("{:<14} left out: needs {}\n", each.name, each.package));
  }
}

int run(const options& chosen) {
  session all(chosen);
  show_contenders(chosen, all);
  if (chosen.scaling) {
    measure_scaling(chosen, all);
  } else if (chosen.sweep) {
    measure_sweep(chosen, all);
  } else {
    measure_workloads(chosen, all);
  }
  return all.write() && all.succeeded_so_far() ? 0 : 1;
}

int refuse(const std::string& why) {
  std::fprintf(stderr, "bench.concurrent: %s\n", why.c_str());
  return 2;
}

// The first workload that is chosen and in which none of the chosen contenders takes part: the
// control does nothing but grow, and `single` has a plain map besides. Empty if there is none.
std::string_view without_contenders(const options& chosen) {
  for (const known_map& each : concurrent_maps) {
    if (each.available && is_among(chosen.only, each.name)) return "";
  }
  if (chosen.sweep) return "";
  for (const workload what : {workload::read, workload::churn}) {
    if (is_chosen(chosen, what)) return workload_names[static_cast<unsigned>(what)];
  }
  return "";
}

// What contradicts itself, or cannot be done by this build; empty if nothing.
std::string wrong_about(const options& chosen) {
  for (const known_map& each : concurrent_maps) {
    if (!each.available && !chosen.only.empty() && is_among(chosen.only, each.name))
      return fmt::format("{} is not in this build; it needs {}", each.name, each.package);
  }
  if (chosen.sweep && chosen.scaling) return "--sweep and --scaling exclude each other";
  if (chosen.sweep && !chosen.workloads.empty()) return "--sweep is of growing; no --workload";
  if (chosen.scaling && (chosen.workloads.size() != 1 || chosen.workloads.front() == "single"))
    return "--scaling takes one --workload: grow, read or churn";
  if (const std::string_view what = without_contenders(chosen); !what.empty())
    return fmt::format("{} takes no part in {}; take a map, too, or --workload grow", control_name,
                       what);
  return "";
}

}  // namespace

int main(int count, char** arguments) {
  options chosen;
  std::vector<std::string> names = {std::string(control_name)};
  for (const known_map& each : concurrent_maps) names.emplace_back(each.name);
  CLI::App app("Maps that threads share, beside other maps.");
  app.add_option("--workload", chosen.workloads, "may be given several times (all)")
      ->check(
          CLI::IsMember(std::vector<std::string>(workload_names.begin(), workload_names.end())));
  app.add_option("--threads", chosen.threads, "threads (2)")->check(CLI::Range(1, 256));
  auto* const size = app.add_option("--size", chosen.size, "elements (4000000)")
                         ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1} << 32));
  auto* const operations =
      app.add_option("--operations", chosen.operations,
                     "of all threads together, where the size does not decide (8000000)")
          ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1} << 40));
  app.add_option("--rounds", chosen.rounds, "rounds (3)")->check(CLI::Range(1, 1000));
  app.add_option("--only", chosen.only, "contenders; may be given several times (all)")
      ->check(CLI::IsMember(names));
  app.add_option("--json", chosen.json, "file for the figures of every round");
  app.add_flag("--quick", chosen.quick, "200,000 elements, a million operations");
  app.add_flag("--sweep", chosen.sweep, "growing to eight sizes over two whole doublings");
  app.add_flag("--scaling", chosen.scaling, "one workload with 1, 2, 4, 8 and 16 threads");
  CLI11_PARSE(app, count, arguments);
  if (chosen.quick) {
    if (operations->count() == 0) chosen.operations = 1'000'000;
    if (size->count() == 0) chosen.size = 200'000;
  }
  if (chosen.scaling && chosen.workloads.empty()) chosen.workloads = {"read"};
  const std::string wrong = wrong_about(chosen);
  if (!wrong.empty()) return refuse(wrong);
  return run(chosen);
}
