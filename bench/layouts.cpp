// What the width of a bucket and the load limit cost and save.
//
//   layouts [SIZE]            sizes sweep the doubling from SIZE on (default: 1000000)
//   layouts --lines WIDTH PERCENT KEYS LOOKUPS hit|miss
//                             looks up so often and does nothing else worth mentioning: under
//                             cachegrind, two runs that differ in LOOKUPS tell the cache lines that
//                             a lookup touches (tools/count_lines)
//
// Times are medians over rounds in which all layouts take turns, then geometric means over the
// sizes. Comparisons of keys are counted, memory is what the map says that it holds.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include <steady/hash_map.hpp>

#include "bench/support/clock.hpp"
#include "bench/support/median.hpp"
#include "bench/support/numbers_asked.hpp"
#include "bench/support/process.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using steady::bench::median;
using steady::bench::now_ns;
using steady::bench::splitmix64;

template <unsigned Width, unsigned Percent>
struct layout_policy : steady::default_policy {
  template <std::size_t>
  static constexpr unsigned bucket_width = Width;
  static constexpr double load_limit = Percent / 100.0;
};

struct counting_equal {
  static inline std::uint64_t comparisons = 0;
  bool operator()(std::uint64_t a, std::uint64_t b) const {
    ++comparisons;
    return a == b;
  }
};

template <unsigned Width, unsigned Percent, class Equal = std::equal_to<>>
using map_with = steady::hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, Equal,
                                  std::allocator<std::pair<const std::uint64_t, std::uint64_t>>,
                                  layout_policy<Width, Percent>>;

// Keeps the compiler from dropping the sums.
volatile std::uint64_t observed;

enum measure : unsigned { insert, hit, miss, hit_comparisons, miss_comparisons, bytes, measures };
using figures = std::array<double, measures>;

struct key_set {
  explicit key_set(std::uint64_t size) : n(size) {
    std::mt19937_64 random(size);
    for (int i = 0; i < 500'000; ++i) {
      hits.push_back(splitmix64(random() % n));
      misses.push_back(splitmix64((std::uint64_t{1} << 40) + static_cast<std::uint64_t>(i)));
    }
  }
  std::uint64_t n;
  std::vector<std::uint64_t> hits;
  std::vector<std::uint64_t> misses;
};

template <class Map>
double look_up(const Map& map, const std::vector<std::uint64_t>& keys) {
  std::uint64_t sum = 0;
  const auto end = map.end();
  const std::uint64_t start = now_ns();
  for (const std::uint64_t key : keys) {
    const auto found = map.find(key);
    if (found != end) sum += found->second;
  }
  const std::uint64_t took = now_ns() - start;
  observed = sum;
  return static_cast<double>(took) / static_cast<double>(keys.size());
}

template <class Map>
void fill(Map& map, std::uint64_t size) {
  for (std::uint64_t n = 0; n < size; ++n) map.try_emplace(splitmix64(n), n);
}

template <class Map>
figures time_of(const key_set& keys) {
  figures found{};
  const auto map = std::make_unique<Map>();
  const std::uint64_t start = now_ns();
  fill(*map, keys.n);
  found[insert] = static_cast<double>(now_ns() - start) / static_cast<double>(keys.n);
  map->finish();
  found[hit] = look_up(*map, keys.hits);
  found[miss] = look_up(*map, keys.misses);
  found[bytes] = static_cast<double>(map->stats().bytes) / static_cast<double>(keys.n);
  return found;
}

template <class Map>
double comparisons_of(const Map& map, const std::vector<std::uint64_t>& keys) {
  counting_equal::comparisons = 0;
  look_up(map, keys);
  return static_cast<double>(counting_equal::comparisons) / static_cast<double>(keys.size());
}

struct layout {
  unsigned width;
  unsigned percent;
  figures (*time)(const key_set&);
  figures (*count)(const key_set&);
  void (*look)(const key_set&, std::uint64_t, bool);
};

template <unsigned Width, unsigned Percent>
layout layout_of() {
  return {Width, Percent, time_of<map_with<Width, Percent>>,
          [](const key_set& keys) {
            figures found{};
            map_with<Width, Percent, counting_equal> map;
            fill(map, keys.n);
            map.finish();
            found[hit_comparisons] = comparisons_of(map, keys.hits);
            found[miss_comparisons] = comparisons_of(map, keys.misses);
            return found;
          },
          [](const key_set& keys, std::uint64_t lookups, bool hits) {
            map_with<Width, Percent> map;
            fill(map, keys.n);
            map.finish();
            auto some = hits ? keys.hits : keys.misses;
            some.resize(lookups);
            look_up(map, some);
          }};
}

const std::array<layout, 9> layouts = {
    layout_of<4, 80>(),  layout_of<8, 80>(),  layout_of<12, 80>(),
    layout_of<14, 80>(), layout_of<14, 50>(), layout_of<14, 65>(),
    layout_of<14, 88>(), layout_of<14, 95>(), layout_of<14, 110>()};

int sweep(std::uint64_t from) {
  constexpr int steps = 4;
  constexpr int rounds = 3;
  std::array<figures, layouts.size()> means{};
  for (int step = 0; step < steps; ++step) {
    const key_set keys(static_cast<std::uint64_t>(static_cast<double>(from) *
                                                  std::exp2(static_cast<double>(step) / steps)));
    std::vector<std::vector<figures>> all(layouts.size());
    for (std::size_t round = 0; round < rounds; ++round) {
      for (std::size_t turn = 0; turn < layouts.size(); ++turn) {
        const std::size_t n = (turn + round) % layouts.size();
        all[n].push_back(layouts[n].time(keys));
      }
    }
    for (std::size_t n = 0; n < layouts.size(); ++n) {
      for (const measure what : {insert, hit, miss, bytes}) {
        std::vector<double> values;
        for (const figures& each : all[n]) values.push_back(each[what]);
        means[n][what] += std::log(median(values)) / steps;
      }
      const figures counted = layouts[n].count(keys);
      means[n][hit_comparisons] += counted[hit_comparisons] / steps;
      means[n][miss_comparisons] += counted[miss_comparisons] / steps;
    }
  }
  std::printf("%5s %6s %11s %9s %9s %17s %18s %14s\n", "width", "load", "insert, ns", "hit, ns",
              "miss, ns", "comparisons, hit", "comparisons, miss", "bytes/element");
  for (std::size_t n = 0; n < layouts.size(); ++n) {
    const figures& mean = means[n];
    std::printf("%5u %5u%% %11.1f %9.1f %9.1f %17.4f %18.4f %14.1f\n", layouts[n].width,
                layouts[n].percent, std::exp(mean[insert]), std::exp(mean[hit]),
                std::exp(mean[miss]), mean[hit_comparisons], mean[miss_comparisons],
                std::exp(mean[bytes]));
  }
  return 0;
}

int only_look_up(char** arguments) {
  const auto width = std::strtoul(arguments[0], nullptr, 10);
  const auto percent = std::strtoul(arguments[1], nullptr, 10);
  const std::uint64_t size = std::strtoull(arguments[2], nullptr, 10);
  const std::uint64_t lookups = std::strtoull(arguments[3], nullptr, 10);
  const bool hits = std::strcmp(arguments[4], "hit") == 0;
  if (size == 0) {
    std::fprintf(stderr, "layouts: '%s' keys; at least 1\n", arguments[2]);
    return 2;
  }
  for (const layout& each : layouts) {
    if (each.width != width || each.percent != percent) continue;
    each.look(key_set(size), lookups, hits);
    return 0;
  }
  std::fprintf(stderr, "layouts: no layout of width %s at %s %%\n", arguments[0], arguments[1]);
  return 2;
}

}  // namespace

int main(int argument_count, char** arguments) {
  steady::bench::pin_to_one_core();
  if (argument_count == 7 && std::strcmp(arguments[1], "--lines") == 0) {
    return only_look_up(arguments + 2);
  }
  std::uint64_t from = 1'000'000;
  steady::bench::read_numbers(argument_count, arguments,
                              "Widths of buckets and load limits, over one doubling. (With --lines "
                              "WIDTH PERCENT KEYS LOOKUPS hit|miss it only looks up: what "
                              "tools/count_lines counts.)",
                              {{from, "SIZE", "elements that the doubling begins with"}});
  return sweep(from);
}
