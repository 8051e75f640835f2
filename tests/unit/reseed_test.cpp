// Reseeding: a migration to another line. On request, and where a chain is too long for chance.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/retire.hpp>

#include "support/colliding_keys.hpp"
#include "support/containers.hpp"
#include "support/hashes.hpp"
#include "support/policies.hpp"
#include "support/sanitized.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

constexpr unsigned every = sanitized ? 5 : 1;  // steps between two looks at everything

template <class Map>
void expect_numbers(const Map& map, std::uint64_t count) {
  ASSERT_EQ(map.size(), count);
  for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(n), 3 * n);
  ASSERT_STREQ(map.check_invariants(), nullptr);
}

template <class Map>
std::vector<std::uint64_t> order_of(const Map& map) {
  std::vector<std::uint64_t> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

template <class Map>
class reseeds : public testing::Test {};

using maps = testing::Types<number_map<>, number_map<leaf_headers>, number_map<narrow>,
                            number_map<small_chunks>, number_map<small_chunks_in_leaves>,
                            map_of<std::uint64_t, std::uint64_t, narrow, narrow_hash>,
                            steady::node_hash_map<std::uint64_t, std::uint64_t>>;
TYPED_TEST_SUITE(reseeds, maps);

TYPED_TEST(reseeds, keep_every_element_at_every_step) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    TypeParam map;
    const std::uint64_t count = fill_numbers_to(at, map);
    map.reseed_gradually();
    EXPECT_TRUE(map.migrating());
    for (unsigned n = 0; map.migrating(); ++n) {
      EXPECT_EQ(map.step(1), 1u);
      if (map.migrating() && n % every != 0) continue;
      expect_numbers(map, count);
      EXPECT_EQ(order_of(map).size(), count);
      std::set<std::uint64_t> met;
      map.for_each([&](const auto& element) { met.insert(element.first); });
      EXPECT_EQ(met.size(), count);
    }
    EXPECT_GE(map.stats().migrations.reseed, 1u);  // more, if the hash is broken
  }
}

TYPED_TEST(reseeds, take_insertions_and_erasures_meanwhile) {
  TypeParam map;
  std::uint64_t end = fill_numbers_to(stage::done, map);
  std::uint64_t begin = 0;
  map.reseed_gradually();
  while (map.migrating()) {
    for (int n = 0; n < 3; ++n, ++end) ASSERT_TRUE(map.try_emplace(end, 3 * end).second);
    for (int n = 0; n < 3; ++n, ++begin) ASSERT_EQ(map.erase(begin), 1u);
    ASSERT_EQ(map.erase(begin - 1), 0u);
    ASSERT_FALSE(map.try_emplace(begin, 0).second);
    ASSERT_STREQ(map.check_invariants(), nullptr);
  }
  ASSERT_EQ(map.size(), end - begin);
  for (std::uint64_t n = begin; n < end; ++n) ASSERT_EQ(map.at(n), 3 * n);
  EXPECT_GE(map.stats().migrations.reseed, 1u);
}

TYPED_TEST(reseeds, divide_into_parts_that_meet_everything_once) {
  TypeParam map;
  const std::uint64_t count = fill_numbers_to(stage::done, map);
  map.reseed_gradually();
  for (; map.migrating(); map.step(5)) {
    std::multiset<std::uint64_t> met;
    for (std::uint64_t part = 0; part < 7; ++part) {
      std::as_const(map).for_each(steady::line_part(part, 7),
                                  [&](const auto& element) { met.insert(element.first); });
    }
    ASSERT_EQ(met.size(), count);
    ASSERT_EQ(std::set<std::uint64_t>(met.begin(), met.end()).size(), count);
  }
}

// Calls `test(map, elements)` for maps in which more and more of a reseeding is done.
template <class Map, class Test>
void in_every_state(const Test& test) {
  for (std::size_t steps = 0;; steps += every) {
    SCOPED_TRACE(steps);
    Map map;
    const std::uint64_t count = fill_numbers_to(stage::before, map);
    map.reseed_gradually();
    map.step(steps);
    const bool done = !map.migrating();
    test(map, count);
    if (done) return;
  }
}

TYPED_TEST(reseeds, survive_moving_swapping_and_copying) {
  in_every_state<TypeParam>([](TypeParam& map, std::uint64_t count) {
    TypeParam copy(map);
    expect_numbers(copy, count);
    TypeParam moved(std::move(map));
    expect_numbers(moved, count);
    TypeParam other;
    other.try_emplace(1, 1);
    other.swap(moved);
    expect_numbers(other, count);
    moved.swap(other);
    moved.finish();
    expect_numbers(moved, count);
    EXPECT_EQ(moved, copy);
  });
}

TYPED_TEST(reseeds, end_with_the_elements) {
  in_every_state<TypeParam>([](TypeParam& map, std::uint64_t count) {
    TypeParam second(map);
    second.reseed_gradually();
    second.step(3);
    second.clear();
    EXPECT_STREQ(second.check_invariants(), nullptr);
    EXPECT_TRUE(second.empty() && !second.migrating());
    second.rehash(0);
    EXPECT_EQ(second.stats().bytes, 0u);

    map.clear_gradually();
    EXPECT_TRUE(map.empty());
    for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(n, 3 * n);
    map.finish();
    expect_numbers(map, count);
    map.reseed_gradually();
    map.step(7);
    auto old = steady::retire(std::move(map));
    while (!old.done()) ASSERT_GT(old.step(1), 0u);
  });
}

TYPED_TEST(reseeds, go_together_with_another_size) {
  TypeParam map;
  const std::uint64_t count = fill_numbers_to(stage::done, map);
  const auto buckets = map.stats().buckets;
  map.reseed_gradually();
  map.reserve_gradually(4 * count);
  map.finish();
  EXPECT_GT(map.stats().buckets, buckets);
  expect_numbers(map, count);
  map.reseed_gradually();
  map.shrink_gradually();
  map.finish();
  EXPECT_LE(map.stats().buckets, buckets);
  expect_numbers(map, count);
  EXPECT_GE(map.stats().migrations.reseed, 2u);
}

TYPED_TEST(reseeds, complete_where_the_whole_price_is_paid_at_once) {
  in_every_state<TypeParam>([](TypeParam& map, std::uint64_t count) {
    map.reserve(2 * count);
    EXPECT_FALSE(map.migrating());
    expect_numbers(map, count);
    map.reseed_gradually();
    map.step(4);
    map.rehash(0);
    expect_numbers(map, count);
  });
}

TEST(reseed, gives_another_order) {
  number_map<> map;
  fill_numbers_to(stage::done, map);
  const auto before = order_of(map);
  map.reseed_gradually();
  map.finish();
  const auto after = order_of(map);
  EXPECT_NE(before, after);
  EXPECT_EQ(std::set(before.begin(), before.end()), std::set(after.begin(), after.end()));
}

TEST(reseed, of_nothing_is_nothing) {
  number_map<> map;
  map.reseed_gradually();
  EXPECT_FALSE(map.migrating());
  map.try_emplace(1, 1);
  map.erase(1);
  map.reseed_gradually();
  EXPECT_FALSE(map.migrating());
}

TEST(reseed, makes_cursors_start_again) {
  number_map<> map;
  const std::uint64_t count = fill_numbers_to(stage::done, map);
  const auto ignore = [](const auto&) {};
  const steady::cursor at = map.scan(steady::cursor(), 3, ignore);
  map.reseed_gradually();
  EXPECT_NO_THROW(map.scan(at, 3, ignore)) << "it has not begun";
  map.step(1);
  EXPECT_THROW(map.scan(at, 3, ignore), steady::stale_cursor);
  EXPECT_THROW(map.scan(steady::cursor(), 3, ignore), steady::stale_cursor);
  EXPECT_TRUE(map.scan(steady::cursor::end(), 3, ignore).at_end());
  map.finish();
  EXPECT_THROW(map.scan(at, 3, ignore), steady::stale_cursor);
  std::uint64_t met = 0;
  for (steady::cursor now; !now.at_end();) now = map.scan(now, 3, [&](const auto&) { ++met; });
  EXPECT_EQ(met, count);
}

// ---- hostile keys ----

template <bool Reseeds>
struct counting : counted {
  static constexpr bool reseeds = Reseeds;
};

template <bool Reseeds>
using attacked_map = map_of<std::uint64_t, std::uint64_t, counting<Reseeds>, transparent_word_hash>;

TEST(attack, on_an_empty_map_is_over_after_one_chain) {
  colliding_keys keys(1);
  attacked_map<true> map;
  for (std::uint64_t n = 0; n < 20'000; ++n) ASSERT_TRUE(map.try_emplace(keys.next(), n).second);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  EXPECT_EQ(map.stats().migrations.reseed, 1u);
  EXPECT_LE(map.stats().longest_chain, 30u);
}

TEST(attack, succeeds_without_reseeding) {
  colliding_keys keys(1);
  attacked_map<false> map;
  for (std::uint64_t n = 0; n < 20'000; ++n) map.try_emplace(keys.next(), n);
  EXPECT_EQ(map.stats().migrations.reseed, 0u);
  EXPECT_GT(map.stats().longest_chain, 3000u) << "then the keys do not collide";
}

// The bucket in which the keys pile up goes first, so that it does not pile up all the while.
TEST(attack, on_a_large_map_is_over_soon) {
  colliding_keys keys(2);
  attacked_map<true> map;
  for (std::uint64_t n = 0; n < 300'000; ++n) map.try_emplace(n, n);
  map.finish();
  map.reset_work();
  std::uint64_t most_moved = 0;
  for (std::uint64_t n = 0; n < 50'000; ++n) {
    map.reset_work();
    map.try_emplace(keys.next(), n);
    most_moved = std::max(most_moved, map.work().elements_moved);
  }
  EXPECT_STREQ(map.check_invariants(), nullptr);
  EXPECT_EQ(map.stats().migrations.reseed, 1u);
  EXPECT_LE(map.stats().longest_chain, 60u);
  EXPECT_LE(most_moved, 400u);
}

// No seed helps against a hash that is the same for all keys; to try it again and again would cost
// far more than it could give.
TEST(attack, of_a_broken_hash_is_answered_rarely) {
  map_of<std::uint64_t, std::uint64_t, counted, constant_hash> map;
  for (std::uint64_t n = 0; n < 5000; ++n) map.try_emplace(n, 3 * n);
  expect_numbers(map, 5000);
  EXPECT_GE(map.stats().migrations.reseed, 1u);
  EXPECT_LE(map.stats().migrations.reseed, 8u);
}

// 2,000 elements that do not collide, and so many that do; the map ends its migrations.
void attack(attacked_map<true>& map, colliding_keys& keys, std::uint64_t hostile) {
  for (std::uint64_t n = 0; n < 2'000; ++n) map.try_emplace(0x9e3779b97f4a7c15u * n, n);
  map.finish();
  for (std::uint64_t n = 0; n < hostile; ++n) map.try_emplace(keys.next(), n);
  map.finish();
  ASSERT_STREQ(map.check_invariants(), nullptr);
}

// With the same seed, as if the attacker had found out the new one.
TEST(attack, is_answered_again_after_clear) {
  for (const bool walked : {false, true}) {
    for (const bool migrating : {false, true}) {
      colliding_keys keys(4);
      attacked_map<true> map;
      using walker = decltype(map.walk());
      const std::unique_ptr<walker> observer(walked ? new walker(map.walk()) : nullptr);
      attack(map, keys, 150);
      ASSERT_EQ(map.stats().migrations.reseed, 1u);
      if (migrating) {
        map.compact_gradually();
        map.step(1);
      }
      keys.plant_seed();
      map.clear();
      const std::uint64_t before = map.stats().migrations.reseed;
      EXPECT_EQ(before, migrating ? 0u : 1u) << "memory was kept unless it was migrating";
      attack(map, keys, 100);
      EXPECT_EQ(map.stats().migrations.reseed, before + 1);
    }
  }
}

// The first answer takes the same seed once more. As with a broken hash, there is no second one
// before the map has grown, or has become smaller.
TEST(attack, is_answered_again_by_a_map_that_shrank) {
  colliding_keys keys(5);
  attacked_map<true> map;
  for (std::uint64_t n = 0; n < 20'000; ++n) map.try_emplace(0x9e3779b97f4a7c15u * n, n);
  map.finish();
  for (std::uint64_t n = 0; n < 120; ++n) {
    keys.plant_seed();
    map.try_emplace(keys.next(), n);
  }
  map.finish();
  for (std::uint64_t n = 0; n < 20; ++n) map.try_emplace(keys.next(), n);
  map.finish();
  ASSERT_EQ(map.stats().migrations.reseed, 1u);
  ASSERT_GT(map.stats().longest_chain, 15u) << "then the seed was another one";
  for (std::uint64_t n = 0; n < 20'000; ++n) map.erase(0x9e3779b97f4a7c15u * n);
  map.shrink_gradually();
  map.finish();
  for (std::uint64_t n = 0; n < 20; ++n) map.try_emplace(keys.next(), n);
  map.finish();
  EXPECT_EQ(map.stats().migrations.reseed, 2u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(attack, does_not_break_the_promise_of_reserve) {
  colliding_keys keys(3);
  attacked_map<true> map;
  map.reserve(4000);
  keys.plant_seed();
  attacked_map<true> other;
  other.reserve(4000);
  const std::uint64_t first = keys.next();
  const auto* const address = &*other.try_emplace(first, 1).first;
  for (std::uint64_t n = 1; n < 4000; ++n) other.try_emplace(keys.next(), n);
  EXPECT_EQ(&*other.find(first), address);
  EXPECT_EQ(other.stats().migrations.reseed, 0u);
  EXPECT_GT(other.stats().longest_chain, 500u);
  for (std::uint64_t n = 0; n < 100'000 && other.stats().migrations.reseed == 0; ++n) {
    other.try_emplace(keys.next(), n);
  }
  EXPECT_EQ(other.stats().migrations.reseed, 1u);
  EXPECT_STREQ(other.check_invariants(), nullptr);
}

// Random keys, as many as a test can afford: the map must not take chance for malice.
TEST(attack, is_not_seen_in_random_keys) {
  attacked_map<true> map;
  std::mt19937_64 random(7);
  for (int n = 0; n < 400'000; ++n) map.try_emplace(random(), 0);
  EXPECT_EQ(map.stats().migrations.reseed, 0u);
  map_of<std::uint64_t, std::uint64_t, narrow> narrow_map;
  for (int n = 0; n < 200'000; ++n) narrow_map.try_emplace(random(), 0);
  EXPECT_EQ(narrow_map.stats().migrations.reseed, 0u);
}

}  // namespace
