// The members of boost::concurrent_flat_map and boost::concurrent_flat_set, called as programs call
// them that were written for those: every call must compile, and do the same. What is left out on
// purpose is listed in docs/guarantees.md, "Moving from boost::concurrent_flat_map".
#include <cstddef>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

namespace {

// A key that is written as braces.
struct point {
  int x = 0;
  int y = 0;

  point() = default;
  point(int at_x, int at_y) : x(at_x), y(at_y) {}
  friend bool operator==(const point&, const point&) = default;
};
struct point_hash {
  std::size_t operator()(const point& p) const noexcept {
    return static_cast<std::size_t>(p.x) * 1000 + static_cast<std::size_t>(p.y);
  }
};

// In slots, and in nodes with functions that are transparent.
using points = steady::concurrent_hash_map<point, int, point_hash>;
using texts = steady::concurrent_hash_map<std::string, std::string, steady::hash<std::string>,
                                          std::equal_to<>>;
using point_set = steady::concurrent_hash_set<point, point_hash>;
using text_set =
    steady::concurrent_hash_set<std::string, steady::hash<std::string>, std::equal_to<>>;

// What visitors have seen, in order: a new element, one that was there.
struct seen {
  std::string what;

  auto of_new() {
    return [this](auto& element) {
      static_assert(!std::is_const_v<std::remove_reference_t<decltype(element)>>);
      ++element.second;
      what += 'n';
    };
  }
  auto of_old() {
    return [this](auto& element) {
      static_assert(!std::is_const_v<std::remove_reference_t<decltype(element)>>);
      element.second += 10;
      what += 'o';
    };
  }
  auto of_const() {
    return [this](auto& element) {
      static_assert(std::is_const_v<std::remove_reference_t<decltype(element)>>);
      static_cast<void>(element);
      what += 'c';
    };
  }
};

// ---- types ----

template <class Container>
constexpr bool has_types() {
  using value = typename Container::value_type;
  static_assert(std::is_same_v<typename Container::size_type, std::size_t>);
  static_assert(std::is_same_v<typename Container::difference_type, std::ptrdiff_t>);
  static_assert(std::is_same_v<typename Container::const_reference, const value&>);
  static_assert(std::is_same_v<typename Container::pointer, value*>);
  static_assert(std::is_same_v<typename Container::const_pointer, const value*>);
  return true;
}
static_assert(has_types<points>() && has_types<point_set>());
static_assert(std::is_same_v<points::key_type, point>);
static_assert(std::is_same_v<points::mapped_type, int>);
static_assert(std::is_same_v<points::value_type, std::pair<const point, int>>);
static_assert(std::is_same_v<points::init_type, std::pair<point, int>>);
static_assert(std::is_same_v<points::hasher, point_hash>);
static_assert(std::is_same_v<points::key_equal, std::equal_to<point>>);
static_assert(std::is_same_v<points::reference, points::value_type&>);
static_assert(std::is_same_v<point_set::value_type, point>);

// ---- constructing and assigning ----

// With every combination of what may come behind the elements.
template <class Container, class... Elements>
void expect_made(std::size_t size, const Elements&... from) {
  const typename Container::hasher hash;
  const typename Container::key_equal equal;
  const typename Container::allocator_type allocator;
  const auto expect = [size](const Container& made) { EXPECT_EQ(made.size(), size); };
  expect(Container(from..., 16));
  expect(Container(from..., 16, hash));
  expect(Container(from..., 16, hash, equal));
  expect(Container(from..., 16, hash, equal, allocator));
  expect(Container(from..., 16, allocator));
  expect(Container(from..., 16, hash, allocator));
  if constexpr (sizeof...(Elements) != 0) {
    expect(Container(from...));
    expect(Container(from..., allocator));
  }
}

template <class Container>
void expect_all_made(const std::vector<typename Container::value_type>& elements,
                     std::initializer_list<typename Container::value_type> list) {
  const typename Container::allocator_type allocator;
  expect_made<Container>(0);
  expect_made<Container>(2, elements.begin(), elements.end());
  expect_made<Container>(2, steady::from_range, elements);
  expect_made<Container>(2, list);
  EXPECT_TRUE(Container().empty());
  EXPECT_TRUE(Container(allocator).empty());

  Container original(list);
  EXPECT_TRUE(Container(original) == original);
  EXPECT_TRUE(Container(original, allocator) == original);
  Container copy;
  copy = original;
  EXPECT_FALSE(copy != original);
  Container moved(std::move(copy));
  Container moved_again(std::move(moved), allocator);
  copy = std::move(moved_again);
  moved = list;
  EXPECT_EQ(copy, moved);
  copy.clear();
  copy.swap(moved);
  swap(copy, moved);
  EXPECT_TRUE(copy.empty());
  EXPECT_EQ(moved.size(), 2u);
}

TEST(boost_calls, make_and_assign) {
  expect_all_made<points>({{{1, 2}, 3}, {{4, 5}, 6}}, {{{1, 2}, 3}, {{4, 5}, 6}});
  expect_all_made<point_set>({{1, 2}, {4, 5}}, {{1, 2}, {4, 5}});
}

TEST(boost_calls, make_of_containers_of_one_thread) {
  steady::hash_map<point, int, point_hash> map{{{1, 2}, 3}};
  const points shared(std::move(map));
  EXPECT_EQ(shared.size(), 1u);
  steady::hash_set<point, point_hash> set{{1, 2}};
  const point_set shared_set(std::move(set));
  EXPECT_EQ(shared_set.size(), 1u);
}

// ---- one element ----

TEST(boost_calls, look_keys_up_and_erase_them) {
  points map{{{1, 2}, 3}, {{4, 5}, 6}};
  const points& same = map;
  seen by;
  EXPECT_EQ(map.visit({1, 2}, by.of_old()), 1u);
  EXPECT_EQ(same.visit({1, 2}, by.of_const()), 1u);
  EXPECT_EQ(map.cvisit({1, 2}, by.of_const()), 1u);
  EXPECT_EQ(map.visit({9, 9}, by.of_old()), 0u);
  EXPECT_EQ(by.what, "occ");
  EXPECT_TRUE(same.contains({1, 2}));
  EXPECT_EQ(same.count({1, 2}), 1u);
  EXPECT_EQ(map.erase_if({1, 2}, [](auto& element) { return element.second != 13; }), 0u);
  EXPECT_EQ(map.erase({1, 2}), 1u);
  EXPECT_EQ(map.erase_if([](auto& element) { return element.first == point{4, 5}; }), 1u);
  EXPECT_EQ(erase_if(map, [](const auto&) { return true; }), 0u);
}

TEST(boost_calls, look_up_keys_of_other_types) {
  texts map{{"one", "1"}};
  text_set set{"one"};
  std::string_view one = "one";
  const auto leave = [](const auto&) {};
  const auto erases = [](const auto&) { return true; };
  EXPECT_EQ(map.visit(one, leave) + std::as_const(map).visit(one, leave), 2u);
  EXPECT_EQ(map.cvisit(one, leave) + set.cvisit(one, leave), 2u);
  EXPECT_EQ(set.visit(one, leave) + std::as_const(set).visit(one, leave), 2u);
  EXPECT_TRUE(map.contains(one) && set.contains(one));
  EXPECT_EQ(map.count(one) + set.count(one), 2u);
  EXPECT_EQ(map.erase(one) + set.erase(one), 2u);
  EXPECT_EQ(map.erase_if(one, erases) + set.erase_if(one, erases), 0u);

  EXPECT_TRUE(map.try_emplace(one, "1"));
  EXPECT_FALSE(map.insert_or_assign(one, "2"));
  std::string found;
  const auto see = [&found](const auto& element) { found += element.second; };
  EXPECT_FALSE(map.try_emplace_or_visit(one, "3", see));
  EXPECT_FALSE(map.try_emplace_or_cvisit(one, "3", see));
  EXPECT_TRUE(map.try_emplace_and_visit(std::string_view("two"), "4", see, leave));
  EXPECT_FALSE(map.try_emplace_and_cvisit(std::string_view("two"), "5", leave, see));
  EXPECT_EQ(found, "2244");
  EXPECT_TRUE(set.insert(one));
  EXPECT_FALSE(set.insert_or_visit(one, leave));
  EXPECT_FALSE(set.insert_or_cvisit(one, leave));
  EXPECT_FALSE(set.insert_and_visit(one, leave, leave));
  EXPECT_FALSE(set.insert_and_cvisit(one, leave, leave));
}

// Braces, an element, an element to be moved from, and pairs of other types.
TEST(boost_calls, insert_pairs) {
  points map;
  const points::value_type element({1, 1}, 1);
  points::init_type init({2, 2}, 2);
  EXPECT_TRUE(map.insert({{1, 2}, 3}));
  EXPECT_TRUE(map.insert(element));
  EXPECT_TRUE(map.insert(init));
  EXPECT_FALSE(map.insert(points::value_type(element)));
  EXPECT_FALSE(map.insert(std::move(init)));
  EXPECT_TRUE(map.insert(std::pair<point, short>({3, 3}, short{3})));
  EXPECT_TRUE(map.emplace(point{4, 4}, 4));
  EXPECT_TRUE(map.emplace(std::piecewise_construct, std::tuple(5, 5), std::tuple(5)));
  EXPECT_TRUE(map.try_emplace({6, 6}, 6));
  const point key{7, 7};
  EXPECT_TRUE(map.try_emplace(key));
  EXPECT_FALSE(map.insert_or_assign({6, 6}, {}));
  EXPECT_FALSE(map.insert_or_assign({6, 6}, 60));
  EXPECT_FALSE(map.insert_or_assign(key, 70));
  EXPECT_EQ(map, (points{{{1, 2}, 3},
                         {{1, 1}, 1},
                         {{2, 2}, 2},
                         {{3, 3}, 3},
                         {{4, 4}, 4},
                         {{5, 5}, 5},
                         {{6, 6}, 60},
                         {{7, 7}, 70}}));
}

TEST(boost_calls, insert_pairs_or_visit) {
  points map;
  seen by;
  const points::value_type element({1, 1}, 1);
  EXPECT_TRUE(map.insert_or_visit({{1, 1}, 1}, by.of_old()));
  EXPECT_FALSE(map.insert_or_visit({{1, 1}, 1}, by.of_old()));
  EXPECT_FALSE(map.insert_or_visit(element, by.of_old()));
  EXPECT_FALSE(map.insert_or_visit(points::value_type(element), by.of_old()));
  EXPECT_FALSE(map.insert_or_visit(points::init_type(element), by.of_old()));
  EXPECT_FALSE(map.insert_or_cvisit({{1, 1}, 1}, by.of_const()));
  EXPECT_FALSE(map.insert_or_cvisit(element, by.of_const()));
  EXPECT_FALSE(map.emplace_or_visit(point{1, 1}, 1, by.of_old()));
  EXPECT_FALSE(map.emplace_or_cvisit(point{1, 1}, 1, by.of_const()));
  EXPECT_FALSE(map.try_emplace_or_visit({1, 1}, 1, by.of_old()));
  EXPECT_FALSE(map.try_emplace_or_visit(element.first, 1, by.of_old()));
  EXPECT_FALSE(map.try_emplace_or_cvisit({1, 1}, 1, by.of_const()));
  EXPECT_FALSE(map.try_emplace_or_cvisit(element.first, 1, by.of_const()));
  EXPECT_TRUE(map.try_emplace_or_visit({2, 2}, by.of_old()));
  EXPECT_EQ(by.what,
            "oooo"
            "cc"
            "oc"
            "oocc");
  EXPECT_EQ(map.find({1, 1}), 71);
}

TEST(boost_calls, insert_pairs_and_visit) {
  points map;
  seen by;
  const points::value_type element({1, 1}, 1);
  EXPECT_TRUE(map.insert_and_visit({{1, 1}, 1}, by.of_new(), by.of_old()));
  EXPECT_FALSE(map.insert_and_visit({{1, 1}, 1}, by.of_new(), by.of_old()));
  EXPECT_FALSE(map.insert_and_visit(element, by.of_new(), by.of_old()));
  EXPECT_FALSE(map.insert_and_cvisit({{1, 1}, 1}, by.of_new(), by.of_const()));
  EXPECT_FALSE(map.insert_and_cvisit(element, by.of_new(), by.of_const()));
  EXPECT_TRUE(map.emplace_and_visit(point{2, 2}, 2, by.of_new(), by.of_old()));
  EXPECT_TRUE(map.emplace_and_cvisit(point{3, 3}, 3, by.of_new(), by.of_const()));
  EXPECT_TRUE(map.try_emplace_and_visit({4, 4}, 4, by.of_new(), by.of_old()));
  EXPECT_FALSE(map.try_emplace_and_visit(element.first, 1, by.of_new(), by.of_old()));
  EXPECT_TRUE(map.try_emplace_and_cvisit({5, 5}, 5, by.of_new(), by.of_const()));
  EXPECT_FALSE(map.try_emplace_and_cvisit(element.first, 1, by.of_new(), by.of_const()));
  EXPECT_EQ(by.what,
            "noo"
            "cc"
            "nn"
            "no"
            "nc");
  EXPECT_EQ(map, (points{{{1, 1}, 32}, {{2, 2}, 3}, {{3, 3}, 4}, {{4, 4}, 5}, {{5, 5}, 6}}));
}

TEST(boost_calls, insert_keys) {
  point_set set;
  const point key{1, 1};
  std::string what;
  const auto of_new = [&](const point&) { what += 'n'; };
  const auto of_old = [&](const point&) { what += 'o'; };
  EXPECT_TRUE(set.insert(key));
  EXPECT_TRUE(set.insert({1, 2}));
  EXPECT_TRUE(set.emplace(1, 3));
  EXPECT_FALSE(set.insert_or_visit(key, of_old));
  EXPECT_FALSE(set.insert_or_visit({1, 2}, of_old));
  EXPECT_FALSE(set.insert_or_cvisit(key, of_old));
  EXPECT_FALSE(set.insert_or_cvisit({1, 2}, of_old));
  EXPECT_FALSE(set.emplace_or_visit(1, 3, of_old));
  EXPECT_FALSE(set.emplace_or_cvisit(1, 3, of_old));
  EXPECT_EQ(std::exchange(what, ""), "oooooo");
  EXPECT_FALSE(set.insert_and_visit(key, of_new, of_old));
  EXPECT_TRUE(set.insert_and_visit({2, 1}, of_new, of_old));
  EXPECT_FALSE(set.insert_and_cvisit(key, of_new, of_old));
  EXPECT_TRUE(set.insert_and_cvisit({2, 2}, of_new, of_old));
  EXPECT_TRUE(set.emplace_and_visit(2, 3, of_new, of_old));
  EXPECT_FALSE(set.emplace_and_cvisit(2, 3, of_new, of_old));
  EXPECT_EQ(what,
            "onon"
            "no");
  EXPECT_EQ(set.visit({1, 1}, of_old) + set.cvisit({1, 1}, of_old), 2u);
  EXPECT_EQ(set.count({1, 1}), 1u);
  EXPECT_EQ(set.erase({1, 1}), 1u);
  EXPECT_EQ(set.erase_if({1, 2}, [](const point&) { return false; }), 0u);
  EXPECT_EQ(set.erase_if([](const point& p) { return p.x == 2; }), 3u);
  EXPECT_EQ(erase_if(set, [](const point&) { return true; }), 2u);
}

// ---- ranges ----

// Of three elements, two of them with the same key, each function gets another three.
template <class Container, class ElementOf, class New, class Old>
void expect_ranges_inserted(const ElementOf& element_of, const New& of_new, const Old& of_old) {
  Container container;
  int first_key = 0;
  const auto insert_all = [&](auto&& insert) {
    first_key += 2;
    const std::vector<typename Container::value_type> range{
        element_of(first_key), element_of(first_key + 1), element_of(first_key)};
    EXPECT_EQ(insert(range), 2u);
  };
  const auto insert_range = [&](auto&& insert) {
    insert_all([&](const auto& r) { return insert(r.begin(), r.end()); });
  };
  insert_range([&](auto a, auto b) { return container.insert(a, b); });
  insert_range([&](auto a, auto b) { return container.insert_or_visit(a, b, of_old); });
  insert_range([&](auto a, auto b) { return container.insert_or_cvisit(a, b, of_old); });
  insert_range([&](auto a, auto b) { return container.insert_and_visit(a, b, of_new, of_old); });
  insert_range([&](auto a, auto b) { return container.insert_and_cvisit(a, b, of_new, of_old); });
  insert_all([&](const auto& r) { return container.insert_range(r); });
  insert_all([&](const auto& r) { return container.insert_range_or_visit(r, of_old); });
  insert_all([&](const auto& r) { return container.insert_range_or_cvisit(r, of_old); });
  insert_all([&](const auto& r) { return container.insert_range_and_visit(r, of_new, of_old); });
  insert_all([&](const auto& r) { return container.insert_range_and_cvisit(r, of_new, of_old); });
  EXPECT_EQ(container.size(), 20u);

  const auto a = element_of(1000);
  const auto b = element_of(1001);
  const auto c = element_of(1002);
  EXPECT_EQ(container.insert({a, b}), 2u);
  EXPECT_EQ(container.insert_or_visit({a, b, c}, of_old), 1u);
  EXPECT_EQ(container.insert_or_cvisit({a, b}, of_old), 0u);
  EXPECT_EQ(container.insert_and_visit({a, element_of(1003)}, of_new, of_old), 1u);
  EXPECT_EQ(container.insert_and_cvisit({a, element_of(1004)}, of_new, of_old), 1u);
}

TEST(boost_calls, insert_ranges) {
  int new_ones = 0;
  int old_ones = 0;
  const auto of_new = [&](const auto&) { ++new_ones; };
  const auto of_old = [&](const auto&) { ++old_ones; };
  const auto pair_of = [](int n) { return points::value_type({n, n}, n); };
  expect_ranges_inserted<points>(pair_of, of_new, of_old);
  EXPECT_EQ(new_ones, 4 * 2 + 2);
  EXPECT_EQ(old_ones, 8 + 2 + 2 + 1 + 1);
  const auto key_of = [](int n) { return point{n, n}; };
  expect_ranges_inserted<point_set>(key_of, of_new, of_old);
  EXPECT_EQ(new_ones, 2 * (4 * 2 + 2));
  EXPECT_EQ(old_ones, 2 * (8 + 2 + 2 + 1 + 1));
}

// ---- the whole ----

template <class Container>
void expect_whole(Container& container) {
  const Container& same = container;
  std::size_t visits = 0;
  const auto visit = [&](const auto&) { ++visits; };
  EXPECT_EQ(container.visit_all(visit) + same.visit_all(visit) + same.cvisit_all(visit), 6u);
  const auto visit_first = [&](const auto&) { return ++visits, false; };
  EXPECT_FALSE(container.visit_while(visit_first));
  EXPECT_FALSE(same.visit_while(visit_first));
  EXPECT_FALSE(same.cvisit_while(visit_first));
  EXPECT_EQ(visits, 9u);
  container.reserve(1000);
  EXPECT_GE(same.max_load(), 1000u);
  EXPECT_LE(same.max_load(), same.bucket_count());
  container.rehash(0);
  EXPECT_LT(same.max_load(), 1000u);
  EXPECT_LT(same.load_factor(), same.max_load_factor());
  container.max_load_factor(0.1F);
  EXPECT_EQ(same.max_load_factor(), 0.8F);
  const double limit = static_cast<double>(same.bucket_count()) * 0.8;
  EXPECT_EQ(same.max_load(), static_cast<std::size_t>(limit));
  EXPECT_GT(same.max_size(), 1000u);
  EXPECT_EQ(same.hash_function()({1, 2}), point_hash()({1, 2}));
  EXPECT_TRUE(same.key_eq()({1, 2}, {1, 2}));
  EXPECT_TRUE(same.get_allocator() == typename Container::allocator_type());

  Container other(same);
  other.erase({1, 2});
  EXPECT_EQ(other.merge(container), 1u);
  EXPECT_EQ(container.size(), 1u);
  EXPECT_EQ(other.merge(std::move(container)), 0u);
}

TEST(boost_calls, concern_the_whole) {
  points map{{{1, 2}, 3}, {{4, 5}, 6}};
  expect_whole(map);
  point_set set{{1, 2}, {4, 5}};
  expect_whole(set);
}

}  // namespace
