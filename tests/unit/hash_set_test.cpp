// What a set does differently from a map; the rest is the same code.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_set.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

TEST(hash_set, inserts_once) {
  steady::hash_set<std::string> set;
  EXPECT_TRUE(set.insert("key").second);
  const auto [at, inserted] = set.insert(std::string("key"));
  EXPECT_FALSE(inserted);
  EXPECT_EQ(*at, "key");
  EXPECT_EQ(at->size(), 3u);
  EXPECT_TRUE(set.emplace(3u, 'x').second);
  EXPECT_FALSE(set.emplace("xxx").second);
  set.insert({"a", "b", "key"});
  const std::vector<std::string> more = {"b", "c"};
  set.insert(more.begin(), more.end());
  EXPECT_EQ(set, (steady::hash_set<std::string>{"key", "xxx", "a", "b", "c"}));
}

TEST(hash_set, holds_what_can_only_be_moved) {
  steady::hash_set<std::unique_ptr<int>> set;
  std::vector<int*> addresses;
  for (int n = 0; n < 2000; ++n) {
    auto key = std::make_unique<int>(n);
    addresses.push_back(key.get());
    EXPECT_TRUE(set.insert(std::move(key)).second);
  }
  EXPECT_EQ(set.size(), 2000u);
  std::size_t met = 0;
  for (const auto& key : set) {
    if (addresses[static_cast<std::size_t>(*key)] == key.get()) ++met;
  }
  EXPECT_EQ(met, 2000u);
  EXPECT_STREQ(set.check_invariants(), nullptr);
}

template <class Policy>
class hash_set_in_all_stages : public testing::Test {};
using policies = testing::Types<steady::default_policy, leaf_headers, narrow, small_chunks>;
TYPED_TEST_SUITE(hash_set_in_all_stages, policies);

TYPED_TEST(hash_set_in_all_stages, finds_iterates_erases_copies) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    set_of<std::uint64_t, TypeParam> set;
    const auto count = fill_to(at, set, [&](std::uint64_t n) { set.insert(n); });
    ASSERT_EQ(set.size(), count);
    std::vector<int> met(count);
    for (const std::uint64_t key : set) ++met[key];
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_TRUE(met[n] == 1 && set.contains(n));
    auto copy = set;
    EXPECT_TRUE(copy == set);
    for (std::uint64_t n = 0; n < count; n += 2) ASSERT_EQ(set.erase(n), 1u);
    EXPECT_FALSE(copy == set);
    EXPECT_EQ(set.size(), count / 2);
    EXPECT_STREQ(set.check_invariants(), nullptr);
    set.swap(copy);
    EXPECT_EQ(copy.size(), count / 2);
    set.clear();
    EXPECT_TRUE(set.empty());
    EXPECT_STREQ(set.check_invariants(), nullptr);
  }
}

TEST(hash_set, of_one_byte_keys) {
  steady::hash_set<std::uint8_t> set;
  for (int turn = 0; turn < 2; ++turn) {
    for (unsigned n = 0; n < 256; ++n) set.insert(static_cast<std::uint8_t>(n));
  }
  EXPECT_EQ(set.size(), 256u);
  EXPECT_STREQ(set.check_invariants(), nullptr);
}

}  // namespace
