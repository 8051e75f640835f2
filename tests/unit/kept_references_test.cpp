// A reference that is kept over the insertion of a new key is caught every time, in debug mode and
// in sanitized builds, whether or not that insertion migrates.
#include <cstddef>
#include <cstdint>
#include <string>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/node_hash_map.hpp>

namespace {

using map = steady::hash_map<int, std::string>;

// Whether the element of `key` lies elsewhere after another was inserted.
template <class Map>
bool moves(Map& of, int key, int added) {
  const void* const before = &of.at(key);
  of[added] = "new";
  return &of.at(key) != before;
}

static_assert(steady::detail::watches_references, "tests are built with debug mode");

// In every size, but where the very first bucket has just become full.
TEST(kept_reference, is_dead_after_every_insertion) {
  for (int size = 3; size < 400; ++size) {
    map of;
    for (int n = 0; n < size; ++n) of[n] = "old";
    if (size == 6 || size == 13) continue;
    EXPECT_TRUE(moves(of, size / 2, size)) << size;
    ASSERT_STREQ(of.check_invariants(), nullptr) << size;
    for (int n = 0; n < size; ++n) ASSERT_EQ(of.at(n), "old") << n;
  }
}

TEST(kept_reference, is_dead_in_the_middle_of_a_migration) {
  map of;
  int next = 0;
  while (next < 3000 || !of.migrating()) of[next] = "old", ++next;
  of.step(of.pending() / 2);
  ASSERT_TRUE(of.migrating());
  for (int n = 0; n < 50; ++n) EXPECT_TRUE(moves(of, n, next + n)) << n;
  EXPECT_STREQ(of.check_invariants(), nullptr);
}

TEST(kept_reference, lives_where_that_was_promised) {
  for (const std::size_t room : {5u, 14u, 40u, 1000u}) {
    map of;
    of.reserve(room);
    of[0] = "old";
    for (int n = 1; n < static_cast<int>(room); ++n) EXPECT_FALSE(moves(of, n - 1, n)) << n;
    EXPECT_STREQ(of.check_invariants(), nullptr);
  }
  steady::node_hash_map<int, std::string> nodes;
  nodes[0] = "old";
  for (int n = 1; n < 1000; ++n) EXPECT_FALSE(moves(nodes, n / 2, n)) << n;
}

TEST(kept_reference, lives_while_no_new_key_comes) {
  map of{{1, "one"}, {2, "two"}, {3, "three"}};
  const std::string& kept = of[1];
  of[2] = kept;
  of.erase(3);
  EXPECT_FALSE(of.try_emplace(2, "again").second);
  EXPECT_EQ(&kept, &of.at(1));
  EXPECT_EQ(of.at(2), "one");
}

// What is passed to the insertion itself may refer to elements.
TEST(kept_reference, may_be_an_argument_of_the_insertion) {
  map of{{0, "zero"}};
  for (int n = 1; n < 500; ++n) of.try_emplace(n, of.at(n - 1));
  for (int n = 0; n < 500; ++n) ASSERT_EQ(of.at(n), "zero");
}

}  // namespace
