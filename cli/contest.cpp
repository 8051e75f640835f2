#include <memory>
#include <utility>

#include <fmt/format.h>

#include "bench/support/child_process.hpp"
#include "cli/contest.hpp"
#include "cli/output.hpp"

namespace steady::cli {

namespace {

// All maps were given the same operations, so this must be the same for all.
std::string what_it_found(const run_result& run) {
  std::string text = fmt::format("{} elements", run.elements);
  if (run.hits + run.misses + run.inserted > 0) {
    text +=
        fmt::format(", {} hits, {} misses and {} insertions", run.hits, run.misses, run.inserted);
  }
  return text;
}

}  // namespace

contest::contest(progress_line& progress, std::function<std::string(run_kind)> what)
    : progress_(progress), what_(std::move(what)) {
  control_.row.name = "control";
}

void contest::enter(std::string_view name, std::string full_name, std::string version,
                    run_function run) {
  entrant& added = maps_.emplace_back();
  added.row.name = name;
  added.row.full_name = std::move(full_name);
  added.row.version = std::move(version);
  added.run = std::move(run);
}

void contest::enter_control(std::string does, control_function run) {
  control_does_ = std::move(does);
  control_.run = [this, run = std::move(run)](run_kind kind) { return run(kind, table_bytes_); };
}

void contest::play(std::size_t rounds, std::span<const run_kind> kinds) {
  for (std::size_t round = 1; round <= rounds; ++round) {
    const std::string when = fmt::format("round {} of {}", round, rounds);
    for (entrant& map : maps_) {
      for (const run_kind kind : kinds) play_one(map, kind, when);
      check_what_it_found(map);
    }
    choose_table_bytes();
    for (const run_kind kind : kinds) play_one(control_, kind, when);
  }
}

void contest::watch_memory() {
  for (entrant& map : maps_) play_one(map, run_kind::memory, "memory");
}

// Does nothing where one has failed before.
void contest::play_one(entrant& one, run_kind kind, std::string_view when) {
  if (!one.row.failure.empty()) return;
  progress_.show(fmt::format("{}: {}, {}", when, one.row.name, what_(kind)));
  const auto outcome = bench::run_in_child([&] { return one.run(kind); });
  if (outcome.result) {
    keep(one, kind, *outcome.result);
  } else {
    one.row.failure = outcome.failure;
  }
}

void contest::keep(entrant& one, run_kind kind, const measured_run& run) {
  if (kind == run_kind::throughput) one.throughput.push_back(run.result);
  if (kind == run_kind::memory) one.curves.memory = run.curves.memory;
  if (kind != run_kind::latency) return;
  // What interrupts the machine does not strike in every round.
  if (one.latency.empty() || run.result.slowest_ns() < one.curves_max_ns) {
    one.curves = run.curves;
    one.curves_max_ns = run.result.slowest_ns();
  }
  one.latency.push_back(run.result);
}

void contest::check_what_it_found(entrant& map) {
  if (!map.row.failure.empty()) return;
  for (const std::vector<run_result>* runs : {&map.throughput, &map.latency}) {
    if (runs->empty()) continue;
    const std::string found = what_it_found(runs->back());
    if (found_.empty()) found_ = found;
    if (found != found_) {
      map.row.failure = fmt::format("wrong: it found {}, others found {}", found, found_);
    }
  }
}

// The control's array is as large as Steady's final table, or the first map's that has one.
void contest::choose_table_bytes() {
  for (const entrant& map : maps_) {
    if (map.latency.empty()) continue;
    table_bytes_ = map.latency.back().final_bytes;
    table_owner_ = map.row.name;
    return;
  }
  control_.row.failure = "no map finished, so its array's size is unknown";
}

outcome_row contest::row_of(const entrant& one, bool with_curves) {
  outcome_row row = one.row;
  if (one.latency.empty() || !row.failure.empty()) return row;
  row.measured = summarize(one.throughput, one.latency);
  if (with_curves) {
    row.curves = std::make_shared<map_curves>(make_map_curves(one.latency, one.curves));
  }
  return row;
}

void contest::write_to(outcome& all, bool with_curves) const {
  for (const entrant& map : maps_) all.maps.push_back(row_of(map, with_curves));
  all.control = row_of(control_, with_curves);
  all.control.full_name =
      fmt::format("{} a random cache line of a plain array as large as {}'s table", control_does_,
                  table_owner_);
}

bool write_failures(const outcome& all) {
  bool whole = true;
  for (const outcome_row& row : all.maps) {
    if (row.failure.empty()) continue;
    write_error(row.full_name + ": " + row.failure);
    whole = false;
  }
  return whole;
}

}  // namespace steady::cli
