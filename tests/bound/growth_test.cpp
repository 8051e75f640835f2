// The published bounds of docs/guarantees.md, asserted for every single call while a map grows from
// empty to millions of elements.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/policies.hpp"

namespace {

using pair_allocator = std::allocator<std::pair<const std::uint64_t, std::uint64_t>>;

template <class Policy, class Allocator = pair_allocator>
using number_map = steady::hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>,
                                    std::equal_to<>, Allocator, Policy>;

template <class Policy>
using layout =
    steady::detail::geometry<std::pair<const std::uint64_t, std::uint64_t>, pair_allocator, Policy>;

std::uint64_t scattered(std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15u ^ i << 17; }

// docs/guarantees.md, "insert".
constexpr std::uint64_t most_buckets_evacuated = 2;
constexpr std::uint64_t most_elements_moved = 64;
constexpr std::uint64_t most_chunks = 2;
constexpr std::uint64_t most_blocks = 5;
constexpr std::uint64_t most_blocks_released = 12;
constexpr std::size_t largest_block = std::size_t{72} << 10;

template <class Policy>
void grow_within_bounds(std::uint64_t elements) {
  static_assert(layout<Policy>::full_chunk.bytes <= largest_block);
  number_map<Policy> map;
  steady::work most;
  for (std::uint64_t i = 0; i < elements; ++i) {
    map.reset_work();
    map.try_emplace(scattered(i), i);
    const steady::work& one = map.work();
    most.buckets_evacuated = std::max(most.buckets_evacuated, one.buckets_evacuated);
    most.elements_moved = std::max(most.elements_moved, one.elements_moved);
    most.chunks_allocated = std::max(most.chunks_allocated, one.chunks_allocated);
    most.chunks_released = std::max(most.chunks_released, one.chunks_released);
    most.blocks_allocated = std::max(most.blocks_allocated, one.blocks_allocated);
    most.blocks_released = std::max(most.blocks_released, one.blocks_released);
    most.largest_block = std::max(most.largest_block, one.largest_block);
    most.chains_probed = std::max(most.chains_probed, one.chains_probed);
    most.bytes_zeroed = std::max(most.bytes_zeroed, one.bytes_zeroed);
    // The element's own hash once, twice for the first one; once for every element moved, twice
    // when a bucket's overflow did not fit the gaps of its targets.
    ASSERT_LE(one.hashes_taken, 2 * one.elements_moved + (i == 0 ? 2 : 1));
  }
  EXPECT_EQ(map.size(), elements);
  EXPECT_LE(most.buckets_evacuated, most_buckets_evacuated);
  EXPECT_LE(most.elements_moved, most_elements_moved);
  EXPECT_LE(most.chunks_allocated, most_chunks);
  EXPECT_LE(most.chunks_released, most_chunks);
  EXPECT_LE(most.blocks_allocated, most_blocks);
  EXPECT_LE(most.blocks_released, most_blocks_released);
  EXPECT_LE(most.largest_block, largest_block);
  EXPECT_LE(most.bytes_zeroed, 2 * steady::detail::max_targets * 16u);
  EXPECT_EQ(most.chains_probed, 1u);
  std::printf(
      "most in one insert: %llu buckets, %llu elements, %llu chunks allocated, %llu released, "
      "%llu blocks allocated, %llu released, largest block %llu bytes\n",
      static_cast<unsigned long long>(most.buckets_evacuated),
      static_cast<unsigned long long>(most.elements_moved),
      static_cast<unsigned long long>(most.chunks_allocated),
      static_cast<unsigned long long>(most.chunks_released),
      static_cast<unsigned long long>(most.blocks_allocated),
      static_cast<unsigned long long>(most.blocks_released),
      static_cast<unsigned long long>(most.largest_block));
}

TEST(growth, every_insert_up_to_10_million_stays_within_its_bound) {
  grow_within_bounds<support::counted>(10'000'000);
}

TEST(growth, every_insert_up_to_10_million_stays_within_its_bound_with_headers_in_leaves) {
  grow_within_bounds<support::counted_in_leaves>(10'000'000);
}

TEST(growth, ends_before_the_next_is_due) {
  // With the slowest pace that a policy can choose: one interval per insert.
  number_map<support::slow> map;
  bool was_migrating = false;
  std::size_t buckets = 0;
  for (std::uint64_t i = 0; i < 1'000'000; ++i) {
    map.try_emplace(scattered(i), i);
    if (map.migrating() && was_migrating) {
      ASSERT_EQ(map.bucket_count(), buckets) << "a migration began before the last one ended";
    }
    was_migrating = map.migrating();
    buckets = map.bucket_count();
    const auto limit = static_cast<double>(buckets * 14) * support::slow::load_limit;
    ASSERT_LE(static_cast<double>(map.size()), std::max(limit, 14.0));
  }
}

TEST(lookup, probes_one_chain_in_every_state_of_a_migration) {
  number_map<support::counted> map;
  std::uint64_t next = 0;
  while (map.size() < 20'000 || !map.migrating()) map.try_emplace(scattered(next), next), ++next;
  ASSERT_GT(map.pending(), 1000u);
  while (map.migrating()) {
    map.step(50);
    for (std::uint64_t i = 0; i < 400; ++i) {
      const bool present = i % 2 == 0;
      map.reset_work();
      EXPECT_EQ(map.contains(scattered(present ? i : next + i)), present);
      ASSERT_EQ(map.work().chains_probed, 1u);
      ASSERT_EQ(map.work().hashes_taken, 1u);
      ASSERT_EQ(map.work().buckets_evacuated, 0u);
    }
  }
}

TEST(lookup, compares_no_key_of_another_bucket) {
  // The same tag for all keys: whatever is probed is compared.
  struct same_tag {
    std::uint64_t operator()(std::uint64_t key, std::uint64_t) const noexcept { return key << 32; }
  };
  static std::size_t compared;
  struct counting_equal {
    bool operator()(std::uint64_t a, std::uint64_t b) const noexcept {
      ++compared;
      return a == b;
    }
  };
  steady::hash_map<std::uint64_t, std::uint64_t, same_tag, counting_equal> map;
  std::uint64_t next = 0;
  while (map.size() < 5'000 || !map.migrating())
    map.try_emplace(scattered(next) >> 32, next), ++next;
  while (map.migrating()) {
    map.step(10);
    const std::size_t longest = 14 + map.stats().longest_chain * 6;
    for (std::uint64_t i = 0; i < 100; ++i) {
      compared = 0;
      map.contains(scattered(next + i) >> 32);
      ASSERT_LE(compared, longest);
    }
  }
}

TEST(const_operations, do_no_work) {
  number_map<support::counted> map;
  while (map.size() < 10'000 || !map.migrating()) map.try_emplace(scattered(map.size()), 0);
  const auto& constant = map;
  map.reset_work();
  std::size_t met = 0;
  for (const auto& element : constant) met += element.second == 0;
  EXPECT_EQ(met, map.size());
  EXPECT_EQ(constant.count(5), constant.contains(5) ? 1u : 0u);
  EXPECT_TRUE(constant == constant);
  EXPECT_EQ(map.work().buckets_evacuated, 0u);
  EXPECT_EQ(map.work().elements_moved, 0u);
  EXPECT_EQ(map.work().blocks_allocated, 0u);
}

TEST(step, does_at_most_what_it_is_asked) {
  number_map<support::counted> map;
  while (map.size() < 100'000 || !map.migrating()) map.try_emplace(scattered(map.size()), 0);
  for (std::size_t asked = 0; map.migrating(); ++asked) {
    const std::size_t pending = map.pending();
    map.reset_work();
    const std::size_t done = map.step(asked);
    EXPECT_EQ(done, std::min(asked, pending));
    EXPECT_EQ(map.work().buckets_evacuated, done);
    EXPECT_EQ(map.pending(), pending - done);
  }
  EXPECT_EQ(map.step(10), 0u);
}

}  // namespace
