// bench.batch: what it buys to look up, insert and erase many keys in one call.
//
// Steady's calls for many keys beside its calls for one, and beside loops over its rivals, whose
// insert() gets a range, too. Sizes sweep whole doublings; in each round the contenders take turns
// in random order. Shown are medians of the rounds, in nanoseconds for each key, and as multiples
// of Steady's single calls and of the faster rival.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <steady/hash.hpp>

#include "bench/adapters/all.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/doublings.hpp"
#include "bench/support/json_file.hpp"
#include "bench/support/median.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using steady::bench::now_ns;

struct options {
  std::uint64_t from = 10'000;
  std::uint64_t to = 5'000'000;
  unsigned per_doubling = 1;
  unsigned rounds = 5;
  bool texts = false;
  bool half_way = false;
  std::string json;
};

volatile std::uint64_t observed;  // keeps the compiler from dropping the sums

template <class Key>
Key make_key(std::uint64_t i) {
  if constexpr (std::is_same_v<Key, std::string>) {
    return "a key of forty characters, " + std::to_string(1'000'000'000'000 + i % 900'000'000'000);
  } else {
    return i;
  }
}

// What all contenders get, so that they do the same.
template <class Key>
struct input {
  explicit input(std::uint64_t count) {
    elements.reserve(count);
    for (std::uint64_t i = 0; i < count; ++i) {
      elements.emplace_back(make_key<Key>(steady::bench::splitmix64(i)), i);
    }
    std::mt19937_64 random(count);
    const std::uint64_t lookups = std::clamp<std::uint64_t>(count, 200'000, 1'000'000);
    for (std::uint64_t i = 0; i < lookups; ++i) {
      present.push_back(elements[random() % count].first);
      absent.push_back(make_key<Key>(random()));
    }
    for (const auto& element : elements) each.push_back(element.first);
    std::shuffle(each.begin(), each.end(), random);
  }
  std::vector<std::pair<Key, std::uint64_t>> elements;
  std::vector<Key> present;  // at random, some more than once
  std::vector<Key> absent;
  std::vector<Key> each;  // every key once, in another order
};

enum operation { hit, miss, insert, erase, operations };
const char* const words[operations] = {"lookups that find", "lookups that do not find",
                                       "insertion of a range", "erasing by keys"};

// One key after the other.
template <class Map, class Key>
struct single_calls {
  static void look_up(Map& map, const std::vector<Key>& keys) {
    std::uint64_t sum = 0;
    for (const Key& key : keys) {
      if (const auto found = map.find(key); found != map.end()) sum += found->second;
    }
    observed = sum;
  }
  static void erase(Map& map, const std::vector<Key>& keys) {
    std::uint64_t erased = 0;
    for (const Key& key : keys) erased += map.erase(key);
    observed = erased;
  }
  static void insert(Map& map, const std::vector<std::pair<Key, std::uint64_t>>& elements) {
    if constexpr (requires { map.pending(); }) {
      for (const auto& element : elements) map.insert(element);
    } else {
      map.insert(elements.begin(), elements.end());
    }
  }
};

template <class Map, class Key>
struct calls_for_many {
  static void look_up(Map& map, const std::vector<Key>& keys) {
    std::uint64_t sum = 0;
    map.visit(keys, [&](const auto& element) { sum += element.second; });
    observed = sum;
  }
  static void erase(Map& map, const std::vector<Key>& keys) { observed = map.erase_keys(keys); }
  static void insert(Map& map, const std::vector<std::pair<Key, std::uint64_t>>& elements) {
    map.insert(elements.begin(), elements.end());
  }
};

// Brings a map that grows in steps into the middle of a migration, or to its end.
template <class Map>
void settle(Map& map, bool half_way) {
  if constexpr (requires { map.pending(); }) {
    map.finish();
    if (!half_way) return;
    map.reserve_gradually(map.bucket_count());  // more than are before the load limit: a doubling
    const auto all = map.pending();
    while (map.pending() > all / 2) map.step(1);
  }
}

using times = std::vector<double>;

// Nanoseconds for each key of one round.
template <class Map, class Key, class Calls>
std::vector<double> one_round(const input<Key>& of, bool half_way) {
  std::vector<double> result(operations);
  const auto timed = [&](operation what, std::size_t keys, const auto& work) {
    const std::uint64_t start = now_ns();
    work();
    result[what] = static_cast<double>(now_ns() - start) / static_cast<double>(keys);
  };
  // Small maps are built and drained often, so that the clock does not count.
  const std::uint64_t repeats = std::max<std::uint64_t>(1, 200'000 / of.elements.size());
  std::vector<std::unique_ptr<Map>> maps;
  for (std::uint64_t n = 0; n < repeats; ++n) maps.push_back(std::make_unique<Map>());
  timed(insert, repeats * of.elements.size(), [&] {
    for (auto& map : maps) Calls::insert(*map, of.elements);
  });
  for (auto& map : maps) settle(*map, half_way);
  timed(hit, of.present.size(), [&] { Calls::look_up(*maps[0], of.present); });
  timed(miss, of.absent.size(), [&] { Calls::look_up(*maps[0], of.absent); });
  timed(erase, repeats * of.each.size(), [&] {
    for (auto& map : maps) Calls::erase(*map, of.each);
  });
  return result;
}

template <class Key>
struct contender {
  std::string name;
  std::function<std::vector<double>(const input<Key>&, bool)> round;
};

template <class Key>
std::vector<contender<Key>> contenders() {
  std::vector<contender<Key>> all;
  steady::bench::for_each_fast_adapter_of<Key>([&](auto adapter) {
    using map = steady::bench::map_of<decltype(adapter), Key>;
    if constexpr (std::is_same_v<decltype(adapter), steady::bench::steady_adapter>) {
      all.push_back({"many", one_round<map, Key, calls_for_many<map, Key>>});
    }
    all.push_back({std::string(adapter.name), one_round<map, Key, single_calls<map, Key>>});
  });
  return all;
}

// Of all rounds of one size.
using measurements = std::map<std::string, std::vector<times>>;

void add_json(const options& asked, std::uint64_t size, const measurements& measured,
              nlohmann::json& rows) {
  for (const auto& [name, by_operation] : measured) {
    for (std::size_t n = 0; n < operations; ++n) {
      rows.push_back({{"keys", asked.texts ? "texts" : "numbers"},
                      {"state", asked.half_way ? "half-way" : "at rest"},
                      {"size", size},
                      {"operation", words[n]},
                      {"map", name},
                      {"ns", by_operation[n]}});
    }
  }
}

// The results for --json.
template <class Key>
nlohmann::json measure(const options& asked) {
  auto rows = nlohmann::json::array();
  const auto all = contenders<Key>();
  struct {
    steady::bench::mean_over_doublings by_single, by_rival;
  } total[operations];
  std::printf("%9s %-26s", "elements", "");
  for (const auto& each : all) std::printf(" %8s", each.name.c_str());
  std::printf("   many/steady   many/faster rival\n");
  std::mt19937_64 random(1);
  const auto steps = [&](std::uint64_t) { return asked.per_doubling; };
  for (const std::uint64_t count :
       steady::bench::sizes_in_doublings(asked.from, asked.to + 1, steps)) {
    const input<Key> of(count);
    measurements measured;
    for (const auto& each : all) measured[each.name].resize(operations);
    for (unsigned round = 0; round < asked.rounds; ++round) {
      auto shuffled = all;
      std::shuffle(shuffled.begin(), shuffled.end(), random);
      for (const auto& each : shuffled) {
        const std::vector<double> taken = each.round(of, asked.half_way);
        for (std::size_t n = 0; n < operations; ++n) measured[each.name][n].push_back(taken[n]);
      }
    }
    add_json(asked, count, measured, rows);
    for (std::size_t n = 0; n < operations; ++n) {
      std::printf("%9llu %-26s", static_cast<unsigned long long>(count), words[n]);
      double best_rival = 0;  // the slow ones take no part
      for (const auto& each : all) {
        const double median = steady::bench::median(measured[each.name][n]);
        std::printf(" %8.2f", median);
        if (each.name == "many" || each.name == "steady") continue;
        if (best_rival == 0 || median < best_rival) best_rival = median;
      }
      const double many = steady::bench::median(measured["many"][n]);
      const double by_single = many / steady::bench::median(measured["steady"][n]);
      std::printf("   %11.2f", by_single);
      total[n].by_single.add(count, by_single);
      if (best_rival != 0) {
        std::printf("   %17.2f", many / best_rival);
        total[n].by_rival.add(count, many / best_rival);
      } else {
        std::printf("   %17s", "-");
      }
      std::printf("\n");
      std::fflush(stdout);
    }
  }
  std::printf("\nGeometric means over the sizes: many/steady, many/faster rival\n");
  for (std::size_t n = 0; n < operations; ++n) {
    const std::optional<double> by_single = total[n].by_single.mean();
    const std::optional<double> by_rival = total[n].by_rival.mean();
    if (!by_single) continue;
    std::printf("%-26s %5.2f ", words[n], *by_single);
    if (by_rival) {
      std::printf("%5.2f\n", *by_rival);
    } else {
      std::printf("%5s\n", "-");
    }
  }
  return rows;
}

}  // namespace

int main(int argc, char** argv) {
  options asked;
  CLI::App app("What it buys to look up, insert and erase many keys in one call.");
  app.add_option("--from", asked.from, "The smallest number of elements")
      ->check(CLI::PositiveNumber);
  app.add_option("--to", asked.to, "The largest number of elements")->check(CLI::PositiveNumber);
  app.add_option("--per-doubling", asked.per_doubling, "Sizes in each doubling")
      ->check(CLI::PositiveNumber);
  app.add_option("--rounds", asked.rounds, "Rounds; the medians are shown")
      ->check(CLI::PositiveNumber);
  app.add_flag("--texts", asked.texts, "Keys are texts of 40 characters instead of numbers");
  app.add_flag("--half-way", asked.half_way,
               "Lookups and erasures in the middle of a migration of Steady's maps");
  app.add_option("--json", asked.json, "File for every single time");
  app.option_defaults()->always_capture_default();
  CLI11_PARSE(app, argc, argv);
  std::printf("hash: %s\n", steady::bench::same_hash);
  const nlohmann::json rows =
      asked.texts ? measure<std::string>(asked) : measure<std::uint64_t>(asked);
  const auto origin = steady::bench::origin_of_results(steady::bench::versions_of_maps());
  return steady::bench::write_json("bench.batch", asked.json, origin, rows) ? 0 : 1;
}
