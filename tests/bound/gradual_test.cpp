// The published bounds of docs/guarantees.md, "Bounds", for what goes in steps, asserted for every
// single call on maps of 10 million elements.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/retire.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"

namespace {

using support::counted;
using support::counted_in_leaves;

std::uint64_t scattered(std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15u ^ i << 17; }

constexpr std::uint64_t many = 10'000'000;

// The most that one call did.
struct maxima {
  std::uint64_t buckets = 0;
  std::uint64_t elements = 0;
  std::uint64_t chunks_allocated = 0;
  std::uint64_t chunks_released = 0;
  std::uint64_t blocks = 0;
  std::uint64_t largest_block = 0;

  void add(const steady::work& one) {
    buckets = std::max(buckets, one.buckets_evacuated + one.buckets_demolished);
    elements = std::max(elements, one.elements_moved + one.elements_destroyed);
    chunks_allocated = std::max(chunks_allocated, one.chunks_allocated);
    chunks_released = std::max(chunks_released, one.chunks_released);
    blocks = std::max(blocks, one.blocks_allocated + one.blocks_released);
    largest_block = std::max(largest_block, one.largest_block);
  }

  void print(const char* what) const {
    std::printf(
        "most in one %s: %llu buckets, %llu elements, %llu chunks allocated, %llu released, "
        "%llu blocks, largest block %llu bytes\n",
        what, static_cast<unsigned long long>(buckets), static_cast<unsigned long long>(elements),
        static_cast<unsigned long long>(chunks_allocated),
        static_cast<unsigned long long>(chunks_released), static_cast<unsigned long long>(blocks),
        static_cast<unsigned long long>(largest_block));
  }
};

constexpr std::size_t largest_block = std::size_t{72} << 10;

// Calls `operation` and adds what `map` counted meanwhile.
template <class Map, class Operation>
void count(Map& map, maxima& most, const Operation& operation) {
  map.reset_work();
  operation();
  most.add(map.work());
}

template <class Map>
void expect_nothing_moved(Map& map, const maxima& most) {
  EXPECT_EQ(most.elements, 0u);
  EXPECT_EQ(most.chunks_allocated + most.chunks_released, 0u);
  EXPECT_LE(most.blocks, 1u);
  EXPECT_LE(most.largest_block, std::size_t{1} << 10);
  static_cast<void>(map);
}

template <class Map>
maxima steps_until_done(Map& map) {
  maxima most;
  while (map.migrating()) count(map, most, [&] { map.step(1); });
  return most;
}

void expect_bounded(const maxima& most, std::uint64_t buckets) {
  EXPECT_LE(most.buckets, buckets);
  EXPECT_LE(most.elements, 64u);
  EXPECT_LE(most.chunks_allocated, buckets);
  EXPECT_LE(most.chunks_released, 2 * buckets);
  EXPECT_LE(most.largest_block, largest_block);
}

template <class Policy>
void erase_and_shrink() {
  support::number_map<Policy> map;
  for (std::uint64_t i = 0; i < many; ++i) map.try_emplace(scattered(i), i);
  map.finish();
  maxima erasing;
  for (std::uint64_t i = many / 100; i < many; ++i) {
    count(map, erasing, [&] { map.erase(scattered(i)); });
  }
  expect_nothing_moved(map, erasing);

  maxima inserting;
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    count(map, inserting, [&] { map.try_emplace(scattered(many + i), i); });
  }
  inserting.print("insert that drives a shrink");
  expect_bounded(inserting, 2);
  const maxima stepping = steps_until_done(map);
  stepping.print("step of a shrink");
  expect_bounded(stepping, 1);
  EXPECT_GE(map.stats().migrations.shrink, 1u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(gradual_bounds, of_shrinking) { erase_and_shrink<counted>(); }
TEST(gradual_bounds, of_shrinking_with_headers_in_leaves) { erase_and_shrink<counted_in_leaves>(); }

TEST(gradual_bounds, of_reserving_compacting_and_clearing) {
  support::number_map<counted> map;
  for (std::uint64_t i = 0; i < many; ++i) map.try_emplace(scattered(i), i);
  map.finish();
  maxima asking;
  count(map, asking, [&] { map.compact_gradually(); });
  expect_nothing_moved(map, asking);
  maxima stepping = steps_until_done(map);
  stepping.print("step of a compaction");
  expect_bounded(stepping, 1);

  count(map, asking, [&] { map.reserve_gradually(4 * many); });
  expect_nothing_moved(map, asking);
  stepping = steps_until_done(map);
  stepping.print("step of a reservation");
  expect_bounded(stepping, 1);

  count(map, asking, [&] { map.clear_gradually(); });
  expect_nothing_moved(map, asking);
  maxima inserting;
  for (std::uint64_t i = 0; i < 1'000; ++i) {
    count(map, inserting, [&] { map.try_emplace(i, i); });
  }
  inserting.print("insert that drives a clear");
  expect_bounded(inserting, 2);
  stepping = steps_until_done(map);
  stepping.print("step of a clear");
  EXPECT_LE(stepping.chunks_released, 4u);
  EXPECT_LE(stepping.largest_block, largest_block);
}

TEST(gradual_bounds, of_retiring_strings) {
  support::map_of<std::uint64_t, std::string, counted> map;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) map.try_emplace(scattered(i), 40, 'x');
  map.clear_gradually();
  const maxima stepping = steps_until_done(map);
  stepping.print("step of destroying strings");
  EXPECT_LE(stepping.elements, 64u);
  EXPECT_LE(stepping.chunks_released, 4u);
  EXPECT_EQ(map.stats().bytes, 0u);
}

}  // namespace
