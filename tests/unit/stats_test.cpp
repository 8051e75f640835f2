// stats(): every number against what it claims to count.
#include <cstdint>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/hashes.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

TEST(stats, of_an_empty_map_are_zero) {
  const auto now = number_map<>().stats();
  EXPECT_EQ(now.size + now.buckets + now.overflow_buckets + now.chunks + now.bytes, 0u);
  EXPECT_EQ(now.load_factor, 0);
  EXPECT_EQ(now.longest_chain, 0u);
  EXPECT_EQ(now.migrations.grow + now.migrations.compact + now.migrations.shrink, 0u);
  EXPECT_EQ(now.steps.insert + now.steps.call, 0u);
  EXPECT_FALSE(now.migrating);
  EXPECT_EQ(now.frontier, 0u);
}

TEST(stats, agree_with_the_map_at_every_stage) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    number_map<> map;
    const std::uint64_t count = fill_numbers_to(at, map);
    const auto now = map.stats();
    EXPECT_EQ(now.size, count);
    EXPECT_EQ(14 * now.buckets, at == stage::small ? 14 : map.bucket_count());
    EXPECT_EQ(now.migrating, map.migrating());
    EXPECT_EQ(now.migrating, now.frontier != 0);
    const auto slots = static_cast<double>(map.bucket_count());
    EXPECT_DOUBLE_EQ(now.load_factor, static_cast<double>(count) / slots);
    EXPECT_FLOAT_EQ(map.load_factor(), static_cast<float>(now.load_factor));
    EXPECT_GT(now.bytes, count * 16);
  }
}

TEST(stats, count_migrations_and_who_drove_them) {
  number_map<> map;
  fill_numbers_to(stage::before, map);  // up to 4 buckets at once, then doubled 4 times
  auto now = map.stats();
  EXPECT_EQ(now.migrations.grow, 4u);
  EXPECT_EQ(now.steps.insert + now.steps.call, 4u + 8 + 16 + 32);
  EXPECT_GT(now.steps.insert, 0u);
  map.rehash(14 * 128);
  now = map.stats();
  EXPECT_EQ(now.migrations.grow, 5u);
  EXPECT_GE(now.steps.call, 64u);
  map.rehash(14 * 64);
  now = map.stats();
  EXPECT_EQ(now.migrations.shrink, 1u);
  EXPECT_GE(now.steps.call, 64u + 128u);
  EXPECT_EQ(now.migrations.compact, 0u);
}

TEST(stats, count_migrations_that_clear_gradually_ended) {
  number_map<> map;
  fill_numbers_to(stage::halfway, map);
  const auto growing = map.stats().started;
  map.clear_gradually();
  EXPECT_EQ(map.stats().started.load, growing.load);
  EXPECT_EQ(map.stats().migrations.grow, growing.load - 1);
  number_map<> compacted;
  fill_numbers_to(stage::done, compacted);
  compacted.compact_gradually();
  compacted.step(1);
  const auto begun = compacted.stats().started;
  EXPECT_EQ(begun.request, 1u);
  compacted.clear_gradually();
  EXPECT_EQ(compacted.stats().started.request, 1u);
  EXPECT_EQ(compacted.stats().started.load, begun.load);
}

// The walker keeps the block that its steps are counted in.
TEST(stats, begin_again_without_memory_where_a_walker_is) {
  number_map<> map;
  fill_numbers_to(stage::done, map);
  auto walker = map.walk();
  map.reseed_gradually();
  for (auto at = walker.begin(); at != walker.end(); ++at) continue;
  map.finish();
  EXPECT_GT(map.stats().steps.walk, 0u);
  EXPECT_EQ(map.stats().migrations.reseed, 1u);
  map.clear();
  map.rehash(0);
  const auto now = map.stats();
  EXPECT_EQ(now.steps.walk, 0u);
  EXPECT_EQ(now.migrations.reseed, 0u);
  EXPECT_EQ(now.started.load + now.started.request + now.started.overflow, 0u);
}

TEST(stats, count_overflow) {
  map_of<std::uint64_t, int, steady::default_policy, constant_hash> map;
  map.reserve(100);
  for (std::uint64_t n = 0; n < 14; ++n) map[n] = 1;
  EXPECT_EQ(map.stats().overflow_buckets, 0u);
  EXPECT_EQ(map.stats().longest_chain, 0u);
  map[14] = 1;
  EXPECT_EQ(map.stats().overflow_buckets, 1u);
  for (std::uint64_t n = 15; n < 14 + 3 * 6; ++n) map[n] = 1;
  EXPECT_EQ(map.stats().overflow_buckets, 3u);
  EXPECT_EQ(map.stats().longest_chain, 3u);
  for (std::uint64_t n = 0; n < 14 + 3 * 6; ++n) map.erase(n);
  EXPECT_EQ(map.stats().overflow_buckets, 0u);
  EXPECT_EQ(map.stats().longest_chain, 3u) << "the longest ever";
}

TEST(stats, move_with_the_content) {
  number_map<> map;
  fill_numbers_to(stage::halfway, map);
  const auto before = map.stats();
  const number_map<> moved = std::move(map);
  EXPECT_EQ(moved.stats().frontier, before.frontier);
  EXPECT_EQ(moved.stats().bytes, before.bytes);
  EXPECT_EQ(moved.stats().steps.insert, before.steps.insert);
  EXPECT_EQ(moved.stats().migrations.grow, before.migrations.grow);
  EXPECT_EQ(map.stats().bytes, 0u);
  EXPECT_EQ(map.stats().migrations.grow, 0u);
}

// Large enough for headers in a reserved range of addresses, where the system has that.
TEST(stats, return_to_zero_with_the_memory) {
  number_map<> map;
  for (std::uint64_t n = 0; n < 200'000; ++n) map[n] = n;
  const auto large = map.stats();
  EXPECT_GT(large.bytes, large.buckets * (14 * 16 + 16) / 2);
  map.finish();
  for (std::uint64_t n = 0; n < 200'000; ++n) map.erase(n);
  map.rehash(1);
  EXPECT_LE(map.stats().bytes, 512u);
  EXPECT_EQ(map.stats().chunks, 1u);
  map.rehash(0);
  EXPECT_EQ(map.stats().bytes, 0u);
  EXPECT_EQ(map.stats().chunks, 0u);
}

}  // namespace
