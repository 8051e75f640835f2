// Constructing, copying, moving, assigning and swapping.
#include <cstdint>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;
using strings = steady::hash_map<std::string, int>;

static_assert(std::is_nothrow_default_constructible_v<strings>);
struct hash_of_something {
  explicit hash_of_something(int) {}
  std::size_t operator()(int value) const { return static_cast<std::size_t>(value); }
};
static_assert(!std::is_default_constructible_v<steady::hash_map<int, int, hash_of_something>>);
static_assert(!std::is_default_constructible_v<steady::hash_set<int, hash_of_something>>);
static_assert(std::is_nothrow_move_constructible_v<strings>);
static_assert(std::is_nothrow_move_assignable_v<strings>);
static_assert(std::is_nothrow_swappable_v<strings>);
static_assert(std::forward_iterator<strings::iterator>);
static_assert(std::forward_iterator<strings::const_iterator>);
static_assert(std::is_convertible_v<strings::iterator, strings::const_iterator>);
static_assert(!std::is_convertible_v<strings::const_iterator, strings::iterator>);

TEST(construct, empty) {
  const strings map;
  EXPECT_TRUE(map.empty());
  EXPECT_EQ(map.size(), 0u);
  EXPECT_TRUE(map.begin() == map.end());
  EXPECT_EQ(map.bucket_count(), 0u);
  EXPECT_EQ(map.load_factor(), 0.0f);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(construct, with_capacity) {
  const strings map(1000);
  EXPECT_TRUE(map.empty());
  EXPECT_GE(static_cast<float>(map.bucket_count()) * map.max_load_factor(), 1000.0f);
}

TEST(construct, from_a_list) {
  const strings map = {{"one", 1}, {"two", 2}, {"one", 3}};
  EXPECT_EQ(map.size(), 2u);
  EXPECT_EQ(map.at("one"), 1) << "the first of equal keys stays";
  EXPECT_EQ(map.at("two"), 2);
}

TEST(construct, from_a_range) {
  const std::map<std::string, int> source = {{"one", 1}, {"two", 2}, {"three", 3}};
  const strings map(source.begin(), source.end());
  EXPECT_EQ(map.size(), 3u);
  for (const auto& [key, value] : source) EXPECT_EQ(map.at(key), value);
}

TEST(construct, from_a_single_pass_range) {
  std::istringstream input("1 2 3 2 1");
  const steady::hash_set<int> set(std::istream_iterator<int>(input), {});
  EXPECT_EQ(set, (steady::hash_set<int>{1, 2, 3}));
}

template <class Policy>
class whole_map : public testing::Test {
 protected:
  using map_type = number_map<Policy>;

  // Runs `body(map, its size)` for maps in all stages.
  template <class Body>
  void in_all_stages(const Body& body) {
    for (const stage at : all_stages) {
      SCOPED_TRACE(name_of(at));
      map_type map;
      const std::uint64_t count = fill_numbers_to(at, map);
      body(map, count);
      EXPECT_STREQ(map.check_invariants(), nullptr);
    }
  }

  static void expect_numbers(const map_type& map, std::uint64_t count) {
    ASSERT_EQ(map.size(), count);
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(n), 3 * n);
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }

  // Nothing is left, and it can be used again.
  static void expect_fresh(map_type& map) {
    EXPECT_STREQ(map.check_invariants(), nullptr);
    EXPECT_TRUE(map.empty() && map.begin() == map.end() && !map.contains(1));
    EXPECT_EQ(map.stats().bytes, 0u);
    for (std::uint64_t n = 0; n < 100; ++n) map.try_emplace(n, 3 * n);
    expect_numbers(map, 100);
  }
};

using policies = testing::Types<steady::default_policy, leaf_headers, narrow, small_chunks>;
TYPED_TEST_SUITE(whole_map, policies);

TYPED_TEST(whole_map, is_copied) {
  this->in_all_stages([&](auto& map, std::uint64_t count) {
    auto copy = map;
    this->expect_numbers(copy, count);
    this->expect_numbers(map, count);
    EXPECT_FALSE(copy.migrating());
    copy[0] = 77;
    copy.erase(1);
    this->expect_numbers(map, count);
  });
}

TYPED_TEST(whole_map, is_moved) {
  this->in_all_stages([&](auto& map, std::uint64_t count) {
    const auto* const element = &*map.find(3);
    const bool migrating = map.migrating();
    auto moved = std::move(map);
    EXPECT_EQ(&*moved.find(3), element) << "references stay valid";
    EXPECT_EQ(moved.migrating(), migrating);
    this->expect_numbers(moved, count);
    this->expect_fresh(map);
    moved.finish();
    this->expect_numbers(moved, count);
  });
}

TYPED_TEST(whole_map, is_assigned_a_copy) {
  for (const stage before : all_stages) {
    this->in_all_stages([&](auto& map, std::uint64_t count) {
      typename TestFixture::map_type target;
      fill_numbers_to(before, target);
      target[99999] = 1;
      target = map;
      this->expect_numbers(target, count);
      this->expect_numbers(map, count);
    });
  }
}

TYPED_TEST(whole_map, is_assigned_by_moving) {
  for (const stage before : all_stages) {
    this->in_all_stages([&](auto& map, std::uint64_t count) {
      typename TestFixture::map_type target;
      fill_numbers_to(before, target);
      target[99999] = 1;
      const auto* const element = &*map.find(3);
      target = std::move(map);
      EXPECT_EQ(&*target.find(3), element);
      this->expect_numbers(target, count);
      this->expect_fresh(map);
    });
  }
}

TYPED_TEST(whole_map, is_assigned_itself) {
  this->in_all_stages([&](auto& map, std::uint64_t count) {
    auto& same = map;
    map = same;
    this->expect_numbers(map, count);
    map = std::move(same);
    this->expect_numbers(map, count);
  });
}

TYPED_TEST(whole_map, is_assigned_a_list) {
  this->in_all_stages([&](auto& map, std::uint64_t) {
    map = {{1, 10}, {2, 20}, {1, 30}};
    EXPECT_EQ(map.size(), 2u);
    EXPECT_EQ(map.at(1), 10u);
    map = {};
    EXPECT_TRUE(map.empty());
  });
}

TYPED_TEST(whole_map, is_swapped) {
  this->in_all_stages([&](auto& map, std::uint64_t count) {
    typename TestFixture::map_type other = {{5, 15}};
    const auto* const element = &*map.find(3);
    map.swap(other);
    EXPECT_EQ(map.size(), 1u);
    EXPECT_EQ(map.at(5), 15u);
    EXPECT_EQ(&*other.find(3), element);
    this->expect_numbers(other, count);
    swap(map, other);
    this->expect_numbers(map, count);
    map.swap(map);
    this->expect_numbers(map, count);
    typename TestFixture::map_type none;
    map.swap(none);
    this->expect_numbers(none, count);
    this->expect_fresh(map);
  });
}

TEST(construct, keeps_the_functions) {
  struct offset_hash {
    std::size_t offset = 0;
    std::size_t operator()(int key) const { return static_cast<std::size_t>(key) + offset; }
  };
  using map_type = steady::hash_map<int, int, offset_hash>;
  map_type map(0, offset_hash{5});
  for (int n = 0; n < 100; ++n) map[n] = n;
  const map_type copy = map;
  EXPECT_EQ(copy.hash_function().offset, 5u);
  map_type other(0, offset_hash{6});
  other[1] = 1;
  other.swap(map);
  EXPECT_EQ(other.hash_function().offset, 5u);
  EXPECT_EQ(map.hash_function().offset, 6u);
  map = copy;
  EXPECT_EQ(map.hash_function().offset, 5u);
  EXPECT_EQ(map, copy);
  map = std::move(other);
  EXPECT_EQ(map.hash_function().offset, 5u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

}  // namespace
