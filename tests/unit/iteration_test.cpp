// Iterating meets every element once, in every state of a migration.
#include <cstdint>
#include <iterator>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/containers.hpp"
#include "support/hashes.hpp"
#include "support/policies.hpp"

namespace {

using namespace support;

template <class Map>
void expect_each_once(Map& map, std::uint64_t count) {
  std::vector<int> met(count);
  for (const auto& [key, value] : map) {
    ASSERT_LT(key, count);
    ASSERT_EQ(value, 3 * key);
    ++met[key];
  }
  for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(met[n], 1) << n;
}

template <class Policy>
class iteration : public testing::Test {};
using policies = testing::Types<steady::default_policy, portable_group, leaf_headers, narrow,
                                small_chunks, small_chunks_in_leaves>;
TYPED_TEST_SUITE(iteration, policies);

TYPED_TEST(iteration, meets_each_once_at_every_step) {
  number_map<TypeParam> map;
  std::uint64_t count = 0;
  for (int migrations = 0; migrations < 7;) {
    map.try_emplace(count, 3 * count);
    ++count;
    expect_each_once(map, count);
    if (!map.migrating()) continue;
    ++migrations;
    while (map.migrating()) {
      expect_each_once(std::as_const(map), count);
      map.step(1);
      if (this->HasFatalFailure()) return;
    }
  }
}

// Half of the elements go while they are waited for, in each state of a migration.
TYPED_TEST(iteration, passes_over_what_was_erased_meanwhile) {
  for (std::uint64_t count = 1; count < 300; ++count) {
    number_map<TypeParam> map;
    for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(n, 3 * n);
    std::vector<int> met(count);
    std::vector<bool> erased(count);
    std::uint64_t victim = 0;
    for (auto at = map.begin(); at != map.end(); ++at) {
      ASSERT_FALSE(erased[at->first]) << at->first << " of " << count;
      ++met[at->first];
      victim = (victim + 7) % count;
      if (victim != at->first) erased[victim] = map.erase(victim) == 1 || erased[victim];
    }
    ASSERT_STREQ(map.check_invariants(), nullptr);
    for (std::uint64_t n = 0; n < count; ++n) {
      ASSERT_LE(met[n], 1) << n << " of " << count;
      ASSERT_TRUE(erased[n] || met[n] == 1) << n << " of " << count;
    }
  }
}

// The same where every third element erases itself, in maps of several chunks.
TYPED_TEST(iteration, goes_on_from_an_element_that_is_erased) {
  for (const std::uint64_t count : {40u, 700u, 2'500u, 9'000u}) {
    number_map<TypeParam> map;
    for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(n, 3 * n);
    std::vector<int> met(count);
    std::vector<bool> erased(count);
    std::uint64_t victim = 0;
    for (auto at = map.begin(); at != map.end();) {
      const std::uint64_t key = at->first;
      ASSERT_FALSE(erased[key]) << key << " of " << count;
      ++met[key];
      if (key % 3 == 0) {
        map.erase(at++);
      } else {
        ++at;
      }
      victim = (victim + 7) % count;
      if (at == map.end() || victim == at->first) continue;
      erased[victim] = map.erase(victim) == 1 || erased[victim];
    }
    ASSERT_STREQ(map.check_invariants(), nullptr);
    for (std::uint64_t n = 0; n < count; ++n) {
      ASSERT_LE(met[n], 1) << n << " of " << count;
      ASSERT_TRUE(erased[n] || met[n] == 1) << n << " of " << count;
      ASSERT_EQ(map.contains(n), met[n] == 1 && n % 3 != 0 && !erased[n]) << n << " of " << count;
    }
  }
}

TEST(iteration_through_chains, meets_each_once) {
  map_of<std::uint64_t, std::uint64_t, steady::default_policy, constant_hash> map;
  for (std::uint64_t n = 0; n < 200; ++n) {
    map.try_emplace(n, 3 * n);
    expect_each_once(map, n + 1);
  }
}

TEST(iteration_through_empty_buckets, meets_what_is_left) {
  number_map<> map;
  map.reserve(100'000);
  map[7] = 21;
  EXPECT_EQ(map.begin()->first, 7u);
  EXPECT_TRUE(std::next(map.begin()) == map.end());
}

TEST(iterator, changes_values_but_not_a_sets_elements) {
  number_map<> map = {{1, 2}};
  map.begin()->second = 5;
  (*map.begin()).second += 1;
  EXPECT_EQ(map.at(1), 6u);
  using set = steady::hash_set<int>;
  EXPECT_TRUE((std::is_same_v<decltype(*std::declval<set::iterator>()), const int&>));
  EXPECT_TRUE((std::is_same_v<decltype(map.begin()->first), const std::uint64_t>));
}

TEST(iterator, is_regular) {
  number_map<> map = {{1, 1}, {2, 2}};
  auto at = map.begin();
  const auto before = at++;
  EXPECT_TRUE(before == map.begin());
  EXPECT_TRUE(at != before);
  const number_map<>::const_iterator constant = at;
  EXPECT_TRUE(constant == at);
  EXPECT_TRUE(at == constant);
  EXPECT_TRUE(++at == map.end());
  EXPECT_TRUE(map.cend() == map.end());
  EXPECT_EQ(std::distance(map.cbegin(), map.cend()), 2);
}

}  // namespace
