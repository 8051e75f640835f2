// visit(key, f) and visit(keys, f) of all containers: what is one key, and what is a range of them.
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>

namespace {

using std::filesystem::path;
using list = std::vector<int>;

// ---- what a range of keys is ----

struct anything {
  template <class T>
  anything(const T&) {}
};
struct own_path : path {};

template <class Given, class Key>
concept are_keys = steady::detail::range_of_keys<Given, Key, steady::hash<Key>, std::equal_to<Key>>;
template <class Given, class Key>
concept are_other_keys =
    steady::detail::range_of_keys<Given, Key, steady::hash<Key>, std::equal_to<>>;

static_assert(are_keys<std::vector<int>&, int> && are_keys<const int (&)[3], int>);
static_assert(!are_keys<int, int> && !are_keys<const list&, list> &&
              are_keys<const list (&)[2], list>);
static_assert(!are_keys<std::string&, std::string> && !are_keys<const char (&)[3], std::string>);
static_assert(!are_keys<std::string_view, std::string> &&
              !are_other_keys<std::string_view, std::string>);
static_assert(!are_keys<std::string, std::string_view>);
static_assert(are_keys<std::vector<std::string_view>, std::string>);
static_assert(are_other_keys<const std::vector<std::string_view>&, std::string>);
static_assert(!are_keys<path&, path> && !are_keys<std::string, path> && !are_keys<own_path, path>);
static_assert(are_keys<std::vector<path>, path> && are_keys<std::vector<std::string>, path>);
static_assert(are_keys<std::vector<anything>, anything> && !are_keys<std::string, anything>);

// ---- maps ----

struct flat {
  template <class Key, class Equal = std::equal_to<Key>>
  using of = steady::hash_map<Key, int, steady::hash<Key>, Equal>;
};
struct nodes {
  template <class Key, class Equal = std::equal_to<Key>>
  using of = steady::node_hash_map<Key, int, steady::hash<Key>, Equal>;
};
struct shared {
  template <class Key, class Equal = std::equal_to<Key>>
  using of = steady::concurrent_hash_map<Key, int, steady::hash<Key>, Equal>;
};
template <class Kind>
class visiting : public testing::Test {};
using kinds = testing::Types<flat, nodes, shared>;
TYPED_TEST_SUITE(visiting, kinds);

constexpr auto increase = [](auto& element) { ++element.second; };

template <class Map, class K>
int value_of(const Map& map, const K& key) {
  int value = -1;
  EXPECT_EQ(map.visit(key, [&](const auto& element) { value = element.second; }), 1u);
  return value;
}

TYPED_TEST(visiting, takes_one_key_or_many) {
  typename TypeParam::template of<int> map{{1, 10}, {2, 20}, {3, 30}};
  EXPECT_EQ(map.visit(1, increase), 1u);
  EXPECT_EQ(map.visit(4, increase), 0u);
  const int some[] = {2, 3, 4};
  EXPECT_EQ(map.visit(some, increase), 2u);
  EXPECT_EQ(map.visit(std::vector{3L}, increase), 1u);
  EXPECT_EQ(value_of(map, 1), 11);
  EXPECT_EQ(value_of(map, 2), 21);
  EXPECT_EQ(value_of(map, 3), 32);
}

TYPED_TEST(visiting, takes_a_string_for_one_key) {
  typename TypeParam::template of<std::string> map{{"ab", 1}, {"c", 2}};
  EXPECT_EQ(map.visit("ab", increase), 1u);
  EXPECT_EQ(map.visit(std::string("ab"), increase), 1u);
  const std::vector<std::string_view> both{"ab", "c", "d"};
  EXPECT_EQ(map.visit(both, increase), 2u);
  EXPECT_EQ(value_of(map, "ab"), 4);
}

TYPED_TEST(visiting, takes_what_find_takes) {
  typename TypeParam::template of<std::string, std::equal_to<>> map{{"ab", 1}, {"c", 2}};
  const auto& constant = map;
  EXPECT_EQ(map.visit(std::string_view("ab"), increase), 1u);
  EXPECT_EQ(constant.visit(std::string_view("ab"), [](const auto&) {}), 1u);
  std::vector<std::string_view> both{"ab", "c", "d"};
  EXPECT_EQ(map.visit(both, increase), 2u);
  EXPECT_EQ(constant.visit(both, [](const auto&) {}), 2u);
  EXPECT_EQ(value_of(map, std::string("ab")), 3);
}

TYPED_TEST(visiting, takes_a_key_that_is_a_range_for_one) {
  typename TypeParam::template of<list> lists{{{1, 2}, 0}, {{3}, 0}};
  EXPECT_EQ(lists.visit(list{1, 2}, increase), 1u);
  EXPECT_EQ(lists.visit({3}, increase), 1u);
  EXPECT_EQ(lists.visit(std::vector<list>{{1, 2}, {3}, {4}}, increase), 2u);
  typename TypeParam::template of<path> paths{{"a/b", 0}, {"a", 0}};
  EXPECT_EQ(paths.visit(path("a/b"), increase), 1u);
  EXPECT_EQ(paths.visit("a//b", increase), 1u);
  EXPECT_EQ(paths.visit(std::string("a/b"), increase), 1u);
  EXPECT_EQ(paths.visit(std::vector<path>{"a", "a/b"}, increase), 2u);
  EXPECT_EQ(value_of(paths, path("a/b")), 4);
}

TEST(visiting_of_shared_maps, takes_ranges_where_it_only_reads_too) {
  const shared::of<int> map{{1, 10}, {2, 20}};
  int sum = 0;
  const auto add = [&](const auto& element) { sum += element.second; };
  EXPECT_EQ(map.cvisit(std::vector{1, 2, 3}, add), 2u);
  EXPECT_EQ(map.cvisit(1, add), 1u);
  EXPECT_EQ(sum, 40);
}

TEST(visiting_of_sets, hands_out_const_keys) {
  steady::hash_set<int> set{1, 2};
  steady::concurrent_hash_set<int> shared_set{1, 2};
  int sum = 0;
  const auto add = [&](auto& key) {
    static_assert(std::is_same_v<decltype(key), const int&>);
    sum += key;
  };
  EXPECT_EQ(set.visit(1, add) + set.visit(std::vector{1, 2, 3}, add), 3u);
  EXPECT_EQ(shared_set.visit(1, add) + shared_set.visit(std::vector{1, 2, 3}, add), 3u);
  EXPECT_EQ(sum, 8);
}

}  // namespace
