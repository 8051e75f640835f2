// check_invariants() of every container returns a sentence if something is not as it must be.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/hash_map.hpp>
#include <steady/node_hash_map.hpp>

#include "support/migration_view.hpp"

namespace {

// A key that can be changed where it is, as no key should.
struct loose_key {
  mutable std::uint64_t number = 0;
  friend bool operator==(const loose_key&, const loose_key&) = default;
};

}  // namespace

template <>
struct std::hash<loose_key> {
  std::size_t operator()(const loose_key& key) const noexcept {
    return static_cast<std::size_t>(key.number);
  }
};

namespace {

template <class Map>
void expect_to_name_what_is_broken() {
  Map map;
  ASSERT_EQ(map.check_invariants(), nullptr);
  for (std::uint64_t n = 0; n < 1000; ++n) map.try_emplace(loose_key{n}, 1);
  ASSERT_EQ(map.check_invariants(), nullptr);
  map.find(loose_key{7})->first.number += 1'000'000;
  const char* const broken = map.check_invariants();
  ASSERT_NE(broken, nullptr);
  EXPECT_NE(std::string_view(broken), "");
}

TEST(invariants, are_named_when_they_are_broken) {
  expect_to_name_what_is_broken<steady::hash_map<loose_key, int>>();
  expect_to_name_what_is_broken<steady::node_hash_map<loose_key, int>>();
}

TEST(invariants, of_what_threads_share_are_named_too) {
  steady::concurrent_hash_map<std::uint64_t, int> map;
  EXPECT_STREQ(map.check_invariants(), nullptr);
  for (std::uint64_t n = 0; n < 1000; ++n) map.try_emplace(n, 1);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  support::migration_view view(map);
  view.count_an_array_that_is_not_there();
  EXPECT_STREQ(map.check_invariants(),
               "the count of arrays beside the first one is not their number");
  view.count_it_no_more();
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

}  // namespace
