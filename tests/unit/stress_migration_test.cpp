// Stress migration, as in sanitized builds: insertions migrate at random where they may, and
// nowhere else.
#undef STEADY_STRESS_MIGRATION
#define STEADY_STRESS_MIGRATION 1

#include <cstdint>
#include <utility>

#include <gtest/gtest.h>

#include <steady/detail/migration/stress_migration.hpp>
#include <steady/hash_map.hpp>

#include "support/containers.hpp"

namespace {

static_assert(steady::detail::stress_migration, "this test is built with STEADY_STRESS_MIGRATION");

TEST(stress_migration, migrates_where_nothing_had_to) {
  support::number_map<> map;
  for (std::uint64_t n = 0; n < 20'000; ++n) map[n] = n;
  map.finish();
  EXPECT_GT(map.stats().migrations.compact, 0u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(stress_migration, evacuates_more_than_it_must) {
  support::number_map<> map;
  map.reserve(100'000);
  std::uint64_t n = 0;
  for (; !map.migrating(); ++n) map[n] = n;
  const auto before = map.stats().steps.insert;
  for (const std::uint64_t end = n + 100; n < end; ++n) map[n] = n;
  EXPECT_GT(map.stats().steps.insert - before, 200u);
}

TEST(stress_migration, keeps_what_reserve_has_promised) {
  support::number_map<> map;
  map.reserve(10'000);
  const std::uint64_t* const first = &(map[0] = 7);
  for (std::uint64_t n = 1; n < 10'000; ++n) {
    map[n] = n;
    ASSERT_EQ(&map.at(0), first);
  }
  EXPECT_FALSE(map.migrating());
}

TEST(stress_migration, keeps_the_promise_when_the_map_moves_elsewhere) {
  support::number_map<> source;
  source.reserve(10'000);
  support::number_map<> map = std::move(source);
  const std::uint64_t* const first = &(map[0] = 7);
  for (std::uint64_t n = 1; n < 10'000; ++n) map[n] = n;
  EXPECT_EQ(&map.at(0), first);
}

TEST(stress_migration, is_without_state_when_switched_off) {
  using off = steady::detail::stress<false>;
  EXPECT_FALSE(off::strikes(true));
  EXPECT_EQ(off::extra(), 0u);
}

}  // namespace
