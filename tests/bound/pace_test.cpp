// A migration never hangs, and none delays the next: insertions alone complete every kind, in the
// number that docs/design.md proves; steps alone do, too.
#include <algorithm>
#include <cstdint>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"

namespace {

using map_type = support::number_map<support::slow>;  // one interval per insertion

std::uint64_t scattered(std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15u ^ i << 17; }

// Makes a request, then only inserts.
struct pace {
  std::uint64_t insertions = 0;  // until it was done
  double most_load = 0;          // by the limit
};

std::uint64_t migrations(const map_type& map) {
  const auto done = map.stats().migrations;
  return done.grow + done.shrink + done.compact + done.reseed;
}

template <class Ask>
pace insert_until_done(map_type& map, const Ask& ask) {
  pace measured;
  const std::uint64_t before = migrations(map);
  const std::uint64_t buckets = map.stats().buckets;
  std::uint64_t next = map.size();
  ask();
  for (; migrations(map) == before; ++next, ++measured.insertions) {
    map.try_emplace(scattered(next), next);
    const double limit = static_cast<double>(map.bucket_count()) * support::slow::load_limit;
    measured.most_load = std::max(measured.most_load, static_cast<double>(map.size()) / limit);
    if (measured.insertions > 10 * buckets) {
      ADD_FAILURE() << "it hangs";
      break;
    }
  }
  return measured;
}

// A map at rest to which one more insertion would be growth.
void fill_to_the_limit(map_type& map) {
  std::uint64_t next = 0;
  while (map.stats().buckets < 4096 || map.migrating())
    map.try_emplace(scattered(next), next), ++next;
  const auto limit = static_cast<std::uint64_t>(static_cast<double>(map.bucket_count()) *
                                                support::slow::load_limit);
  for (; next < limit; ++next) map.try_emplace(scattered(next), next);
  ASSERT_FALSE(map.migrating());
}

TEST(pace, of_growing) {
  map_type map;
  fill_to_the_limit(map);
  const std::uint64_t buckets = map.stats().buckets;
  const pace measured = insert_until_done(map, [] {});
  EXPECT_LE(measured.insertions, buckets);
  EXPECT_EQ(map.stats().migrations.compact, 0u);
}

TEST(pace, of_compacting_a_full_map) {
  map_type map;
  fill_to_the_limit(map);
  const std::uint64_t buckets = map.stats().buckets;
  const std::uint64_t grown = map.stats().migrations.grow;
  const pace measured = insert_until_done(map, [&] { map.compact_gradually(); });
  EXPECT_EQ(map.stats().migrations.compact + map.stats().migrations.grow, grown + 1);
  EXPECT_LE(measured.insertions, buckets);
}

TEST(pace, of_reseeding_a_full_map) {
  map_type map;
  fill_to_the_limit(map);
  const std::uint64_t buckets = map.stats().buckets;
  const pace measured = insert_until_done(map, [&] { map.reseed_gradually(); });
  EXPECT_EQ(map.stats().migrations.reseed, 1u);
  EXPECT_LE(measured.insertions, buckets / 2 + buckets / 256 + 2);
  EXPECT_LE(measured.most_load, 1 + 0.5 / 9.1 + 0.01);
}

TEST(pace, of_shrinking) {
  map_type map;
  fill_to_the_limit(map);
  const std::uint64_t buckets = map.stats().buckets;
  const std::uint64_t left = map.size() / 16;
  for (std::uint64_t n = map.size(); n > left; --n) map.erase(scattered(n - 1));
  ASSERT_EQ(map.size(), left);
  const pace measured = insert_until_done(map, [] {});
  EXPECT_EQ(map.stats().migrations.shrink, 1u);
  EXPECT_LE(measured.insertions, std::min(buckets, 2 * left + buckets / 32));
  EXPECT_LE(measured.most_load, 2.0);
}

// Nothing is there but the room, and what comes meanwhile.
TEST(pace, of_shrinking_on_request) {
  map_type map;
  map.reserve(100'000);
  const std::uint64_t buckets = map.stats().buckets;
  const pace measured = insert_until_done(map, [&] { map.shrink_gradually(); });
  EXPECT_EQ(map.stats().migrations.shrink, 1u);
  EXPECT_LE(measured.insertions, buckets / 32);
  EXPECT_LE(measured.most_load, 4.0);
}

TEST(pace, of_steps_alone) {
  for (int kind = 0; kind < 4; ++kind) {
    SCOPED_TRACE(kind);
    map_type map;
    fill_to_the_limit(map);
    if (kind == 0) map.reserve_gradually(3 * map.size());
    if (kind == 1) map.compact_gradually();
    if (kind == 2) map.reseed_gradually();
    if (kind == 3) map.clear_gradually();
    std::uint64_t steps = 0;
    for (; map.migrating(); ++steps) {
      ASSERT_EQ(map.step(1), 1u);
      ASSERT_LE(steps, 3 * std::uint64_t{8192});
    }
    EXPECT_EQ(map.pending(), 0u);
  }
}

}  // namespace
