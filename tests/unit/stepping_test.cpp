// step, step_for, pending, migrating and finish.
#include <chrono>
#include <cstdint>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

TEST(step, does_nothing_when_nothing_is_pending) {
  number_map<> map;
  EXPECT_EQ(map.step(10), 0u);
  map[1] = 1;
  EXPECT_EQ(map.step(10), 0u);
  EXPECT_EQ(map.pending(), 0u);
  map.finish();
  EXPECT_EQ(map.size(), 1u);
}

TEST(step, does_as_many_buckets_as_asked) {
  number_map<> map;
  fill_numbers_to(stage::begun, map);
  ASSERT_TRUE(map.migrating());
  const auto pending = map.pending();
  EXPECT_EQ(map.step(0), 0u);
  EXPECT_EQ(map.pending(), pending);
  EXPECT_EQ(map.step(3), 3u);
  EXPECT_EQ(map.pending(), pending - 3);
  EXPECT_EQ(map.step(1), 1u);
  EXPECT_EQ(map.pending(), pending - 4);
  EXPECT_EQ(map.step(1'000'000), pending - 4) << "and no more than there are";
  EXPECT_FALSE(map.migrating());
}

TEST(finish, completes_at_every_stage) {
  for (const stage at : all_stages) {
    number_map<> map;
    const std::uint64_t count = fill_numbers_to(at, map);
    map.finish();
    EXPECT_FALSE(map.migrating());
    EXPECT_EQ(map.pending(), 0u);
    EXPECT_EQ(map.stats().frontier, 0u);
    EXPECT_EQ(map.size(), count);
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }
}

TEST(step_for, works_until_the_time_is_up_or_all_is_done) {
  number_map<> map;
  fill_numbers_to(stage::begun, map);
  const auto pending = map.pending();
  EXPECT_EQ(map.step_for(std::chrono::nanoseconds(0)), 0u);
  EXPECT_EQ(map.step_for(std::chrono::seconds(-1)), 0u);
  EXPECT_EQ(map.pending(), pending);
  EXPECT_EQ(map.step_for(std::chrono::minutes(5)), pending);
  EXPECT_FALSE(map.migrating());
}

TEST(migration, is_driven_to_its_end_by_inserts) {
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    number_map<slow> map;
    std::uint64_t growths = 0;
    bool migrating = false;
    for (std::uint64_t n = 0; n < 30'000; ++n) {
      map[n * (seed + 1)] = n;
      const auto now = map.stats();
      // A growth that were still under way when the next is due would be seen here.
      ASSERT_LE(now.load_factor, slow::load_limit + 0.01) << n;
      if (now.migrating && !migrating) ++growths;
      migrating = now.migrating;
    }
    EXPECT_GE(growths, 8u);
  }
}

TEST(migration, is_not_driven_by_anything_constant_or_by_erasing) {
  number_map<> map;
  const std::uint64_t count = fill_numbers_to(stage::halfway, map);
  const auto frontier = map.stats().frontier;
  for (std::uint64_t n = 0; n < count; ++n) map.erase(n);
  EXPECT_EQ(map.stats().frontier, frontier);
  map.finish();
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

}  // namespace
