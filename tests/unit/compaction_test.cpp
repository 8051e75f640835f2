// Compaction that begins by itself: where overflow is far more than the size explains.
#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/churned.hpp"
#include "support/colliding_keys.hpp"
#include "support/containers.hpp"
#include "support/hashes.hpp"
#include "support/policies.hpp"

namespace {

using namespace support;

struct without_compaction : steady::default_policy {
  static constexpr bool compacts = false;
};

// A map of 256 buckets over which a hot spot moves: some neighbouring buckets fill up and get
// overflow, then most of their elements go, and the next buckets fill up. In each overflow bucket
// an element or two are left, while the buckets have room.
template <class Policy>
class hot_spot {
 public:
  using map_type = map_of<std::uint64_t, std::uint64_t, Policy, transparent_word_hash>;

  hot_spot() : keys_(1) {
    for (std::uint64_t n = 0; n < 2000; ++n)
      map.try_emplace(keys_.key_at(n * 0x9e3779b97f4a7c15u), n);
    map.finish();
    for (std::uint64_t n = 0; n < 2000; ++n) map.erase(keys_.key_at(n * 0x9e3779b97f4a7c15u));
  }

  // A bucket with four overflow buckets, then one of every seven elements.
  void pass(std::uint64_t bucket) {
    for (std::uint64_t n = 0; n < 38; ++n) map.try_emplace(key(bucket, n), n);
    for (std::uint64_t n = 0; n < 38; ++n) {
      if (n % 7 != 0) map.erase(key(bucket, n));
    }
  }

  std::uint64_t key(std::uint64_t bucket, std::uint64_t n) const {
    return keys_.key_at(bucket << 56 | n << 20);
  }

 private:
  colliding_keys keys_;

 public:
  map_type map;
};

TEST(compaction, begins_where_overflow_is_far_more_than_the_size_explains) {
  hot_spot<steady::default_policy> spot;
  ASSERT_EQ(spot.map.stats().buckets, 256u);
  std::size_t most = 0;
  for (std::uint64_t bucket = 0; bucket < 256; ++bucket) {
    spot.pass(bucket);
    most = std::max(most, spot.map.stats().overflow_buckets);
  }
  spot.map.finish();
  EXPECT_EQ(spot.map.stats().buckets, 256u);
  EXPECT_GE(spot.map.stats().migrations.compact, 1u);
  EXPECT_LT(most, 512u);
  EXPECT_STREQ(spot.map.check_invariants(), nullptr);
}

TEST(compaction, is_left_to_the_program_where_the_policy_says_so) {
  hot_spot<without_compaction> spot;
  for (std::uint64_t bucket = 0; bucket < 256; ++bucket) spot.pass(bucket);
  EXPECT_EQ(spot.map.stats().migrations.compact, 0u);
  EXPECT_GT(spot.map.stats().overflow_buckets, 2 * spot.map.stats().buckets);
  spot.map.compact_gradually();
  spot.map.finish();
  EXPECT_EQ(spot.map.stats().overflow_buckets, 0u);
}

TEST(compaction, does_not_break_the_promise_of_reserve) {
  hot_spot<steady::default_policy> spot;
  spot.map.reserve(2300);
  const auto* const first = &*spot.map.try_emplace(spot.key(0, 1), 0).first;
  for (std::uint64_t bucket = 1; bucket < 256; ++bucket) spot.pass(bucket);
  EXPECT_EQ(&*spot.map.find(spot.key(0, 1)), first);
  EXPECT_EQ(spot.map.stats().migrations.compact, 0u);
}

// Compacting does not help against a broken hash.
TEST(compaction, of_what_a_broken_hash_piles_up_is_rare) {
  map_of<std::uint64_t, std::uint64_t, narrow_without_reseeding, constant_hash> map;
  for (std::uint64_t n = 0; n < 5000; ++n) {
    map.try_emplace(n, n);
    if (n % 3 == 0) map.erase(n / 2);
  }
  EXPECT_LE(map.stats().migrations.compact, 10u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(compaction, is_not_called_for_by_erasing_and_inserting_at_a_steady_size) {
  churned steady(1024, 11.1);
  steady.churn(300'000);
  EXPECT_EQ(steady.map().stats().migrations.compact, 0u);
}

}  // namespace
