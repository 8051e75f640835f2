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
  // Half as many: by another seed, more of them may need more overflow than there is room for.
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
  EXPECT_EQ(map.bucket_count(), 0u);
}

}  // namespace
