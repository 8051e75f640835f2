// bench.copying: full copying against incremental evacuation, when threads share the map.
//
// The same map twice: as it is, and so that the insertion that starts a migration stops all threads
// and evacuates everything, as maps do that rehash under a lock. Beside them other maps, and no
// map. What is done: growth.hpp. In every round all do it one after the other, each in a process of
// its own.
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/copying/report.hpp"
#include "bench/support/child_process.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/json_file.hpp"
#include "bench/support/progress.hpp"

namespace {

using namespace steady::bench;

struct options {
  std::uint64_t size = 8'000'000;
  unsigned readers = 1;
  unsigned rounds = 5;
  std::vector<std::string> only;  // all if there are none
  std::string json;
  bool quick = false;
};

struct entrant {
  std::string name;
  std::string about;
  std::function<void(const growth&, growth_measured&)> run;
};

std::vector<entrant> all_entrants() {
  return []<class... Maps>(std::type_identity<std::tuple<Maps...>>) {
    return std::vector<entrant>{{std::string(Maps::name),
                                 fmt::format("{} {}", Maps::full_name, Maps::version()),
                                 grow<Maps>}...};
  }(std::type_identity<copying_maps>());
}

// Once more, unless that failed before.
void run_once(const entrant& who, const growth& asked, growth_rounds& results) {
  if (!results.failure.empty()) return;
  constexpr unsigned patience_s = 240;
  static_assert(patience_s * 1'000'000'000ull > growth_limit_ns);
  const auto outcome = std::make_unique<child_outcome<growth_measured>>(run_in_child([&] {
    ::alarm(patience_s);
    growth_measured result;
    who.run(asked, result);
    return result;
  }));
  if (!outcome->result) {
    results.failure = outcome->failure;
  } else if (!outcome->result->filled) {
    results.failure = "was not full in time";
  } else {
    results.rounds.push_back(std::make_unique<growth_measured>(*outcome->result));
  }
}

bool is_chosen(const options& chosen, const std::string& name) {
  return chosen.only.empty() ||
         std::find(chosen.only.begin(), chosen.only.end(), name) != chosen.only.end();
}

int run(const options& chosen) {
  const growth asked{chosen.size, chosen.readers, measure_clock_cost()};
  std::vector<entrant> entrants = all_entrants();
  std::erase_if(entrants, [&](const entrant& each) { return !is_chosen(chosen, each.name); });
  fmt::print("{} rounds, each run in a process of its own; {} ns for reading the clock taken off\n",
             chosen.rounds, asked.clock_cost);
  std::vector<growth_rounds> rows;
  for (const entrant& each : entrants) {
    fmt::print("{:<14} {}\n", each.name, each.about);
    rows.push_back({each.name, each.about, {}, ""});
  }
  std::fflush(stdout);
  for (unsigned round = 1; round <= chosen.rounds; ++round) {
    for (std::size_t n = 0; n < entrants.size(); ++n) {
      show_progress(fmt::format("round {} of {}: {}", round, chosen.rounds, entrants[n].name));
      run_once(entrants[n], asked, rows[n]);
    }
  }
  show_progress("");
  const std::string warnings = warnings_about(rows);
  fmt::print("{}{}{}{}", growth_table(asked, rows),
             growth_times_table(rows, "an insertion", &growth_measured::writer),
             growth_times_table(rows, "a lookup", &growth_measured::readers), warnings);
  auto json = nlohmann::json::array();
  for (const growth_rounds& who : rows) json.push_back(json_of(asked, who));
  return write_json("bench.copying", chosen.json,
                    origin_of_results(versions_of(static_cast<const copying_maps*>(nullptr))),
                    json) &&
                 warnings.empty()
             ? 0
             : 1;
}

}  // namespace

int main(int count, char** arguments) {
  options chosen;
  std::vector<std::string> names;
  for (const entrant& each : all_entrants()) names.push_back(each.name);
  CLI::App app("Full copying against incremental evacuation, when threads share the map.");
  auto* const size = app.add_option("--size", chosen.size, "elements to grow to (8000000)")
                         ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1} << 32));
  app.add_option("--readers", chosen.readers, "threads that look up (1)")
      ->check(CLI::Range(1, 255));
  app.add_option("--rounds", chosen.rounds, "rounds (5)")->check(CLI::Range(1, 1000));
  app.add_option("--only", chosen.only, "maps; may be given several times (all)")
      ->check(CLI::IsMember(names));
  app.add_option("--json", chosen.json, "file for the figures of every round, and timelines");
  app.add_flag("--quick", chosen.quick, "500,000 elements");
  CLI11_PARSE(app, count, arguments);
  if (chosen.quick && size->count() == 0) chosen.size = 500'000;
  return run(chosen);
}
