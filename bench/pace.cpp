// Incremental against full copying: the same map, the same layout, and a policy that says how many
// buckets an insertion evacuates: from one to all of them, which is what other maps do.
//
//   pace [ELEMENTS]           (default: 10000000)
//
// Every run is a process of its own, rounds are interleaved. Maxima: the least over the rounds,
// because what interrupts the machine does not strike in every one.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <steady/hash_map.hpp>

#include "bench/adapters/all.hpp"
#include "bench/support/child_process.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/numbers_asked.hpp"
#include "bench/support/process.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using namespace steady::bench;

template <unsigned Evacuations>
struct pace : steady::default_policy {
  static constexpr unsigned evacuations_per_insert = Evacuations;
};

template <unsigned Evacuations>
using map_at =
    steady::hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, std::equal_to<>,
                     std::allocator<std::pair<const std::uint64_t, std::uint64_t>>,
                     pace<Evacuations>>;

struct outcome {
  double ns_per_insert;
  std::uint64_t longest_ns;
  std::uint64_t peak_bytes;
  std::uint64_t final_bytes;
  std::uint64_t page_faults;
};

// Timed twice: without reading the clock in between for the mean, with it for the maximum.
template <class Map>
outcome grow(std::uint64_t elements, bool each) {
  outcome found{};
  const std::uint64_t clock_cost = measure_clock_cost();
  reset_peak_memory();
  const memory_usage before = read_memory_usage();
  const std::uint64_t faults = page_faults();
  Map& map = *new Map();  // the process ends
  const std::uint64_t start = now_ns();
  for (std::uint64_t n = 0; n < elements; ++n) {
    if (each) {
      const std::uint64_t took = timed(clock_cost, [&] { map.try_emplace(splitmix64(n), n); });
      found.longest_ns = std::max(found.longest_ns, took);
    } else {
      map.try_emplace(splitmix64(n), n);
    }
  }
  found.ns_per_insert = static_cast<double>(now_ns() - start) / static_cast<double>(elements);
  const memory_usage after = read_memory_usage();
  found.page_faults = page_faults() - faults;
  found.peak_bytes = after.peak - before.resident;
  found.final_bytes = after.resident - before.resident;
  return found;
}

struct entrant {
  std::string name;
  std::function<outcome(std::uint64_t, bool)> run;
  std::vector<outcome> means;
  std::vector<outcome> maxima;
};

template <class Member>
double middle(const std::vector<outcome>& of, Member member) {
  std::vector<double> values;
  for (const outcome& each : of) values.push_back(static_cast<double>(each.*member));
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(const entrant& one) {
  if (one.means.empty() || one.maxima.empty()) {
    std::printf("%-24s failed\n", one.name.c_str());
    return;
  }
  double longest = std::numeric_limits<double>::max();
  for (const outcome& each : one.maxima) {
    longest = std::min(longest, static_cast<double>(each.longest_ns));
  }
  const double bytes = middle(one.means, &outcome::final_bytes);
  std::printf("%-24s %14.1f %22.1f %16.0f ", one.name.c_str(),
              middle(one.means, &outcome::ns_per_insert), longest / 1000, bytes / (1 << 20));
  if (bytes > 0) {  // a small map may fit into pages that were there
    std::printf("%16.2f", middle(one.means, &outcome::peak_bytes) / bytes);
  } else {
    std::printf("%16s", "-");
  }
  std::printf(" %14.0f\n", middle(one.means, &outcome::page_faults));
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::uint64_t elements = 10'000'000;
  steady::bench::read_numbers(
      argument_count, arguments,
      "Growing, with one, a few, or all buckets evacuated in one insertion.",
      {{elements, "ELEMENTS", "elements to grow to"}});
  pin_to_one_core();
  std::vector<entrant> entrants = {
      {"1 bucket an insertion", grow<map_at<1>>, {}, {}},
      {"2 (the default)", grow<map_at<2>>, {}, {}},
      {"8", grow<map_at<8>>, {}, {}},
      {"64", grow<map_at<64>>, {}, {}},
      {"all: full copying", grow<map_at<std::numeric_limits<unsigned>::max() / 4>>, {}, {}}};
  for_each_adapter_of<std::uint64_t>([&](auto adapter) {
    if (adapter.name == steady_adapter::name) return;
    using map = typename decltype(adapter)::template map<std::uint64_t, std::uint64_t,
                                                         steady::hash<std::uint64_t>>;
    entrants.push_back({std::string(adapter.full_name), grow<map>, {}, {}});
  });
  for (int round = 0; round < 3; ++round) {
    for (entrant& one : entrants) {
      for (const bool each : {false, true}) {
        const auto result = run_in_child([&] { return one.run(elements, each); });
        if (result.result) (each ? one.maxima : one.means).push_back(*result.result);
      }
    }
  }
  std::printf("Growing to %llu u64 pairs, 3 rounds\n%-24s %14s %22s %16s %16s %14s\n",
              static_cast<unsigned long long>(elements), "evacuated", "ns per insert",
              "longest insert, us", "MiB at the end", "peak / final", "page faults");
  for (const entrant& one : entrants) print(one);
}
