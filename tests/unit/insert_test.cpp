// Inserting one element, in all the ways there are.
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;
using strings = steady::hash_map<std::string, std::string>;

TEST(insert, takes_a_pair_once) {
  strings map;
  const strings::value_type element("key", "value");
  const auto [at, inserted] = map.insert(element);
  EXPECT_TRUE(inserted);
  EXPECT_EQ(at->first, "key");
  EXPECT_EQ(at->second, "value");
  const auto [again, inserted_again] = map.insert({"key", "other"});
  EXPECT_FALSE(inserted_again);
  EXPECT_TRUE(again == at);
  EXPECT_EQ(map.at("key"), "value");
  EXPECT_EQ(map.size(), 1u);
}

TEST(insert, takes_pairs_of_other_types) {
  strings map;
  EXPECT_TRUE(map.insert(std::pair<const char*, const char*>("a", "b")).second);
  EXPECT_TRUE(map.insert(std::pair<std::string, std::string>("c", "d")).second);
  EXPECT_FALSE(map.insert(std::make_pair("a", "x")).second);
  EXPECT_EQ(map.at("a"), "b");
  EXPECT_EQ(map.at("c"), "d");
}

TEST(insert, takes_ranges_and_lists) {
  strings map;
  const std::vector<std::pair<std::string, std::string>> range = {{"a", "1"}, {"b", "2"}};
  map.insert(range.begin(), range.end());
  map.insert({{"b", "3"}, {"c", "4"}});
  EXPECT_EQ(map, (strings{{"a", "1"}, {"b", "2"}, {"c", "4"}}));
}

TEST(insert, moves_from_nothing_that_is_there) {
  strings map = {{"key", "value"}};
  strings::value_type element("key", "a value too long for the small buffer");
  EXPECT_FALSE(map.insert(std::move(element)).second);
  EXPECT_EQ(element.second, "a value too long for the small buffer");
  std::string value = "another value too long for the small buffer";
  EXPECT_FALSE(map.try_emplace("key", std::move(value)).second);
  EXPECT_EQ(value, "another value too long for the small buffer");
}

TEST(emplace, builds_the_element) {
  steady::hash_map<std::string, std::pair<int, int>> map;
  EXPECT_TRUE(map.emplace(std::piecewise_construct, std::forward_as_tuple(3, 'x'),
                          std::forward_as_tuple(1, 2))
                  .second);
  EXPECT_TRUE(map.emplace("abc", std::pair(3, 4)).second);
  EXPECT_FALSE(map.emplace("xxx", std::pair(5, 6)).second);
  EXPECT_EQ(map.at("xxx"), std::pair(1, 2));
  EXPECT_EQ(map.at("abc"), std::pair(3, 4));
}

TEST(emplace, moves_a_key) {
  steady::hash_map<std::unique_ptr<int>, int> map;
  auto key = std::make_unique<int>(1);
  int* const address = key.get();
  EXPECT_TRUE(map.emplace(std::move(key), 2).second);
  EXPECT_EQ(map.begin()->first.get(), address);
}

TEST(try_emplace, builds_no_value_that_is_not_needed) {
  struct counted {
    explicit counted(int& count) { ++count; }
  };
  int built = 0;
  steady::hash_map<int, counted> map;
  EXPECT_TRUE(map.try_emplace(1, built).second);
  EXPECT_FALSE(map.try_emplace(1, built).second);
  EXPECT_EQ(built, 1);
}

TEST(insert_or_assign, replaces_the_value) {
  strings map;
  EXPECT_TRUE(map.insert_or_assign("key", "one").second);
  const auto [at, inserted] = map.insert_or_assign("key", "two");
  EXPECT_FALSE(inserted);
  EXPECT_EQ(at->second, "two");
  const std::string key = "key";
  map.insert_or_assign(key, "three");
  EXPECT_EQ(map.at("key"), "three");
  EXPECT_EQ(map.size(), 1u);
}

TEST(subscript, makes_a_value) {
  steady::hash_map<std::string, int> map;
  EXPECT_EQ(map["new"], 0);
  map["new"] += 5;
  const std::string key = "new";
  EXPECT_EQ(map[key], 5);
  EXPECT_EQ(map[std::string("new")], 5);
  EXPECT_EQ(map.size(), 1u);
}

// What an inserting call returns is right also when that call migrated.
TEST(insert, returns_where_the_element_is) {
  number_map<> map;
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    const auto [at, inserted] = map.try_emplace(n, 3 * n);
    ASSERT_TRUE(inserted);
    ASSERT_EQ(at->first, n);
    ASSERT_EQ(at->second, 3 * n);
    ASSERT_EQ(&*at, &*map.find(n));
  }
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(insert, moves_nothing_when_the_key_is_there) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    number_map<> map;
    const std::uint64_t count = fill_numbers_to(at, map);
    const auto before = map.stats();
    std::vector<const void*> places;
    for (std::uint64_t n = 0; n < count; ++n) places.push_back(&*map.find(n));
    for (std::uint64_t n = 0; n < count; ++n) {
      map.insert({n, 0});
      map.try_emplace(n, 0);
      map.insert_or_assign(n, n);
      map[n] = 0;
    }
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(&*map.find(n), places[n]);
    EXPECT_EQ(map.stats().frontier, before.frontier);
  }
}

}  // namespace
