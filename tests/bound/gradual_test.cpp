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

// ---- shrinking that insertions overtake, or that meets elements on one part of the line ----

constexpr std::uint64_t several = many / 10;

template <class Map>
void fill(Map& map, std::uint64_t elements) {
  for (std::uint64_t i = 0; i < elements; ++i) map.try_emplace(scattered(i), i);
  map.finish();
}

// Each within the bound of an insertion; as many as make the map shrink, and grow again.
template <class Map>
void insert_within_bounds(Map& map, std::uint64_t insertions = several / 16) {
  bounds inserting;
  for (std::uint64_t i = 0; i < insertions; ++i) {
    count(map, inserting, [&] { map.try_emplace(scattered(several + i), i); });
  }
  expect_as_published("insert", inserting);
  EXPECT_LE(map.stats().longest_chain, 4u);  // no bucket was ever far too full
  EXPECT_EQ(map.stats().migrations.reseed, 0u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

template <class Policy>
class shrinking_bounds : public testing::Test {
 public:
  using map_type = support::number_map<Policy>;
};
using shrinking_policies = testing::Types<counted, counted_in_leaves>;
TYPED_TEST_SUITE(shrinking_bounds, shrinking_policies);

TYPED_TEST(shrinking_bounds, of_insertions_into_a_reserved_map_that_is_to_shrink) {
  typename TestFixture::map_type map;
  map.reserve(several);
  map.shrink_gradually();
  insert_within_bounds(map);
}
TYPED_TEST(shrinking_bounds, of_insertions_into_a_reserved_map_that_is_trimmed) {
  typename TestFixture::map_type map;
  map.reserve(several);
  map.trim(1);
  insert_within_bounds(map);
}
TYPED_TEST(shrinking_bounds, of_insertions_into_a_cleared_map_that_is_trimmed) {
  typename TestFixture::map_type map;
  fill(map, several);
  map.clear();
  map.trim(64);
  insert_within_bounds(map);
}
TYPED_TEST(shrinking_bounds, of_shrinking_on_request_to_what_fits) {
  typename TestFixture::map_type map;
  map.reserve(several);
  for (std::uint64_t i = 0; i < 5; ++i) map.try_emplace(scattered(i), i);
  map.shrink_gradually();
  expect_as_published("step(1)", steps_until_done(map));
  EXPECT_EQ(map.stats().buckets, 1u);
  EXPECT_EQ(map.stats().migrations.shrink, 2u);  // the first one left room for insertions
}

// So few are left that insertions, not steps, decide how full the new array is in the end.
TYPED_TEST(shrinking_bounds, of_insertions_that_overtake_a_shrinking) {
  for (const std::uint64_t part : {16u, 64u, 128u, 1024u}) {
    SCOPED_TRACE(part);
    typename TestFixture::map_type map;
    std::uint64_t filled = 0;
    while (filled < several / 2 || !map.migrating())
      map.try_emplace(scattered(filled), filled), ++filled;
    map.finish();
    // What fits a part of the array exactly.
    const std::uint64_t left = map.max_load() / part;
    for (std::uint64_t i = left; i < filled; ++i) map.erase(scattered(i));
    insert_within_bounds(map);
    EXPECT_GE(map.stats().migrations.shrink, 1u);
  }
}

// All but the first so many are erased: they lie as densely as before, and new ones all over.
TYPED_TEST(shrinking_bounds, of_elements_left_at_the_front) {
  for (const std::uint64_t left : {100u, 1'000u, 3'300u}) {
    SCOPED_TRACE(left);
    typename TestFixture::map_type map;
    fill(map, several);
    map.erase(std::next(map.begin(), static_cast<std::ptrdiff_t>(left)), map.end());
    insert_within_bounds(map);
  }
}
TYPED_TEST(shrinking_bounds, of_elements_left_at_the_end) {
  for (const bool asks : {false, true}) {
    SCOPED_TRACE(asks);
    typename TestFixture::map_type map;
    fill(map, several);
    while (map.size() > several / 100) map.erase(map.begin());
    bounds stepping;
    if (asks) {
      map.shrink_gradually();
      count(map, stepping, [&] { map.step(1); });
    }
    expect_as_published("step(1)", stepping);
    insert_within_bounds(map);
  }
}
// A queue: the first element goes, new ones lie anywhere.
TYPED_TEST(shrinking_bounds, of_a_worklist) {
  typename TestFixture::map_type map;
  fill(map, several);
  bounds inserting;
  for (std::uint64_t turn = 0; !map.empty(); ++turn) {
    map.erase(map.begin());
    if (turn % 4 != 0) continue;
    count(map, inserting, [&] { map.try_emplace(scattered(several + turn), turn); });
  }
  expect_as_published("insert", inserting);
  EXPECT_LE(map.stats().longest_chain, 4u);
}
// A copy has its original's order. What comes is dense at the front, as what was left there.
TYPED_TEST(shrinking_bounds, of_a_copy_that_is_erased_and_filled_in_the_order_of_its_original) {
  typename TestFixture::map_type original;
  fill(original, several);
  typename TestFixture::map_type copy(original);
  copy.erase(std::next(copy.begin(), 100), copy.end());
  bounds inserting;
  std::uint64_t left = several / 8;
  for (const auto& element : original) {
    if (left-- == 0) break;
    count(copy, inserting, [&] { copy.insert(element); });
  }
  expect_as_published("insert", inserting);
}

template <class Policy>
void reserve_compact_and_clear() {
  support::number_map<Policy> map;
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
TEST(gradual_bounds, of_reserving_compacting_and_clearing) { reserve_compact_and_clear<counted>(); }
TEST(gradual_bounds, of_reserving_compacting_and_clearing_with_headers_in_leaves) {
  reserve_compact_and_clear<counted_in_leaves>();
}

// What is emptied is in the middle of a reseeding, of its first steps, or of its last ones: both
// arrays go.
template <class Policy>
void destroy_both_arrays(std::uint64_t elements) {
  for (const std::uint64_t part : {0u, 1u, 2u, 3u, 4u}) {
    SCOPED_TRACE(part);
    support::number_map<Policy> map;
    for (std::uint64_t i = 0; i < elements; ++i) map.try_emplace(scattered(i), i);
    map.finish();
    map.reseed_gradually();
    map.step(1 + map.pending() / 4 * part - (part == 4 ? 2 : 0));
    map.clear_gradually();
    const std::uint64_t pending = map.pending();
    std::uint64_t steps = 0;
    bounds stepping;
    for (; map.migrating(); ++steps) count(map, stepping, [&] { map.step(1); });
    EXPECT_LE(steps, pending);
    expect_as_published("step(1), destroying", stepping);
    EXPECT_EQ(map.stats().bytes, 0u);
  }
}
TEST(gradual_bounds, of_destroying_both_arrays) {
  for (const std::uint64_t elements : {3'000u, 50'000u, 1'000'000u}) {
    destroy_both_arrays<counted>(elements);
    destroy_both_arrays<counted_in_leaves>(elements);
  }
}

template <class Policy>
void retire_strings() {
  support::map_of<std::uint64_t, std::string, Policy> map;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) map.try_emplace(scattered(i), 40, 'x');
  map.clear_gradually();
  const bounds stepping = steps_until_done(map);
  expect_as_published("step(1), destroying", stepping);
  EXPECT_EQ(map.stats().bytes, 0u);
}
TEST(gradual_bounds, of_retiring_strings) { retire_strings<counted>(); }
TEST(gradual_bounds, of_retiring_strings_with_headers_in_leaves) {
  retire_strings<counted_in_leaves>();
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

template <class Policy>
void walk_while_it_shrinks() {
  support::number_map<Policy> map;
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
TEST(gradual_bounds, of_walking) { walk_while_it_shrinks<counted>(); }
TEST(gradual_bounds, of_walking_with_headers_in_leaves) {
  walk_while_it_shrinks<counted_in_leaves>();
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
