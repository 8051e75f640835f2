// Keys that somebody chose so that they all fall into one bucket. That takes somebody who knows the
// map's seed, or sees where keys are; this program asks the map itself (steady/picture.hpp). The
// map notices a chain that chance does not make, and takes another seed, in steps: no insertion
// pays for all of that, and the keys are apart again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <vector>

#include <steady/hash_map.hpp>
#include <steady/picture.hpp>

namespace {

using sessions = steady::hash_map<std::uint64_t, int>;

// Keys that are neighbours on the hash line now, whatever the attacker had to do to find them.
std::vector<std::uint64_t> colliding_keys(const sessions& map, std::size_t count) {
  const std::uint64_t target = steady::place_of(map, 1).position;
  std::vector<std::uint64_t> keys;
  for (std::uint64_t key = 1'000'000; keys.size() < count; ++key) {
    if ((steady::place_of(map, key).position ^ target) >> 52 == 0) keys.push_back(key);
  }
  return keys;
}

// The most of these keys that are in one of 4096 parts of the line, which has as many buckets.
std::size_t most_together(const sessions& map, const std::vector<std::uint64_t>& keys) {
  std::vector<std::size_t> count(4096);
  for (const std::uint64_t key : keys) ++count[steady::place_of(map, key).position >> 52];
  return *std::max_element(count.begin(), count.end());
}

}  // namespace

int main() {
  sessions map;
  for (std::uint64_t id = 0; id < 40'000; ++id) map.try_emplace(id, 0);
  map.finish();

  const std::vector<std::uint64_t> hostile = colliding_keys(map, 100);
  const std::size_t before = most_together(map, hostile);
  for (const std::uint64_t key : hostile) map.try_emplace(key, 1);
  const std::size_t chain = map.stats().longest_chain;
  map.finish();  // or any insertions that come anyway
  const std::size_t after = most_together(map, hostile);

  std::printf(
      "100 hostile keys, %zu in one bucket, chain of %zu; reseeded %llu time, %zu at most\n",
      before, chain, static_cast<unsigned long long>(map.stats().migrations.reseed), after);
  return before == 100 && after < 10 ? 0 : 1;
}
