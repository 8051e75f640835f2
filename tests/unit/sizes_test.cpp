// Sizes at the ends of the range.
#include <cstddef>
#include <exception>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

namespace {

using map_type = steady::hash_map<int, int>;
constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

TEST(reserve, of_nothing_allocates_nothing) {
  map_type map;
  map.reserve(0);
  EXPECT_EQ(map.stats().bytes, 0u);
}

TEST(reserve, of_what_no_machine_has_throws_and_changes_nothing) {
  map_type map{{1, 2}};
  EXPECT_THROW(map.reserve(map.max_size()), std::bad_alloc);
  EXPECT_THROW(map.reserve(most), std::length_error);
  EXPECT_THROW(map.rehash(most), std::length_error);
  EXPECT_EQ(map.at(1), 2);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(insert, takes_a_pair_whose_key_cannot_be_copied) {
  steady::hash_map<std::unique_ptr<int>, int> map;
  EXPECT_TRUE(map.insert(std::pair<std::unique_ptr<int>, int>(nullptr, 1)).second);
  EXPECT_TRUE(map.emplace(std::make_unique<int>(3), 4).second);
  EXPECT_EQ(map.size(), 2u);
}

}  // namespace
