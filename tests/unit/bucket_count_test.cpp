// bucket_count(), load_factor(), rehash(), reserve() and the constructors with a size: the
// standard's relations between them, in slots.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/node_hash_map.hpp>

#include "support/containers.hpp"

namespace {

using namespace support;

struct roomy : steady::default_policy {
  static constexpr double load_limit = 0.6;
};
struct brimming : steady::default_policy {
  static constexpr double load_limit = 1;
};
struct slim : steady::default_policy {
  template <std::size_t>
  static constexpr unsigned bucket_width = 3;
};
struct large {
  std::uint64_t number[50];
};
struct huge {
  std::uint64_t number[3000];  // a bucket is a chunk
};

template <class Map>
class bucket_count : public testing::Test {
 public:
  static std::size_t room(const Map& map) {
    return static_cast<std::size_t>(static_cast<double>(map.bucket_count()) *
                                    static_cast<double>(map.max_load_factor()));
  }
  static std::size_t slots_for(std::size_t size) {
    return static_cast<std::size_t>(
        std::ceil(static_cast<double>(size) / static_cast<double>(Map::max_load_factor())));
  }
};
using maps =
    testing::Types<number_map<>, number_map<slim>, number_map<roomy>, number_map<brimming>,
                   map_of<std::uint64_t, std::string>, map_of<std::uint64_t, large>,
                   map_of<std::uint64_t, huge>, steady::node_hash_map<std::uint64_t, large>>;
TYPED_TEST_SUITE(bucket_count, maps);

TYPED_TEST(bucket_count, times_the_maximal_load_factor_is_where_growth_begins) {
  TypeParam map;
  EXPECT_EQ(map.bucket_count(), 0u);
  EXPECT_EQ(map.load_factor(), 0.0f);
  EXPECT_EQ(map.max_load(), 0u);
  for (std::uint64_t n = 0; n < 300; ++n) {
    const std::size_t before = map.bucket_count();
    const bool full = map.size() == this->room(map);
    map.try_emplace(n);
    ASSERT_EQ(map.bucket_count() != before, full) << n;
    ASSERT_EQ(map.max_load(), this->room(map)) << n;
    ASSERT_LE(map.size(), this->room(map));
    ASSERT_FLOAT_EQ(map.load_factor(),
                    static_cast<float>(map.size()) / static_cast<float>(map.bucket_count()));
    ASSERT_LE(map.load_factor(), map.max_load_factor());
    ASSERT_FLOAT_EQ(map.load_factor(), static_cast<float>(map.stats().load_factor));
  }
}

TYPED_TEST(bucket_count, is_at_least_what_was_asked_for) {
  for (std::size_t asked = 0; asked < 200; ++asked) {
    SCOPED_TRACE(asked);
    EXPECT_GE(TypeParam(asked).bucket_count(), asked);
    TypeParam map;
    map.rehash(asked);
    ASSERT_GE(map.bucket_count(), asked);
    TypeParam reserved;
    reserved.reserve(asked);
    ASSERT_GE(this->room(reserved), asked);
    TypeParam rehashed;
    rehashed.rehash(this->slots_for(asked));
    ASSERT_EQ(reserved.bucket_count(), rehashed.bucket_count())
        << "reserve(n) is rehash(n / limit)";
  }
}

TYPED_TEST(bucket_count, is_never_too_small_for_the_elements) {
  TypeParam map;
  for (std::uint64_t n = 0; n < 100; ++n) map.try_emplace(n);
  for (const std::size_t asked : {0u, 1u, 20u, 100u, 150u, 200u, 1000u, 3u, 0u}) {
    map.rehash(asked);
    ASSERT_GE(map.bucket_count(), asked);
    ASSERT_GE(this->room(map), map.size());
    ASSERT_FALSE(map.migrating());
  }
  EXPECT_LE(map.bucket_count(), 4 * map.size()) << "rehash(0) shrinks";
  map.clear();
  map.rehash(0);
  EXPECT_EQ(map.bucket_count(), 0u);
  EXPECT_EQ(map.stats().bytes, 0u);
}

TEST(rehash, by_the_maximal_load_factor_makes_room_and_no_more) {
  number_map<> map;
  constexpr std::size_t many = 100'000;
  map.rehash(static_cast<std::size_t>(static_cast<float>(many) / map.max_load_factor()));
  const std::size_t slots = map.bucket_count();
  EXPECT_LE(slots, 4 * many);
  EXPECT_LE(map.stats().bytes, 4 * many * 20);
  const auto* const first = std::addressof(*map.try_emplace(0, 0).first);
  for (std::uint64_t n = 1; n < many; ++n) map.try_emplace(n, n);
  EXPECT_EQ(map.bucket_count(), slots);
  EXPECT_EQ(std::addressof(*map.find(0)), first);
}

TEST(rehash, to_what_one_bucket_holds_needs_no_cold_block) {
  number_map<> map;
  map.rehash(18);
  EXPECT_EQ(map.stats().buckets, 1u);
  EXPECT_EQ(map.bucket_count(), 18u);
  number_map<> reserved;
  reserved.reserve(14);
  EXPECT_EQ(map.stats().bytes, reserved.stats().bytes);
}

// Also where a request has given the map a cold block.
TEST(rehash, to_as_many_slots_moves_nothing) {
  for (const bool cold : {false, true}) {
    number_map<> map;
    for (std::uint64_t n = 0; n < 12; ++n) map[n] = n;
    if (cold) map.reserve_gradually(14);
    ASSERT_FALSE(map.migrating());
    ASSERT_EQ(map.bucket_count(), 18u);
    const auto* const first = std::addressof(*map.find(0));
    for (const std::size_t slots : {1u, 10u, 18u}) {
      map.rehash(slots);
      EXPECT_EQ(map.bucket_count(), 18u);
      EXPECT_EQ(std::addressof(*map.find(0)), first);
    }
    for (std::uint64_t n = 12; n < 14; ++n) map[n] = n;
    EXPECT_EQ(std::addressof(*map.find(0)), first);
    for (std::uint64_t n = 14; n < 100; ++n) map[n] = n;
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }
}

// Then two buckets hold fewer elements than a single one, which may be filled to the brim.
template <int Percent>
struct loaded : steady::default_policy {
  static constexpr double load_limit = Percent / 100.0;
};
template <class Policy>
class low_load : public testing::Test {};
using low_loads = testing::Types<loaded<8>, loaded<10>, loaded<30>, loaded<45>, loaded<50>>;
TYPED_TEST_SUITE(low_load, low_loads);

TYPED_TEST(low_load, reserves_for_what_two_buckets_do_not_hold) {
  for (std::uint64_t size = 6; size <= 40; ++size) {
    number_map<TypeParam> map;
    for (std::uint64_t n = 0; n < 15; ++n) map.try_emplace(n, n);
    for (std::uint64_t n = 5; n < 15; ++n) map.erase(n);
    map.reserve(size);
    EXPECT_FALSE(map.migrating());
    EXPECT_GE(static_cast<float>(map.bucket_count()) * map.max_load_factor() * 1.0001f,
              static_cast<float>(size));
    const auto* const first = std::addressof(*std::as_const(map).find(0));
    for (std::uint64_t n = 100; map.size() < size; ++n) map.try_emplace(n, n);
    EXPECT_EQ(std::addressof(*std::as_const(map).find(0)), first) << size;
  }
}

TEST(bucket_counts, are_those_of_the_new_array_while_migrating) {
  number_map<> map;
  std::uint64_t n = 0;
  for (; n < 1000 || !map.migrating(); ++n) map.try_emplace(n, n);
  EXPECT_EQ(map.bucket_count(), 14 * map.stats().buckets);
  EXPECT_GT(static_cast<double>(map.bucket_count()) * 0.8, static_cast<double>(n));
}

}  // namespace
