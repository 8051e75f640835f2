// The memory of node containers: a block for each element, from the container's own allocator,
// given back to it, and never to another.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include <gtest/gtest.h>

#include <steady/node_hash_map.hpp>

#include "support/countdown.hpp"
#include "support/fallible.hpp"
#include "support/ledger_allocator.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Key, class T>
using node_map = steady::node_hash_map<Key, T, steady::hash<Key>, std::equal_to<>,
                                       ledger_allocator<std::pair<const Key, T>>>;
using numbers = node_map<std::uint64_t, std::uint64_t>;

// Two heaps; nothing may be left in either, or be given back to the wrong one.
class node_memory : public testing::Test {
 protected:
  void TearDown() override {
    EXPECT_EQ(here_.blocks, 0u);
    EXPECT_EQ(there_.blocks, 0u);
  }

  // Where the elements are.
  static std::map<std::uint64_t, const void*> addresses(const numbers& map) {
    std::map<std::uint64_t, const void*> places;
    for (const auto& element : map) places[element.first] = &element;
    return places;
  }

  static void expect_numbers(const numbers& map, std::uint64_t count) {
    ASSERT_EQ(map.size(), count);
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(n), 3 * n);
    ASSERT_FALSE(map.contains(count));
    ASSERT_STREQ(map.check_invariants(), nullptr);
  }

  memory_ledger here_;
  memory_ledger there_;
  const numbers::allocator_type allocator_{here_};
  const numbers::allocator_type other_{there_};
};

TEST_F(node_memory, is_one_block_for_each_element) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    numbers map(allocator_);
    const auto count = fill_numbers_to(at, map);
    expect_numbers(map, count);
    EXPECT_EQ(here_.bytes, map.stats().bytes);
    const std::size_t blocks = here_.blocks;
    EXPECT_FALSE(map.try_emplace(0, 7u).second);
    EXPECT_EQ(here_.blocks, blocks);
    for (std::uint64_t n = 0; n < count; n += 2) ASSERT_EQ(map.erase(n), 1u);
    EXPECT_EQ(here_.blocks, blocks - (count + 1) / 2);
    EXPECT_EQ(here_.bytes, map.stats().bytes);
    EXPECT_STREQ(map.check_invariants(), nullptr);
    map.clear();
    map.rehash(0);
    EXPECT_EQ(here_.blocks, 0u);
  }
}

TEST_F(node_memory, of_a_copy_is_its_own) {
  numbers map(allocator_);
  const auto count = fill_numbers_to(stage::halfway, map);
  const numbers copy(map, other_);
  EXPECT_EQ(copy, map);
  EXPECT_NE(addresses(copy), addresses(map));
  EXPECT_EQ(there_.bytes, copy.stats().bytes);
  numbers assigned(allocator_);
  assigned.try_emplace(1, 1u);
  assigned = copy;
  expect_numbers(assigned, count);
  assigned = {{1, 3}, {2, 6}, {0, 0}};
  expect_numbers(assigned, 3);
}

// Blocks of one heap cannot be given back to the other.
TEST_F(node_memory, stays_behind_when_moving_to_another_allocator) {
  numbers map(allocator_);
  const auto count = fill_numbers_to(stage::halfway, map);
  numbers moved(std::move(map), other_);
  expect_numbers(moved, count);
  expect_numbers(map, 0);
  EXPECT_EQ(there_.bytes, moved.stats().bytes);
  numbers assigned(allocator_);
  assigned = std::move(moved);
  expect_numbers(assigned, count);
  EXPECT_EQ(here_.bytes, map.stats().bytes + assigned.stats().bytes);
}

TEST_F(node_memory, of_an_element_that_could_not_be_made_is_given_back) {
  using map_type = node_map<std::uint64_t, copied>;
  {
    map_type map(map_type::allocator_type{here_});
    const copied value(1);
    map.reserve(2000);  // so no bucket is full, which might take an overflow bucket and keep it
    for (std::uint64_t n = 0; n < 300; ++n) map.try_emplace(n, value);
    map.finish();
    const std::size_t blocks = here_.blocks;
    const std::size_t bytes = here_.bytes;
    countdown::arm(0);
    EXPECT_THROW(map.try_emplace(1000, value), injected_failure);
    countdown::disarm();
    EXPECT_LE(here_.blocks, blocks);
    EXPECT_LE(here_.bytes, bytes);
    EXPECT_EQ(map.size(), 300u);
    EXPECT_FALSE(map.contains(1000));
    EXPECT_STREQ(map.check_invariants(), nullptr);

    here_.fail_at = here_.calls + 1;
    EXPECT_THROW(map.try_emplace(1000, value), std::bad_alloc);
    EXPECT_EQ(map.size(), 300u);
    EXPECT_STREQ(map.check_invariants(), nullptr);
    map.try_emplace(1000, value);
    EXPECT_TRUE(map.contains(1000));
  }
  EXPECT_EQ(copied::alive, 0);
}

}  // namespace
