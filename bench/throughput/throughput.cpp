// bench.throughput: the time of single operations, Steady's beside its rivals', over sizes that
// sweep whole doublings.
//
// All maps call the very same type of hash, unless --hash own is given, and get the same keys. In
// every round each operation is done by all maps in turn, so that what happens on the machine
// happens to all; large maps take their turns one after the other. The order is random each time:
// the first map, or one that comes after a certain other one, finds the allocator and the caches in
// another state. Ratios are of medians over the rounds; single times are in the JSON, which grows
// with each size.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/adapters/all.hpp"
#include "bench/support/doublings.hpp"
#include "bench/support/json_file.hpp"
#include "bench/support/progress.hpp"
#include "bench/throughput/contender.hpp"
#include "bench/throughput/kinds.hpp"
#include "bench/throughput/report.hpp"

namespace {

using namespace steady::bench;

struct options {
  std::uint64_t from = 16;
  std::uint64_t to = 20'000'000;
  unsigned rounds = 5;
  std::vector<std::string> kinds;       // all if there are none
  std::vector<std::string> operations;  // the same
  std::string json;
  bool quick = false;
  bool own_hash = false;
  bool keep_memory = false;
};

struct at_rest {
  template <class Map>
  void operator()(Map& map) const {
    if constexpr (requires { map.finish(); }) map.finish();
  }
};

// In the middle of growing, and staying there.
struct half_way {
  template <class Map>
  void operator()(Map& map) const {
    map.finish();
    map.reserve_gradually(map.bucket_count());
    while (map.pending() > map.stats().buckets / 4) map.step(1);
  }
};

// A doubling in 8 steps below 4,096 elements, in 4 above; `quick`: in 2 throughout. The last size
// of a doubling is left out: it is the first of the next.
std::vector<std::uint64_t> sizes_of(const options& chosen) {
  return sizes_in_doublings(chosen.from, chosen.to, [&](std::uint64_t size) {
    return chosen.quick ? 2 : size < 4096 ? 8 : 4;
  });
}

template <which_hash Which, class Kind>
std::vector<std::unique_ptr<contender>> contenders_for(const key_set<Kind>& keys) {
  std::vector<std::unique_ptr<contender>> all;
  for_each_adapter_of<typename Kind::key>([&](auto adapter) {
    using map = map_contender<decltype(adapter), Kind, Which, at_rest>;
    all.push_back(std::make_unique<map>(std::string(adapter.name), keys, true));
  });
  using moving = map_contender<steady_adapter, Kind, Which, half_way>;
  all.push_back(std::make_unique<moving>("steady half-way", keys, false));
  return all;
}

// Whether the memory may not hold all maps together. Then one lives at a time: it does all
// operations, and then another does. Otherwise each operation is done by all maps in turn.
template <class Kind>
bool are_large(std::uint64_t elements) {
  return elements * sizeof(std::pair<typename Kind::key, typename Kind::value>) > 400'000'000;
}

// `insert` makes the map that others use, so it is always there.
bool is_chosen(const options& chosen, std::size_t what) {
  return operation(what) == operation::insert || chosen.operations.empty() ||
         std::find(chosen.operations.begin(), chosen.operations.end(), operation_names[what]) !=
             chosen.operations.end();
}

const char* hash_of(const options& chosen) { return chosen.own_hash ? own_hash : same_hash; }

// False if a result could not be written.
template <class Kind>
bool measure(const options& chosen, throughput_report& report) {
  if (!chosen.kinds.empty() &&
      std::find(chosen.kinds.begin(), chosen.kinds.end(), Kind::name) == chosen.kinds.end()) {
    return true;
  }
  for (const std::uint64_t size : sizes_of(chosen)) {
    const std::uint64_t probes = chosen.quick ? 100'000 : size < 200'000 ? 200'000 : 1'000'000;
    const key_set<Kind> keys(size, probes);
    const auto all = chosen.own_hash ? contenders_for<which_hash::own>(keys)
                                     : contenders_for<which_hash::same>(keys);
    std::mt19937_64 random(size);
    std::vector<contender*> order;
    for (const auto& each : all) order.push_back(each.get());
    for (unsigned round = 0; round < chosen.rounds; ++round) {
      show_progress(fmt::format("{}, {} elements, round {}", Kind::name, size, round + 1));
      const auto measure_one = [&](contender& next, std::size_t what) {
        if (!is_chosen(chosen, what)) return;
        const double ns = next.run(operation(what));
        if (ns != 0) report.add(Kind::name, size, operation(what), next.name(), ns);
      };
      if (!are_large<Kind>(size)) {
        for (std::size_t n = 0; n < operation_count; ++n) {
          std::shuffle(order.begin(), order.end(), random);
          for (contender* const next : order) measure_one(*next, n);
        }
      } else {
        std::shuffle(order.begin(), order.end(), random);
        for (contender* const next : order) {
          for (std::size_t n = 0; n < operation_count; ++n) measure_one(*next, n);
          next->drop();
        }
      }
    }
    const auto origin = origin_of_results(versions_of_maps(), hash_of(chosen));
    if (!write_json("bench.throughput", chosen.json, origin, report.json())) return false;
  }
  return true;
}

int run(const options& chosen) {
  throughput_report report;
  trims_allocator = !chosen.keep_memory;
  const bool written = measure<numbers>(chosen, report) && measure<large_values>(chosen, report) &&
                       measure<short_texts>(chosen, report) && measure<long_texts>(chosen, report);
  show_progress("");
  if (!written) return 1;
  std::printf(
      "Time by the faster of %s: geometric means over %zu sizes, each doubling of which "
      "counts the same, %u rounds; hash: %s\n",
      fast_rivals().c_str(), sizes_of(chosen).size(), chosen.rounds, hash_of(chosen));
  std::printf("%s", report.tables().c_str());
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  options chosen;
  CLI::App app("Time of single operations, beside other maps, over sizes that sweep doublings.");
  app.add_flag("--quick", chosen.quick,
               "two sizes in a doubling from 1,024 to 1,048,576, 3 rounds, numbers only");
  auto* const from =
      app.add_option("--from", chosen.from, "smallest size (16)")->check(CLI::PositiveNumber);
  auto* const to =
      app.add_option("--to", chosen.to, "sizes stay below (20000000)")->check(CLI::PositiveNumber);
  auto* const rounds =
      app.add_option("--rounds", chosen.rounds, "rounds (5)")->check(CLI::Range(1, 1000));
  app.add_option("--kind", chosen.kinds, "of elements; may be given several times (all)")
      ->check(CLI::IsMember({std::string(numbers::name), std::string(large_values::name),
                             std::string(short_texts::name), std::string(long_texts::name)}));
  app.add_option("--operation", chosen.operations,
                 "to be measured beside insert; may be given several times (all)")
      ->check(
          CLI::IsMember(std::vector<std::string>(operation_names.begin(), operation_names.end())));
  std::string hash = "same";
  app.add_option("--hash", hash,
                 "same: steady::hash, the same type in all maps; own: each map's default (same)")
      ->check(CLI::IsMember({"same", "own"}));
  app.add_flag("--keep-memory", chosen.keep_memory,
               "do not call malloc_trim(0) before maps are built");
  app.add_option("--json", chosen.json, "file for every single time");
  CLI11_PARSE(app, count, arguments);
  chosen.own_hash = hash == "own";
  if (chosen.quick) {
    if (from->count() == 0) chosen.from = 1024;
    if (to->count() == 0) chosen.to = 1'048'576;
    if (rounds->count() == 0) chosen.rounds = 3;
    if (chosen.kinds.empty()) chosen.kinds = {std::string(numbers::name)};
  }
  if (chosen.from >= chosen.to) {
    std::fprintf(stderr, "bench.throughput: --from must be below --to\n");
    return 2;
  }
  return run(chosen);
}
