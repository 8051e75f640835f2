// clear(): a small map keeps its memory, a large one as long as it is filled again, both go on.
#include <cstdint>
#include <memory>
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

// ---- large maps, neither reserved nor migrating, or in the middle of a growth ----

struct large_map {
  memory_ledger ledger;
  ledger_map<std::uint64_t, std::uint64_t> map{ledger_allocator<int>(ledger)};

  void fill(std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; ++n) map[n] = n;
  }
  void fill_until_migrating(std::uint64_t count) {
    fill(count);
    while (!map.migrating()) map.try_emplace(count++, 0);
  }
};

TEST(clear_of_a_large_map, keeps_its_memory_for_the_next_filling) {
  large_map of;
  of.fill(50'000);
  of.map.finish();
  ASSERT_GT(of.map.stats().chunks, 1u);
  const std::size_t bytes = of.ledger.bytes;
  const auto moved = of.map.stats().steps.insert;
  for (int turn = 0; turn < 5; ++turn) {
    of.map.clear();
    ASSERT_STREQ(of.map.check_invariants(), nullptr);
    EXPECT_GT(of.ledger.bytes, bytes * 9 / 10);  // less some overflow
    EXPECT_FALSE(of.map.migrating());
    of.fill(50'000);
    EXPECT_EQ(of.map.size(), 50'000u);
    EXPECT_EQ(of.map.stats().steps.insert, moved) << "nothing moves, nor shrinks";
    ASSERT_STREQ(of.map.check_invariants(), nullptr);
  }
}

TEST(clear_of_a_growing_map, keeps_room_for_what_was_there) {
  large_map of;
  of.fill_until_migrating(50'000);
  const std::uint64_t count = of.map.size();
  for (int turn = 0; turn < 3; ++turn) {
    of.map.clear();
    ASSERT_STREQ(of.map.check_invariants(), nullptr);
    EXPECT_GE(
        static_cast<double>(of.map.bucket_count()) * static_cast<double>(of.map.max_load_factor()),
        static_cast<double>(count));
    of.fill(count);
    EXPECT_EQ(of.map.stats().steps.insert, 0u);
    EXPECT_FALSE(of.map.migrating());
  }
}

TEST(clear_of_a_large_map, gives_back_what_was_not_filled_again) {
  large_map of;
  of.fill(50'000);
  of.map.finish();
  of.map.clear();
  EXPECT_GT(of.ledger.bytes, 0u);
  of.fill(1000);
  of.map.clear();
  EXPECT_EQ(of.ledger.bytes, 0u);
  EXPECT_EQ(of.map.stats().bytes, 0u);
}

TEST(clear_of_a_large_map, shrinks_if_it_is_used_and_stays_small) {
  large_map of;
  of.fill(50'000);
  of.map.finish();
  ASSERT_EQ(of.map.stats().buckets, 8192u);
  of.map.clear();
  const std::size_t bytes = of.ledger.bytes;
  std::uint64_t turns = 0;
  for (; of.map.stats().migrations.shrink == 0 && turns < 200'000; ++turns) {
    of.map[turns] = 1;
    if (turns >= 100) of.map.erase(turns - 100);
  }
  const auto room = static_cast<std::uint64_t>(8192 * 14 * 0.8);
  EXPECT_GT(turns, room) << "not before as many erasures as there was room for elements";
  EXPECT_LT(turns, room + 5'000);
  EXPECT_LT(of.ledger.bytes, bytes / 4);
  ASSERT_STREQ(of.map.check_invariants(), nullptr);
}

TEST(clear_of_a_large_map, shrinks_as_ever_once_it_was_full_again) {
  large_map of;
  of.fill(50'000);
  of.map.finish();
  of.map.clear();
  of.fill(40'000);
  for (std::uint64_t n = 100; n < 40'000; ++n) of.map.erase(n);
  of.map[100] = 1;
  EXPECT_TRUE(of.map.migrating());
  of.map.finish();
  EXPECT_EQ(of.map.stats().migrations.shrink, 1u);
}

TEST(clear_of_a_large_map, keeps_its_memory_whatever_is_reserved_of_it) {
  for (const std::size_t reserved : {10u, 40'000u, 50'000u}) {
    large_map of;
    of.fill(50'000);
    of.map.finish();
    of.map.clear();
    const std::size_t buckets = of.map.stats().buckets;
    of.map.reserve(reserved);
    ASSERT_STREQ(of.map.check_invariants(), nullptr);
    EXPECT_FALSE(of.map.migrating());
    of.fill(50'000);
    of.map.finish();
    EXPECT_EQ(of.map.stats().buckets, buckets);
    EXPECT_EQ(of.map.stats().migrations.shrink, 0u) << reserved;
  }
}

TEST(clear_of_a_large_map, lets_go_of_memory_with_another_number_of_buckets) {
  large_map of;
  of.fill(50'000);
  of.map.finish();
  of.map.clear();
  of.map.rehash(100'000);
  of.fill(1000);
  of.map.finish();
  EXPECT_EQ(of.map.stats().buckets, 8192u) << "rehash() has reserved them";
  of.map.clear();
  of.map.rehash(1);
  EXPECT_EQ(of.map.stats().buckets, 1u);
}

TEST(clear_of_a_large_map, lets_go_of_memory_on_request) {
  large_map of;
  of.fill(50'000);
  of.map.finish();
  of.map.clear();
  of.map.shrink_gradually();
  while (of.map.step(1) != 0) {
  }
  EXPECT_LT(of.ledger.bytes, 4'000u);
}

TEST(clear_of_a_sparse_map, gives_its_memory_back) {
  large_map of;
  of.fill(50'000);
  of.map.finish();
  for (std::uint64_t n = 1'000; n < 50'000; ++n) of.map.erase(n);
  of.map.clear();
  EXPECT_EQ(of.ledger.bytes, 0u);
}

// It kept more memory when it was cleared before, and gives that back now.
TEST(clear_of_a_large_map, keeps_the_promise_of_a_smaller_reservation) {
  for (const std::uint64_t reserved : {6u, 20u, 1'000u}) {
    large_map of;
    of.fill(50'000);
    of.map.finish();
    of.map.clear();
    of.fill(3);
    of.map.reserve_gradually(reserved);
    ASSERT_FALSE(of.map.migrating());
    const std::size_t bytes = of.ledger.bytes;
    of.map.clear();
    EXPECT_LT(of.ledger.bytes, bytes / 4);
    of.fill(1);
    const auto* const first = std::addressof(*of.map.find(0));
    of.fill(reserved);
    EXPECT_EQ(std::addressof(*of.map.find(0)), first);
    ASSERT_STREQ(of.map.check_invariants(), nullptr);
  }
}

// Where memory is refused, it is given back as if the map had not been worth keeping it.
TEST(clear_of_a_growing_map, does_without_memory) {
  large_map of;
  of.fill_until_migrating(50'000);
  of.ledger.refuse_above = 0;
  of.map.clear();
  EXPECT_TRUE(of.map.empty());
  ASSERT_STREQ(of.map.check_invariants(), nullptr);
  EXPECT_EQ(of.ledger.bytes, 0u);
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

TEST(clear_of_a_reserved_map, forgets_the_reservation_while_it_migrates) {
  memory_ledger ledger;
  ledger_map<std::uint64_t, std::uint64_t> map{ledger_allocator<int>(ledger)};
  map.reserve(5'000);
  for (std::uint64_t n = 0; !map.migrating(); ++n) map[n] = n;
  map.clear();
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
