// bench.latency: how long single calls take over the life of a map, Steady beside its rivals and
// beside a control that only touches memory.
//
// Every map lives in a process of its own, in rounds: A B C control, A B C control, ... all on one
// core.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/adapters/all.hpp"
#include "bench/latency/phases.hpp"
#include "bench/latency/work_units.hpp"
#include "bench/support/call_times.hpp"
#include "bench/support/child_process.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/json_file.hpp"
#include "bench/support/median.hpp"
#include "bench/support/process.hpp"
#include "bench/support/progress.hpp"
#include "bench/support/resident_pool.hpp"

namespace {

using namespace steady::bench;

struct options {
  std::uint64_t elements = 10'000'000;
  unsigned rounds = 3;
  bool resident_pool = false;
  std::string json;
};

// A column of the report.
struct entrant {
  std::string name;
  std::function<life_result()> live;
  std::vector<life_result> lives;
  std::string failure;
};

template <class Adapter, template <class> class Allocator>
using number_map =
    typename Adapter::template map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>,
                                   Allocator<std::pair<const std::uint64_t, std::uint64_t>>>;

// In this process maps take their memory from a pool whose pages are all there, if `use` says so.
// It has room for three times what any of the maps takes, since growing ones leave their old arrays
// in it.
void take_memory_from_pool(bool use, std::uint64_t elements) {
  if (!use) return;
  static resident_pool pool(elements * 192 + (std::size_t{64} << 20));
  std::pmr::set_default_resource(&pool.resource());
}

template <class Of>
std::vector<double> over_rounds(const entrant& one, const Of& of) {
  std::vector<double> values;
  for (const life_result& life : one.lives) values.push_back(static_cast<double>(of(life)));
  return values;
}

class latency_report {
 public:
  latency_report(std::uint64_t elements, bool from_pool)
      : elements_(elements), from_pool_(from_pool) {
    json_["elements"] = elements;
    json_["memory_from"] = memory_from();
  }

  void add(const entrant& one) {
    if (!one.failure.empty()) {
      failures_ += fmt::format("{}: {}\n", one.name, one.failure);
      return;
    }
    for (std::size_t n = 0; n < phase_count; ++n) add_times(one, n);
    if (!from_pool_) add_memory(one);
  }

  void add_work(const work_of_life& most) {
    work_ = fmt::format("\n{:<10} {:>18} {:>10} {:>10} {:>20} {:>14}\n", "steady", "elements moved",
                        "chunks", "blocks", "bytes in one piece", "bytes zeroed");
    for (std::size_t n = 0; n < phase_count; ++n) {
      const most_work& m = most[n];
      work_ += fmt::format("{:<10} {:>18} {:>10} {:>10} {:>20} {:>14}\n", phase_names[n],
                           m.elements, m.chunks, m.blocks, m.bytes, m.zeroed);
      json_["work"][std::string(phase_names[n])] = {{"elements", m.elements},
                                                    {"chunks", m.chunks},
                                                    {"blocks", m.blocks},
                                                    {"largest_block", m.bytes},
                                                    {"bytes_zeroed", m.zeroed}};
    }
  }

  std::string text() const {
    std::string all = "Microseconds per call.\n";
    for (const std::string& table : tables_) all += table;
    if (!memory_.empty()) {
      all += fmt::format("\n{:<10} {:>16} {:>16} {:>16} {:>18} {:>14}\n", "memory", "bytes, grown",
                         "per element", "peak, growing", "after shrinking", "page faults");
      all += memory_;
    }
    all += "\nThe most that one call did, counted.";
    all += work_;
    return all + failures_;
  }

  nlohmann::json json() const { return json_; }

  std::string memory_from() const {
    return from_pool_ ? "a pool whose pages are there" : "the usual allocator";
  }

 private:
  void add_times(const entrant& one, std::size_t n) {
    std::vector<const histogram*> rounds;
    for (const life_result& life : one.lives) rounds.push_back(&life.times[n]);
    const call_times times = summarise_call_times(one.name, rounds);
    if (tables_[n].empty()) tables_[n] = call_times_head(phase_names[n]);
    tables_[n] += times.line;
    json_["times_ns"][std::string(phase_names[n])][one.name] = times.figures;
  }

  void add_memory(const entrant& one) {
    const double grown = median(over_rounds(one, [](auto& l) { return l.grown_bytes; }));
    const double peak = median(over_rounds(one, [](auto& l) { return l.peak_bytes; }));
    const double shrunk = median(over_rounds(one, [](auto& l) { return l.shrunk_bytes; }));
    const double faults = median(over_rounds(one, [](auto& l) { return l.page_faults; }));
    memory_ +=
        fmt::format("{:<10} {:>16.0f} {:>16.1f} {:>15.2f}x {:>18.0f} {:>14.0f}\n", one.name, grown,
                    grown / static_cast<double>(elements_), peak / grown, shrunk, faults);
    json_["memory"][one.name] = {{"grown_bytes", grown},
                                 {"peak_bytes", peak},
                                 {"shrunk_bytes", shrunk},
                                 {"page_faults", faults}};
  }

  std::uint64_t elements_;
  bool from_pool_;
  std::array<std::string, phase_count> tables_;
  std::string memory_;
  std::string work_;
  std::string failures_;
  nlohmann::json json_;
};

void live_once(entrant& one) {
  if (!one.failure.empty()) return;
  auto outcome = std::make_unique<child_outcome<life_result>>(run_in_child(one.live));
  if (outcome->result) {
    one.lives.push_back(*outcome->result);
  } else {
    one.failure = outcome->failure;
  }
}

int run(const options& chosen) {
  pin_to_one_core();
  const std::uint64_t clock_cost = measure_clock_cost();
  std::vector<entrant> maps;
  for_each_adapter_of<std::uint64_t>([&](auto adapter) {
    using map = number_map<decltype(adapter), std::allocator>;
    using map_in_pool = number_map<decltype(adapter), std::pmr::polymorphic_allocator>;
    maps.push_back({std::string(adapter.name),
                    [=] {
                      take_memory_from_pool(chosen.resident_pool, chosen.elements);
                      return chosen.resident_pool ? live<map_in_pool>(chosen.elements, clock_cost)
                                                  : live<map>(chosen.elements, clock_cost);
                    },
                    {},
                    ""});
  });
  std::uint64_t table_bytes = 0;  // as large as Steady's
  entrant control{"control",
                  [&] {
                    take_memory_from_pool(chosen.resident_pool, chosen.elements);
                    return live_without_a_map(chosen.elements, table_bytes, clock_cost);
                  },
                  {},
                  ""};
  for (unsigned round = 1; round <= chosen.rounds; ++round) {
    for (entrant& one : maps) {
      show_progress(fmt::format("round {} of {}: {}", round, chosen.rounds, one.name));
      live_once(one);
      if (table_bytes == 0 && !one.lives.empty()) {
        table_bytes = chosen.resident_pool ? chosen.elements * 32 : one.lives[0].grown_bytes;
      }
    }
    live_once(control);
  }
  show_progress("counting work");
  using counting =
      steady::hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, std::equal_to<>,
                       std::allocator<std::pair<const std::uint64_t, std::uint64_t>>,
                       counting_policy>;
  const auto work = run_in_child([&] { return count_work_of<counting>(chosen.elements); });
  show_progress("");

  latency_report report(chosen.elements, chosen.resident_pool);
  for (const entrant& one : maps) report.add(one);
  report.add(control);
  if (work.result) report.add_work(*work.result);
  std::printf(
      "%llu u64 pairs, %u rounds, each map in a process of its own, memory from %s; %llu ns for "
      "reading the clock taken off; hash: %s\n%s",
      static_cast<unsigned long long>(chosen.elements), chosen.rounds, report.memory_from().c_str(),
      static_cast<unsigned long long>(clock_cost), same_hash, report.text().c_str());
  const bool failed = std::any_of(maps.begin(), maps.end(),
                                  [](const entrant& one) { return !one.failure.empty(); });
  const bool written = write_json("bench.latency", chosen.json,
                                  origin_of_results(versions_of_maps()), report.json());
  return failed || !written ? 1 : 0;
}

}  // namespace

int main(int count, char** arguments) {
  options chosen;
  CLI::App app("Time of single calls over the life of a map, beside other maps and a control.");
  app.add_option("--elements", chosen.elements, "in the map (10000000)")
      ->check(CLI::Range(std::uint64_t{100}, std::uint64_t{1} << 32));
  app.add_option("--rounds", chosen.rounds, "rounds (3)")->check(CLI::Range(1, 1000));
  app.add_flag("--resident-pool", chosen.resident_pool,
               "maps take their memory from a pool whose pages are there before");
  app.add_option("--json", chosen.json, "file for the figures");
  CLI11_PARSE(app, count, arguments);
  return run(chosen);
}
