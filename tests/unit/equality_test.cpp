// Maps and sets are equal when their elements are.
#include <cstdint>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/containers.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

TEST(equality, ignores_order_and_stage) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    number_map<> a;
    const std::uint64_t count = fill_numbers_to(at, a);
    number_map<> b(10 * count);
    for (std::uint64_t n = count; n-- > 0;) b[n] = 3 * n;
    EXPECT_TRUE(a == b);
    EXPECT_TRUE(b == a);
    b[0] = 1;
    EXPECT_FALSE(a == b) << "a value differs";
    b[0] = 0;
    b.erase(1);
    EXPECT_FALSE(a == b) << "one is missing";
    b[count] = 3;
    EXPECT_TRUE(a != b) << "a key differs";
  }
}

TEST(equality, of_empty_maps) {
  number_map<> a;
  number_map<> b(1000);
  EXPECT_TRUE(a == b);
  b[1] = 1;
  EXPECT_FALSE(a == b);
}

TEST(equality, of_sets) {
  const steady::hash_set<int> a = {1, 2, 3};
  EXPECT_TRUE(a == (steady::hash_set<int>{3, 2, 1}));
  EXPECT_FALSE(a == (steady::hash_set<int>{3, 2, 4}));
  EXPECT_FALSE(a == (steady::hash_set<int>{3, 2}));
}

}  // namespace
