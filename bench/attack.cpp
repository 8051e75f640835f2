// The cost of keys that somebody chose to collide under the map's seed, with automatic reseeding
// and without.
//
//   attack [KEYS [ROUNDS]]      (default: 1000000 keys, 5 rounds)
//
// The seed is known here because this program plants it; it stands for one that leaked. Keys are
// inserted into an empty map, and into one that holds as many random keys. Each round runs every
// case once, so that a busy machine is busy for all; times are medians per insertion.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <steady/hash_map.hpp>

#include "bench/support/clock.hpp"
#include "bench/support/numbers_asked.hpp"
#include "bench/support/splitmix64.hpp"
#include "tests/support/colliding_keys.hpp"

namespace {

using support::colliding_keys;

struct unmoved : steady::default_policy {
  static constexpr bool reseeds = false;
};

template <class Policy>
using map_of =
    steady::hash_map<std::uint64_t, std::uint64_t, support::transparent_word_hash, std::equal_to<>,
                     std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, Policy>;

struct outcome {
  double ns = 0;  // per insertion
  std::size_t longest_chain = 0;
  std::uint64_t reseeds = 0;
};

// Inserts `keys`, after `before` random ones.
template <class Policy>
outcome insert_all(std::size_t before, const std::vector<std::uint64_t>& keys,
                   const colliding_keys& planted) {
  planted.plant_seed();
  map_of<Policy> map;
  for (std::size_t n = 0; n < before; ++n) map.try_emplace(steady::bench::splitmix64(n), n);
  const std::uint64_t start = steady::bench::now_ns();
  for (const std::uint64_t key : keys) map.try_emplace(key, key);
  const auto took = static_cast<double>(steady::bench::now_ns() - start);
  const steady::stats now = map.stats();
  return {took / static_cast<double>(keys.size()), now.longest_chain, now.migrations.reseed};
}

struct measured_case {
  std::string name;
  std::size_t before;  // random keys in the map
  bool hostile;
  bool reseeds;
  std::size_t keys;
  std::vector<outcome> rounds;

  outcome median() const {
    auto sorted = rounds;
    std::sort(sorted.begin(), sorted.end(),
              [](const outcome& a, const outcome& b) { return a.ns < b.ns; });
    return sorted[sorted.size() / 2];
  }
};

void run(measured_case& one) {
  colliding_keys planted(7);
  std::vector<std::uint64_t> keys(one.keys);
  std::uint64_t index = one.before;
  for (auto& key : keys) key = one.hostile ? planted.next() : steady::bench::splitmix64(index++);
  one.rounds.push_back(one.reseeds ? insert_all<steady::default_policy>(one.before, keys, planted)
                                   : insert_all<unmoved>(one.before, keys, planted));
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t most = 1'000'000;
  std::uint64_t rounds = 5;
  steady::bench::read_numbers(count, arguments, "What keys that were chosen to collide cost.",
                              {{most, "KEYS", "keys to insert"}, {rounds, "ROUNDS", "rounds"}});
  const auto keys = static_cast<std::size_t>(most);

  std::vector<measured_case> cases{
      {"random keys, empty map", 0, false, true, keys, {}},
      {"colliding keys, empty map", 0, true, true, keys, {}},
      {"random keys, full map", keys, false, true, keys, {}},
      {"colliding keys, full map", keys, true, true, keys, {}},
  };
  for (const std::size_t few : {keys / 100, keys / 50, keys / 25}) {
    if (few > 0) cases.push_back({"without reseeding, empty map", 0, true, false, few, {}});
  }
  for (std::uint64_t round = 0; round < rounds; ++round) {
    for (auto& one : cases) {
      std::fprintf(stderr, "\rround %llu of %llu: %-40s",
                   static_cast<unsigned long long>(round + 1),
                   static_cast<unsigned long long>(rounds), one.name.c_str());
      run(one);
    }
  }
  std::fprintf(stderr, "\r%60s\r", "");

  std::printf("%-32s %10s %12s %10s %14s %9s\n", "", "keys", "ns/insert", "ratio", "longest chain",
              "reseeded");
  for (std::size_t n = 0; n < cases.size(); ++n) {
    const outcome one = cases[n].median();
    const outcome base = cases[n < 4 ? n / 2 * 2 : 0].median();
    std::printf("%-32s %10zu %12.1f %10.2f %14zu %9llu\n", cases[n].name.c_str(), cases[n].keys,
                one.ns, one.ns / base.ns, one.longest_chain,
                static_cast<unsigned long long>(one.reseeds));
  }
}
