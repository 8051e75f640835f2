// Keys, values, functions and allocators of a namespace with greedy templates, and without address,
// comma or `!`: every member of every container works with them.
#include <functional>
#include <iterator>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>
#include <steady/retire.hpp>
#include <steady/snapshot.hpp>

#include "support/hostile.hpp"

namespace {

using hostile::value;

constexpr int many = 1000;

template <class Container>
int number_of(const typename Container::value_type& element) {
  if constexpr (requires { element.second; }) {
    return element.first.number;
  } else {
    return element.number;
  }
}

template <class Container>
void insert(Container& to, int n) {
  if constexpr (requires { typename Container::mapped_type; }) {
    to.try_emplace(value(n), 2 * n);
  } else {
    to.insert(value(n));
  }
}

template <class Container>
Container filled(int count = many) {
  Container made;
  for (int n = 0; n < count; ++n) insert(made, n);
  return made;
}

template <class Container>
class hostile_types : public testing::Test {};

template <class... Arguments>
using map_of = steady::hash_map<value, value, hostile::hash, Arguments...>;

using pair = std::pair<const value, value>;
using containers = testing::Types<
    map_of<>, map_of<hostile::equal, hostile::allocator<pair>>,
    map_of<hostile::equal, hostile::numbered_allocator<pair>>,
    map_of<hostile::equal, std::allocator<pair>, hostile::policy>,
    map_of<hostile::equal, hostile_pointers::allocator<pair>>,
    steady::node_hash_map<value, value, hostile::hash, hostile::equal,
                          hostile_pointers::allocator<pair>, hostile::policy>,
    steady::node_hash_map<value, value, hostile::hash, hostile::equal, hostile::allocator<pair>>,
    steady::hash_set<value, hostile::hash, hostile::equal, hostile::allocator<value>>,
    steady::node_hash_set<value, hostile::hash, hostile::equal,
                          hostile::numbered_allocator<value>>>;
TYPED_TEST_SUITE(hostile_types, containers);

TYPED_TEST(hostile_types, can_be_inserted_found_and_erased) {
  auto container = filled<TypeParam>();
  const auto& reading = container;
  ASSERT_EQ(container.size(), std::size_t{many});
  EXPECT_TRUE(container.contains(value(7)));
  EXPECT_EQ(container.count(value(many)), 0u);
  EXPECT_EQ(number_of<TypeParam>(container.find(value(7)).operator*()), 7);
  EXPECT_EQ(number_of<TypeParam>(reading.find(value(7)).operator*()), 7);
  EXPECT_EQ(number_of<TypeParam>(container.equal_range(value(7)).first.operator*()), 7);
  EXPECT_EQ(number_of<TypeParam>(reading.equal_range(value(7)).first.operator*()), 7);
  const auto element = container.find(value(9)).operator*();
  EXPECT_FALSE(container.insert(element).second);
  EXPECT_FALSE(container.emplace(element).second);
  EXPECT_EQ(number_of<TypeParam>(container.emplace_hint(container.end(), element).operator*()), 9);
  EXPECT_EQ(number_of<TypeParam>(container.insert(container.cbegin(), element).operator*()), 9);
  container.insert({element, element});
  container.insert(std::addressof(element), std::next(std::addressof(element)));
  EXPECT_EQ(container.erase(value(7)), 1u);
  container.erase(container.begin());
  container.erase(container.cbegin());
  container.erase(container.begin(), container.begin());
  const auto is_even = [](const auto& e) { return number_of<TypeParam>(e) % 2 == 0; };
  EXPECT_GT(steady::erase_if(container, is_even), 0u);
  EXPECT_STREQ(container.check_invariants(), nullptr);
  container.clear();
  EXPECT_TRUE(container.empty());
}

TYPED_TEST(hostile_types, can_be_built_from_what_is_no_element) {
  TypeParam container;
  if constexpr (requires { typename TypeParam::mapped_type; }) {
    EXPECT_TRUE(container.emplace(1, 2).second);
    EXPECT_TRUE(container.emplace(std::piecewise_construct, std::tuple(2), std::tuple(3)).second);
    container[value(3)] = value(4);
    EXPECT_EQ(container.at(value(3)).number, 4);
    EXPECT_EQ(std::as_const(container).at(value(1)).number, 2);
    container.insert_or_assign(value(3), value(5));
    container.insert_or_assign(container.end(), value(3), 6);
    container.try_emplace(container.end(), value(3), 7);
    EXPECT_EQ(container.at(value(3)).number, 6);
  } else {
    EXPECT_TRUE(container.emplace(1).second);
    EXPECT_TRUE(container.emplace(2).second);
    EXPECT_FALSE(container.emplace(1).second);
    EXPECT_TRUE(container.emplace(3).second);
  }
  EXPECT_EQ(container.size(), 3u);
}

TYPED_TEST(hostile_types, can_be_copied_moved_swapped_and_compared) {
  auto container = filled<TypeParam>();
  TypeParam copy(container);
  const bool same = std::as_const(copy) == std::as_const(container);
  EXPECT_TRUE(same);
  TypeParam moved(std::move(copy));
  copy = moved;
  moved = std::move(copy);
  copy.swap(moved);
  swap(copy, moved);
  TypeParam with_allocator(moved, moved.get_allocator());
  TypeParam moved_with_allocator(std::move(with_allocator), copy.get_allocator());
  moved.clear();
  moved.merge(moved_with_allocator);
  EXPECT_EQ(moved.size(), std::size_t{many});
  const auto element = moved.begin().operator*();
  moved = {element};
  EXPECT_EQ(moved.size(), 1u);
  const TypeParam of_range(std::addressof(element), std::next(std::addressof(element)));
  EXPECT_EQ(of_range.size(), 1u);
}

TYPED_TEST(hostile_types, can_be_taken_out_and_put_back) {
  auto container = filled<TypeParam>(20);
  auto node = container.extract(value(3));
  ASSERT_FALSE(node.empty());
  auto other = container.extract(container.begin());
  node.swap(other);
  swap(node, other);
  other = std::move(node);
  EXPECT_TRUE(container.insert(std::move(other)).inserted);
  EXPECT_TRUE(container.contains(value(3)));
}

TYPED_TEST(hostile_types, can_be_visited_in_every_way) {
  auto container = filled<TypeParam>();
  const auto& reading = container;
  int met = 0;
  const auto meet = [&](const auto&) { ++met; };
  container.for_each(meet);
  reading.for_each(meet);
  container.for_each(steady::line_part(0, 2), meet);
  reading.for_each(steady::line_part(1, 2), meet);
  EXPECT_EQ(met, 3 * many);
  met = 0;
  for (steady::cursor at; !at.at_end();) at = container.scan(at, 3, meet);
  for (steady::cursor at; !at.at_end();) at = reading.scan(at, 3, meet);
  EXPECT_EQ(met, 2 * many);
  met = 0;
  auto walk = container.walk();
  for (auto at = walk.begin(); at != walk.end(); ++at) ++met;
  EXPECT_EQ(met, many);
}

TYPED_TEST(hostile_types, can_be_in_a_snapshot) {
  auto container = filled<TypeParam>();
  int met = 0;
  {
    steady::snapshot view(container);
    container.erase(value(5));
    insert(container, many);
    while (!view.done()) view.step(4, [&](const auto&) { ++met; });
  }
  EXPECT_EQ(met, many);
  steady::snapshot range(container);
  container.clear();
  met = 0;
  for (auto at = range.begin(); at != range.end(); ++at) ++met;
  EXPECT_EQ(met, many);
}

TYPED_TEST(hostile_types, migrate_and_go_in_steps) {
  auto container = filled<TypeParam>();
  container.reserve(4 * many);
  container.shrink_gradually();
  container.finish();
  container.compact_gradually();
  while (container.migrating()) container.step(1);
  container.reseed_gradually();
  EXPECT_TRUE(container.contains(value(1)));
  for (int n = many; n < 2 * many; ++n) insert(container, n);
  container.step_for(std::chrono::milliseconds(1));
  container.finish();
  EXPECT_STREQ(container.check_invariants(), nullptr);
  container.rehash(0);
  container.trim();
  container.clear_gradually();
  insert(container, 1);
  auto old = steady::retire(std::move(container));
  while (!old.done()) old.step(1);
}

TEST(hostile_allocators, that_differ_move_element_by_element) {
  using map_type = map_of<hostile::equal, hostile::numbered_allocator<pair>>;
  map_type here(map_type::allocator_type(1));
  for (int n = 0; n < many; ++n) here.try_emplace(value(n), n);
  map_type there(map_type::allocator_type(2));
  there = std::move(here);
  EXPECT_EQ(there.size(), std::size_t{many});
  map_type back(std::move(there), map_type::allocator_type(3));
  EXPECT_EQ(back.size(), std::size_t{many});
}

// Move-only values, strings of user types, and pairs as keys under Steady's own hash.
TEST(hostile_values, can_be_movable_only) {
  steady::hash_map<int, hostile::owner> map;
  for (int n = 0; n < many; ++n) map.try_emplace(n, n);
  auto moved = std::move(map);
  EXPECT_EQ(*moved.at(5).number, 5);
  moved.erase(moved.begin());
  EXPECT_EQ(moved.size(), std::size_t{many - 1});
}

}  // namespace

template <>
struct std::hash<hostile::value> {
  std::size_t operator()(const hostile::value& key) const noexcept {
    return static_cast<std::size_t>(key.number);
  }
};

namespace {

TEST(hostile_keys, are_hashed_by_steadys_own_hash) {
  steady::hash_set<value> single;
  steady::hash_map<std::pair<value, value>, int> pairs;
  steady::hash_set<std::tuple<value, int>> tuples;
  for (int n = 0; n < many; ++n) {
    single.insert(value(n));
    pairs[{value(n), value(n + 1)}] = n;
    tuples.emplace(value(n), n);
  }
  EXPECT_EQ(single.size() + pairs.size() + tuples.size(), std::size_t{3 * many});
  EXPECT_EQ(pairs.at({value(5), value(6)}), 5);
}

}  // namespace
