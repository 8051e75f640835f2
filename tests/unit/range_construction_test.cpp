// Building a container from a range: at once, with room for all from the start, where the range
// tells its length beforehand.
#include <cstdint>
#include <forward_list>
#include <functional>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

#include "support/containers.hpp"
#include "support/ledger_allocator.hpp"

namespace {

using pairs = std::vector<std::pair<int, int>>;

pairs squares(int count) {
  pairs made;
  for (int n = 0; n < count; ++n) made.emplace_back(n, n * n);
  return made;
}

template <class Map>
void expect_squares(const Map& map, int count) {
  ASSERT_EQ(map.size(), static_cast<std::size_t>(count));
  for (int n = 0; n < count; ++n) ASSERT_EQ(map.at(n), n * n);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(range_construction, from_what_tells_its_length_migrates_nothing) {
  const pairs source = squares(5'000);
  const steady::hash_map<int, int> by_iterators(source.begin(), source.end());
  const steady::hash_map<int, int> by_range(steady::from_range, source);
  const std::list<std::pair<int, int>> list(source.begin(), source.end());
  const steady::hash_map<int, int> by_list(steady::from_range, list);
  const std::forward_list<std::pair<int, int>> forward(source.begin(), source.end());
  const steady::hash_map<int, int> by_forward_list(forward.begin(), forward.end());
  for (const auto* map : {&by_iterators, &by_range, &by_list, &by_forward_list}) {
    expect_squares(*map, 5'000);
    EXPECT_EQ(map->stats().migrations.grow, 0u);
    EXPECT_FALSE(map->migrating());
  }
}

TEST(range_construction, from_input_that_comes_once) {
  std::istringstream text("5 3 5 8");
  const steady::hash_set<int> set(std::istream_iterator<int>(text), std::istream_iterator<int>{});
  EXPECT_EQ(set, (steady::hash_set<int>{3, 5, 8}));
}

TEST(range_construction, keeps_the_first_of_equal_keys) {
  const pairs source{{1, 10}, {2, 20}, {1, 30}};
  EXPECT_EQ((steady::hash_map<int, int>(steady::from_range, source).at(1)), 10);
}

TEST(range_construction, takes_all_the_other_arguments) {
  const pairs source = squares(10);
  using allocator = support::ledger_allocator<std::pair<const int, int>>;
  using map = steady::hash_map<int, int, steady::hash<int>, std::equal_to<int>, allocator>;
  support::memory_ledger ledger;
  const allocator into(ledger);
  const steady::hash<int> hash;
  const std::equal_to<int> equal;
  expect_squares(map(steady::from_range, source, into), 10);
  expect_squares(map(steady::from_range, source, 100, into), 10);
  expect_squares(map(steady::from_range, source, 100, hash, into), 10);
  expect_squares(map(steady::from_range, source, 100, hash, equal, into), 10);
  expect_squares(map(source.begin(), source.end(), into), 10);
  EXPECT_EQ(map({{1, 1}, {2, 2}}, into).size(), 2u);
  EXPECT_GT(ledger.calls, 0u);
  EXPECT_EQ(ledger.blocks, 0u);
}

TEST(range_construction, has_at_least_the_room_asked_for) {
  const steady::hash_map<int, int> map(steady::from_range, squares(10), 10'000);
  const double slots = static_cast<double>(map.bucket_count());
  EXPECT_GE(slots * static_cast<double>(map.max_load_factor()), 10'000);
}

TEST(range_construction, leaves_nothing_behind_when_allocating_fails) {
  using allocator = support::ledger_allocator<std::pair<const int, std::string>>;
  using map = steady::hash_map<int, std::string, steady::hash<int>, std::equal_to<int>, allocator>;
  std::vector<std::pair<int, std::string>> source;
  for (int n = 0; n < 5'000; ++n) source.emplace_back(n, std::string(40, 'x'));
  support::memory_ledger ledger;
  ledger.fail_at = 3;
  EXPECT_THROW(map(steady::from_range, source, allocator(ledger)), std::bad_alloc);
  EXPECT_EQ(ledger.blocks, 0u);
}

// What the compiler makes of `steady::hash_map m(...)`.
TEST(range_construction, deduces_the_types) {
  const pairs source = squares(3);
  const std::vector<int> keys{1, 2, 3};
  using pair_allocator = std::allocator<std::pair<const int, int>>;
  using map = steady::hash_map<int, int>;
  using set = steady::hash_set<int>;
  struct other_hash : steady::hash<int> {};
  struct other_equal : std::equal_to<int> {};

  steady::hash_map by_iterators(source.begin(), source.end());
  steady::hash_map by_iterators_and_allocator(source.begin(), source.end(), pair_allocator());
  steady::hash_map by_range(steady::from_range, source);
  steady::hash_map by_range_and_capacity(steady::from_range, source, 10u, pair_allocator());
  steady::hash_map by_list{std::pair{1, 2}, std::pair{3, 4}};
  const std::map<int, int> ordered{{1, 2}};
  steady::hash_map by_const_keys(ordered.begin(), ordered.end());
  static_assert(std::is_same_v<decltype(by_iterators), map>);
  static_assert(std::is_same_v<decltype(by_iterators_and_allocator), map>);
  static_assert(std::is_same_v<decltype(by_range), map>);
  static_assert(std::is_same_v<decltype(by_range_and_capacity), map>);
  static_assert(std::is_same_v<decltype(by_list), map>);
  static_assert(std::is_same_v<decltype(by_const_keys), map>);

  steady::hash_map with_hash(steady::from_range, source, 10u, other_hash(), pair_allocator());
  static_assert(std::is_same_v<decltype(with_hash), steady::hash_map<int, int, other_hash>>);
  steady::hash_map with_both({std::pair{1, 2}}, 10u, other_hash(), other_equal());
  static_assert(
      std::is_same_v<decltype(with_both), steady::hash_map<int, int, other_hash, other_equal>>);

  steady::hash_set set_by_range(steady::from_range, keys);
  steady::hash_set set_by_list{1, 2, 3};
  steady::hash_set set_by_iterators(keys.begin(), keys.end(), 10u, std::allocator<int>());
  static_assert(std::is_same_v<decltype(set_by_range), set>);
  static_assert(std::is_same_v<decltype(set_by_list), set>);
  static_assert(std::is_same_v<decltype(set_by_iterators), set>);

  steady::node_hash_map nodes(steady::from_range, source);
  static_assert(std::is_same_v<decltype(nodes), steady::node_hash_map<int, int>>);
  steady::node_hash_set node_set{1, 2, 3};
  static_assert(std::is_same_v<decltype(node_set), steady::node_hash_set<int>>);

  steady::hash_map copy = by_range;
  EXPECT_EQ(copy, by_iterators);
  EXPECT_EQ(set_by_range, set_by_list);
}

TEST(range_construction, assigning_a_list_returns_the_container_itself) {
  steady::hash_map<int, int> map;
  steady::hash_map<int, int>& result = (map = {{1, 2}});
  EXPECT_EQ(&result, &map);
  EXPECT_EQ(map.at(1), 2);
  steady::hash_set<int> set;
  steady::hash_set<int>& same = (set = {1, 2});
  EXPECT_EQ(&same, &set);
}

}  // namespace
