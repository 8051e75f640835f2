// reserve() and rehash(): how many buckets there are, and until when nothing moves.
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Policy>
class reserve : public testing::Test {};
using policies = testing::Types<steady::default_policy, leaf_headers, narrow, small_chunks>;
TYPED_TEST_SUITE(reserve, policies);

TYPED_TEST(reserve, keeps_references_valid_up_to_the_size) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    for (const std::uint64_t more : {1u, 100u, 5'000u}) {
      number_map<TypeParam> map;
      std::uint64_t count = fill_numbers_to(at, map);
      map.reserve(count + more);
      ASSERT_FALSE(map.migrating());
      ASSERT_EQ(map.size(), count);
      std::vector<const void*> places;
      for (std::uint64_t n = 0; n < count; ++n) places.push_back(&*map.find(n));
      const auto buckets = map.stats().buckets;
      for (std::uint64_t end = count + more; count < end; ++count) {
        places.push_back(&*map.try_emplace(count, 3 * count).first);
        ASSERT_FALSE(map.migrating());
      }
      for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(&*map.find(n), places[n]);
      ASSERT_EQ(map.stats().buckets, buckets);
      ASSERT_STREQ(map.check_invariants(), nullptr);
    }
  }
}

TYPED_TEST(reserve, never_shrinks) {
  number_map<TypeParam> map;
  map.reserve(10'000);
  const auto buckets = map.stats().buckets;
  map.reserve(10);
  EXPECT_EQ(map.stats().buckets, buckets);
}

TYPED_TEST(reserve, of_the_size_finishes_what_is_pending) {
  for (const stage at : all_stages) {
    number_map<TypeParam> map;
    const std::uint64_t count = fill_numbers_to(at, map);
    const auto buckets = map.stats().buckets;
    map.reserve(0);
    EXPECT_FALSE(map.migrating());
    EXPECT_EQ(map.stats().buckets, buckets);
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(n), 3 * n);
  }
}

TYPED_TEST(reserve, is_undone_by_rehash_to_zero) {
  for (const stage at : all_stages) {
    number_map<TypeParam> map;
    const std::uint64_t count = fill_numbers_to(at, map);
    map.finish();
    const auto buckets = map.stats().buckets;
    map.reserve(100 * count);
    ASSERT_GT(map.stats().buckets, buckets);
    map.rehash(0);
    EXPECT_LE(map.stats().buckets, buckets);
    EXPECT_EQ(map.size(), count);
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(n), 3 * n);
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }
}

// Where the elements with keys below `count` are.
template <class Map>
std::vector<const void*> places_of(const Map& map, std::uint64_t count) {
  std::vector<const void*> places;
  for (std::uint64_t n = 0; n < count; ++n) places.push_back(&*map.find(n));
  return places;
}

// A map of `kept` elements whose array has buckets for many more than the `reserved`.
number_map<> large_map_of_few(std::uint64_t kept, std::uint64_t reserved) {
  number_map<> map;
  for (std::uint64_t n = 0; n < 50'000; ++n) map.try_emplace(n, 3 * n);
  map.finish();
  map.reserve_gradually(reserved);
  for (std::uint64_t n = kept; n < 50'000; ++n) map.erase(n);
  return map;
}

struct shrinking_by_erasing : steady::default_policy {
  static constexpr bool erase_moves = true;
};

TEST(reserve_of_less_than_there_is_room_for, keeps_insertions_from_shrinking_the_map) {
  number_map<> map = large_map_of_few(500, 1'000);
  EXPECT_TRUE(map.migrating());
  const auto places = places_of(map, 500);
  for (std::uint64_t n = 500; n < 1'000; ++n) map.try_emplace(n, 3 * n);
  EXPECT_EQ(places_of(map, 500), places);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  for (std::uint64_t n = 1'000; n < 1'500; ++n) map.try_emplace(n, 3 * n);
  EXPECT_NE(places_of(map, 500), places) << "beyond what was reserved the map may shrink";
}

// A cold block that a small map gets notes its room as reserved, because nobody knows better.
TEST(reserve_of_less_than_there_is_room_for, is_not_what_a_small_map_has_by_itself) {
  number_map<> map;
  for (std::uint64_t n = 0; n < 20; ++n) map.try_emplace(n, 3 * n);
  for ([[maybe_unused]] auto& element : map.walk()) continue;
  for (std::uint64_t n = 20; n < 50'000; ++n) map.try_emplace(n, 3 * n);
  map.finish();
  const auto buckets = map.stats().buckets;
  for (std::uint64_t n = 5; n < 50'000; ++n) map.erase(n);
  map.try_emplace(5, 15);
  EXPECT_LT(map.stats().buckets, buckets) << "an insertion begins to shrink it";
}

TEST(reserve_of_less_than_there_is_room_for, keeps_insertions_from_going_on_with_a_shrink) {
  number_map<> map = large_map_of_few(500, 1'000);
  ASSERT_EQ(map.step(3), 3u);
  ASSERT_TRUE(map.stats().migrating);
  const auto places = places_of(map, 500);
  for (std::uint64_t n = 500; n < 1'000; ++n) map.try_emplace(n, 3 * n);
  EXPECT_EQ(places_of(map, 500), places);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  map.finish();
  EXPECT_EQ(map.stats().migrations.shrink, 1u);
  for (std::uint64_t n = 0; n < 1'000; ++n) ASSERT_EQ(map.at(n), 3 * n);
}

// Up to the size from which it would not shrink anyway, and beyond.
TEST(reserve_of_less_than_there_is_room_for, is_filled_past_the_size_where_shrinking_ends) {
  number_map<> map;
  for (std::uint64_t n = 0; n < 3'000; ++n) map.try_emplace(n, 3 * n);
  map.finish();
  map.reserve_gradually(2'000);
  for (std::uint64_t n = 10; n < 3'000; ++n) map.erase(n);
  const auto buckets = map.stats().buckets;
  for (std::uint64_t n = 10; n < 2'000; ++n) {
    map.try_emplace(n, 3 * n);
    ASSERT_STREQ(map.check_invariants(), nullptr) << n;
  }
  EXPECT_EQ(map.stats().buckets, buckets);
}

TEST(reserve_of_less_than_there_is_room_for, lets_erasures_shrink_that_may_move_elements) {
  number_map<shrinking_by_erasing> map;
  for (std::uint64_t n = 0; n < 50'000; ++n) map.try_emplace(n, 3 * n);
  map.finish();
  map.reserve_gradually(1'000);
  for (std::uint64_t n = 500; n < 50'000; ++n) map.erase(n);
  EXPECT_GE(map.stats().migrations.shrink, 1u);
}

// What a request for little memory says of a map that has much.
TEST(requests_for_less, let_the_map_shrink_by_itself) {
  for (const int way : {0, 1, 2}) {
    number_map<> map;
    for (std::uint64_t n = 0; n < 50'000; ++n) map.try_emplace(n, 3 * n);
    map.finish();
    if (way == 1) map.reserve(10);
    if (way == 2) map.rehash(0);
    for (std::uint64_t n = 100; n < 50'000; ++n) map.erase(n);
    map.finish();
    EXPECT_LT(map.stats().buckets, 128u) << way;
    map.clear();
    map.clear();
    EXPECT_LT(map.stats().bytes, 10'000u) << way;
  }
}

// Room for a range that is longer than the capacity that was asked for is no promise.
TEST(requests_for_less, are_what_a_map_made_of_a_range_keeps) {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> range;
  for (std::uint64_t n = 0; n < 50'000; ++n) range.emplace_back(n, 3 * n);
  for (const std::size_t capacity : {0u, 1'000u}) {
    number_map<> map(range.begin(), range.end(), capacity);
    for (std::uint64_t n = 0; n < 50'000; ++n) map.erase(n);
    for (std::uint64_t n = 0; n < 500; ++n) map.try_emplace(n, 3 * n);
    map.finish();
    EXPECT_LT(map.bucket_count(), 4'000u) << capacity;
    EXPECT_GE(map.bucket_count(), capacity);
    const auto slots = map.bucket_count();
    for (std::uint64_t n = 500; n < capacity; ++n) map.try_emplace(n, 3 * n);
    if (capacity != 0) {
      EXPECT_EQ(map.bucket_count(), slots) << "there was room";
    }
  }
}

TEST(requests_for_less, keep_what_was_reserved_before) {
  number_map<> map;
  map.reserve(20'000);
  const auto buckets = map.stats().buckets;
  map.reserve(10);
  for (std::uint64_t n = 0; n < 20'000; ++n) map.try_emplace(n, 3 * n);
  for (std::uint64_t n = 10; n < 20'000; ++n) map.erase(n);
  map.finish();
  EXPECT_EQ(map.stats().buckets, buckets);
  map.reserve_gradually(100'000);
  map.reserve(10);
  EXPECT_FALSE(map.migrating());
  EXPECT_GT(map.stats().buckets, buckets) << "a request that was on its way is met";
}

TEST(rehash, keeps_as_many_slots_as_were_asked_for) {
  for (const std::uint64_t asked : {2'000u, 7'168u, 7'169u, 20'000u}) {
    number_map<> map;
    map.rehash(asked);
    for (std::uint64_t n = 0; n < 10; ++n) map.try_emplace(n, 3 * n);
    map.finish();
    EXPECT_GE(map.bucket_count(), asked);
    map.clear();
    EXPECT_GE(map.bucket_count(), asked);
  }
}

TEST(rehash, rounds_up_to_a_power_of_two) {
  number_map<> map = {{1, 1}};
  for (const auto& [asked, given] : {std::pair{1u, 1u},
                                     {2u, 2u},
                                     {3u, 4u},
                                     {5u, 8u},
                                     {1000u, 1024u},
                                     {1024u, 1024u},
                                     {0u, 1u}}) {
    map.rehash(14 * asked);
    EXPECT_EQ(map.stats().buckets, given);
    EXPECT_TRUE(map.contains(1));
  }
}

TEST(rehash, leaves_room_for_what_is_there) {
  number_map<> map;
  fill_numbers_to(stage::before, map);
  map.rehash(1);
  EXPECT_LE(map.load_factor(), map.max_load_factor());
  EXPECT_EQ(map.size(), 500u);
}

TEST(rehash, of_an_empty_map_to_zero_gives_all_memory_back) {
  number_map<> map;
  fill_numbers_to(stage::halfway, map);
  while (!map.empty()) map.erase(map.begin());
  map.rehash(0);
  EXPECT_EQ(map.stats().bytes, 0u);
  EXPECT_EQ(map.stats().buckets, 0u);
  map[1] = 2;
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

}  // namespace
