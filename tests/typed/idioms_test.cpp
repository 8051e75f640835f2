// How programs write down containers and hand them to the standard library: braces, inserters,
// algorithms, containers within containers. All kinds of containers take what the standard's take.
#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <numeric>
#include <optional>
#include <string>
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

// ---- maps ----

template <class Map>
class idioms_of_maps : public testing::Test {
 protected:
  static Map from_braces() { return {{"a", 1}, {"b", 2}}; }
  static Map from_nothing() { return {}; }
  static std::size_t size_of(const Map& map) { return map.size(); }
};
using maps =
    testing::Types<steady::hash_map<std::string, int>, steady::node_hash_map<std::string, int>>;
TYPED_TEST_SUITE(idioms_of_maps, maps);

TYPED_TEST(idioms_of_maps, braces) {
  TypeParam map{{"a", 1}, {"b", 2}, {"a", 3}};
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.at("a"), 1);
  EXPECT_TRUE(map == TypeParam({{"b", 2}, {"a", 1}}));
  EXPECT_TRUE(map == this->from_braces());
  EXPECT_TRUE(this->from_nothing().empty());
  EXPECT_EQ(this->size_of({}), 0u);
  EXPECT_EQ(this->size_of({{"a", 1}}), 1u);
  EXPECT_TRUE(map.insert({"c", 3}).second);
  map.insert({{"c", 4}, {"d", 4}});
  map.emplace_hint(map.end(), "e", 5);
  EXPECT_EQ(map.insert(map.begin(), {"f", 6})->second, 6);
  EXPECT_EQ(map.size(), 6u);
  map = {{"g", 7}};
  EXPECT_EQ(map.size(), 1u);
  map = {};
  EXPECT_TRUE(map.empty());
  const TypeParam constant;
  EXPECT_TRUE(constant.empty());
}

TYPED_TEST(idioms_of_maps, counting_and_structured_bindings) {
  TypeParam map;
  for (const char* const word : {"a", "b", "a", "c", "a"}) ++map[word];
  for (auto& [word, count] : map) count *= 10;
  int sum = 0;
  for (const auto& [word, count] : std::as_const(map)) sum += count;
  EXPECT_EQ(sum, 50);
  const auto [at, inserted] = map.try_emplace("a", 1);
  EXPECT_FALSE(inserted);
  EXPECT_EQ(at->second, 30);
  EXPECT_EQ((*map.find("b")).second, 10);
}

TYPED_TEST(idioms_of_maps, inserters_and_algorithms) {
  const std::vector<std::pair<std::string, int>> pairs = {{"a", 1}, {"b", 2}, {"c", 3}, {"a", 4}};
  TypeParam map;
  std::copy(pairs.begin(), pairs.end(), std::inserter(map, map.end()));
  EXPECT_EQ(map.size(), 3u);
  TypeParam odd;
  std::copy_if(map.begin(), map.end(), std::inserter(odd, odd.begin()),
               [](const auto& element) { return element.second % 2 == 1; });
  EXPECT_TRUE(odd == TypeParam({{"a", 1}, {"c", 3}}));
  EXPECT_EQ(std::accumulate(map.begin(), map.end(), 0,
                            [](int sum, const auto& element) { return sum + element.second; }),
            6);
  const auto most = std::max_element(
      map.cbegin(), map.cend(), [](const auto& a, const auto& b) { return a.second < b.second; });
  EXPECT_EQ(most->first, "c");
  std::for_each(map.begin(), map.end(), [](auto& element) { ++element.second; });
  EXPECT_EQ(std::as_const(map).at("c"), 4);
  EXPECT_TRUE(
      std::is_permutation(map.begin(), map.end(), TypeParam{{"c", 4}, {"b", 3}, {"a", 2}}.begin()));
}

// ---- sets ----

template <class Set>
class idioms_of_sets : public testing::Test {};
using sets = testing::Types<steady::hash_set<std::size_t>, steady::node_hash_set<std::size_t>>;
TYPED_TEST_SUITE(idioms_of_sets, sets);

TYPED_TEST(idioms_of_sets, braces_are_elements_and_parentheses_a_capacity) {
  const TypeParam element{5};
  EXPECT_EQ(element.size(), 1u);
  const TypeParam room(5);
  EXPECT_EQ(room.size(), 0u);
  EXPECT_GE(room.bucket_count(), 5u);
  const TypeParam two{5, 6};
  EXPECT_EQ(two.size(), 2u);
  TypeParam set = {1, 2, 3, 2};
  EXPECT_EQ(set.size(), 3u);
  set.insert({3, 4});
  set.insert({4});
  EXPECT_EQ(set.size(), 4u);
  set = {7};
  EXPECT_TRUE(set == TypeParam{7});
}

TYPED_TEST(idioms_of_sets, inserters_and_algorithms) {
  const std::array<std::size_t, 4> a = {1, 2, 3, 4};
  const std::array<std::size_t, 4> b = {3, 4, 5, 6};
  TypeParam common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::inserter(common, common.begin()));
  EXPECT_TRUE(common == TypeParam({3, 4}));
  TypeParam all(a.begin(), a.end());
  std::copy(b.begin(), b.end(), std::inserter(all, all.end()));
  EXPECT_EQ(all.size(), 6u);
  std::vector<std::size_t> sorted(all.begin(), all.end());
  std::sort(sorted.begin(), sorted.end());
  EXPECT_EQ(sorted, (std::vector<std::size_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_TRUE(std::all_of(common.begin(), common.end(),
                          [&](std::size_t key) { return all.contains(key); }));
}

// ---- containers within others ----

template <class Container>
class idioms_of_all : public testing::Test {
 protected:
  static typename Container::value_type element(int n) {
    if constexpr (requires { typename Container::mapped_type; }) {
      return {n, n};
    } else {
      return n;
    }
  }
  static Container filled(int count) {
    Container container;
    for (int n = 0; n < count; ++n) container.insert(element(n));
    return container;
  }
};
using all_containers = testing::Types<steady::hash_map<int, int>, steady::node_hash_map<int, int>,
                                      steady::hash_set<int>, steady::node_hash_set<int>>;
TYPED_TEST_SUITE(idioms_of_all, all_containers);

TYPED_TEST(idioms_of_all, members_of_vectors_optionals_and_pairs) {
  std::vector<TypeParam> many(3);
  many.push_back(this->filled(50));
  many.resize(100);
  EXPECT_EQ(many[3].size(), 50u);
  std::reverse(many.begin(), many.end());
  EXPECT_EQ(many[96].size(), 50u);
  std::swap(many[0], many[96]);
  EXPECT_EQ(many[0].size(), 50u);
  std::optional<TypeParam> maybe = many[0];
  maybe.reset();
  maybe.emplace(this->filled(5));
  EXPECT_EQ(maybe->size(), 5u);
  const auto pair = std::make_pair(this->filled(2), std::make_unique<TypeParam>(this->filled(3)));
  EXPECT_EQ(pair.first.size() + pair.second->size(), 5u);
  const TypeParam taken = std::exchange(many[0], {});
  EXPECT_EQ(taken.size(), 50u);
  EXPECT_TRUE(many[0].empty());
}

TYPED_TEST(idioms_of_all, values_of_other_maps) {
  steady::hash_map<int, TypeParam> groups;
  for (int n = 0; n < 300; ++n) groups[n % 30].insert(this->element(n));
  std::size_t total = 0;
  for (const auto& [group, members] : groups) total += members.size();
  EXPECT_EQ(total, 300u);
  auto copy = groups;
  EXPECT_TRUE(copy == groups);
  copy[0].clear();
  EXPECT_FALSE(copy == groups);
}

// An inner container takes the memory resource of the outer one.
template <class Outer>
void expect_inner_containers_in(std::pmr::memory_resource* resource, const Outer& outer) {
  for (const auto& [key, inner] : outer) {
    EXPECT_EQ(inner.get_allocator().resource(), resource);
  }
}

TEST(idioms_of_resources, go_to_inner_containers) {
  using inner = steady::pmr::hash_set<int>;
  std::pmr::unsynchronized_pool_resource pool;
  std::pmr::unsynchronized_pool_resource other;
  static_assert(std::uses_allocator_v<inner, std::pmr::polymorphic_allocator<int>>);
  steady::pmr::hash_map<int, inner> flat(&pool);
  steady::pmr::node_hash_map<int, inner> node(&pool);
  const inner elsewhere({1, 2, 3}, 0, &other);
  for (int n = 0; n < 100; ++n) {
    flat[n].insert(n);
    flat.try_emplace(1000 + n, elsewhere);
    flat.insert({2000 + n, elsewhere});
    node[n].insert(n);
    node.emplace(1000 + n, elsewhere);
    node.insert_or_assign(n, elsewhere);
  }
  expect_inner_containers_in(&pool, flat);
  expect_inner_containers_in(&pool, node);
  EXPECT_EQ(flat.at(1001).size(), 3u);
  EXPECT_EQ(node.at(1).size(), 3u);
  std::pmr::vector<inner> many(&pool);
  many.emplace_back();
  many.push_back(elsewhere);
  for (const inner& one : many) EXPECT_EQ(one.get_allocator().resource(), &pool);
}

}  // namespace
