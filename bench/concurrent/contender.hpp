// A row in the tables of bench.concurrent: a map, by name, that can do every task, and what it
// measured round by round.
//
// Every run is in a process of its own: no map finds the memory that another has left, none pays
// for freeing it, and a map that crashes or blocks for ever is a line of the report.
#pragma once

#include <unistd.h>

#include <functional>
#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

#include "bench/concurrent/adapters/all.hpp"
#include "bench/concurrent/workloads.hpp"
#include "bench/support/child_process.hpp"

namespace steady::bench {

struct contender {
  std::string name;
  std::string about;  // the map's full name and version
  std::function<measured(const task&)> run;
};

template <class Map>
measured run_task(const task& asked) {
  switch (asked.what) {
    case workload::grow:
      return grow<Map>(asked);
    case workload::read:
      return read<Map>(asked);
    case workload::churn:
      return churn<Map>(asked);
    case workload::single:
      return single<Map>(asked);
  }
  return {};
}

template <class Map>
contender contender_of() {
  return {std::string(Map::name), std::string(Map::full_name) + " " + Map::version(),
          run_task<Map>};
}

inline std::vector<contender> concurrent_contenders() {
  return []<class... Maps>(std::type_identity<std::tuple<Maps...>>) {
    return std::vector<contender>{contender_of<Maps>()...};
  }(std::type_identity<concurrent_maps_found>());
}

// What one contender measured in the rounds of one task.
struct contender_rounds {
  std::string name;
  std::vector<measured> rounds;
  std::string failure;  // why there are no more rounds
};

// Runs `asked` once more, unless that failed before.
inline void run_once(const contender& who, const task& asked, contender_rounds& results) {
  if (!results.failure.empty()) return;
  constexpr unsigned patience_s = 150;  // twice as long as the time limits of a run together
  static_assert(patience_s * 1'000'000'000ull > 2 * (filling_limit_ns + 2 * throughput_limit_ns));
  const auto outcome = std::make_unique<child_outcome<measured>>(run_in_child([&] {
    ::alarm(patience_s);
    return who.run(asked);
  }));
  if (!outcome->result) {
    results.failure = outcome->failure;
  } else if (!outcome->result->filled) {
    results.failure = "was not full in time";
  } else {
    results.rounds.push_back(*outcome->result);
  }
}

}  // namespace steady::bench
