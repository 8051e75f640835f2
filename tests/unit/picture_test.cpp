// steady::picture_of: pictures agree with what the container tells, in every state of migration,
// and cost what they say.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>  // no name of the one is in the way of the other
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/picture.hpp>
#include <steady/pmr.hpp>

#include "support/colliding_keys.hpp"

namespace {

using steady::migration_kind;
using steady::part_state;

constexpr std::size_t every_bucket = 1u << 20;

template <class Container>
void insert_numbers(Container& into, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t n = from; n < to; ++n) into.emplace(n, n);
}
// From the next growth on, until the frontier has left `part` of 1.
template <class Map>
std::uint64_t insert_up_to(Map& map, std::uint64_t from, double part) {
  while (!map.migrating()) insert_numbers(map, from, from + 1), ++from;
  while (static_cast<double>(map.stats().frontier) < part * 0x1p64) {
    insert_numbers(map, from, from + 1);
    ++from;
  }
  return from;
}

struct no_reseeding : steady::default_policy {
  static constexpr bool reseeds = false;
};

std::uint64_t elements_in(const steady::array_picture& of) {
  std::uint64_t sum = 0;
  for (const auto& part : of.parts) sum += part.elements;
  return sum;
}
std::uint64_t count_of(const steady::array_picture& of, part_state state) {
  std::uint64_t count = 0;
  for (const auto& part : of.parts) count += part.state == state ? 1 : 0;
  return count;
}

TEST(picture, of_an_empty_map) {
  const steady::hash_map<int, int> map;
  const auto now = steady::picture_of(map, 10, 4);
  EXPECT_EQ(now.old_array.buckets, 0u);
  EXPECT_TRUE(now.old_array.parts.empty());
  EXPECT_EQ(now.buckets_read, 0u);
  EXPECT_EQ(now.kind, migration_kind::none);
}

TEST(picture, of_a_map_of_one_bucket) {
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  map[1] = 1;
  const auto now = steady::picture_of(map, 5, 4);
  EXPECT_EQ(now.old_array.buckets, 1u);
  EXPECT_EQ(now.old_array.bucket_slots, 2u);
  for (const auto& part : now.old_array.parts) {
    EXPECT_EQ(part.state, part_state::in_use);
    EXPECT_EQ(part.elements, 1u);
    EXPECT_FLOAT_EQ(part.fullness, 0.5f);
  }
}

TEST(picture, without_parts_and_without_samples) {
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  insert_numbers(map, 0, 1000);
  EXPECT_TRUE(steady::picture_of(map, 0, 4).old_array.parts.empty());
  const auto unread = steady::picture_of(map, 3, 0);
  EXPECT_EQ(unread.buckets_read, 0u);
  EXPECT_EQ(unread.old_array.parts[0].state, part_state::in_use);
}

// Reading every bucket finds every element, whatever the container.
template <class Container>
void expect_whole(const Container& container) {
  const auto buckets = container.stats().buckets;
  const auto now = steady::picture_of(container, 8, every_bucket);
  ASSERT_GE(buckets, 8u);
  EXPECT_EQ(elements_in(now.old_array), container.size());
  EXPECT_EQ(now.buckets_read, buckets);
  std::uint64_t overflow = 0;
  for (const auto& part : now.old_array.parts) overflow += part.overflow_buckets;
  EXPECT_EQ(overflow, container.stats().overflow_buckets);
}

TEST(picture, at_rest_counts_every_element) {
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  steady::node_hash_map<std::uint64_t, std::string> nodes;
  steady::pmr::hash_map<std::uint64_t, std::uint64_t> leaves;
  steady::hash_set<std::string> texts;
  for (std::uint64_t n = 0; n < 50'000; ++n) {
    map[n] = n;
    nodes.try_emplace(n, "some");
    leaves[n] = n;
    texts.insert(std::to_string(n));
  }
  map.finish(), nodes.finish(), leaves.finish(), texts.finish();
  expect_whole(map);
  expect_whole(nodes);
  expect_whole(leaves);
  expect_whole(texts);
}

TEST(picture, of_a_growth_shows_the_frontier) {
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  insert_numbers(map, 0, 20'000);
  insert_up_to(map, 20'000, 0.55);
  const auto now = steady::picture_of(map, 16, every_bucket);
  EXPECT_EQ(now.kind, migration_kind::grow);
  EXPECT_EQ(now.new_array.buckets, 2 * now.old_array.buckets);
  for (std::size_t n = 0; n < 16; ++n) {
    const part_state expected = n < 8    ? part_state::evacuated
                                : n == 8 ? part_state::divided
                                         : part_state::in_use;
    EXPECT_EQ(now.old_array.parts[n].state, expected) << n;
    const part_state in_new = n < 8    ? part_state::in_use
                              : n == 8 ? part_state::divided
                                       : part_state::unwritten;
    EXPECT_EQ(now.new_array.parts[n].state, in_new) << n;
    EXPECT_EQ(now.new_array.parts[n].elements == 0, in_new == part_state::unwritten) << n;
  }
  EXPECT_NEAR(static_cast<double>(now.frontier) / 0x1p64, 0.55, 0.02);
  // A bucket that is moved in parts may be counted twice.
  const std::uint64_t in_both = elements_in(now.old_array) + elements_in(now.new_array);
  EXPECT_GE(in_both, map.size());
  EXPECT_LE(in_both, map.size() + 2 * now.old_array.bucket_slots);
}

TEST(picture, of_a_shrink_and_a_compaction) {
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  insert_numbers(map, 0, 20'000);
  map.finish();
  map.compact_gradually();
  map.step(100);
  EXPECT_EQ(steady::picture_of(map, 10, 8).kind, migration_kind::compact);
  map.finish();
  for (std::uint64_t n = 2000; n < 20'000; ++n) map.erase(n);
  map.shrink_gradually();
  map.step(100);
  const auto now = steady::picture_of(map, 10, every_bucket);
  EXPECT_EQ(now.kind, migration_kind::shrink);
  EXPECT_LT(now.new_array.buckets, now.old_array.buckets);
  EXPECT_GE(elements_in(now.old_array) + elements_in(now.new_array), map.size());
}

TEST(picture, of_a_reseeding_shows_how_much_of_the_new_array_is_prepared) {
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  insert_numbers(map, 0, 60'000);
  map.finish();
  map.reseed_gradually();
  map.step(4);  // chunks that are prepared
  const auto before = steady::picture_of(map, 16, every_bucket);
  EXPECT_EQ(before.kind, migration_kind::reseed);
  EXPECT_EQ(count_of(before.old_array, part_state::in_use), 16u);
  EXPECT_GT(count_of(before.new_array, part_state::unwritten), 0u);
  EXPECT_EQ(elements_in(before.old_array), map.size());
  while (map.stats().frontier < std::uint64_t{1} << 63) map.step(1);
  const auto half = steady::picture_of(map, 16, every_bucket);
  EXPECT_EQ(count_of(half.new_array, part_state::in_use), 16u) << "elements go anywhere";
  EXPECT_EQ(elements_in(half.old_array) + elements_in(half.new_array), map.size());
}

// By counting, whatever the size of the map.
TEST(picture, reads_no_more_buckets_than_it_was_told) {
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  for (std::uint64_t n = 0; n < 300'000; ++n) {
    map[n] = n;
    if (n % 1000 != 0) continue;
    const auto now = steady::picture_of(map, 20, 3);
    ASSERT_LE(now.buckets_read, 2u * 20 * 3);
    for (const auto& part : now.old_array.parts) ASSERT_LE(part.buckets, 3u);
  }
}

TEST(picture, samples_are_spread_over_the_part) {
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  insert_numbers(map, 0, 100'000);
  map.finish();
  const auto all = steady::picture_of(map, 4, every_bucket);
  const auto some = steady::picture_of(map, 4, 200);
  for (std::size_t n = 0; n < 4; ++n) {
    EXPECT_EQ(some.old_array.parts[n].buckets, 200u);
    EXPECT_NEAR(some.old_array.parts[n].fullness, all.old_array.parts[n].fullness, 0.1);
  }
}

TEST(picture, of_keys_that_collide_stops_in_a_long_chain) {
  support::colliding_keys planted(3);
  planted.plant_seed();
  steady::hash_set<std::uint64_t, support::transparent_word_hash, std::equal_to<>,
                   std::allocator<std::uint64_t>, no_reseeding>
      set;
  for (int n = 0; n < 2000; ++n) set.insert(planted.next());
  set.finish();
  ASSERT_GT(set.stats().longest_chain, 64u);
  const auto now = steady::picture_of(set, 8, every_bucket);
  std::uint32_t longest = 0;
  for (const auto& part : now.old_array.parts) {
    if (part.longest_chain > longest) longest = part.longest_chain;
  }
  EXPECT_EQ(longest, 64u);
}

// Places of all keys, counted, are what pictures show.
void expect_places(const steady::hash_map<std::uint64_t, std::uint64_t>& map) {
  const auto now = steady::picture_of(map, 16, every_bucket);
  std::uint64_t in_old[16] = {};
  std::uint64_t in_new[16] = {};
  for (const auto& [key, value] : map) {
    const auto place = steady::place_of(map, key);
    ++(place.in_new ? in_new : in_old)[place.position >> 60];
  }
  for (std::size_t n = 0; n < 16; ++n) {
    EXPECT_EQ(now.old_array.parts[n].elements, in_old[n]) << n;
    const bool migrates = !now.new_array.parts.empty();
    EXPECT_EQ(migrates ? now.new_array.parts[n].elements : 0, in_new[n]) << n;
  }
}

TEST(picture, place_of_a_key_is_where_its_element_is) {
  steady::hash_map<std::uint64_t, std::uint64_t> map;
  insert_numbers(map, 0, 20'000);
  map.finish();
  expect_places(map);
  insert_up_to(map, 20'000, 0.5);
  expect_places(map);
  map.finish();
  map.reseed_gradually();
  while (map.stats().frontier < std::uint64_t{1} << 63) map.step(1);
  expect_places(map);
}

}  // namespace
