// Erasing by key, by iterator and by range; what it leaves alone.
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/hashes.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Policy>
class erase : public testing::Test {
 protected:
  using map_type = number_map<Policy>;

  template <class Body>
  void in_all_stages(const Body& body) {
    for (const stage at : all_stages) {
      SCOPED_TRACE(name_of(at));
      map_type map;
      const std::uint64_t count = fill_numbers_to(at, map);
      body(map, count);
      ASSERT_STREQ(map.check_invariants(), nullptr);
    }
  }
};

using policies =
    testing::Types<steady::default_policy, portable_group, leaf_headers, narrow, small_chunks>;
TYPED_TEST_SUITE(erase, policies);

TYPED_TEST(erase, by_key_takes_that_element_only) {
  this->in_all_stages([](auto& map, std::uint64_t count) {
    EXPECT_EQ(map.erase(count), 0u);
    for (std::uint64_t n = 0; n < count; n += 2) {
      ASSERT_EQ(map.erase(n), 1u);
      ASSERT_EQ(map.erase(n), 0u);
    }
    ASSERT_EQ(map.size(), count / 2);
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.contains(n), n % 2 == 1);
  });
}

TYPED_TEST(erase, leaves_references_and_iterators_to_others_valid) {
  this->in_all_stages([](auto& map, std::uint64_t count) {
    std::vector<typename TestFixture::map_type::iterator> kept;
    std::vector<const void*> places;
    for (std::uint64_t n = 1; n < count; n += 2) {
      kept.push_back(map.find(n));
      places.push_back(&*kept.back());
    }
    for (std::uint64_t n = 0; n < count; n += 2) map.erase(n);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const std::uint64_t n = 2 * i + 1;
      ASSERT_EQ(&*map.find(n), places[i]);
      ASSERT_EQ(kept[i]->second, 3 * n);
    }
    // Following an old iterator meets elements that are there, and ends.
    std::size_t met = 0;
    for (auto at = kept[0]; at != map.end(); ++at, ++met) ASSERT_EQ(at->first % 2, 1u);
    EXPECT_LE(met, kept.size());
  });
}

TYPED_TEST(erase, by_iterator_returns_the_next) {
  this->in_all_stages([](auto& map, std::uint64_t count) {
    std::uint64_t met = 0;
    for (auto at = map.begin(); at != map.end(); ++met) {
      const std::uint64_t key = at->first;
      if (key % 3 == 0) {
        const auto next = std::next(at);
        const auto returned = map.erase(at);
        ASSERT_TRUE(returned == next);
        ASSERT_FALSE(map.contains(key));
        at = returned;
      } else {
        ++at;
      }
    }
    EXPECT_EQ(met, count);
    EXPECT_EQ(map.size(), count - (count + 2) / 3);
  });
}

TYPED_TEST(erase, everything_one_by_one) {
  this->in_all_stages([](auto& map, std::uint64_t) {
    for (auto at = map.begin(); at != map.end();) at = map.erase(at);
    EXPECT_TRUE(map.empty());
    EXPECT_EQ(map.stats().overflow_buckets, 0u) << "empty overflow buckets are taken back";
  });
}

TYPED_TEST(erase, of_a_range) {
  this->in_all_stages([](auto& map, std::uint64_t count) {
    const auto first = std::next(map.begin(), 3);
    const auto last = std::next(first, 5);
    const std::uint64_t after = last->first;
    const auto returned = map.erase(first, last);
    EXPECT_EQ(returned->first, after);
    EXPECT_EQ(map.size(), count - 5);
    EXPECT_TRUE(map.erase(map.begin(), map.begin()) == map.begin());
    EXPECT_TRUE(map.erase(map.begin(), map.end()) == map.end());
    EXPECT_TRUE(map.empty());
  });
}

TYPED_TEST(erase, makes_room_that_is_used_again) {
  typename TestFixture::map_type map;
  std::uint64_t next = 0;
  for (; next < 600; ++next) map.try_emplace(next, 3 * next);
  map.finish();
  const auto buckets = map.stats().buckets;
  for (std::uint64_t first = 0; next < 20'000; ++next) {
    ASSERT_EQ(map.erase(first++), 1u);
    ASSERT_TRUE(map.try_emplace(next, 3 * next).second);
  }
  EXPECT_EQ(map.size(), 600u);
  EXPECT_LE(map.stats().buckets, 2 * buckets);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

// All keys in one chain, where taking back overflow buckets matters most.
TEST(erase_from_a_chain, in_any_order) {
  for (const std::uint64_t stride : {1u, 7u, 99u}) {
    map_of<std::uint64_t, int, steady::default_policy, constant_hash> map;
    for (std::uint64_t n = 0; n < 100; ++n) map[n] = 1;
    for (std::uint64_t i = 0; i < 100; ++i) {
      ASSERT_EQ(map.erase(i * stride % 100), 1u);
      ASSERT_EQ(map.size(), 99 - i);
      ASSERT_STREQ(map.check_invariants(), nullptr);
    }
    EXPECT_EQ(map.stats().overflow_buckets, 0u);
  }
}

TEST(erase_of_strings, destroys_them) {
  steady::hash_map<std::string, std::string> map;
  for (int n = 0; n < 1000; ++n)
    map[std::string(40, 'k') + std::to_string(n)] = std::string(50, 'v');
  for (int n = 0; n < 1000; n += 2) map.erase(std::string(40, 'k') + std::to_string(n));
  EXPECT_EQ(map.size(), 500u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

}  // namespace
