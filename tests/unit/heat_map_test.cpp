// What lookups that are sampled make of a group: cold, warm, hot, and forgotten again.
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_policy.hpp>
#include <steady/detail/concurrent/heat_map.hpp>
#include <steady/detail/concurrent/sync.hpp>

namespace {

using steady::detail::heat_level;
using steady::detail::heat_map;
using steady::detail::native_sync;
using steady::detail::shared_memory;

using numbers = steady::default_concurrent_policy::heat;
using word = steady::detail::heat_word<numbers>;
static_assert(numbers::ticks_until_hot == 3 && numbers::samples_until_warm == 8 &&
              numbers::ticks_until_cold == 2000);

// After samples in these ticks.
word after(const std::vector<std::uint64_t>& ticks) {
  word now;
  for (const std::uint64_t tick : ticks) now = now.sampled_in(tick);
  return now;
}
heat_level level_after(const std::vector<std::uint64_t>& ticks) { return after(ticks).level(); }

TEST(heat_word, is_hot_after_three_ticks_in_a_row) {
  EXPECT_EQ(level_after({}), heat_level::cold);
  EXPECT_EQ(level_after({0}), heat_level::cold);
  EXPECT_EQ(level_after({0, 1}), heat_level::cold);
  EXPECT_EQ(level_after({0, 1, 2}), heat_level::hot);
  EXPECT_EQ(level_after({5, 5, 6, 6, 7}), heat_level::hot);
}

TEST(heat_word, is_not_hot_where_a_tick_is_missing) {
  EXPECT_EQ(level_after({0, 1, 3, 4}), heat_level::cold);
  EXPECT_EQ(level_after({0, 1, 3, 4, 5}), heat_level::hot);
  EXPECT_EQ(level_after({9, 9, 9, 10, 10}), heat_level::cold);
}

TEST(heat_word, is_warm_after_eight_samples) {
  EXPECT_EQ(level_after({4, 4, 4, 4, 4, 4, 4}), heat_level::cold);
  EXPECT_EQ(level_after({4, 4, 4, 4, 4, 4, 4, 4}), heat_level::warm);
  EXPECT_EQ(level_after({0, 2, 4, 6, 8, 10, 12, 14}), heat_level::warm);
  EXPECT_EQ(level_after({0, 2, 4, 6, 8, 10, 12, 14, 15, 16}), heat_level::hot);
}

TEST(heat_word, is_forgotten_after_two_seconds) {
  std::vector<std::uint64_t> ticks(8, 1);
  ticks.push_back(2001);
  EXPECT_EQ(level_after(ticks), heat_level::warm);
  EXPECT_EQ(after(ticks).samples(), 9u);
  ticks.back() = 2002;
  EXPECT_EQ(level_after(ticks), heat_level::cold);
  EXPECT_EQ(after(ticks).samples(), 1u);
}

// Threads read the clock before they note.
TEST(heat_word, takes_ticks_that_come_late_for_the_last_one) {
  EXPECT_EQ(level_after({1, 2, 1, 2, 1}), heat_level::cold);
  EXPECT_EQ(level_after({1, 2, 1, 3}), heat_level::hot);
}

TEST(heat_word, counts_no_further_than_it_has_bits) {
  word now;
  for (std::uint64_t n = 0; n < 1000; ++n) now = now.sampled_in(n);
  EXPECT_EQ(now.streak(), 255u);
  EXPECT_EQ(now.samples(), 1000u);
  for (int n = 0; n < 5'000'000; ++n) now = now.sampled_in(999);
  EXPECT_EQ(now.samples(), (1u << 22) - 1);
  EXPECT_EQ(now.streak(), 255u);
  EXPECT_EQ(now.level(), heat_level::hot);
  // Fifty days and more.
  now = word().sampled_in(~std::uint64_t{0}).sampled_in(std::uint64_t{1} << 33);
  EXPECT_EQ(now.samples(), 2u);
  EXPECT_EQ(now.streak(), 1u);
}

// ---- the map ----

template <bool InLeaves>
void expect_levels_once() {
  shared_memory<native_sync> memory(nullptr, steady::detail::plain_memory_source);
  heat_map<native_sync, numbers, InLeaves> map;
  constexpr std::uint64_t groups = 20'000;
  map.create(memory, groups);
  for (const std::uint64_t group : {std::uint64_t{0}, std::uint64_t{8192}, groups - 1}) {
    SCOPED_TRACE(group);
    for (int n = 0; n < 7; ++n) EXPECT_EQ(map.note(group, 10), heat_level::cold);
    EXPECT_EQ(map.note(group, 10), heat_level::warm);
    EXPECT_EQ(map.note(group, 11), heat_level::cold) << "it was warm before";
    EXPECT_EQ(map.note(group, 12), heat_level::hot);
    EXPECT_EQ(map.note(group, 13), heat_level::cold) << "it was hot before";
  }
  EXPECT_EQ(map.note(1, 13), heat_level::cold);
  while (map.release_some(memory)) {
  }
  EXPECT_EQ(memory.bytes(), 0u);
}

TEST(heat_map, tells_once_what_a_group_becomes) {
  expect_levels_once<false>();
  expect_levels_once<true>();
}

}  // namespace
