// Every single copy or move of an element throws once, wherever it happens.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/countdown.hpp"
#include "support/fallible.hpp"
#include "support/fault_run.hpp"
#include "support/policies.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace support;

template <class Key, class T, class Policy>
using map_type = map_of<Key, T, Policy, fallible_hash>;

template <class Map>
class throwing_elements : public testing::Test {};

using number = std::uint64_t;
using maps = testing::Types<
    map_type<copied, copied, steady::default_policy>, map_type<copied, copied, narrow>,
    map_type<copied, copied, small_chunks_in_leaves>,
    map_type<number, moved, steady::default_policy>, map_type<number, moved, narrow>,
    map_type<number, moved, small_chunks_in_leaves>,
    map_type<moved, number, steady::default_policy>, map_type<moved, number, narrow>,
    map_type<moved, moved, steady::default_policy>, map_type<moved, moved, small_chunks_in_leaves>>;
TYPED_TEST_SUITE(throwing_elements, maps);

TYPED_TEST(throwing_elements, are_never_lost) {
  // All chances early on, then samples: there are thousands.
  std::size_t chance = 0;
  for (bool fired = true; fired; chance += 1 + chance / (sanitized ? 16 : 64)) {
    SCOPED_TRACE(testing::Message() << "chance " << chance);
    {
      fault_run<TypeParam> run({});
      countdown::arm(chance);
      run.run();
      fired = countdown::fired();
    }
    ASSERT_EQ(copied::alive + moved::alive, 0);
    if (this->HasFailure()) return;
  }
  EXPECT_GT(chance, 500u);
}

TEST(throwing_copies, leave_original_and_target) {
  using map_of_copied = map_of<std::uint64_t, copied>;
  map_of_copied map;
  for (std::uint64_t n = 0; n < 200; ++n) map.try_emplace(n, n);
  std::size_t chance = 0;
  for (bool fired = true; fired; ++chance) {
    map_of_copied target;
    target.try_emplace(1000, 1000u);
    countdown::arm(chance);
    try {
      target = map;
      const map_of_copied copy = map;
      countdown::disarm();
      ASSERT_EQ(copy, map);
    } catch (const injected_failure&) {
      ASSERT_EQ(map.size(), 200u);
      ASSERT_TRUE(target.size() == 1 || target == map);
      ASSERT_STREQ(target.check_invariants(), nullptr);
    }
    fired = countdown::fired();
    countdown::disarm();
  }
  EXPECT_EQ(chance, 401u);
  map.clear();
  EXPECT_EQ(copied::alive, 0);
}

struct picky {
  explicit picky(bool fails) {
    if (fails) throw injected_failure();
  }
};

// In overflow and in the bucket itself: an insertion that fails leaves no trace.
TEST(throwing_construction, has_no_effect) {
  map_of<std::uint64_t, picky, narrow> map;
  for (std::uint64_t n = 0; n < 2000; ++n) {
    EXPECT_THROW(map.try_emplace(n, true), injected_failure);
    ASSERT_FALSE(map.contains(n));
    ASSERT_EQ(map.size(), n);
    if (n % 50 == 0) {
      ASSERT_STREQ(map.check_invariants(), nullptr);
    }
    ASSERT_TRUE(map.try_emplace(n, false).second);
  }
  for (std::uint64_t n = 0; n < 2000; ++n) ASSERT_EQ(map.erase(n), 1u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

// It may leave an overflow bucket without elements, which migrations must account for.
template <class Policy>
void fail_in_overflow_while_growing() {
  map_of<std::uint64_t, picky, Policy> map;
  for (std::uint64_t n = 0; n < 20'000; ++n) {
    ASSERT_TRUE(map.try_emplace(n, false).second);
    EXPECT_THROW(map.try_emplace(n + 1'000'000, true), injected_failure);
    if (n % 500 == 0) {
      ASSERT_STREQ(map.check_invariants(), nullptr) << n;
    }
  }
  map.compact_gradually();
  map.finish();
  ASSERT_STREQ(map.check_invariants(), nullptr);
  EXPECT_EQ(map.size(), 20'000u);
}

TEST(throwing_construction, leaves_overflow_that_migrates) {
  fail_in_overflow_while_growing<steady::default_policy>();
  fail_in_overflow_while_growing<small_chunks_in_leaves>();
  fail_in_overflow_while_growing<narrow>();
}

// A handle whose element the map does not take still holds it, hint or not.
TEST(refused_node, keeps_its_element_whatever_throws) {
  using map = map_type<copied, copied, steady::default_policy>;
  for (std::size_t chance = 0; chance < 20; ++chance) {
    map source;
    source.try_emplace(copied(1), copied(10));
    map target;
    target.try_emplace(copied(1), copied(20));
    auto node = source.extract(copied(1));
    countdown::arm(chance);
    try {
      target.insert(target.cbegin(), std::move(node));
    } catch (const injected_failure&) {
    }
    countdown::disarm();
    ASSERT_FALSE(node.empty());
    EXPECT_EQ(node.key().number(), 1u);
    EXPECT_EQ(node.mapped().number(), 10u);
    EXPECT_EQ(target.size(), 1u);
  }
  EXPECT_EQ(copied::alive, 0);
}

// An element that was not made after all may leave an empty overflow bucket linked, so that its
// bucket counts as occupied when all others in it are gone. A copy has no such bucket, and knows.
struct throwing {
  explicit throwing(bool now) {
    if (now) throw injected_failure();
  }
};
struct many_collide {
  std::size_t operator()(int key) const noexcept {
    return key < 0 ? 7u : static_cast<std::size_t>(key);
  }
};
TEST(throwing_constructors, leave_nothing_that_a_copy_counts) {
  steady::hash_map<int, throwing, many_collide, std::equal_to<>,
                   std::allocator<std::pair<const int, throwing>>, small_chunks>
      map;
  map.reserve(2000);
  for (int n = 0; n < 1500; ++n) map.try_emplace(n, false);
  const std::size_t before = map.stats().overflow_buckets;
  int next = -1;
  for (map.try_emplace(next--, false); map.stats().overflow_buckets == before;) {
    EXPECT_THROW(map.try_emplace(next, true), injected_failure);
    if (map.stats().overflow_buckets == before) map.try_emplace(next--, false);
  }

  std::vector<int> together;  // with what collides
  for (steady::cursor at; !at.at_end();) {
    std::vector<int> bucket;
    at = map.scan(at, 1, [&](const auto& element) { bucket.push_back(element.first); });
    if (std::find(bucket.begin(), bucket.end(), -1) != bucket.end()) together = bucket;
  }
  ASSERT_FALSE(together.empty());
  for (const int key : together) map.erase(key);
  ASSERT_EQ(map.stats().overflow_buckets, before + 1);
  ASSERT_STREQ(map.check_invariants(), nullptr);
  const auto copy = map;
  ASSERT_EQ(copy.bucket_count(), map.bucket_count());
  EXPECT_STREQ(copy.check_invariants(), nullptr);
}

}  // namespace
