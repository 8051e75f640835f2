// What a concurrent container does about chains that are too long for chance, and what it remembers
// of them.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>

namespace {

constexpr std::uint64_t first_colliding = 1'000'000;

// Under which no seed parts the keys from there on.
struct partly_broken_hash {
  std::size_t operator()(std::uint64_t key) const noexcept {
    return key < first_colliding ? static_cast<std::size_t>(key) : 7;
  }
};
using attacked_map = steady::concurrent_hash_map<std::uint64_t, std::uint64_t, partly_broken_hash>;

void attack(attacked_map& map, std::uint64_t count) {
  for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(first_colliding + n, n);
  map.finish();
}
std::uint64_t reseedings(const attacked_map& map) { return map.stats().migrations.reseed; }

TEST(concurrent_reseed, comes_rarely_where_it_does_not_help) {
  attacked_map map;
  attack(map, 2000);
  EXPECT_GE(reseedings(map), 1u);
  EXPECT_LE(reseedings(map), 8u);
}

TEST(concurrent_reseed, leaves_the_longest_chain_ever_known) {
  attacked_map map;
  attack(map, 1000);
  const std::size_t longest = map.stats().longest_chain;
  EXPECT_GT(longest, 100u);
  const std::uint64_t before = reseedings(map);
  map.reseed_gradually();
  map.finish();
  EXPECT_EQ(reseedings(map), before + 1);
  EXPECT_EQ(map.stats().longest_chain, longest);
}

TEST(concurrent_reseed, answers_an_attack_after_clear) {
  attacked_map map;
  attack(map, 2000);
  const std::uint64_t before = reseedings(map);
  map.clear();
  attack(map, 400);
  EXPECT_GT(reseedings(map), before);

  steady::concurrent_hash_set<std::uint64_t, partly_broken_hash> set;
  const auto attack_set = [&set](std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; ++n) set.insert(first_colliding + n);
    set.finish();
    return set.stats().migrations.reseed;
  };
  const std::uint64_t at_first = attack_set(2000);
  set.clear();
  EXPECT_GT(attack_set(400), at_first);
}

TEST(concurrent_reseed, answers_an_attack_once_the_container_has_shrunk) {
  constexpr std::uint64_t many = 60'000;
  attacked_map map;
  for (std::uint64_t n = 0; n < many; ++n) map.try_emplace(n, n);
  attack(map, 400);
  const std::uint64_t before = reseedings(map);
  EXPECT_GE(before, 1u);
  for (std::uint64_t n = 0; n < many; ++n) map.erase(n);
  for (std::uint64_t n = 0; n < 400; ++n) map.erase(first_colliding + n);
  map.finish();
  ASSERT_GE(map.stats().migrations.shrink, 1u);
  attack(map, 400);
  EXPECT_GT(reseedings(map), before);
}

}  // namespace
