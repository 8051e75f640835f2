// The gradual twins: each returns at once; its request is done when nothing is pending.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/retire.hpp>

#include "support/containers.hpp"
#include "support/ledger_allocator.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Map>
void fill(Map& map, std::uint64_t count) {
  for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(n, 3 * n);
}

template <class Map>
void expect_range(const Map& map, std::uint64_t first, std::uint64_t end) {
  ASSERT_EQ(map.size(), end - first);
  for (std::uint64_t n = first; n < end; ++n) ASSERT_EQ(map.at(n), 3 * n);
  ASSERT_STREQ(map.check_invariants(), nullptr);
}

template <class Policy>
class gradual : public testing::Test {
 protected:
  using map = number_map<Policy>;
};
using policies = testing::Types<steady::default_policy, leaf_headers, narrow, small_chunks,
                                one_bucket_chunks, two_bucket_chunks>;
TYPED_TEST_SUITE(gradual, policies);

// Steps one by one until nothing is pending, which is never more than before.
template <class Map>
void finish_by_steps(Map& map) {
  std::size_t before = map.pending();
  while (map.migrating()) {
    map.step(1);
    if (!map.stats().migrating) break;
    ASSERT_LE(map.pending(), std::max<std::size_t>(before, map.stats().buckets));
    before = map.pending();
  }
  EXPECT_EQ(map.pending(), 0u);
  EXPECT_EQ(map.step(1), 0u);
}

TYPED_TEST(gradual, reserve_makes_room_by_steps) {
  typename TestFixture::map m;
  fill(m, 1'000);
  m.finish();
  m.reserve_gradually(100'000);
  EXPECT_TRUE(m.migrating());
  finish_by_steps(m);
  expect_range(m, 0, 1'000);
  const std::uint64_t* const first = &m.at(0);
  const auto steps = m.stats().steps.insert;
  fill(m, 100'000);
  EXPECT_EQ(&m.at(0), first);
  EXPECT_EQ(m.stats().steps.insert, steps);
}

TYPED_TEST(gradual, reserve_of_an_empty_map) {
  typename TestFixture::map m;
  m.reserve_gradually(10'000);
  finish_by_steps(m);
  fill(m, 10'000);
  EXPECT_EQ(m.stats().steps.insert, 0u);
  expect_range(m, 0, 10'000);
}

TYPED_TEST(gradual, reserve_is_driven_by_insertions_too) {
  typename TestFixture::map m;
  fill(m, 1'000);
  m.reserve_gradually(50'000);
  std::uint64_t n = 1'000;
  for (; m.migrating(); ++n) m.try_emplace(n, 3 * n);
  EXPECT_LT(n, 50'000u);
  EXPECT_GT(static_cast<double>(m.stats().buckets), 50'000 / 14.0);
  expect_range(m, 0, n);
}

TYPED_TEST(gradual, shrink_fits_after_two_migrations_however_far) {
  typename TestFixture::map m;
  fill(m, 50'000);
  m.finish();
  for (std::uint64_t n = 100; n < 50'000; ++n) m.erase(n);
  m.shrink_gradually();
  EXPECT_TRUE(m.migrating());
  finish_by_steps(m);
  EXPECT_GE(m.stats().migrations.shrink, 1u);
  EXPECT_LE(m.stats().migrations.shrink, 2u);  // the first leaves room for what comes meanwhile
  expect_range(m, 0, 100);
  typename TestFixture::map fresh;
  fresh.reserve(100);
  EXPECT_EQ(m.stats().buckets, fresh.stats().buckets);
}

TYPED_TEST(gradual, shrink_of_what_fits_does_nothing) {
  typename TestFixture::map m;
  fill(m, 1'000);
  m.rehash(0);
  m.shrink_gradually();
  m.step(1);
  EXPECT_FALSE(m.migrating());
  EXPECT_EQ(m.stats().migrations.shrink, 0u);
}

TYPED_TEST(gradual, shrink_copes_with_insertions_meanwhile) {
  typename TestFixture::map m;
  fill(m, 50'000);
  m.finish();
  for (std::uint64_t n = 0; n < 49'900; ++n) m.erase(n);
  m.shrink_gradually();
  for (std::uint64_t n = 50'000; n < 60'000; ++n) {
    m.try_emplace(n, 3 * n);
    if (n % 512 == 0) {
      ASSERT_STREQ(m.check_invariants(), nullptr);
    }
  }
  m.finish();
  expect_range(m, 49'900, 60'000);
}

// Buckets for four times as many elements as there are.
template <class Map>
void fill_a_quarter(Map& map) {
  fill(map, 20'000);
  for (std::uint64_t n = 5'000; n < 20'000; ++n) map.erase(n);
  map.finish();
}

TYPED_TEST(gradual, requests_of_several_kinds_are_all_met) {
  typename TestFixture::map fitting;
  fill_a_quarter(fitting);
  const auto many = fitting.stats().buckets;
  fitting.shrink_gradually();
  fitting.finish();
  const auto few = fitting.stats().buckets;
  ASSERT_LT(few, many);
  const auto compacted = fitting.stats().migrations.compact;
  fitting.compact_gradually();
  fitting.shrink_gradually();
  fitting.finish();
  EXPECT_EQ(fitting.stats().migrations.compact, compacted + 1) << "there was nothing to shrink";

  typename TestFixture::map m;
  fill_a_quarter(m);
  m.shrink_gradually();
  m.compact_gradually();
  m.reseed_gradually();
  m.finish();
  EXPECT_EQ(m.stats().buckets, few);
  EXPECT_EQ(m.stats().migrations.reseed, 1u) << "one migration meets all three";
  EXPECT_EQ(m.stats().migrations.compact, 0u);
  expect_range(m, 0, 5'000);
}

TYPED_TEST(gradual, requests_are_met_by_reserve) {
  typename TestFixture::map m;
  fill_a_quarter(m);
  const auto buckets = m.stats().buckets;
  m.reseed_gradually();
  m.reserve(10);
  EXPECT_FALSE(m.migrating());
  EXPECT_EQ(m.stats().migrations.reseed, 1u);
  m.compact_gradually();
  m.reserve(10);
  EXPECT_EQ(m.stats().migrations.compact, 1u);
  EXPECT_EQ(m.stats().buckets, buckets);
  m.shrink_gradually();
  m.reserve(10);
  EXPECT_FALSE(m.migrating());
  EXPECT_LT(m.stats().buckets, buckets);
  m.reseed_gradually();
  m.rehash(0);
  EXPECT_EQ(m.stats().migrations.reseed, 2u);
  expect_range(m, 0, 5'000);
}

TEST(gradual_requests, are_kept_where_reserve_is_refused_memory) {
  memory_ledger ledger;
  ledger_map<std::uint64_t, std::uint64_t> m{ledger_allocator<int>(ledger)};
  fill(m, 5'000);
  m.finish();
  m.reseed_gradually();
  ledger.refuse_above = 0;
  EXPECT_THROW(m.reserve(50'000), std::bad_alloc);
  ledger.refuse_above = ~std::size_t{0};
  m.finish();
  EXPECT_EQ(m.stats().migrations.reseed, 1u);
  expect_range(m, 0, 5'000);
}

TYPED_TEST(gradual, compact_evacuates_everything_once_more) {
  typename TestFixture::map m;
  fill(m, 5'000);
  m.finish();
  const auto buckets = m.stats().buckets;
  m.compact_gradually();
  EXPECT_TRUE(m.migrating());
  finish_by_steps(m);
  EXPECT_EQ(m.stats().migrations.compact, 1u);
  EXPECT_EQ(m.stats().buckets, buckets);
  expect_range(m, 0, 5'000);
}

TYPED_TEST(gradual, compact_in_the_middle_of_a_growth_waits_for_its_end) {
  typename TestFixture::map m;
  fill_numbers_to(stage::halfway, m);
  m.compact_gradually();
  finish_by_steps(m);
  EXPECT_EQ(m.stats().migrations.compact, 1u);
}

TYPED_TEST(gradual, clear_is_done_at_once_and_destroys_by_steps) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    typename TestFixture::map m;
    fill_numbers_to(at, m);
    m.clear_gradually();
    EXPECT_TRUE(m.empty());
    EXPECT_EQ(m.begin(), m.end());
    EXPECT_FALSE(m.contains(1));
    EXPECT_EQ(m.migrating(), at != stage::small) << "few elements are destroyed at once";
    fill(m, 100);
    expect_range(m, 0, 100);
    finish_by_steps(m);
    expect_range(m, 0, 100);
    EXPECT_EQ(m.stats().retired, 0u);
  }
}

TYPED_TEST(gradual, clear_again_and_again) {
  typename TestFixture::map m;
  for (int round = 0; round < 10; ++round) {
    fill(m, 3'000);
    m.clear_gradually();
    ASSERT_STREQ(m.check_invariants(), nullptr);
  }
  typename TestFixture::map moved = std::move(m);
  EXPECT_FALSE(m.migrating());
  EXPECT_TRUE(moved.migrating());
  swap(m, moved);
  finish_by_steps(m);
  EXPECT_EQ(m.stats().bytes, 0u);
}

// Found by fuzzing: the blocks of two clears were counted with the second's retired arrays.
TYPED_TEST(gradual, clear_before_the_last_one_is_done) {
  typename TestFixture::map m;
  typename TestFixture::map other;
  m.try_emplace(1, 1);
  m.clear_gradually();
  m.try_emplace(1, 1);
  m.clear_gradually();
  m.finish();
  m = std::move(other);
  EXPECT_EQ(other.stats().bytes, 0u);
  EXPECT_STREQ(other.check_invariants(), nullptr);
}

// ---- what is destroyed, and given back ----

using string_map = ledger_map<std::uint64_t, std::string, small_chunks>;

TEST(clear_gradually, gives_every_element_and_block_back) {
  memory_ledger ledger;
  string_map m(string_map::allocator_type{ledger});
  const std::uint64_t count =
      fill_to(stage::halfway, m, [&](std::uint64_t n) { m.try_emplace(n, std::string(40, 'x')); });
  m.clear_gradually();
  EXPECT_EQ(m.stats().retired, count);
  EXPECT_EQ(m.stats().bytes, ledger.bytes);
  while (m.migrating()) {
    m.step(1);
    ASSERT_EQ(m.stats().bytes, ledger.bytes);
  }
  EXPECT_EQ(ledger.blocks, 0u);
}

// The little overflow of an ordinary growth once looked like crowding here.
TEST(clear_gradually, calls_for_no_compaction) {
  std::uint64_t compactions = 0;
  for (unsigned n = 0; n < 50; ++n) {
    number_map<> map;
    map.reserve(100);
    fill(map, 60);
    map.clear_gradually();
    fill(map, 2000);
    compactions += map.stats().migrations.compact;
  }
  EXPECT_EQ(compactions, 0u);
}

TEST(clear_gradually, is_finished_by_the_destructor) {
  memory_ledger ledger;
  {
    string_map m(string_map::allocator_type{ledger});
    for (std::uint64_t n = 0; n < 5'000; ++n) m.try_emplace(n, std::string(40, 'x'));
    m.clear_gradually();
    m.step(3);
    m.try_emplace(1, "one");
  }
  EXPECT_EQ(ledger.blocks, 0u);
}

TEST(clear_gradually, clears_at_once_where_allocating_a_cold_block_fails) {
  memory_ledger ledger;
  string_map m(string_map::allocator_type{ledger});
  for (std::uint64_t n = 0; n < 1'000; ++n) m.try_emplace(n, "x");
  ledger.fail_at = ledger.calls + 1;
  m.clear_gradually();
  EXPECT_TRUE(m.empty());
  EXPECT_FALSE(m.migrating());
}

TEST(clear_gradually, is_driven_by_insertions) {
  number_map<> m;
  fill(m, 20'000);
  m.clear_gradually();
  std::uint64_t n = 0;
  for (; m.stats().retired != 0; ++n) m.try_emplace(n, 3 * n);
  EXPECT_LT(n, 20'000u);
  expect_range(m, 0, n);
}

template <class Map>
void retire_at(stage at) {
  memory_ledger ledger;
  Map m(typename Map::allocator_type{ledger});
  fill_to(at, m, [&](std::uint64_t n) { m.try_emplace(n, std::string(40, 'x')); });
  auto old = steady::retire(std::move(m));
  EXPECT_TRUE(m.empty());
  m.try_emplace(1, "usable");
  EXPECT_FALSE(old.done());
  for (std::size_t left = old.pending(); !old.done(); left = old.pending()) {
    ASSERT_EQ(old.step(1), 1u);
    ASSERT_LT(old.pending(), left);
  }
  EXPECT_EQ(old.step(1), 0u);
  EXPECT_EQ(m.at(1), "usable");
  m.rehash(0);
  m.clear();
  m.rehash(0);
  EXPECT_EQ(ledger.blocks, 0u);
}

TEST(retire, takes_the_contents_and_destroys_them_by_steps) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    retire_at<string_map>(at);
    retire_at<ledger_map<std::uint64_t, std::string, leaf_headers>>(at);
    retire_at<ledger_map<std::uint64_t, std::string, narrow>>(at);
  }
}

TEST(retire, finishes_when_it_goes_and_moves_on) {
  memory_ledger ledger;
  {
    string_map m(string_map::allocator_type{ledger});
    for (std::uint64_t n = 0; n < 5'000; ++n) m.try_emplace(n, std::string(40, 'x'));
    auto old = steady::retire(std::move(m));
    old.step(5);
    auto moved = std::move(old);
    EXPECT_TRUE(old.done());
    EXPECT_FALSE(moved.done());
    moved.step(5);
  }
  EXPECT_EQ(ledger.blocks, 0u);
}

TEST(retire, takes_what_a_clear_has_left) {
  memory_ledger ledger;
  string_map m(string_map::allocator_type{ledger});
  for (std::uint64_t n = 0; n < 5'000; ++n) m.try_emplace(n, "x");
  m.clear_gradually();
  m.try_emplace(1, "x");
  auto old = steady::retire(std::move(m));
  EXPECT_FALSE(m.migrating());
  old.step(1'000'000);
  EXPECT_TRUE(old.done());
  EXPECT_EQ(ledger.blocks, 0u);
}

TEST(retire, of_an_empty_map_is_done) { EXPECT_TRUE(steady::retire(number_map<>()).done()); }

TEST(retire, takes_node_containers) {
  steady::node_hash_map<int, std::string> m;
  for (int n = 0; n < 3'000; ++n) m.try_emplace(n, std::string(40, 'x'));
  auto old = steady::retire(std::move(m));
  while (!old.done()) old.step(7);
}

// ---- triggers ----

TEST(shrink_gradually, works_on_a_map_of_four_buckets) {
  number_map<> map;
  fill(map, 40);
  for (std::uint64_t n = 1; n < 40; ++n) map.erase(n);
  map.finish();
  ASSERT_EQ(map.stats().buckets, 4u);
  map.shrink_gradually();
  map.finish();
  EXPECT_EQ(map.stats().buckets, 1u);
  EXPECT_EQ(map.at(0), 0u);
}

TEST(shrink_gradually, takes_no_memory_to_remember_what_needs_nothing) {
  number_map<> map;
  fill(map, 3);
  const std::size_t bytes = map.stats().bytes;
  map.shrink_gradually();
  map.finish();
  EXPECT_LE(map.stats().bytes, bytes);
}

TEST(trigger, erasing_arms_a_shrink_that_steps_carry_out) {
  number_map<> m;
  fill(m, 100'000);
  m.finish();
  const auto buckets = m.stats().buckets;
  std::uint64_t n = 0;
  for (; !m.migrating(); ++n) m.erase(n);
  EXPECT_EQ(m.stats().frontier, 0u) << "erasing itself moves nothing";
  m.finish();
  EXPECT_EQ(m.stats().migrations.shrink, 1u);
  EXPECT_LT(m.stats().buckets, buckets);
  expect_range(m, n, 100'000);
}

TEST(trigger, erasing_arms_a_shrink_that_insertions_carry_out) {
  number_map<> m;
  fill(m, 100'000);
  for (std::uint64_t n = 0; n < 99'000; ++n) m.erase(n);
  std::uint64_t n = 100'000;
  for (; m.migrating(); ++n) m.try_emplace(n, 3 * n);
  EXPECT_EQ(m.stats().migrations.shrink, 1u);
  EXPECT_LE(m.load_factor(), m.max_load_factor());
  EXPECT_LE(m.stats().longest_chain, 6u);
  expect_range(m, 99'000, n);
}

TEST(trigger, shrinking_respects_what_was_reserved) {
  number_map<> m;
  m.reserve(100'000);
  fill(m, 100'000);
  for (std::uint64_t n = 0; n < 99'990; ++n) m.erase(n);
  EXPECT_FALSE(m.migrating());
  const std::uint64_t* const kept = &m.at(99'990);
  for (std::uint64_t n = 0; n < 90'000; ++n) m.try_emplace(n, 3 * n);
  EXPECT_EQ(&m.at(99'990), kept);
}

TEST(trigger, a_range_constructor_reserves_nothing_for_later) {
  number_map<> source;
  fill(source, 100'000);
  number_map<> m(source.begin(), source.end());
  for (std::uint64_t n = 0; n < 99'990; ++n) m.erase(n);
  EXPECT_TRUE(m.migrating());
}

struct never_shrinks : steady::default_policy {
  static constexpr double shrink_below = 0;
};
TEST(trigger, shrinking_by_itself_can_be_switched_off) {
  number_map<never_shrinks> m;
  fill(m, 100'000);
  m.finish();
  for (std::uint64_t n = 0; n < 99'990; ++n) m.erase(n);
  EXPECT_FALSE(m.migrating());
}

struct erasing_moves : steady::default_policy {
  static constexpr bool erase_moves = true;
};
TEST(trigger, erasing_carries_it_out_itself_where_the_policy_says_so) {
  number_map<erasing_moves> m;
  fill(m, 100'000);
  m.finish();
  for (std::uint64_t n = 0; n < 99'000; ++n) m.erase(n);
  EXPECT_GT(m.stats().steps.erase, 0u);
  EXPECT_GE(m.stats().migrations.shrink, 1u);
  expect_range(m, 99'000, 100'000);
}

TEST(trigger, trim_gives_memory_back_a_piece_at_a_time) {
  number_map<> m;
  m.reserve(100'000);
  fill(m, 1'000);
  const std::size_t before = m.stats().bytes;
  std::size_t given = m.trim(16);
  EXPECT_EQ(m.stats().steps.trim, 16u);
  while (m.migrating()) given += m.trim();
  EXPECT_GE(given, before - m.stats().bytes);
  EXPECT_LT(m.stats().bytes, before / 50);
  expect_range(m, 0, 1'000);
}

TEST(trigger, memory_after_erasing_is_within_twice_that_of_a_fresh_map) {
  for (std::uint64_t count = 100'000; count < 200'000; count += 12'500) {
    number_map<> m;
    fill(m, count);
    const std::uint64_t kept = count / 100;
    for (std::uint64_t n = kept; n < count; ++n) m.erase(n);
    finish_by_steps(m);
    number_map<> fresh;
    fill(fresh, kept);
    fresh.finish();
    EXPECT_LE(m.stats().bytes, 2 * fresh.stats().bytes) << count;
    expect_range(m, 0, kept);
  }
}

// However small the map: its first bucket has two slots.
TYPED_TEST(gradual, reservation_keeps_references_once_it_is_done) {
  for (std::uint64_t size = 1; size <= 14; ++size) {
    for (std::uint64_t reserved = size + 1; reserved <= 40; ++reserved) {
      for (const bool by_insertions : {false, true}) {
        typename TestFixture::map m;
        fill(m, size);
        m.reserve_gradually(reserved);
        std::uint64_t count = size;
        while (m.migrating() && count < reserved) {
          if (by_insertions) {
            m.try_emplace(count, 3 * count);
            ++count;
          } else {
            m.step(1);
          }
        }
        const auto* const first = std::addressof(*m.find(0));
        for (; count < reserved; ++count) m.try_emplace(count, 3 * count);
        ASSERT_EQ(std::addressof(*m.find(0)), first) << size << " of " << reserved;
        expect_range(m, 0, reserved);
      }
    }
  }
}

TEST(reserve_gradually, of_the_impossible_says_so_and_asks_for_nothing) {
  number_map<> m;
  fill(m, 100);
  m.finish();
  EXPECT_THROW(m.reserve_gradually(static_cast<std::size_t>(-1)), std::length_error);
  EXPECT_FALSE(m.migrating());
}

TEST(gradual_requests, are_met_by_one_growth) {
  number_map<> map;
  fill(map, 3000);
  map.finish();
  const auto before = map.stats();
  map.reserve_gradually(6000);
  map.compact_gradually();
  map.reseed_gradually();
  map.finish();
  const auto after = map.stats();
  EXPECT_EQ(after.started.request, before.started.request + 1);
  EXPECT_EQ(after.migrations.compact, before.migrations.compact);
  EXPECT_EQ(after.migrations.reseed, before.migrations.reseed + 1);
  expect_range(map, 0, 3000);
}

// The next one grows, because it is not enough for what was reserved.
TEST(gradual_requests, are_met_by_the_first_of_several_growths) {
  number_map<> map;
  fill(map, 3000);
  map.finish();
  const std::size_t before = map.stats().migrations.compact;
  map.compact_gradually();
  map.reserve_gradually(1'000'000);
  map.finish();
  EXPECT_EQ(map.stats().migrations.compact, before);
  expect_range(map, 0, 3000);
}

struct hasty : steady::default_policy {
  static constexpr unsigned evacuations_per_insert = 1u << 31;
};

TEST(gradual_requests, are_met_at_once_with_more_evacuations_than_32_bits_count) {
  number_map<hasty> map;
  fill(map, 3000);
  map.finish();
  map.reseed_gradually();
  map.step(1);
  ASSERT_TRUE(map.migrating());
  map.try_emplace(3000, 9000);
  EXPECT_EQ(map.stats().migrations.reseed, 1u);
  expect_range(map, 0, 3001);
}

// Moving element by element, because the allocators differ.
TEST(gradual_requests, stay_requests_when_elements_move_to_other_memory) {
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  memory_ledger here;
  memory_ledger there;
  map_type map{map_type::allocator_type(here)};
  fill(map, 10);
  map.reserve_gradually(5'000'000);
  there.refuse_above = 1'000'000;
  map_type other(std::move(map), map_type::allocator_type(there));
  expect_range(other, 0, 10);
  EXPECT_TRUE(other.migrating()) << "the room is still to come";
  EXPECT_LT(other.stats().bytes, 100'000u);

  there.refuse_above = memory_ledger::never;
  other.finish();
  EXPECT_GE(other.bucket_count(), 5'000'000u);
  map = map_type(std::move(other), map_type::allocator_type(here));
  expect_range(map, 0, 10);
  EXPECT_FALSE(map.migrating());
  EXPECT_GE(map.bucket_count(), 5'000'000u) << "room that was there is there at once";

  map_type none{map_type::allocator_type(here)};
  none.reserve_gradually(5'000'000);
  const map_type moved(std::move(none), map_type::allocator_type(there));
  EXPECT_TRUE(moved.empty());
  EXPECT_LT(moved.stats().bytes, 100'000u);
}

}  // namespace
