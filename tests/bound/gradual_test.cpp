// The published bounds of docs/guarantees.md, "Bounds", for what goes in steps, asserted for every
// single call on maps of 10 million elements.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/retire.hpp>

#include "support/colliding_keys.hpp"
#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/published_bounds.hpp"

namespace {

using support::bounds;
using support::count;
using support::counted;
using support::counted_in_leaves;
using support::expect_as_published;

std::uint64_t scattered(std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15u ^ i << 17; }

constexpr std::uint64_t many = STEADY_MANY;

template <class Map>
bounds steps_until_done(Map& map) {
  bounds most;
  while (map.migrating()) count(map, most, [&] { map.step(1); });
  return most;
}

template <class Policy>
void erase_and_shrink() {
  support::number_map<Policy> map;
  for (std::uint64_t i = 0; i < many; ++i) map.try_emplace(scattered(i), i);
  map.finish();
  bounds erasing;
  for (std::uint64_t i = many / 100; i < many; ++i) {
    count(map, erasing, [&] { map.erase(scattered(i)); });
  }
  expect_as_published("erase", erasing);

  bounds inserting;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    count(map, inserting, [&] { map.try_emplace(scattered(many + i), i); });
  }
  expect_as_published("insert", inserting);
  const bounds stepping = steps_until_done(map);
  expect_as_published("step(1)", stepping);
  EXPECT_GE(map.stats().migrations.shrink, 1u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(gradual_bounds, of_shrinking) { erase_and_shrink<counted>(); }
TEST(gradual_bounds, of_shrinking_with_headers_in_leaves) { erase_and_shrink<counted_in_leaves>(); }

TEST(gradual_bounds, of_reserving_compacting_and_clearing) {
  support::number_map<counted> map;
  for (std::uint64_t i = 0; i < many; ++i) map.try_emplace(scattered(i), i);
  map.finish();
  bounds asking;
  count(map, asking, [&] { map.compact_gradually(); });
  expect_as_published("..._gradually", asking);
  bounds stepping = steps_until_done(map);
  expect_as_published("step(1)", stepping);

  count(map, asking, [&] { map.reserve_gradually(4 * many); });
  expect_as_published("..._gradually", asking);
  stepping = steps_until_done(map);
  expect_as_published("step(1)", stepping);

  count(map, asking, [&] { map.clear_gradually(); });
  expect_as_published("..._gradually", asking);
  bounds inserting;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    count(map, inserting, [&] { map.try_emplace(i, i); });
  }
  expect_as_published("insert", inserting);
  stepping = steps_until_done(map);
  expect_as_published("step(1), destroying", stepping);
}

TEST(gradual_bounds, of_retiring_strings) {
  support::map_of<std::uint64_t, std::string, counted> map;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) map.try_emplace(scattered(i), 40, 'x');
  map.clear_gradually();
  const bounds stepping = steps_until_done(map);
  expect_as_published("step(1), destroying", stepping);
  EXPECT_EQ(map.stats().bytes, 0u);
}

// Driven by insertions, then by steps.
TEST(gradual_bounds, of_reseeding) {
  support::number_map<counted> map;
  for (std::uint64_t i = 0; i < many; ++i) map.try_emplace(scattered(i), i);
  map.finish();
  bounds asking;
  count(map, asking, [&] { map.reseed_gradually(); });
  expect_as_published("..._gradually", asking);
  bounds inserting;
  std::uint64_t next = many;
  for (; next < many + 500'000; ++next) {
    count(map, inserting, [&] { map.try_emplace(scattered(next), next); });
  }
  expect_as_published("insert, reseeding", inserting);
  ASSERT_TRUE(map.stats().migrations.reseed == 1 || map.migrating());
  map.finish();
  map.reseed_gradually();
  expect_as_published("step(1), reseeding", steps_until_done(map));
  EXPECT_EQ(map.stats().migrations.reseed, 2u);
}

TEST(gradual_bounds, of_walking) {
  support::number_map<counted> map;
  for (std::uint64_t i = 0; i < many; ++i) map.try_emplace(scattered(i), i);
  for (std::uint64_t i = many / 10; i < many; ++i) map.erase(scattered(i));
  ASSERT_TRUE(map.migrating());
  bounds walking;
  std::uint64_t met = 0;
  auto walk = map.walk();
  map.reset_work();
  for (auto at = walk.begin(); at != walk.end(); ++met) {
    count(map, walking, [&] { ++at; });
  }
  EXPECT_EQ(met, map.size());
  EXPECT_GT(map.stats().steps.walk, 0u);
  expect_as_published("step of a walker", walking);
}

// Every row of the table is asserted by some test in this folder.
TEST(published_bounds, are_all_asserted) {
  std::string sources;
  for (const auto& file : std::filesystem::directory_iterator(STEADY_BOUND_TESTS)) {
    std::ifstream source(file.path());
    sources.append(std::istreambuf_iterator<char>(source), {});
  }
  const auto published = support::published_bounds();
  EXPECT_GE(published.size(), 8u);
  for (const auto& [row, numbers] : published) {
    EXPECT_NE(sources.find("expect_as_published(\"" + row + '"'), std::string::npos) << row;
  }
}

}  // namespace
