// Allocations: none by empty maps, no large blocks, everything given back.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Policy>
using map_type = ledger_map<std::uint64_t, std::uint64_t, Policy>;

TEST(allocation, is_not_needed_by_an_empty_map) {
  memory_ledger ledger;
  {
    map_type<steady::default_policy> map{ledger_allocator<int>(ledger)};
    EXPECT_FALSE(map.contains(1));
    EXPECT_EQ(map.erase(1), 0u);
    map.clear();
    map.finish();
    map.rehash(0);
    auto copy = map;
    auto moved = std::move(map);
    copy = moved;
    copy.swap(moved);
    EXPECT_TRUE(copy.begin() == copy.end());
    EXPECT_STREQ(copy.check_invariants(), nullptr);
  }
  EXPECT_EQ(ledger.calls, 0u);
}

TEST(allocation, of_a_small_map_is_one_small_block) {
  memory_ledger ledger;
  map_type<steady::default_policy> map{ledger_allocator<int>(ledger)};
  std::size_t calls = 0;
  for (std::uint64_t n = 0; n < 44; ++n) {
    map[n] = n;
    // 2, 7 and 14 elements in a bucket, then two buckets, then four.
    if (n == 0 || n == 2 || n == 7 || n == 14 || n == 22) ++calls;
    ASSERT_EQ(map.stats().bytes, ledger.bytes);
    if (map.stats().longest_chain != 0) break;  // chance has made overflow, in a block of its own
    ASSERT_EQ(ledger.calls, calls) << n;
    ASSERT_EQ(ledger.blocks, 1u) << n;
  }
}

TEST(allocation, of_a_reserved_small_map_is_one_block) {
  for (const std::uint64_t size : {1u, 2u, 3u, 8u, 14u}) {
    memory_ledger ledger;
    map_type<steady::default_policy> map{ledger_allocator<int>(ledger)};
    map.reserve(size);
    for (std::uint64_t n = 0; n < size; ++n) map[n] = n;
    EXPECT_EQ(ledger.calls, 1u);
    EXPECT_LE(ledger.bytes, 112 + 32 * size);
  }
}

template <class Policy>
class allocation_of : public testing::Test {};
using policies =
    testing::Types<steady::default_policy, narrow, small_chunks, small_chunks_in_leaves, counted>;
TYPED_TEST_SUITE(allocation_of, policies);

TYPED_TEST(allocation_of, a_map_is_given_back) {
  memory_ledger ledger;
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    {
      map_type<TypeParam> map{ledger_allocator<int>(ledger)};
      fill_numbers_to(at, map);
      EXPECT_GT(ledger.bytes, 0u);
      auto copy = map;
      const auto moved = std::move(map);
      copy = moved;
      map = moved;
    }
    EXPECT_EQ(ledger.bytes, 0u);
    EXPECT_EQ(ledger.blocks, 0u);
  }
}

// Headers come in leaves here, because the allocator is not std::allocator.
TEST(allocation, while_growing_to_a_million_is_never_larger_than_a_chunk) {
  memory_ledger ledger;
  {
    map_type<steady::default_policy> map{ledger_allocator<int>(ledger)};
    for (std::uint64_t n = 0; n < 1'000'000; ++n) map.try_emplace(n, n);
    EXPECT_EQ(map.size(), 1'000'000u);
  }
  EXPECT_LE(ledger.largest, 80u << 10);
  EXPECT_EQ(ledger.bytes, 0u);
}

// Knows how little memory there was when one of its kind was destroyed.
struct witness {
  explicit witness(const memory_ledger& seen) : ledger(&seen) {}
  witness(witness&& other) noexcept : ledger(std::exchange(other.ledger, nullptr)) {}
  ~witness() {
    if (ledger != nullptr) least = std::min(least, ledger->bytes);
  }
  const memory_ledger* ledger;
  static inline std::size_t least = memory_ledger::never;
};

TEST(allocation, ends_chunk_by_chunk_while_elements_are_destroyed) {
  memory_ledger ledger;
  {
    using map =
        steady::hash_map<std::uint64_t, witness, steady::hash<std::uint64_t>, std::equal_to<>,
                         ledger_allocator<std::pair<const std::uint64_t, witness>>>;
    map witnesses{ledger_allocator<int>(ledger)};
    for (std::uint64_t n = 0; n < 50'000; ++n) witnesses.try_emplace(n, ledger);
    const std::size_t all = ledger.bytes;
    ASSERT_GT(all, 50'000 * sizeof(witness));
    witness::least = all;
    witnesses = map{ledger_allocator<int>(ledger)};
    EXPECT_LT(witness::least, all / 4);
  }
  EXPECT_EQ(ledger.bytes, 0u);
}

struct one_slot_in_leaves : steady::default_policy {
  template <std::size_t>
  static constexpr unsigned bucket_width = 1;
  static constexpr double load_limit = 1;
  static constexpr bool reserve_addresses = false;
};

// 2^22 buckets are as many as need two nodes of leaves.
TEST(allocation, of_millions_of_buckets_is_never_larger_than_a_chunk) {
  memory_ledger ledger;
  {
    using set = steady::hash_set<std::uint32_t, steady::hash<std::uint32_t>, std::equal_to<>,
                                 ledger_allocator<std::uint32_t>, one_slot_in_leaves>;
    set numbers{ledger_allocator<int>(ledger)};
    numbers.reserve(std::size_t{1} << 22);
    ASSERT_EQ(numbers.stats().buckets, std::size_t{1} << 22);
    for (std::uint32_t n = 0; n < 100'000; ++n) numbers.insert(n);
    for (std::uint32_t n = 0; n < 200'000; ++n) ASSERT_EQ(numbers.contains(n), n < 100'000);
    numbers.rehash(0);
    EXPECT_EQ(numbers.size(), 100'000u);
    using storage = steady::detail::storage_of<set::allocator_type, one_slot_in_leaves>;
    using layout = steady::detail::typed_layout<std::uint32_t, storage, one_slot_in_leaves, false>;
    EXPECT_EQ(ledger.largest, layout::value.full_chunk.bytes);
  }
  EXPECT_EQ(ledger.bytes, 0u);
}

TEST(allocation, while_growing_keeps_no_second_map) {
  memory_ledger ledger;
  map_type<steady::default_policy> map{ledger_allocator<int>(ledger)};
  std::size_t most = 0;
  for (std::uint64_t n = 0; n < 300'000; ++n) {
    map.try_emplace(n, n);
    most = std::max(most, ledger.bytes);
  }
  while (map.migrating()) {
    map.step(1);
    most = std::max(most, ledger.bytes);
  }
  EXPECT_LE(most, ledger.bytes + (1u << 20));
}

TEST(allocation, of_large_elements_is_one_bucket_at_the_most) {
  struct large {
    std::byte bytes[40'000];
  };
  memory_ledger ledger;
  ledger_map<int, large> map{ledger_allocator<int>(ledger)};
  for (int n = 0; n < 50; ++n) map.try_emplace(n);
  EXPECT_EQ(map.size(), 50u);
  EXPECT_LE(ledger.largest, 4 * sizeof(decltype(map)::value_type) * 2);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(allocation, is_what_stats_say) {
  memory_ledger ledger;
  map_type<small_chunks> map{ledger_allocator<int>(ledger)};
  for (std::uint64_t n = 0; n < 50'000; ++n) {
    map.try_emplace(n, n);
    ASSERT_EQ(map.stats().bytes, ledger.bytes);
  }
  map.rehash(0);
  EXPECT_EQ(map.stats().bytes, ledger.bytes);
}

}  // namespace
