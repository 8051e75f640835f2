// Overflow at a steady size: insertions move its elements back into slots that erasing has left.
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/snapshot.hpp>

#include "support/churned.hpp"
#include "support/colliding_keys.hpp"
#include "support/containers.hpp"

namespace {

using namespace support;

struct without_compaction : steady::default_policy {
  static constexpr bool compacts = false;
};

// A value whose move may throw, for all that anybody knows.
struct unsafe_to_move {
  std::uint64_t number = 0;

  unsafe_to_move() = default;
  explicit unsafe_to_move(std::uint64_t n) : number(n) {}
  unsafe_to_move(const unsafe_to_move& other) : number(other.number) {}
  unsafe_to_move(unsafe_to_move&& other) noexcept(false) : number(other.number) {}
  unsafe_to_move& operator=(const unsafe_to_move&) = default;
};

// A value that a move takes away from where it was.
struct taken_by_moving {
  std::uint64_t number = 0;

  explicit taken_by_moving(std::uint64_t n) : number(n) {}
  taken_by_moving(const taken_by_moving& other) = default;
  taken_by_moving(taken_by_moving&& other) noexcept : number(std::exchange(other.number, 0)) {}
};

// A map of 256 buckets, in one of which two elements are in overflow and three slots are empty.
template <class Value = std::uint64_t, class Policy = steady::default_policy,
          class Map = map_of<std::uint64_t, Value, Policy, transparent_word_hash>>
class bucket_with_room {
 public:
  using map_type = Map;

  static constexpr std::uint64_t elements = 16;
  static constexpr std::uint64_t erased = 3;

  bucket_with_room() : keys_(1) {
    for (std::uint64_t n = 0; n < 2000; ++n) map.try_emplace(anywhere(n), n);
    map.finish();
    for (std::uint64_t n = 0; n < 2000; ++n) map.erase(anywhere(n));
    for (std::uint64_t n = 0; n < elements; ++n) add(n);
    for (std::uint64_t n = 0; n < erased; ++n) map.erase(key(n));
  }

  void add(std::uint64_t n) { map.try_emplace(key(n), n); }

  // All in one bucket, and in one class of its filter.
  std::uint64_t key(std::uint64_t n) const {
    return keys_.key_at(std::uint64_t{5} << 56 | n << 20);
  }

  // Whether all elements before `end` are there but the erased ones.
  bool is_complete(std::uint64_t end) const {
    for (std::uint64_t n = 0; n < end; ++n) {
      if (map.contains(key(n)) != (n >= erased)) return false;
    }
    return map.size() == end - erased && map.check_invariants() == nullptr;
  }

 private:
  std::uint64_t anywhere(std::uint64_t n) const { return keys_.key_at(n * 0x9e3779b97f4a7c15u); }

  colliding_keys keys_;

 public:
  map_type map;
};

TEST(overflow, is_drawn_back_by_an_insertion_into_a_bucket_with_room) {
  bucket_with_room<> bucket;
  ASSERT_EQ(bucket.map.stats().buckets, 256u);
  ASSERT_EQ(bucket.map.stats().overflow_buckets, 1u);
  bucket.add(16);
  EXPECT_EQ(bucket.map.stats().overflow_buckets, 0u);
  EXPECT_TRUE(bucket.is_complete(17));
}

// Node containers cache hash bits; those of the slots that are filled belonged to erased elements.
TEST(overflow, is_drawn_back_without_cached_hash_bits) {
  bucket_with_room<std::uint64_t, steady::default_policy,
                   steady::node_hash_map<std::uint64_t, std::uint64_t, transparent_word_hash>>
      bucket;
  for (std::uint64_t n = 0; n < 14; ++n) bucket.map.erase(bucket.key(n));
  const auto elsewhere_in_bucket = [&](std::uint64_t n) { return bucket.key(n << 32); };
  for (std::uint64_t n = 1; n <= 14; ++n) bucket.map.try_emplace(elsewhere_in_bucket(n), n);
  for (std::uint64_t n = 1; n <= 3; ++n) bucket.map.erase(elsewhere_in_bucket(n));
  ASSERT_EQ(bucket.map.stats().overflow_buckets, 1u);
  bucket.map.try_emplace(bucket.key(200), 200);
  EXPECT_EQ(bucket.map.stats().overflow_buckets, 0u);
  EXPECT_STREQ(bucket.map.check_invariants(), nullptr);
  bucket.map.reserve(5000);
  EXPECT_STREQ(bucket.map.check_invariants(), nullptr);
}

TEST(overflow, stays_where_the_bucket_has_room_for_the_new_element_only) {
  bucket_with_room<> bucket;
  bucket.add(16);  // 14 elements
  bucket.add(17);  // one in overflow
  bucket.map.erase(bucket.key(5));
  bucket.add(18);
  EXPECT_EQ(bucket.map.stats().overflow_buckets, 1u);
  EXPECT_EQ(bucket.map.size(), 15u);
  EXPECT_STREQ(bucket.map.check_invariants(), nullptr);
}

TEST(overflow, stays_while_reserve_promises_that_nothing_moves) {
  bucket_with_room<> bucket;
  bucket.map.reserve(2000);
  std::vector<const void*> places;
  for (std::uint64_t n = 3; n < 16; ++n) places.push_back(&*bucket.map.find(bucket.key(n)));
  bucket.add(16);
  EXPECT_EQ(bucket.map.stats().overflow_buckets, 1u);
  for (std::uint64_t n = 3; n < 16; ++n) {
    EXPECT_EQ(places[n - 3], static_cast<const void*>(&*bucket.map.find(bucket.key(n)))) << n;
  }
  EXPECT_TRUE(bucket.is_complete(17));
}

TEST(overflow, stays_while_somebody_walks) {
  bucket_with_room<> bucket;
  {
    auto walk = bucket.map.walk();
    std::size_t met = 0;
    for ([[maybe_unused]] const auto& element : walk) {
      if (++met == 4) bucket.add(16);
    }
    EXPECT_GE(met, 13u);
    EXPECT_LE(met, 14u);
    EXPECT_EQ(bucket.map.stats().overflow_buckets, 1u);
  }
  bucket.add(17);
  EXPECT_TRUE(bucket.is_complete(18));
}

TEST(overflow, stays_while_a_snapshot_is_taken) {
  bucket_with_room<> bucket;
  const steady::snapshot taken(bucket.map);
  bucket.add(16);
  EXPECT_EQ(bucket.map.stats().overflow_buckets, 1u);
  EXPECT_TRUE(bucket.is_complete(17));
}

TEST(overflow, stays_where_the_policy_does_not_compact) {
  bucket_with_room<std::uint64_t, without_compaction> bucket;
  bucket.add(16);
  EXPECT_EQ(bucket.map.stats().overflow_buckets, 1u);
  EXPECT_TRUE(bucket.is_complete(17));
}

TEST(overflow, stays_where_moving_an_element_may_throw) {
  bucket_with_room<unsafe_to_move> bucket;
  bucket.add(16);
  EXPECT_EQ(bucket.map.stats().overflow_buckets, 1u);
  EXPECT_TRUE(bucket.is_complete(17));
}

// An element made from one that is moved back is made before that.
TEST(overflow, may_hold_what_a_new_element_is_made_from) {
  bucket_with_room<taken_by_moving> bucket;
  bucket.map.try_emplace(bucket.key(16), bucket.map.at(bucket.key(15)));
  EXPECT_EQ(bucket.map.at(bucket.key(16)).number, 15u);
  EXPECT_EQ(bucket.map.stats().overflow_buckets, 0u);
  EXPECT_TRUE(bucket.is_complete(17));
}

// Without moving back it is 0.48 overflow buckets per bucket; a fresh map has 0.16.
TEST(overflow, does_not_pile_up_at_a_steady_size) {
  churned steady(2048, 11.1);
  steady.churn(300'000);
  EXPECT_EQ(steady.map().stats().buckets, 2048u);
  const auto overflow = static_cast<double>(steady.map().stats().overflow_buckets);
  EXPECT_LT(overflow / 2048, 0.42);
  EXPECT_STREQ(steady.map().check_invariants(), nullptr);
}

}  // namespace
