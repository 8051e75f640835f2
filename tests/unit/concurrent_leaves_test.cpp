// Concurrent containers whose headers come in leaves (zeroed_store.hpp), as they do with all
// allocators but std::allocator: what is the same for small elements, whose chunks have more
// buckets than a leaf has headers.
#include <cstdint>
#include <functional>
#include <memory>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/concurrent_pmr.hpp>

namespace {

struct in_leaves : steady::default_concurrent_policy {
  static constexpr bool reserve_addresses = false;
};
template <class T>
using set_in_leaves =
    steady::concurrent_hash_set<T, steady::hash<T>, std::equal_to<T>, std::allocator<T>, in_leaves>;

// All keys of one byte, in more buckets than a leaf has headers.
template <class Set>
void expect_all_bytes(Set& set, Set& untouched) {
  for (int n = 0; n < 256; ++n) {
    const auto key = static_cast<std::uint8_t>(n);
    EXPECT_TRUE(set.insert(key)) << n;
    EXPECT_TRUE(set.contains(key)) << n;
  }
  ASSERT_EQ(set.size(), 256u);
  std::size_t visited = 0;
  set.cvisit_all([&](std::uint8_t) { ++visited; });
  EXPECT_EQ(visited, 256u);
  EXPECT_EQ(untouched.cvisit_all([](std::uint8_t) {}), 0u) << "that nobody wrote to";
  EXPECT_STREQ(set.check_invariants(), nullptr);
}

TEST(concurrent_leaves, hold_elements_of_one_byte_of_pmr) {
  steady::pmr::concurrent_hash_set<std::uint8_t> set, untouched;
  set.reserve(60'000);
  untouched.reserve(60'000);
  expect_all_bytes(set, untouched);
}

TEST(concurrent_leaves, hold_elements_of_one_byte_without_reserved_addresses) {
  set_in_leaves<std::uint8_t> set(60'000), untouched(60'000);
  expect_all_bytes(set, untouched);
}

TEST(concurrent_leaves, hold_truth_values) {
  set_in_leaves<bool> set(60'000);
  EXPECT_TRUE(set.insert(true));
  EXPECT_TRUE(set.insert(false));
  EXPECT_TRUE(set.contains(true) && set.contains(false));
  EXPECT_EQ(set.cvisit_all([](bool) {}), 2u);
  EXPECT_STREQ(set.check_invariants(), nullptr);
}

TEST(concurrent_leaves, are_provided_by_every_migration) {
  set_in_leaves<std::uint8_t> set(60'000);
  for (int n = 0; n < 256; ++n) set.insert(static_cast<std::uint8_t>(n));
  const auto expect_whole = [&](const char* after) {
    set.finish();
    EXPECT_STREQ(set.check_invariants(), nullptr);
    for (int n = 0; n < 256; ++n) {
      ASSERT_TRUE(set.contains(static_cast<std::uint8_t>(n))) << n << " after " << after;
    }
    ASSERT_EQ(set.size(), 256u) << after;
  };
  set.reseed_gradually();
  expect_whole("reseeding");
  set.compact_gradually();
  expect_whole("compacting");
  set.reserve(200'000);
  expect_whole("growing");
  set.shrink_gradually();
  expect_whole("shrinking");
}

}  // namespace
