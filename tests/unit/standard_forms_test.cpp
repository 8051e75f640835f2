// The forms of the standard interface that are spelled differently and do the same.
#include <functional>
#include <iterator>
#include <memory_resource>
#include <ranges>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/pmr.hpp>

namespace {

using namespace std::literals;

TEST(deduction, finds_the_types_of_a_map) {
  const steady::hash_map braces{std::pair{1, "a"s}, std::pair{2, "b"s}};
  static_assert(std::is_same_v<decltype(braces), const steady::hash_map<int, std::string>>);
  const std::vector<std::pair<int, char>> elements{{1, 'a'}, {2, 'b'}};
  const steady::hash_map range(elements.begin(), elements.end());
  static_assert(std::is_same_v<decltype(range), const steady::hash_map<int, char>>);
  EXPECT_EQ(range.at(2), 'b');
  EXPECT_EQ(braces.at(2), "b");
}

TEST(deduction, finds_the_types_of_a_set) {
  const steady::hash_set braces{1, 2, 2};
  static_assert(std::is_same_v<decltype(braces), const steady::hash_set<int>>);
  const std::vector<std::string> elements{"a", "b"};
  const steady::hash_set range(elements.begin(), elements.end());
  static_assert(std::is_same_v<decltype(range), const steady::hash_set<std::string>>);
  EXPECT_EQ(braces.size(), 2u);
  EXPECT_TRUE(range.contains("b"));
}

TEST(hints, are_accepted_and_ignored) {
  steady::hash_map<int, std::string> map;
  const std::pair<const int, std::string> one{1, "one"};
  EXPECT_EQ(map.insert(map.begin(), one)->second, "one");
  EXPECT_EQ(map.insert(map.end(), {2, "two"})->second, "two");
  EXPECT_EQ(map.insert(map.end(), std::pair{3, "three"})->second, "three");
  EXPECT_EQ(map.emplace_hint(map.begin(), 4, "four")->second, "four");
  EXPECT_EQ(map.try_emplace(map.begin(), 4, "vier")->second, "four");
  EXPECT_EQ(map.insert_or_assign(map.begin(), 4, "vier")->second, "vier");
  steady::hash_set<int> set;
  EXPECT_EQ(*set.insert(set.begin(), 1), 1);
  EXPECT_EQ(*set.emplace_hint(set.begin(), 2), 2);
  EXPECT_EQ(map.size() + set.size(), 6u);
}

TEST(insert_range, inserts_any_range) {
  std::vector<std::pair<int, int>> range;
  for (int i = 0; i < 100; ++i) range.emplace_back(i, i * i);
  steady::hash_map<int, int> squares;
  squares.insert_range(range);
  EXPECT_EQ(squares.size(), 100u);
  EXPECT_EQ(squares.at(12), 144);
}

TEST(equal_range, is_a_range_of_one_or_none) {
  const steady::hash_map<int, int> map{{1, 10}, {2, 20}};
  const auto [first, last] = map.equal_range(2);
  ASSERT_EQ(std::distance(first, last), 1);
  EXPECT_EQ(first->second, 20);
  const auto [none, end] = map.equal_range(3);
  EXPECT_EQ(none, end);
}

TEST(erase_if, erases_what_the_predicate_names) {
  steady::hash_map<int, int> map;
  for (int i = 0; i < 1'000; ++i) map[i] = i;
  EXPECT_EQ(erase_if(map, [](const auto& element) { return element.first % 3 == 0; }), 334u);
  EXPECT_EQ(map.size(), 666u);
  EXPECT_FALSE(map.contains(3));
  steady::hash_set<int> set{1, 2, 3};
  EXPECT_EQ(erase_if(set, [](int key) { return key > 1; }), 2u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(pmr, elements_and_chunks_come_from_the_resource) {
  std::pmr::unsynchronized_pool_resource pool;
  steady::pmr::hash_map<int, std::pmr::string> map(&pool);
  for (int i = 0; i < 3'000; ++i) map.try_emplace(i, "a text that needs memory of its own");
  for (const auto& [key, text] : map) ASSERT_EQ(text.get_allocator().resource(), &pool);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  const steady::pmr::hash_set<int> set({1, 2, 3}, 0, &pool);
  EXPECT_EQ(set.get_allocator().resource(), &pool);
}

TEST(traits, are_those_of_a_container) {
  using map = steady::hash_map<std::string, int>;
  using set = steady::hash_set<std::string>;
  static_assert(std::ranges::forward_range<map> && std::ranges::forward_range<const set>);
  static_assert(std::ranges::sized_range<map>);
  static_assert(std::is_nothrow_default_constructible_v<map>);
  static_assert(std::is_nothrow_move_constructible_v<map>);
  static_assert(std::is_nothrow_move_assignable_v<map>);
  static_assert(std::is_nothrow_swappable_v<map>);
  static_assert(std::is_convertible_v<map::iterator, map::const_iterator>);
  static_assert(!std::is_convertible_v<map::const_iterator, map::iterator>);
  static_assert(std::is_same_v<decltype(*std::declval<set::iterator>()), const std::string&>);
  static_assert(
      std::is_same_v<decltype(*std::declval<map::iterator>()), std::pair<const std::string, int>&>);
}

}  // namespace
