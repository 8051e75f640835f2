// Arguments in forms that the standard's containers take, or that code written for others uses:
// braces, bit-fields, what converts to an iterator, keys that can only be moved, and an equality
// that takes its arguments in one order.
#include <cstddef>
#include <functional>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>
#include <steady/pmr.hpp>

namespace {

// ---- braces ----

struct point {
  int x, y;
  bool operator==(const point&) const = default;
};
struct by_x {
  std::size_t operator()(const point& p) const { return static_cast<std::size_t>(p.x); }
};

template <class Map>
class braced_keys : public testing::Test {};
using point_maps =
    testing::Types<steady::hash_map<point, point, by_x>, steady::node_hash_map<point, point, by_x>>;
TYPED_TEST_SUITE(braced_keys, point_maps);

TYPED_TEST(braced_keys, are_taken_with_and_without_hint) {
  TypeParam map;
  EXPECT_TRUE(map.try_emplace({1, 2}, point{3, 4}).second);
  map.try_emplace(map.end(), {2, 2}, point{3, 4});
  map.try_emplace(map.cbegin(), {3, 2});
  EXPECT_TRUE(map.insert_or_assign({4, 2}, {3, 4}).second);
  map.insert_or_assign(map.end(), {5, 2}, point{3, 4});
  map.insert_or_assign(map.cend(), {5, 2}, {5, 6});
  EXPECT_TRUE(map.insert({{6, 2}, {3, 4}}).second);
  map.insert(map.end(), {{7, 2}, {3, 4}});
  map.insert({{{8, 2}, {3, 4}}, {{9, 2}, {3, 4}}});
  EXPECT_EQ(map.size(), 9u);
  EXPECT_EQ(map.at({5, 2}), (point{5, 6}));
  EXPECT_TRUE(map.contains({1, 2}));
  EXPECT_EQ(map.erase({1, 2}), 1u);
  const point key{10, 2};
  map.try_emplace(map.end(), key, point{3, 4});
  map.insert_or_assign(map.end(), key, point{7, 8});
  EXPECT_EQ(map[key], (point{7, 8}));
}

// ---- bit-fields ----

struct packed {
  unsigned key : 8;
};

// Any number, and a number only by its own name: transparent.
struct number_hash {
  using is_transparent = void;
  std::size_t operator()(unsigned number) const { return number; }
};

template <class Map>
class bit_fields : public testing::Test {};
using number_maps =
    testing::Types<steady::hash_map<unsigned, unsigned>,
                   steady::hash_map<unsigned, unsigned, number_hash, std::equal_to<>>,
                   steady::node_hash_map<unsigned, unsigned>>;
TYPED_TEST_SUITE(bit_fields, number_maps);

TYPED_TEST(bit_fields, are_taken_as_keys) {
  TypeParam map;
  packed pair{3};
  map.try_emplace(pair.key, 1u);
  map.try_emplace(map.end(), pair.key, 2u);
  map.insert_or_assign(pair.key, 3u);
  map.insert_or_assign(map.end(), pair.key, 4u);
  EXPECT_EQ(map[pair.key], 4u);
  EXPECT_EQ(map.at(pair.key), 4u);
  EXPECT_EQ(map.count(pair.key), 1u);
  EXPECT_EQ(map.find(pair.key)->second, 4u);
  EXPECT_EQ(map.erase(pair.key), 1u);
}

// ---- what converts to an iterator ----

template <class Iterator>
struct handle {
  Iterator at;
  operator Iterator() const { return at; }  // NOLINT: implicit, which is the point
};

template <class Container>
class handles : public testing::Test {};
using numbers = testing::Types<steady::hash_map<int, int>, steady::hash_set<int>,
                               steady::node_hash_map<int, int>, steady::node_hash_set<int>>;
TYPED_TEST_SUITE(handles, numbers);

TYPED_TEST(handles, of_iterators_can_be_erased) {
  TypeParam container;
  for (int n = 0; n < 4; ++n) container.insert(typename TypeParam::value_type{});
  container.erase(handle<typename TypeParam::iterator>{container.begin()});
  EXPECT_TRUE(container.empty());
  container.insert(typename TypeParam::value_type{});
  container.erase(handle<typename TypeParam::const_iterator>{container.begin()});
  EXPECT_TRUE(container.empty());
  container.insert(typename TypeParam::value_type{});
  const auto node =
      container.extract(handle<typename TypeParam::const_iterator>{container.begin()});
  EXPECT_FALSE(node.empty());
}

// ---- keys that can only be moved ----

struct pointee_hash {
  std::size_t operator()(const std::unique_ptr<int>& key) const {
    return static_cast<std::size_t>(*key);
  }
};

template <class Map>
class movable_keys : public testing::Test {};
using movable_maps = testing::Types<steady::hash_map<std::unique_ptr<int>, int, pointee_hash>,
                                    steady::node_hash_map<std::unique_ptr<int>, int, pointee_hash>>;
TYPED_TEST_SUITE(movable_keys, movable_maps);

TYPED_TEST(movable_keys, are_moved_out_of_braces) {
  TypeParam map;
  EXPECT_TRUE(map.insert({std::make_unique<int>(1), 1}).second);
  map.insert(map.end(), {std::make_unique<int>(2), 2});
  map.insert(std::pair(std::make_unique<int>(3), 3));
  EXPECT_EQ(map.size(), 3u);
}

// Counts its copies.
struct counted_key {
  int number;
  static inline int copies = 0;
  explicit counted_key(int n) : number(n) {}
  counted_key(const counted_key& other) : number(other.number) { ++copies; }
  counted_key(counted_key&&) noexcept = default;
  bool operator==(const counted_key&) const = default;
};
struct counted_hash {
  std::size_t operator()(const counted_key& key) const {
    return static_cast<std::size_t>(key.number);
  }
};

TEST(copyable_keys, are_moved_out_of_braces_too) {
  steady::hash_map<counted_key, std::string, counted_hash> map;
  counted_key::copies = 0;
  map.insert({counted_key(1), "one"});
  EXPECT_EQ(counted_key::copies, 0);
  const std::pair<const counted_key, std::string> two(2, "two");
  map.insert(two);
  EXPECT_EQ(counted_key::copies, 1);
}

// What only converts to an element.
struct nearly_pair {
  operator std::pair<const int, int>() const { return {1, 2}; }  // NOLINT: implicit
};
TEST(elements, may_be_what_converts_to_one) {
  steady::hash_map<int, int> map;
  EXPECT_TRUE(map.insert(nearly_pair()).second);
  std::pair<const int, int> same(1, 3);
  EXPECT_FALSE(map.insert(same).second);
  EXPECT_FALSE(map.insert(std::move(same)).second);
  EXPECT_EQ(map.insert(map.begin(), same)->second, 2);
}

// ---- deduction ----

TEST(deduction, takes_a_container_and_an_allocator) {
  std::pmr::monotonic_buffer_resource memory;
  steady::pmr::hash_map<int, int> map(&memory);
  map[1] = 2;
  steady::hash_map copy(map, map.get_allocator());
  steady::hash_map elsewhere(map, &memory);
  steady::hash_map moved(std::move(elsewhere), map.get_allocator());
  static_assert(std::is_same_v<decltype(copy), steady::pmr::hash_map<int, int>>);
  static_assert(std::is_same_v<decltype(elsewhere), decltype(copy)>);
  static_assert(std::is_same_v<decltype(moved), decltype(copy)>);
  EXPECT_EQ(copy, map);
  EXPECT_EQ(moved, map);
  steady::pmr::hash_set<int> set(&memory);
  const steady::hash_set other_set(set, &memory);
  static_assert(std::is_same_v<decltype(other_set), const steady::pmr::hash_set<int>>);
  const steady::node_hash_map<int, int> nodes;
  const steady::node_hash_map other_nodes(nodes, nodes.get_allocator());
  const steady::node_hash_set<int> node_set;
  const steady::node_hash_set other_node_set(node_set, node_set.get_allocator());
}

TEST(deduction, takes_lists_of_elements) {
  using element = std::pair<const int, int>;
  const steady::hash_map map{element(1, 2), element(3, 4)};
  static_assert(std::is_same_v<decltype(map), const steady::hash_map<int, int>>);
  const steady::hash_map with_capacity({element(1, 2)}, 100);
  static_assert(std::is_same_v<decltype(with_capacity), const steady::hash_map<int, int>>);
  const steady::node_hash_map nodes{element(1, 2)};
  static_assert(std::is_same_v<decltype(nodes), const steady::node_hash_map<int, int>>);
  const std::vector<element> elements{element(1, 2)};
  const steady::hash_map from_range(elements.begin(), elements.end());
  static_assert(std::is_same_v<decltype(from_range), const steady::hash_map<int, int>>);
  EXPECT_EQ(map.size(), 2u);
}

// ---- an equality of one order ----

struct text_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
  std::size_t operator()(int length) const {
    return std::hash<std::string_view>()(std::string(static_cast<std::size_t>(length), 'x'));
  }
};
struct stored_first {
  using is_transparent = void;
  bool operator()(const std::string& stored, const std::string& other) const {
    return stored == other;
  }
  bool operator()(const std::string& stored, int length) const {
    return stored == std::string(static_cast<std::size_t>(length), 'x');
  }
};
struct stored_last {
  using is_transparent = void;
  bool operator()(const std::string& other, const std::string& stored) const {
    return stored == other;
  }
  bool operator()(int length, const std::string& stored) const {
    return stored == std::string(static_cast<std::size_t>(length), 'x');
  }
};

template <class Equal>
class one_sided_equality : public testing::Test {};
using sides = testing::Types<stored_first, stored_last>;
TYPED_TEST_SUITE(one_sided_equality, sides);

TYPED_TEST(one_sided_equality, serves_lookups_by_another_key) {
  steady::hash_map<std::string, int, text_hash, TypeParam> map{{"x", 1}, {"xxx", 3}};
  EXPECT_EQ(map.at(3), 3);
  EXPECT_TRUE(map.contains(1));
  EXPECT_FALSE(map.contains(2));
  EXPECT_EQ(map.erase(1), 1u);
  steady::node_hash_set<std::string, text_hash, TypeParam> set{"x", "xxx"};
  EXPECT_TRUE(set.contains(3));
  EXPECT_EQ(set.erase(3), 1u);
}

}  // namespace
