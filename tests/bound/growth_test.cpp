// The published bounds of docs/guarantees.md, asserted for every single call while a map grows from
// empty to millions of elements.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/policies.hpp"
#include "support/published_bounds.hpp"

namespace {

using pair_allocator = std::allocator<std::pair<const std::uint64_t, std::uint64_t>>;

template <class Policy, class Allocator = pair_allocator>
using number_map = steady::hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>,
                                    std::equal_to<>, Allocator, Policy>;

std::uint64_t scattered(std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15u ^ i << 17; }

template <class Policy>
void grow_within_bounds(std::uint64_t elements) {
  number_map<Policy> map;
  support::bounds most;
  for (std::uint64_t i = 0; i < elements; ++i) {
    support::count(map, most, [&] { map.try_emplace(scattered(i), i); });
    const steady::work& one = map.work();
    ASSERT_EQ(one.chains_probed, 1u);
    // The element's own hash once, twice for the first one; once for every element moved, twice
    // when a bucket's overflow did not fit the gaps of its targets.
    ASSERT_LE(one.hashes_taken, 2 * one.elements_moved + (i == 0 ? 2 : 1));
  }
  EXPECT_EQ(map.size(), elements);
  support::expect_as_published("insert", most);
}

TEST(growth, every_insert_up_to_10_million_stays_within_its_bound) {
  grow_within_bounds<support::counted>(STEADY_MANY);
}

TEST(growth, every_insert_up_to_10_million_stays_within_its_bound_with_headers_in_leaves) {
  grow_within_bounds<support::counted_in_leaves>(STEADY_MANY);
}

TEST(growth, ends_before_the_next_is_due) {
  // With the slowest pace that a policy can choose: one interval per insert.
  number_map<support::slow> map;
  bool was_migrating = false;
  std::size_t buckets = 0;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    map.try_emplace(scattered(i), i);
    if (map.migrating() && was_migrating) {
      ASSERT_EQ(map.stats().buckets, buckets) << "a migration began before the last one ended";
    }
    was_migrating = map.migrating();
    buckets = map.stats().buckets;
    const auto limit = static_cast<double>(buckets * 14) * support::slow::load_limit;
    ASSERT_LE(static_cast<double>(map.size()), std::max(limit, 14.0));
  }
}

TEST(lookup, probes_one_chain_in_every_state_of_a_migration) {
  number_map<support::counted> map;
  std::uint64_t next = 0;
  while (map.size() < 20'000 || !map.migrating()) map.try_emplace(scattered(next), next), ++next;
  ASSERT_GT(map.pending(), 1000u);
  support::bounds most;
  while (map.migrating()) {
    map.step(50);
    for (std::uint64_t i = 0; i < 400; ++i) {
      const bool present = i % 2 == 0;
      support::count(map, most,
                     [&] { EXPECT_EQ(map.contains(scattered(present ? i : next + i)), present); });
      ASSERT_EQ(map.work().chains_probed, 1u);
      ASSERT_EQ(map.work().hashes_taken, 1u);
    }
  }
  support::expect_as_published("find", most);
}

TEST(lookup, compares_no_key_of_another_bucket) {
  // The same tag for all keys: whatever is probed is compared.
  struct same_tag {
    using takes_seed = void;
    std::uint64_t operator()(std::uint64_t key, std::uint64_t) const noexcept { return key << 32; }
  };
  static std::size_t compared;
  struct counting_equal {
    bool operator()(std::uint64_t a, std::uint64_t b) const noexcept {
      ++compared;
      return a == b;
    }
  };
  steady::hash_map<std::uint64_t, std::uint64_t, same_tag, counting_equal> map;
  std::uint64_t next = 0;
  while (map.size() < 5'000 || !map.migrating())
    map.try_emplace(scattered(next) >> 32, next), ++next;
  while (map.migrating()) {
    map.step(10);
    const std::size_t longest = 14 + map.stats().longest_chain * 6;
    for (std::uint64_t i = 0; i < 100; ++i) {
      compared = 0;
      map.contains(scattered(next + i) >> 32);
      ASSERT_LE(compared, longest);
    }
  }
}

TEST(const_operations, do_no_work) {
  number_map<support::counted> map;
  while (map.size() < 10'000 || !map.migrating()) map.try_emplace(scattered(map.size()), 0);
  const auto& constant = map;
  map.reset_work();
  std::size_t met = 0;
  for (const auto& element : constant) met += element.second == 0;
  EXPECT_EQ(met, map.size());
  EXPECT_EQ(constant.count(5), constant.contains(5) ? 1u : 0u);
  EXPECT_TRUE(constant == constant);
  EXPECT_EQ(map.work().buckets_evacuated, 0u);
  EXPECT_EQ(map.work().elements_moved, 0u);
  EXPECT_EQ(map.work().blocks_allocated, 0u);
}

TEST(step, does_at_most_what_it_is_asked) {
  number_map<support::counted> map;
  while (map.size() < 100'000 || !map.migrating()) map.try_emplace(scattered(map.size()), 0);
  for (std::size_t asked = 0; map.migrating(); ++asked) {
    const std::size_t pending = map.pending();
    map.reset_work();
    const std::size_t done = map.step(asked);
    EXPECT_EQ(done, std::min(asked, pending));
    EXPECT_EQ(map.work().buckets_evacuated, done);
    EXPECT_EQ(map.pending(), pending - done);
  }
  EXPECT_EQ(map.step(10), 0u);
}

}  // namespace
