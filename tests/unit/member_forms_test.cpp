// Members that have several forms: each form gives what the others give.
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/containers.hpp"
#include "support/ledger_allocator.hpp"

namespace {

using namespace std::literals;
using namespace support;

using transparent_map = map_of<std::string, int>;
using plain_map = steady::hash_map<std::string, int>;

// `map` and its const form give the element of "two" as a range of one, and "three" as an empty
// one.
template <class Map, class Key>
void expect_ranges(Map& map, const Key& two, const Key& three) {
  const auto [first, last] = map.equal_range(two);
  ASSERT_NE(first, map.end());
  EXPECT_EQ(first->second, 2);
  EXPECT_EQ(std::distance(first, last), 1);
  const auto [none, end] = map.equal_range(three);
  EXPECT_EQ(none, map.end());
  EXPECT_EQ(end, map.end());
}

TEST(equal_range, has_a_form_for_every_kind_of_key_and_map) {
  plain_map plain{{"one", 1}, {"two", 2}};
  transparent_map transparent{{"one", 1}, {"two", 2}};
  expect_ranges(plain, "two"s, "three"s);
  expect_ranges(std::as_const(plain), "two"s, "three"s);
  expect_ranges(transparent, "two"sv, "three"sv);
  expect_ranges(std::as_const(transparent), "two"sv, "three"sv);
  plain.equal_range("two").first->second = 22;
  EXPECT_EQ(plain.at("two"), 22) << "a map that may be changed gives elements that may be";
}

TEST(node_handle, swaps_whatever_the_two_hold) {
  plain_map map{{"one", 1}, {"two", 2}};
  auto one = map.extract("one");
  auto two = map.extract("two");
  one.swap(two);
  EXPECT_EQ(one.key(), "two");
  EXPECT_EQ(two.key(), "one");
  plain_map::node_type none;
  one.swap(none);
  EXPECT_TRUE(one.empty());
  EXPECT_EQ(none.key(), "two");
  one.swap(none);
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(one.mapped(), 2);
  none.swap(none);
  EXPECT_TRUE(none.empty());
  one.swap(one);
  EXPECT_EQ(one.key(), "two");
}

TEST(node_handle, knows_the_allocator_of_its_container) {
  memory_ledger ledger;
  using map_type = ledger_map<int, std::string>;
  map_type map(map_type::allocator_type{ledger});
  map.try_emplace(1, "one");
  const auto node = map.extract(1);
  EXPECT_EQ(&node.get_allocator().ledger(), &ledger);
  using set_type = steady::hash_set<int, steady::hash<int>, std::equal_to<>, ledger_allocator<int>>;
  set_type set(set_type::allocator_type{ledger});
  set.insert(1);
  EXPECT_EQ(&set.extract(1).get_allocator().ledger(), &ledger);
}

}  // namespace
