// bench.idioms: the same few operations as programs write them, Steady's time beside its rivals'.
//
// A benchmark that throws away what an insertion returns does not show what it costs to return it.
// Here idioms use what they are given where programs do; few look at what insert_or_assign,
// erase(at++) and erase_if return, or emplace after a find that found nothing. All maps have the
// same hash and the same keys; in each round they take turns in random order. Shown are medians of
// the rounds.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <steady/hash.hpp>

#include "bench/adapters/all.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/each_once.hpp"
#include "bench/support/json_file.hpp"
#include "bench/support/median.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using steady::bench::now_ns;

template <class Key>
Key make_key(std::uint64_t i) {
  if constexpr (std::is_same_v<Key, std::string>) {
    return std::to_string(steady::bench::splitmix64(i) % 1'000'000'000'000);
  } else {
    return steady::bench::splitmix64(i);
  }
}

template <class Key>
struct key_lists {
  explicit key_lists(std::uint64_t elements) {
    for (std::uint64_t i = 0; i < elements; ++i) fresh.push_back(make_key<Key>(i));
    std::mt19937_64 random(elements);
    for (std::uint64_t i = 0; i < 4 * elements; ++i) drawn.push_back(fresh[random() % elements]);
  }
  std::vector<Key> fresh;  // each once
  std::vector<Key> drawn;  // at random, four times as many
};

// Keeps the compiler from dropping the sums.
volatile std::uint64_t observed;

// Each returns how many operations it did.
template <class Map>
struct idioms {
  using key = typename Map::key_type;
  using keys = key_lists<key>;

  // ---- into an empty map ----

  static std::uint64_t assign_new(Map& map, const keys& of) {
    std::uint64_t n = 0;
    for (const key& each : of.fresh) map[each] = ++n;
    return n;
  }
  static std::uint64_t count(Map& map, const keys& of) {
    for (const key& each : of.drawn) ++map[each];
    return of.drawn.size();
  }
  static std::uint64_t insert_pair(Map& map, const keys& of) {
    std::uint64_t n = 0;
    for (const key& each : of.fresh) n += map.insert({each, n}).second ? 1u : 0u;
    return n;
  }
  static std::uint64_t use_place(Map& map, const keys& of) {
    for (const key& each : of.drawn) {
      const auto [at, inserted] = map.try_emplace(each, 1);
      if (!inserted) ++at->second;
    }
    return of.drawn.size();
  }
  static std::uint64_t find_or_emplace(Map& map, const keys& of) {
    for (const key& each : of.drawn) {
      if (const auto at = map.find(each); at != map.end()) {
        ++at->second;
      } else {
        map.emplace(each, 1);
      }
    }
    return of.drawn.size();
  }
  static std::uint64_t insert_or_assign(Map& map, const keys& of) {
    std::uint64_t n = 0;
    for (const key& each : of.drawn) map.insert_or_assign(each, ++n);
    return n;
  }

  // ---- in a map that has the keys ----

  static std::uint64_t add_to_known(Map& map, const keys& of) {
    for (const key& each : of.drawn) map[each] += 2;
    return of.drawn.size();
  }
  static std::uint64_t at(Map& map, const keys& of) {
    std::uint64_t sum = 0;
    for (const key& each : of.drawn) sum += map.at(each);
    observed = sum;
    return of.drawn.size();
  }
  static std::uint64_t contains(Map& map, const keys& of) {
    std::uint64_t sum = 0;
    for (const key& each : of.drawn) sum += map.contains(each) ? 1u : 0u;
    observed = sum;
    return of.drawn.size();
  }
  static std::uint64_t erase_key(Map& map, const keys& of) {
    std::uint64_t sum = 0;
    for (const key& each : of.fresh) sum += map.erase(each);
    observed = sum;
    return of.fresh.size();
  }
  static std::uint64_t erase_found(Map& map, const keys& of) {
    std::uint64_t sum = 0;
    for (const key& each : of.fresh) {
      const auto found = map.find(each);
      if (found == map.end()) continue;
      sum += found->second;
      map.erase(found);
    }
    observed = sum;
    return of.fresh.size();
  }
  static std::uint64_t erase_on_the_way(Map& map, const keys& of) {
    for (auto at = map.begin(); at != map.end();) {
      if (at->second % 2 == 0) {
        map.erase(at++);
      } else {
        ++at;
      }
    }
    return of.fresh.size();
  }
  static std::uint64_t erase_half(Map& map, const keys& of) {
    erase_if(map, [](const auto& element) { return element.second % 2 == 0; });
    return of.fresh.size();
  }
  static std::uint64_t fill_again(Map& map, const keys& of) {
    map.clear();
    return assign_new(map, of);
  }
  static std::uint64_t change_all(Map& map, const keys& of) {
    for (auto& [known, value] : map) value += 2;
    return of.fresh.size();
  }

  struct named {
    const char* words;
    bool into_empty;
    std::uint64_t (*run)(Map&, const keys&);
  };
  static constexpr std::array<named, 15> all = {{
      {"map[key] = value, new keys", true, assign_new},
      {"++map[key], a quarter new", true, count},
      {"insert({key, value})", true, insert_pair},
      {"try_emplace, then its element", true, use_place},
      {"find, or else emplace", true, find_or_emplace},
      {"insert_or_assign", true, insert_or_assign},
      {"map[key] += 2, known keys", false, add_to_known},
      {"at(key)", false, at},
      {"contains(key)", false, contains},
      {"erase(key)", false, erase_key},
      {"find, then erase it", false, erase_found},
      {"erase(at++) every other", false, erase_on_the_way},
      {"erase_if every other", false, erase_half},
      {"clear(), then map[key] = value", false, fill_again},
      {"for (auto& [key, value] : map)", false, change_all},
  }};
};

struct options {
  std::vector<std::uint64_t> sizes = {5'000, 500'000};
  unsigned rounds = 5;
  std::string json;
};

// Nanoseconds of one operation of idiom `number`, in a map of its own.
template <class Map>
double time_of(std::size_t number, const key_lists<typename Map::key_type>& keys,
               const Map& filled) {
  const auto& idiom = idioms<Map>::all[number];
  const std::size_t times = std::max<std::size_t>(1, 50'000 / keys.fresh.size());
  std::uint64_t took = 0;
  std::uint64_t operations = 0;
  for (std::size_t n = 0; n < times; ++n) {
    Map map;
    if (!idiom.into_empty) map = filled;
    const std::uint64_t start = now_ns();
    operations += idiom.run(map, keys);
    took += now_ns() - start;
  }
  return static_cast<double>(took) / static_cast<double>(operations);
}

template <class Map>
Map filled_with(const std::vector<typename Map::key_type>& keys) {
  Map map;
  std::uint64_t n = 0;
  for (const auto& key : keys) map.try_emplace(key, n++);
  if constexpr (requires { map.finish(); }) map.finish();
  return map;
}

// Adds to `rows`, the results for --json.
template <class Key>
void measure(const char* kind, std::uint64_t size, unsigned rounds, nlohmann::json& rows) {
  const key_lists<Key> keys(size);
  struct contender {
    std::string name;
    std::function<double(std::size_t)> run;
  };
  std::vector<contender> contenders;
  steady::bench::for_each_adapter_of<Key>([&](auto adapter) {
    using map = typename decltype(adapter)::template map<Key, std::uint64_t, steady::hash<Key>>;
    contenders.push_back({std::string(adapter.name),
                          [&keys, filled = filled_with<map>(keys.fresh)](std::size_t number) {
                            return time_of<map>(number, keys, filled);
                          }});
  });
  std::printf("\n%s, %llu elements\n%-32s %10s", kind, static_cast<unsigned long long>(size), "",
              "by faster");
  for (const auto& each : contenders) std::printf(" %8s", each.name.c_str());
  std::printf("  ns\n");

  using some_map =
      typename steady::bench::steady_adapter::template map<Key, std::uint64_t, steady::hash<Key>>;
  std::mt19937_64 random(size);
  std::vector<std::size_t> order(contenders.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  for (std::size_t number = 0; number < idioms<some_map>::all.size(); ++number) {
    std::map<std::string, std::vector<double>> times;
    for (unsigned round = 0; round < rounds; ++round) {
      std::shuffle(order.begin(), order.end(), random);
      for (const std::size_t i : order)
        times[contenders[i].name].push_back(contenders[i].run(number));
    }
    for (const auto& each : contenders) {
      rows.push_back({{"keys", kind},
                      {"size", size},
                      {"operation", idioms<some_map>::all[number].words},
                      {"map", each.name},
                      {"ns", times[each.name]}});
    }
    const auto faster = steady::bench::of_faster_rival([&](std::string_view rival) {
      const auto found = times.find(std::string(rival));
      return found == times.end() ? std::nullopt
                                  : std::optional(steady::bench::median(found->second));
    });
    std::printf("%-32s ", idioms<some_map>::all[number].words);
    if (faster) {
      std::printf("%10.2f", steady::bench::median(times.at("steady")) / *faster);
    } else {
      std::printf("%10s", "-");
    }
    for (const auto& each : contenders)
      std::printf(" %8.1f", steady::bench::median(times.at(each.name)));
    std::printf("\n");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int count, char** arguments) {
  options chosen;
  CLI::App app("Operations as programs write them, beside other maps.");
  app.add_option("--size", chosen.sizes, "elements; may be given several times (5000 and 500000)")
      ->check(CLI::Range(1, 100'000'000));
  app.add_option("--rounds", chosen.rounds, "rounds (5)")->check(CLI::Range(1, 1000));
  app.add_option("--json", chosen.json, "file for every single time");
  app.callback([&chosen] { steady::bench::refuse_repeated("--size", chosen.sizes); });
  CLI11_PARSE(app, count, arguments);
  std::printf("hash: %s\n", steady::bench::same_hash);
  auto rows = nlohmann::json::array();
  for (const std::uint64_t size : chosen.sizes) {
    measure<std::uint64_t>("u64:u64", size, chosen.rounds, rows);
    measure<std::string>("text of up to 12 digits:u64", size, chosen.rounds, rows);
  }
  const auto origin = steady::bench::origin_of_results(steady::bench::versions_of_maps());
  return steady::bench::write_json("bench.idioms", chosen.json, origin, rows) ? 0 : 1;
}
