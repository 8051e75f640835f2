// Seeding against probing as the answer to collisions, natural and hostile.
//
//   collisions [KEYS]         natural keys (default: 1000000); hostile ones are 20,000 at most
//
// All maps get steady::hash, which is public. Steady seeds it anew for each map and chains overflow
// behind a bucket; boost and absl probe further buckets, std chains single elements; none of them
// adds a seed. Hostile keys are chosen, for each map, to collide in it under the public hash.
// What happens to Steady when the seed itself is known: bench.attack.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <steady/hash.hpp>

#include "bench/adapters/all.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/median.hpp"
#include "bench/support/numbers_asked.hpp"
#include "bench/support/process.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using namespace steady::bench;
using keys = std::vector<std::uint64_t>;

constexpr std::uint64_t hostile_count = 20'000;

// The number of buckets that std::unordered_map has for so many elements.
std::uint64_t std_buckets() {
  std::unordered_map<std::uint64_t, std::uint64_t> map;
  for (std::uint64_t n = 0; n < hostile_count; ++n) map.try_emplace(n);
  return map.bucket_count();
}

// Whether a key of this hash is one that an attacker of that map would choose: all have the same
// place in a table of 20,000.
bool collides(std::string_view map, std::uint64_t hash, std::uint64_t buckets) {
  if (map == "absl") return (hash >> 7) % (1 << 16) == 0;  // the low bits tell the place
  if (map == "std") return hash % buckets == 0;
  return hash >> 48 == 0;  // the high bits, in boost and in Steady
}

keys hostile_for(std::string_view map) {
  const steady::hash<std::uint64_t> hash;
  const std::uint64_t buckets = std_buckets();
  keys chosen;
  for (std::uint64_t n = 0; chosen.size() < hostile_count; ++n) {
    if (collides(map, hash(n), buckets)) chosen.push_back(n);
  }
  return chosen;
}

template <class Make>
keys made(std::uint64_t count, const Make& make) {
  keys all;
  for (std::uint64_t n = 0; n < count; ++n) all.push_back(make(n));
  return all;
}

volatile std::uint64_t observed;

struct times {
  double insert;
  double find;
};

template <class Map>
times measure(const keys& all) {
  const auto map = std::make_unique<Map>();
  const auto per_key = [&](std::uint64_t since) {
    return static_cast<double>(now_ns() - since) / static_cast<double>(all.size());
  };
  times took{};
  std::uint64_t start = now_ns();
  for (const std::uint64_t key : all) map->try_emplace(key, key);
  took.insert = per_key(start);
  std::uint64_t sum = 0;
  start = now_ns();
  // In another order than they came.
  for (std::size_t n = 0; n < all.size(); ++n) {
    sum += map->find(all[n * 7919 % all.size()])->second;
  }
  took.find = per_key(start);
  observed = sum;
  return took;
}

template <class Map>
times typical(const keys& all, int rounds) {
  std::vector<double> inserts, finds;
  for (int round = 0; round < rounds; ++round) {
    const times took = measure<Map>(all);
    inserts.push_back(took.insert);
    finds.push_back(took.find);
  }
  return {median(inserts), median(finds)};
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::uint64_t count = 1'000'000;
  steady::bench::read_numbers(argument_count, arguments,
                              "Natural keys and keys that collide, in maps with chains and others.",
                              {{count, "KEYS", "natural keys"}});
  pin_to_one_core();
  const keys random = made(count, [](std::uint64_t n) { return splitmix64(n); });
  const keys sequence = made(count, [](std::uint64_t n) { return n; });
  const keys strided = made(count, [](std::uint64_t n) { return n << 32; });
  const keys few = made(hostile_count, [](std::uint64_t n) { return splitmix64(n); });

  std::printf(
      "Nanoseconds per insertion / per lookup that finds its key\n%-8s %18s %18s %18s %18s %22s\n",
      "", "random", "0, 1, 2, ...", "multiples of 2^32", "20,000 random", "20,000 that collide");
  for_each_adapter_of<std::uint64_t>([&](auto adapter) {
    using map = typename decltype(adapter)::template map<std::uint64_t, std::uint64_t,
                                                         steady::hash<std::uint64_t>>;
    std::printf("%-8s", std::string(adapter.name).c_str());
    for (const keys* natural : {&random, &sequence, &strided, &few}) {
      const times took = typical<map>(*natural, 3);
      std::printf(" %9.1f /%7.1f", took.insert, took.find);
      std::fflush(stdout);
    }
    const times took = typical<map>(hostile_for(adapter.name), 1);
    std::printf(" %12.1f /%8.1f\n", took.insert, took.find);
    std::fflush(stdout);
  });
}
