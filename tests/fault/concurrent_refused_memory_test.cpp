// Calls of concurrent containers that work until all is done come to an end where memory is
// refused, and lose nothing.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>

#include "support/ledger_allocator.hpp"

namespace {

using support::ledger_allocator;
using support::memory_ledger;

template <class Key>
using map_of = steady::concurrent_hash_map<Key, std::uint64_t, steady::hash<Key>, std::equal_to<>,
                                           ledger_allocator<std::pair<const Key, std::uint64_t>>>;

// Enough for more chunks than a map keeps on its shelf for the next migration.
constexpr std::uint64_t many = 20'000;
// New arrays can be had, but no chunks of 64 KiB for them.
constexpr std::size_t no_chunks = 40'000;

template <class Key>
Key key(std::uint64_t i) {
  if constexpr (std::is_same_v<Key, std::string>) {
    return std::to_string(i);
  } else {
    return i;
  }
}

template <class Key>
class refused_memory : public testing::Test {
 public:
  memory_ledger ledger;
  std::optional<map_of<Key>> map{ledger_allocator<std::pair<const Key, std::uint64_t>>(ledger)};

  refused_memory() {
    for (std::uint64_t i = 0; i < many; ++i) map->try_emplace(key<Key>(i), i);
    map->finish();
    ledger.refuse_above = no_chunks;
  }
  void expect_all_there() {
    EXPECT_EQ(map->size(), many);
    for (std::uint64_t i = 0; i < many; ++i) ASSERT_EQ(map->find(key<Key>(i)), i);
    EXPECT_STREQ(map->check_invariants(), nullptr);
  }
};

using keys = testing::Types<std::uint64_t, std::string>;
TYPED_TEST_SUITE(refused_memory, keys);

TYPED_TEST(refused_memory, lets_reserve_return) {
  const std::size_t chunks = this->map->stats().chunks;
  this->map->reserve(10 * many);
  EXPECT_LE(this->map->stats().chunks, chunks + 2);
  this->expect_all_there();
  this->ledger.refuse_above = memory_ledger::never;
  this->map->reserve(10 * many);
  EXPECT_FALSE(this->map->migrating());
  EXPECT_GE(this->map->bucket_count(), 10 * many);
  this->expect_all_there();
}

TYPED_TEST(refused_memory, leaves_a_fresh_map_as_it_was_where_reserve_throws) {
  this->map.emplace(ledger_allocator<std::pair<const TypeParam, std::uint64_t>>(this->ledger));
  this->ledger.refuse_above = 100;
  EXPECT_THROW(this->map->reserve(many), std::bad_alloc);
  EXPECT_THROW(this->map->rehash(many), std::bad_alloc);
  EXPECT_EQ(this->map->bucket_count(), 0u);
  this->ledger.refuse_above = no_chunks;  // enough for a map that nobody has reserved
  EXPECT_TRUE(this->map->try_emplace(key<TypeParam>(1), 1u));
  EXPECT_EQ(this->map->bucket_count(), 64u);
  EXPECT_STREQ(this->map->check_invariants(), nullptr);
}

TYPED_TEST(refused_memory, gives_up_a_reservation) {
  const std::size_t slots = this->map->bucket_count();
  this->ledger.refuse_above = 0;
  this->map->reserve(10 * many);
  this->map->rehash(10 * many);
  EXPECT_EQ(this->map->bucket_count(), slots);
  this->ledger.refuse_above = memory_ledger::never;
  this->map->compact_gradually();
  this->map->finish();
  EXPECT_EQ(this->map->stats().migrations.compact, 1u);
  EXPECT_EQ(this->map->bucket_count(), slots);
  this->expect_all_there();
}

// What lies on the way is not made for nothing.
TYPED_TEST(refused_memory, begins_no_growth_whose_end_cannot_be_had) {
  const std::size_t slots = this->map->bucket_count();
  const std::uint64_t begun = this->map->stats().started.request;
  this->map->reserve(1'000'000'000);
  this->map->rehash(1'000'000'000);
  EXPECT_EQ(this->map->bucket_count(), slots);
  EXPECT_EQ(this->map->stats().started.request, begun);
  EXPECT_FALSE(this->map->migrating());
  this->expect_all_there();
}

TYPED_TEST(refused_memory, shrinks_again_after_a_reservation_that_was_given_up) {
  using pair = std::pair<const TypeParam, std::uint64_t>;
  this->ledger.refuse_above = memory_ledger::never;
  this->map.emplace(ledger_allocator<pair>(this->ledger));
  for (std::uint64_t i = 0; i < 100; ++i) this->map->try_emplace(key<TypeParam>(i), i);
  this->map->finish();
  const std::size_t slots = this->map->bucket_count();
  this->ledger.refuse_above = no_chunks;
  this->map->reserve(10 * many);
  EXPECT_GT(this->map->bucket_count(), slots) << "the test reserves nothing";
  this->ledger.refuse_above = memory_ledger::never;
  this->map->finish();
  EXPECT_EQ(this->map->bucket_count(), slots);
  EXPECT_EQ(this->map->size(), 100u);
  EXPECT_STREQ(this->map->check_invariants(), nullptr);
}

TYPED_TEST(refused_memory, lets_finish_return) {
  this->map->compact_gradually();
  ASSERT_TRUE(this->map->migrating());
  this->map->finish();
  EXPECT_TRUE(this->map->migrating());
  this->expect_all_there();
  this->ledger.refuse_above = memory_ledger::never;
  this->map->finish();
  EXPECT_FALSE(this->map->migrating());
  this->expect_all_there();
}

TYPED_TEST(refused_memory, lets_requests_return) {
  this->ledger.refuse_above = 0;
  this->map->shrink_gradually();
  this->map->compact_gradually();
  this->map->reseed_gradually();
  EXPECT_FALSE(this->map->migrating());
  this->expect_all_there();
  this->ledger.refuse_above = memory_ledger::never;
  this->map->finish();
  EXPECT_EQ(this->map->stats().migrations.reseed, 1u);
  this->expect_all_there();
}

TYPED_TEST(refused_memory, makes_trim_wait_for_better_times) {
  this->ledger.refuse_above = memory_ledger::never;
  for (std::uint64_t i = 100; i < many; ++i) this->map->erase(key<TypeParam>(i));
  this->map->reserve(10 * many);
  const std::size_t buckets = this->map->stats().buckets;
  this->ledger.refuse_above = 0;
  for (int n = 0; n < 100; ++n) this->map->trim();
  EXPECT_EQ(this->map->stats().buckets, buckets);
  EXPECT_FALSE(this->map->migrating());
  this->ledger.refuse_above = memory_ledger::never;
  this->map->step(1);  // the request has not been forgotten
  EXPECT_TRUE(this->map->migrating());
  for (int n = 0; n < 1000; ++n) this->map->trim();
  EXPECT_EQ(this->map->bucket_count(), 128u);
  EXPECT_EQ(this->map->size(), 100u);
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(this->map->find(key<TypeParam>(i)), i);
  EXPECT_STREQ(this->map->check_invariants(), nullptr);
}

TYPED_TEST(refused_memory, makes_walks_throw_that_must_finish_a_reseeding) {
  this->map->reseed_gradually();
  ASSERT_TRUE(this->map->migrating());
  EXPECT_THROW(this->map->visit_all([](auto&) {}), std::bad_alloc);
  EXPECT_THROW(this->map->clear(), std::bad_alloc);
  this->expect_all_there();
  this->ledger.refuse_above = memory_ledger::never;
  EXPECT_EQ(this->map->visit_all([](auto&) {}), many);
  this->expect_all_there();
}

TYPED_TEST(refused_memory, lets_a_map_be_destroyed_that_is_being_reseeded) {
  const std::size_t buckets = this->map->stats().buckets;
  for (const std::size_t moved : {std::size_t{0}, std::size_t{1}, buckets / 2}) {
    this->ledger.refuse_above = memory_ledger::never;
    map_of<TypeParam> copy(*this->map);
    copy.reseed_gradually();
    copy.step(moved);
    ASSERT_TRUE(copy.migrating());
    this->ledger.refuse_above = 0;
  }
  this->map.reset();
  EXPECT_EQ(this->ledger.blocks, 0u);
  EXPECT_EQ(this->ledger.bytes, 0u);
}

}  // namespace
