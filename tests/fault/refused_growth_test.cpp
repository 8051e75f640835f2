// While allocations for growth fail, elements go into overflow; once they succeed, growth goes on.
#include <cstdint>
#include <iterator>
#include <new>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;
using map_type = ledger_map<std::uint64_t, std::uint64_t>;

void expect_numbers(const map_type& map, std::uint64_t count) {
  ASSERT_EQ(map.size(), count);
  for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(n), 3 * n);
  ASSERT_STREQ(map.check_invariants(), nullptr);
}

TEST(failed_growth, puts_elements_into_overflow_until_memory_is_there) {
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  std::uint64_t count = fill_numbers_to(stage::before, map);
  const auto buckets = map.stats().buckets;
  ledger.refuse_above = 8 << 10;  // no chunk for twice the buckets, but extensions
  for (; count < 5 * buckets * 14; ++count) {
    ASSERT_NO_THROW(map.try_emplace(count, 3 * count));
  }
  EXPECT_EQ(map.stats().frontier, 0u);
  EXPECT_TRUE(map.migrating());
  EXPECT_GT(map.stats().longest_chain, 5u);
  expect_numbers(map, count);

  ledger.refuse_above = memory_ledger::never;
  for (std::uint64_t end = count + 2000; count < end; ++count) map.try_emplace(count, 3 * count);
  map.finish();
  EXPECT_GE(map.stats().buckets, 8 * buckets);
  EXPECT_LE(map.load_factor(), map.max_load_factor());
  expect_numbers(map, count);
}

// What was promised holds, even if more could not be promised.
TEST(failed_reserve, leaves_the_reservation_of_before) {
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  map.reserve(20'000);
  std::uint64_t count = 0;
  for (; count < 1000; ++count) map.try_emplace(count, 3 * count);
  ledger.fail_at = ledger.calls + 1;
  EXPECT_THROW(map.reserve(1'000'000), std::bad_alloc);
  for (; count < 20'000; ++count) {
    map.try_emplace(count, 3 * count);
    ASSERT_FALSE(map.migrating()) << count;
  }
  expect_numbers(map, count);
}

// A call of reserve() makes up for the growth that failed before, whatever size it names.
TEST(failed_growth, is_made_up_for_by_reserve) {
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  std::uint64_t count = fill_numbers_to(stage::before, map);
  ledger.refuse_above = 0;
  std::vector<std::uint64_t> failed;  // keys that found their chains full
  for (std::uint64_t key = count; !map.migrating(); ++key) {
    try {
      map.try_emplace(key, 3 * key);
    } catch (const std::bad_alloc&) {
      failed.push_back(key);
    }
    ++count;
  }
  ASSERT_TRUE(map.migrating());
  ledger.refuse_above = memory_ledger::never;
  map.reserve(1);
  EXPECT_FALSE(map.migrating());
  EXPECT_LE(map.load_factor(), map.max_load_factor());
  for (const std::uint64_t key : failed) ASSERT_TRUE(map.try_emplace(key, 3 * key).second);
  expect_numbers(map, count);
}

// A tiny bucket has no overflow, and where a chunk holds one or two buckets it cannot be divided at
// once: while there is no memory for anything, insertions into a full one throw.
template <class Policy>
class failed_growth_of_a_full_bucket : public testing::Test {};
using small_chunk_policies =
    testing::Types<one_bucket_chunks, two_bucket_chunks, small_chunks, steady::default_policy>;
TYPED_TEST_SUITE(failed_growth_of_a_full_bucket, small_chunk_policies);

TYPED_TEST(failed_growth_of_a_full_bucket, throws_and_loses_nothing) {
  using tested_map = ledger_map<std::uint64_t, std::uint64_t, TypeParam>;
  static constexpr std::size_t limits[] = {0, 64, 200, 300, 600};
  for (std::uint64_t full = 1; full <= 14; ++full) {
    for (const std::size_t refuse_above : limits) {
      memory_ledger ledger;
      tested_map map{typename tested_map::allocator_type(ledger)};
      for (std::uint64_t n = 0; n < full; ++n) map.try_emplace(n, 3 * n);
      ledger.refuse_above = refuse_above;
      std::vector<std::uint64_t> failed;
      for (std::uint64_t n = full; n < 60; ++n) {
        try {
          map.try_emplace(n, 3 * n);
        } catch (const std::bad_alloc&) {
          failed.push_back(n);
        }
        ASSERT_EQ(map.size(), n + 1 - failed.size());
        ASSERT_STREQ(map.check_invariants(), nullptr) << full << ' ' << refuse_above << ' ' << n;
      }
      if (refuse_above == 0) {
        EXPECT_FALSE(failed.empty());
      }
      ledger.refuse_above = memory_ledger::never;
      for (const std::uint64_t n : failed) ASSERT_TRUE(map.try_emplace(n, 3 * n).second);
      ASSERT_EQ(map.size(), 60u);
      for (std::uint64_t n = 0; n < 60; ++n) ASSERT_EQ(map.at(n), 3 * n);
      ASSERT_STREQ(map.check_invariants(), nullptr);
    }
  }
}

// Where the cold block was refused, a whole bucket may be all that a table has.
TYPED_TEST(failed_growth_of_a_full_bucket, keeps_note_of_elements_that_come_and_go) {
  using tested_map = ledger_map<std::uint64_t, std::uint64_t, TypeParam>;
  for (std::size_t call = 1;; ++call) {
    for (const bool at_once : {false, true}) {
      memory_ledger ledger;
      tested_map map{typename tested_map::allocator_type(ledger)};
      for (std::uint64_t n = 0; n < 14; ++n) map.try_emplace(n, 3 * n);
      ledger.fail_at = ledger.calls + call;
      try {
        map.try_emplace(14, 0);
      } catch (const std::bad_alloc&) {
      }
      const bool failed = ledger.has_failed();
      if (at_once) map.clear();
      for (std::uint64_t n = 0; n < 15; ++n) {
        map.erase(n);
        ASSERT_STREQ(map.check_invariants(), nullptr) << call << ' ' << n;
      }
      for (std::uint64_t n = 0; n < 5; ++n) {
        map.try_emplace(n, 3 * n);
        ASSERT_STREQ(map.check_invariants(), nullptr) << call << ' ' << n;
      }
      ASSERT_EQ(std::distance(map.begin(), map.end()), 5);
      if (!failed) return;
    }
  }
}

// Each single allocation fails once: either the element comes all the same, or it comes next time.
TYPED_TEST(failed_growth_of_a_full_bucket, goes_on_after_any_refusal) {
  using tested_map = ledger_map<std::uint64_t, std::uint64_t, TypeParam>;
  for (std::size_t call = 1;; ++call) {
    memory_ledger ledger;
    ledger.fail_at = call;
    tested_map map{typename tested_map::allocator_type(ledger)};
    for (std::uint64_t n = 0; n < 100; ++n) {
      try {
        map.try_emplace(n, 3 * n);
      } catch (const std::bad_alloc&) {
        ASSERT_FALSE(map.contains(n));
        ASSERT_TRUE(map.try_emplace(n, 3 * n).second);
      }
      ASSERT_STREQ(map.check_invariants(), nullptr) << call << ' ' << n;
    }
    for (std::uint64_t n = 0; n < 100; ++n) ASSERT_EQ(map.at(n), 3 * n);
    if (!ledger.has_failed()) break;
  }
}

// A growth that has begun stops where allocating a chunk fails, and goes on from there.
TEST(failed_growth, stops_in_the_middle_and_goes_on) {
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  std::uint64_t count = 0;
  while (!(map.migrating() && map.stats().buckets == 4096)) {
    map.try_emplace(count, 3 * count);
    ++count;
  }
  ledger.refuse_above = 32 << 10;
  for (int n = 0; n < 3000; ++n, ++count) ASSERT_NO_THROW(map.try_emplace(count, 3 * count));
  ASSERT_TRUE(map.migrating());
  const auto frontier = map.stats().frontier;
  EXPECT_THROW(map.step(1), std::bad_alloc);
  EXPECT_THROW(map.finish(), std::bad_alloc);
  EXPECT_EQ(map.stats().frontier, frontier);
  expect_numbers(map, count);

  ledger.refuse_above = memory_ledger::never;
  map.finish();
  EXPECT_FALSE(map.migrating());
  expect_numbers(map, count);
}

TEST(failed_growth, throws_only_when_the_element_itself_has_no_slot) {
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  ledger.refuse_above = 0;
  EXPECT_THROW(map.try_emplace(0, 0), std::bad_alloc);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  ledger.refuse_above = memory_ledger::never;
  std::uint64_t count = fill_numbers_to(stage::before, map);
  ledger.refuse_above = 0;
  std::uint64_t key = count;
  int failed = 0;
  for (; failed < 100; ++key) {
    try {
      map.try_emplace(key, 3 * key);
      ASSERT_TRUE(map.contains(key));
      ++count;
    } catch (const std::bad_alloc&) {
      ASSERT_FALSE(map.contains(key));
      ++failed;
    }
    ASSERT_EQ(map.size(), count);
  }
  EXPECT_STREQ(map.check_invariants(), nullptr);
  EXPECT_THROW(map.reserve(100'000), std::bad_alloc);
  EXPECT_THROW(map.rehash(100'000), std::bad_alloc);
  EXPECT_EQ(map.size(), count);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  // What needs no memory works.
  for (std::uint64_t n = 0; n < key; ++n) map.erase(n);
  EXPECT_TRUE(map.empty());
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

}  // namespace
