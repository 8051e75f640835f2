// What functions ask of elements: no more than the standard does, in containers of all kinds.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

#include "support/element_kits.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

// ---- elements that can do little ----

// Made from a number only where that is asked for. Everything else is missing.
class fixture : counted_element {
 public:
  explicit fixture(std::uint64_t number) noexcept : number_(number) {}
  fixture(std::uint64_t tens, std::uint64_t ones) noexcept : number_(10 * tens + ones) {}
  fixture(const fixture&) = delete;
  fixture& operator=(const fixture&) = delete;
  std::uint64_t number() const { return number_; }

 private:
  std::uint64_t number_;
};

// The same, and can be moved.
class movable : counted_element {
 public:
  explicit movable(std::uint64_t number) noexcept : number_(number) {}
  movable(movable&&) noexcept = default;
  movable& operator=(movable&&) = delete;
  std::uint64_t number() const { return number_; }

 private:
  std::uint64_t number_;
};

// No element has an == of its own.
struct equal_numbers {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return of(a) == of(b);
  }

 private:
  static std::uint64_t of(std::uint64_t number) { return number; }
  template <class Element>
  static std::uint64_t of(const Element& element) {
    return element.number();
  }
};
struct transparent_number_hash : number_hash {
  using is_transparent = void;
};

template <class Key, class T>
using flat_map = steady::hash_map<Key, T, transparent_number_hash, equal_numbers>;
template <class Key, class T>
using node_map = steady::node_hash_map<Key, T, transparent_number_hash, equal_numbers>;
template <class Key>
using flat_set = steady::hash_set<Key, transparent_number_hash, equal_numbers>;
template <class Key>
using node_set = steady::node_hash_set<Key, transparent_number_hash, equal_numbers>;

using number = std::uint64_t;

// ---- what is asked of all of them: to be destroyed ----

template <class Container>
class requirements : public element_test {
 protected:
  // With the keys 0 to count - 1.
  static Container filled(number count) {
    Container container;
    for (number n = 0; n < count; ++n) add(container, n);
    return container;
  }
  static void add(Container& container, number n) {
    if constexpr (any_map<Container>) {
      container.emplace(std::piecewise_construct, std::forward_as_tuple(n),
                        std::forward_as_tuple(n));
    } else {
      container.emplace(n);
    }
  }
};
using containers = testing::Types<flat_map<movable, movable>, node_map<fixture, fixture>,
                                  node_map<movable, fixture>, flat_set<movable>, node_set<fixture>>;
TYPED_TEST_SUITE(requirements, containers);

TYPED_TEST(requirements, are_met_by_elements_that_are_only_made_and_destroyed) {
  const TypeParam container = this->filled(200);
  EXPECT_EQ(container.size(), 200u);
  EXPECT_STREQ(container.check_invariants(), nullptr);
}

TYPED_TEST(requirements, of_erasing_finding_and_rehashing_are_none) {
  TypeParam container = this->filled(200);
  EXPECT_EQ(container.erase(number{1}), 1u);
  EXPECT_EQ(container.erase(number{1}), 0u);
  container.erase(container.find(number{2}));
  container.erase(container.begin(), std::next(container.begin(), 3));
  const std::size_t left = container.size();
  EXPECT_EQ(left, 195u);
  container.rehash(1000);
  container.rehash(0);
  container.reserve(1000);
  std::size_t found = 0;
  for (number n = 0; n < 200; ++n) {
    const auto [first, last] = std::as_const(container).equal_range(n);
    found += container.count(n);
    EXPECT_EQ(container.contains(n), first != last);
  }
  EXPECT_EQ(found, left);
  EXPECT_EQ(erase_if(container, [](const auto&) { return true; }), left);
  container.clear();
}

TYPED_TEST(requirements, of_moving_swapping_and_merging_are_none) {
  TypeParam container = this->filled(200);
  TypeParam moved(std::move(container));
  TypeParam same_allocator(std::move(moved), std::allocator<typename TypeParam::value_type>());
  container = std::move(same_allocator);
  TypeParam other = this->filled(220);
  swap(container, other);
  EXPECT_EQ(container.size(), 220u);
  EXPECT_EQ(other.size(), 200u);
  auto node = container.extract(number{210});
  EXPECT_TRUE(other.insert(std::move(node)).inserted);
  other.merge(container);
  EXPECT_EQ(other.size(), 220u);
  EXPECT_EQ(container.size(), 200u);
}

// ---- maps ----

template <class Map>
class requirements_of_maps : public element_test {};
using maps = testing::Types<flat_map<movable, movable>, node_map<movable, fixture>>;
TYPED_TEST_SUITE(requirements_of_maps, maps);

// The key must be moved or copied, the value only made.
TYPED_TEST(requirements_of_maps, of_try_emplace_are_for_the_value_that_it_can_be_made) {
  TypeParam map;
  movable key(1);
  EXPECT_TRUE(map.try_emplace(std::move(key), number{10}).second);
  EXPECT_FALSE(map.try_emplace(movable(1), number{11}).second);
  EXPECT_EQ(map.find(number{1})->second.number(), 10u);
  EXPECT_EQ(map.try_emplace(map.cbegin(), movable(2), number{20})->second.number(), 20u);
  EXPECT_TRUE(map.try_emplace(number{3}, number{30}).second) << "a key of another type";
  EXPECT_EQ(map.at(number{3}).number(), 30u);
  EXPECT_EQ(map.at(movable(2)).number(), 20u);
  EXPECT_THROW(map.at(movable(4)), std::out_of_range);
}

TEST(requirements_of_node_maps, of_values_with_two_arguments) {
  node_map<fixture, fixture> map;
  EXPECT_TRUE(map.try_emplace(number{1}, number{4}, number{2}).second);
  EXPECT_EQ(map.at(number{1}).number(), 42u);
  map.emplace(std::piecewise_construct, std::forward_as_tuple(number{2}, number{3}),
              std::forward_as_tuple(number{5}));
  EXPECT_EQ(map.at(number{23}).number(), 5u);
}

// What subscripts make from nothing needs a default, and no more.
struct counter {
  counter() = default;
  counter(const counter&) = delete;
  counter& operator=(const counter&) = delete;
  number value = 5;
};

TEST(requirements_of_node_maps, of_the_subscript_are_a_default_of_the_value) {
  node_map<movable, counter> map;
  ++map[movable(1)].value;
  ++map[movable(1)].value;
  ++map[number{1}].value;
  EXPECT_EQ(map.at(number{1}).value, 8u);
  EXPECT_EQ(map.size(), 1u);
}

TEST(subscript_of_numbers, begins_with_zero) {
  steady::hash_map<int, number> flat;
  steady::node_hash_map<int, int*> node;
  for (int n = 0; n < 100; ++n) {
    EXPECT_EQ(flat[n], 0u);
    EXPECT_EQ(node[n], nullptr);
    flat[n] = ~number{0};
  }
  flat.clear();
  for (int n = 0; n < 100; ++n) EXPECT_EQ(flat[n], 0u);
}

// ---- emplace ----

template <class Container>
class emplacing_nothing : public element_test {};
using containers_with_defaults =
    testing::Types<steady::hash_map<int, std::string>, steady::node_hash_map<int, std::string>,
                   steady::hash_set<std::string>, steady::node_hash_set<std::string>>;
TYPED_TEST_SUITE(emplacing_nothing, containers_with_defaults);

TYPED_TEST(emplacing_nothing, makes_the_default_element) {
  TypeParam container;
  const auto [at, inserted] = container.emplace();
  EXPECT_TRUE(inserted);
  EXPECT_EQ(*at, typename TypeParam::value_type());
  EXPECT_FALSE(container.emplace().second);
  EXPECT_EQ(container.emplace_hint(container.cend()), container.begin());
  EXPECT_EQ(container.size(), 1u);
}

}  // namespace
