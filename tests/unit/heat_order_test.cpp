// Which buckets of a concurrent map move first, where its policy asks for the order of heat.
#include <chrono>
#include <cstdint>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/evacuator.hpp>

#include "support/concurrent_containers.hpp"
#include "support/counting_sync.hpp"
#include "support/heat_policies.hpp"
#include "support/migration_view.hpp"

namespace {

using namespace support;
constexpr std::uint64_t ms = 1'000'000;

template <class Policy>
using map_of = concurrent_map_of<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, Policy>;
using heated_map = map_of<by_heat_at_once>;
using plain_map = concurrent_numbers;

// Until a growth begins; the call that begins it evacuates two intervals. Returns how many elements
// there are.
template <class Map>
std::uint64_t fill_until_migrating(Map& map, std::uint64_t least) {
  map.reserve(least);
  std::uint64_t next = 0;
  while (!map.migrating()) map.try_emplace(next, next), ++next;
  return next;
}

// A key in that group.
template <class Map>
std::uint64_t key_in(const migration_view<Map>& view, std::uint64_t group) {
  std::uint64_t key = 0;
  while (view.group_of(key) != group) ++key;
  return key;
}

template <class Map>
void look_up_in_three_ticks(const Map& map, std::uint64_t key) {
  for (int n = 0; n < 3; ++n) {
    EXPECT_TRUE(map.contains(key));
    time_of_heat += ms;
  }
}

// How many steps until the key's bucket has moved.
template <class Map>
std::size_t steps_until_moved(Map& map, std::uint64_t key) {
  const migration_view<Map> view(map);
  std::size_t steps = 0;
  while (map.migrating() && !view.is_forwarded(key)) steps += map.step(1);
  return steps;
}

constexpr std::uint64_t in_group = 256;  // intervals

TEST(heat_order, moves_what_is_looked_up_first) {
  heated_map map;
  fill_until_migrating(map, 80'000);
  const migration_view view(map);
  ASSERT_EQ(view.groups(), 32u);
  const std::uint64_t key = key_in(view, view.groups() - 2);
  look_up_in_three_ticks(map, key);
  map.step(in_group);  // what this thread had taken on before
  EXPECT_LE(steps_until_moved(map, key), in_group);
  finish(map);
  EXPECT_STREQ(map.check_invariants(), nullptr);

  plain_map plain;
  fill_until_migrating(plain, 80'000);
  const std::uint64_t late = key_in(migration_view(plain), migration_view(plain).groups() - 2);
  look_up_in_three_ticks(plain, late);
  EXPECT_GE(steps_until_moved(plain, late), 25 * in_group);
}

TEST(heat_order, counts_visits_as_lookups) {
  heated_map map;
  fill_until_migrating(map, 80'000);
  const migration_view view(map);
  const std::uint64_t first = key_in(view, 30);
  const std::uint64_t second = key_in(view, 20);
  for (int n = 0; n < 3; ++n) {
    map.cvisit(first, [](const auto&) {});
    map.visit(second, [](auto&) {});
    time_of_heat += ms;
  }
  map.step(3 * in_group);
  EXPECT_TRUE(view.is_forwarded(first));
  EXPECT_TRUE(view.is_forwarded(second));
}

struct every_64th : by_heat_at_once {
  struct heat : heat_at_once {
    static constexpr std::uint64_t lookups_per_sample = 64;
  };
};

TEST(heat_order, samples_every_sixty_fourth_lookup_of_a_thread) {
  map_of<every_64th> map;
  fill_until_migrating(map, 80'000);
  const migration_view view(map);
  const std::uint64_t hot = key_in(view, 30);
  const std::uint64_t other = key_in(view, 20);
  // The first one is noted, and the 63 after it are not.
  for (int n = 0; n < 3; ++n) {
    EXPECT_TRUE(map.contains(hot));
    for (int i = 0; i < 63; ++i) EXPECT_TRUE(map.contains(other));
    time_of_heat += ms;
  }
  map.step(2 * in_group);
  EXPECT_TRUE(view.is_forwarded(hot));
  EXPECT_FALSE(view.is_forwarded(other));
}

// Every interval, and hardly one twice, whatever was hot and however little room rings have.
template <class Policy>
void expect_all_moved(bool shrinks) {
  map_of<Policy> map;
  std::uint64_t from = 0;
  const std::uint64_t to = fill_until_migrating(map, 80'000);
  if (shrinks) {
    map.finish();
    for (; !map.migrating(); ++from) map.erase(from);
  }
  for (int n = 0; n < 3; ++n, time_of_heat += ms) {
    for (std::uint64_t key = from; key < to; key += 97) map.contains(key);
  }
  // Of 32 chunks; shrinking of 64, where two buckets are an interval. The line passes groups that
  // have moved in one look.
  std::size_t looks = 0;
  while (map.migrating()) looks += map.step(1);
  EXPECT_GE(looks, 32 * in_group - 2);
  EXPECT_LE(looks, 32 * in_group - 2 + 64);
  for (; from < to; ++from) ASSERT_TRUE(map.contains(from));
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(heat_order, loses_nothing) {
  for (const bool shrinks : {false, true}) {
    expect_all_moved<by_heat_at_once>(shrinks);
    expect_all_moved<by_heat_crowded>(shrinks);
    expect_all_moved<by_heat>(shrinks);
  }
}

// Shrinking halves 64 groups: all others move before the one that is hot, but for the last along
// the line, which the thread has taken on when the line begins anew.
TEST(heat_order, has_what_is_hot_move_last_under_memory_pressure) {
  heated_map map;
  map.reserve(200'000);
  for (std::uint64_t key = 0; key < 20'000; ++key) map.try_emplace(key, key);
  map.trim(0);
  ASSERT_TRUE(map.migrating());
  const migration_view view(map);
  ASSERT_EQ(view.groups(), 64u);
  const std::uint64_t key = key_in(view, 2);
  look_up_in_three_ticks(map, key);
  while (map.migrating() && !view.is_forwarded(key)) map.trim(1);
  ASSERT_TRUE(map.migrating());
  EXPECT_GE(map.stats().steps.trim, 62 * in_group / 2);
  while (map.trim() != 0 || map.migrating()) {
  }
  EXPECT_EQ(map.size(), 20'000u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

struct for_33_groups : by_heat_at_once {
  struct heat : heat_at_once {
    static constexpr std::uint64_t least_groups = 33;
  };
};

TEST(heat_order, goes_along_the_line_where_there_is_little_to_move) {
  map_of<for_33_groups> map;
  fill_until_migrating(map, 80'000);
  const migration_view view(map);
  const std::uint64_t key = key_in(view, 30);
  look_up_in_three_ticks(map, key);
  EXPECT_GE(steps_until_moved(map, key), 25 * in_group);
}

// ---- the background obeys the times, all others do not ----

// Works until nothing is granted, however slow the machine is.
steady::evacuator::options until_blocked() {
  steady::evacuator::options how;
  how.work_in_a_row = std::chrono::hours(1);
  how.longest_turn = std::chrono::hours(1);
  return how;
}

TEST(heat_order, lets_the_background_wait_for_its_times) {
  heated_map map;
  steady::evacuator helper([] {}, until_blocked());
  const auto service = helper.serve(map);
  std::uint64_t count = fill_until_migrating(map, 80'000);
  const migration_view view(map);
  const std::uint64_t key = key_in(view, 30);
  look_up_in_three_ticks(map, key);
  helper.slice();
  EXPECT_TRUE(view.is_forwarded(key));
  const std::size_t size_of_hot_and_one_cold = 2 * in_group;
  for (int n = 0; n < 3; ++n) {
    EXPECT_NE(helper.slice(), steady::evacuator::until_called);
  }
  const std::size_t old_buckets = map.stats().buckets / 2;
  std::size_t left = 0;
  for (; map.migrating() && left < 10; ++left) EXPECT_EQ(map.step(1), 1u);
  time_of_heat += 50 * ms;
  helper.slice();
  left += in_group;
  while (map.migrating()) left += map.step(1);
  EXPECT_EQ(left, old_buckets - size_of_hot_and_one_cold);
  EXPECT_EQ(map.size(), count);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

// Time stands still: insertions end what the background may not.
TEST(heat_order, ends_without_time) {
  heated_map map;
  steady::evacuator helper([] {}, until_blocked());
  const auto service = helper.serve(map);
  std::uint64_t next = fill_until_migrating(map, 200'000);
  const std::uint64_t begun = next;
  while (map.migrating()) {
    map.try_emplace(next, next);
    ++next;
    helper.slice();
  }
  EXPECT_LE(next - begun, map.bucket_count() / 16);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

// ---- what it costs ----

struct counted_by_heat : counting_policy {
  static constexpr bool orders_by_heat = true;
};

// A lookup writes nothing that threads share but its announcement, whether the order is on or off;
// one that is noted writes one word more, and another one and a task if its group has become warm.
TEST(heat_order, writes_little_where_lookups_are_noted) {
  map_of<counting_policy> plain;
  map_of<counted_by_heat> heated;
  fill_until_migrating(plain, 80'000);
  fill_until_migrating(heated, 80'000);
  const std::uint64_t usual = work_of([&] { plain.contains(5); }).writes;
  std::uint64_t noted = 0;
  for (int n = 0; n < 640; ++n) {
    const std::uint64_t writes = work_of([&] { heated.contains(5); }).writes;
    EXPECT_LE(writes, usual + 1 + 3);
    noted += writes != usual;
  }
  EXPECT_EQ(noted, 10u);
}

}  // namespace
