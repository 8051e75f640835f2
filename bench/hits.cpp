// bench.hits: what lookups that find spend their time on. Keys are sorted by what their lookup
// meets: the right tag first (clean), another element with the same tag before it (false tag), or a
// full bucket whose overflow has the element (overflow). Each kind is timed by itself.
//
// Sizes sweep a doubling, because the shares change with the load. The kinds take turns in random
// order; shown are medians of the rounds, nanoseconds for each lookup.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <vector>

#include <CLI/CLI.hpp>

#include <steady/hash_map.hpp>

#include "bench/support/clock.hpp"
#include "bench/support/doublings.hpp"
#include "bench/support/median.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using map_type = steady::hash_map<std::uint64_t, std::uint64_t>;
using keys = std::vector<std::uint64_t>;

struct options {
  std::uint64_t from = 700'000;
  unsigned sizes = 8;  // in the doubling
  unsigned rounds = 7;
};

volatile std::uint64_t observed;  // keeps the compiler from dropping the sums

enum kind { all, clean, false_tag, overflow, kinds };

kind kind_of(const map_type& map, std::uint64_t key) {
  const auto at = steady::detail::container_access::table_of(map).find(key);
  if (at.in_overflow) return overflow;
  std::uint8_t* const tag = at.tag();
  std::uint8_t* const first = steady::detail::header_around(tag);
  return std::find(first, tag, *tag) == tag ? clean : false_tag;
}

// A random order, as many lookups for each kind, so that all find the caches alike.
keys shuffled(const keys& from, std::size_t count, std::mt19937_64& random) {
  keys drawn;
  for (std::size_t n = 0; n < count && !from.empty(); ++n) {
    drawn.push_back(from[random() % from.size()]);
  }
  return drawn;
}

double time_of(const map_type& map, const keys& wanted) {
  std::uint64_t sum = 0;
  const std::uint64_t start = steady::bench::now_ns();
  for (const std::uint64_t key : wanted) {
    if (const auto found = map.find(key); found != map.end()) sum += found->second;
  }
  const std::uint64_t took = steady::bench::now_ns() - start;
  observed = sum;
  return static_cast<double>(took) / static_cast<double>(wanted.size());
}

void measure(const options& asked) {
  std::printf("%9s %6s %9s %9s | %7s %7s %9s %9s\n", "elements", "load", "false tag", "overflow",
              "all", "clean", "false tag", "overflow");
  std::mt19937_64 random(1);
  const auto steps = [&](std::uint64_t) { return asked.sizes; };
  for (const std::uint64_t count :
       steady::bench::sizes_in_doublings(asked.from, 2 * asked.from, steps)) {
    map_type map;
    for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(steady::bench::splitmix64(n), n);
    map.finish();
    keys by_kind[kinds];
    for (const auto& [key, value] : map) {
      by_kind[all].push_back(key);
      by_kind[kind_of(map, key)].push_back(key);
    }
    keys wanted[kinds];
    for (int of = all; of < kinds; ++of) wanted[of] = shuffled(by_kind[of], 500'000, random);
    std::vector<double> times[kinds];
    int order[] = {all, clean, false_tag, overflow};
    for (unsigned round = 0; round < asked.rounds; ++round) {
      std::shuffle(std::begin(order), std::end(order), random);
      for (const int of : order) {
        if (!wanted[of].empty()) times[of].push_back(time_of(map, wanted[of]));
      }
    }
    const auto share = [&](kind of) {
      return 100 * static_cast<double>(by_kind[of].size()) / static_cast<double>(count);
    };
    std::printf("%9llu %6.3f %7.2f %% %7.2f %% |", static_cast<unsigned long long>(count),
                static_cast<double>(map.load_factor()), share(false_tag), share(overflow));
    for (int of = all; of < kinds; ++of) {
      const int width = of < false_tag ? 7 : 9;
      if (times[of].empty()) {
        std::printf(" %*s", width, "-");
      } else {
        std::printf(" %*.2f", width, steady::bench::median(times[of]));
      }
    }
    std::printf("\n");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  options asked;
  CLI::App app("What lookups that find spend their time on: false tags, overflow, or neither.");
  app.add_option("--from", asked.from, "The smallest number of elements")
      ->check(CLI::PositiveNumber);
  app.add_option("--sizes", asked.sizes, "Sizes in the doubling from there")
      ->check(CLI::PositiveNumber);
  app.add_option("--rounds", asked.rounds, "Rounds; the medians are shown")
      ->check(CLI::PositiveNumber);
  app.option_defaults()->always_capture_default();
  CLI11_PARSE(app, argc, argv);
  measure(asked);
}
