// clear(): a small map keeps its memory, a large one gives it back, both go on.
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Policy>
class clear : public testing::Test {};
using policies = testing::Types<steady::default_policy, leaf_headers, narrow, small_chunks>;
TYPED_TEST_SUITE(clear, policies);

TYPED_TEST(clear, leaves_a_usable_map_without_elements) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    number_map<TypeParam> map;
    for (int turn = 0; turn < 3; ++turn) {
      const std::uint64_t count = fill_numbers_to(at, map);
      ASSERT_EQ(map.size(), count);
      map.clear();
      ASSERT_STREQ(map.check_invariants(), nullptr);
      ASSERT_TRUE(map.empty() && map.begin() == map.end() && !map.migrating());
      ASSERT_EQ(map.stats().overflow_buckets, 0u);
      for (std::uint64_t n = 0; n < count; ++n) ASSERT_FALSE(map.contains(n));
    }
  }
}

TEST(clear_of_a_small_map, keeps_its_memory) {
  memory_ledger ledger;
  ledger_map<std::uint64_t, std::uint64_t> map{ledger_allocator<int>(ledger)};
  const std::uint64_t count = fill_numbers_to(stage::before, map);
  const std::size_t calls = ledger.calls;
  const std::size_t bytes = ledger.bytes;
  map.clear();
  EXPECT_EQ(ledger.bytes, bytes);
  // Half as many: under the new seed, all of them might need more overflow than there is room for.
  for (std::uint64_t n = 0; n < count / 2; ++n) map[n] = n;
  EXPECT_EQ(ledger.calls, calls) << "and fills up again without asking for more";
}

TEST(clear_of_a_large_map, gives_its_memory_back) {
  memory_ledger ledger;
  ledger_map<std::uint64_t, std::uint64_t> map{ledger_allocator<int>(ledger)};
  for (std::uint64_t n = 0; n < 50'000; ++n) map[n] = n;
  EXPECT_GT(map.stats().chunks, 1u);
  map.clear();
  EXPECT_EQ(ledger.bytes, 0u);
  EXPECT_EQ(map.stats().bytes, 0u);
}

TEST(clear_of_a_reserved_map, keeps_its_memory_and_the_promise) {
  memory_ledger ledger;
  ledger_map<std::uint64_t, std::uint64_t> map{ledger_allocator<int>(ledger)};
  map.reserve(50'000);
  for (std::uint64_t n = 0; n < 50'000; ++n) map[n] = n;
  ASSERT_GT(map.stats().chunks, 1u);
  map.clear();
  ASSERT_STREQ(map.check_invariants(), nullptr);
  const std::size_t calls = ledger.calls;
  const std::size_t bytes = ledger.bytes;
  map[0] = 7;
  std::uint64_t& first = map[0];
  // Not so many that, by another seed, they might need more overflow than there is room for.
  for (std::uint64_t n = 1; n < 30'000; ++n) map[n] = n;
  EXPECT_EQ(ledger.calls, calls) << "fills up again without asking for more";
  EXPECT_EQ(ledger.bytes, bytes);
  EXPECT_EQ(&first, &map[0]);
  EXPECT_EQ(map.stats().steps.insert, 0u) << "nor does anything move, or shrink";
  ASSERT_STREQ(map.check_invariants(), nullptr);
}

TEST(clear_of_a_reserved_map, destroys_strings_and_keeps_all_chunks) {
  steady::hash_map<std::string, std::string> map;
  map.reserve(20'000);
  const std::size_t chunks = map.stats().chunks;
  ASSERT_GT(chunks, 1u);
  for (int turn = 0; turn < 3; ++turn) {
    for (std::uint64_t n = 0; n < 20'000; ++n) map.try_emplace(std::to_string(n), 50, 'v');
    ASSERT_STREQ(map.check_invariants(), nullptr);
    map.clear();
    ASSERT_STREQ(map.check_invariants(), nullptr);
    ASSERT_EQ(map.stats().chunks, chunks);
    ASSERT_EQ(map.stats().overflow_buckets, 0u);
  }
}

TEST(clear_of_a_reserved_map, gives_memory_back_while_it_migrates) {
  memory_ledger ledger;
  ledger_map<std::uint64_t, std::uint64_t> map{ledger_allocator<int>(ledger)};
  map.reserve(5'000);
  for (std::uint64_t n = 0; !map.migrating(); ++n) map[n] = n;
  map.clear();
  EXPECT_EQ(ledger.bytes, 0u);
  for (std::uint64_t n = 0; n < 20'000; ++n) map[n] = n;
  ASSERT_STREQ(map.check_invariants(), nullptr);
}

TEST(clear_of_strings, destroys_them) {
  for (const stage at : all_stages) {
    steady::hash_map<std::string, std::string> map;
    fill_to(at, map, [&](std::uint64_t n) {
      map.try_emplace(std::string(40, 'k') + std::to_string(n), 50, 'v');
    });
    map.clear();
    EXPECT_TRUE(map.empty());
  }
}

TEST(clear_of_an_empty_map, does_nothing) {
  number_map<> map;
  map.clear();
  EXPECT_EQ(map.stats().buckets, 0u);
}

}  // namespace
