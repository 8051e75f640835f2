// find, contains, count and at, for keys of the map's type and for others.
#include <cstdint>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Policy>
class lookup : public testing::Test {};
using policies = testing::Types<steady::default_policy, portable_group, leaf_headers, narrow,
                                small_chunks, small_chunks_in_leaves, counted>;
TYPED_TEST_SUITE(lookup, policies);

TYPED_TEST(lookup, finds_what_is_there_and_nothing_else) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    number_map<TypeParam> map;
    const std::uint64_t count = fill_numbers_to(at, map);
    const auto& constant = std::as_const(map);
    const std::uint64_t frontier = map.stats().frontier;
    for (std::uint64_t n = 0; n < count; ++n) {
      ASSERT_EQ(map.find(n)->second, 3 * n);
      ASSERT_EQ(constant.find(n)->second, 3 * n);
      ASSERT_EQ(constant.at(n), 3 * n);
      ASSERT_TRUE(constant.contains(n));
      ASSERT_EQ(constant.count(n), 1u);
    }
    for (std::uint64_t n = count; n < 2 * count; ++n) {
      ASSERT_TRUE(map.find(n) == map.end());
      ASSERT_TRUE(constant.find(n) == constant.end());
      ASSERT_FALSE(constant.contains(n));
      ASSERT_EQ(constant.count(n), 0u);
    }
    EXPECT_EQ(map.stats().frontier, frontier) << "looking up moves nothing";
  }
}

TEST(lookup_in_an_empty_map, finds_nothing) {
  const number_map<> map;
  EXPECT_TRUE(map.find(0) == map.end());
  EXPECT_FALSE(map.contains(0));
  const number_map<leaf_headers> in_leaves;
  EXPECT_FALSE(in_leaves.contains(0));
}

TEST(at, throws_when_there_is_no_such_key) {
  number_map<> map = {{1, 2}};
  EXPECT_EQ(map.at(1), 2u);
  map.at(1) = 3;
  EXPECT_EQ(std::as_const(map).at(1), 3u);
  EXPECT_THROW(map.at(2), std::out_of_range);
  EXPECT_THROW(std::as_const(map).at(2), std::out_of_range);
  EXPECT_EQ(map.size(), 1u);
}

// Counts what strings cost.
template <class T>
struct counting_strings : std::allocator<T> {
  static inline std::size_t allocations = 0;
  counting_strings() = default;
  template <class U>
  counting_strings(const counting_strings<U>&) noexcept {}
  template <class U>
  struct rebind {
    using other = counting_strings<U>;
  };
  T* allocate(std::size_t count) {
    ++counting_strings<char>::allocations;
    return std::allocator<T>::allocate(count);
  }
};

using costly_string = std::basic_string<char, std::char_traits<char>, counting_strings<char>>;
constexpr std::string_view long_key = "a key that is too long for the small string buffer";
constexpr std::string_view absent_key = "another key that is too long for the small string buffer";

TEST(lookup_by_another_type, builds_no_key) {
  map_of<costly_string, int> map;
  counting_strings<char>::allocations = 0;
  EXPECT_TRUE(map.try_emplace(long_key, 1).second);
  const std::size_t before = counting_strings<char>::allocations;
  EXPECT_EQ(before, 1u) << "a key is built once";

  EXPECT_EQ(map.find(long_key)->second, 1);
  EXPECT_EQ(std::as_const(map).find(long_key)->second, 1);
  EXPECT_TRUE(map.contains(long_key));
  EXPECT_TRUE(map.contains("a key that is too long for the small string buffer"));
  EXPECT_EQ(map.count(absent_key), 0u);
  EXPECT_EQ(map.at(long_key), 1);
  EXPECT_THROW(map.at(absent_key), std::out_of_range);
  EXPECT_FALSE(map.try_emplace(long_key, 2).second);
  EXPECT_FALSE(map.insert_or_assign(long_key, 3).second);
  map[long_key] += 1;
  EXPECT_EQ(map.at(long_key), 4);
  EXPECT_EQ(map.erase(absent_key), 0u);
  EXPECT_EQ(map.erase(long_key), 1u);
  EXPECT_EQ(counting_strings<char>::allocations, before);

  map[long_key] = 5;
  EXPECT_EQ(counting_strings<char>::allocations, before + 1);
}

TEST(lookup_by_another_type, builds_no_key_of_a_set) {
  set_of<costly_string> set;
  EXPECT_TRUE(set.insert(long_key).second);
  const std::size_t before = counting_strings<char>::allocations;
  EXPECT_FALSE(set.insert(long_key).second);
  EXPECT_TRUE(set.contains(long_key));
  EXPECT_TRUE(set.find(absent_key) == set.end());
  EXPECT_EQ(set.erase(long_key), 1u);
  EXPECT_EQ(counting_strings<char>::allocations, before);
}

template <class Map>
concept searched_by_view = requires(const Map& map, std::string_view key) {
  map.find(key);
};

TEST(lookup_by_another_type, needs_both_functions_transparent) {
  EXPECT_TRUE((searched_by_view<
               steady::hash_map<std::string, int, steady::hash<std::string>, std::equal_to<>>>));
  EXPECT_FALSE((searched_by_view<steady::hash_map<std::string, int>>));
  EXPECT_FALSE((searched_by_view<
                steady::hash_map<std::string, int, std::hash<std::string>, std::equal_to<>>>));
}

}  // namespace
