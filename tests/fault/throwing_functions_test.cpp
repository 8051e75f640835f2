// Every single call of the hash and of the equality throws once.
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/countdown.hpp"
#include "support/fallible.hpp"
#include "support/fault_run.hpp"
#include "support/policies.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Policy>
class throwing_functions : public testing::Test {
 protected:
  using map_type = map_of<std::uint64_t, std::uint64_t, Policy, fallible_hash, fallible_equal>;
};

using policies = testing::Types<steady::default_policy, narrow, small_chunks_in_leaves>;
TYPED_TEST_SUITE(throwing_functions, policies);

TYPED_TEST(throwing_functions, lose_nothing) {
  std::size_t chance = 0;
  for (bool fired = true; fired; chance += 1 + chance / 64) {
    SCOPED_TRACE(testing::Message() << "chance " << chance);
    fault_run<typename TestFixture::map_type> run({});
    countdown::arm(chance);
    run.run();
    fired = countdown::fired();
    if (this->HasFailure()) return;
  }
  EXPECT_GT(chance, 500u);
}

// Whatever one call does, it does completely or not at all.
TYPED_TEST(throwing_functions, undo_single_operations) {
  for (const stage at : all_stages) {
    SCOPED_TRACE(name_of(at));
    typename TestFixture::map_type map;
    const std::uint64_t count = fill_numbers_to(at, map);
    const auto expect_unchanged = [&](auto&& operation) {
      for (std::size_t chance = 0;; ++chance) {
        countdown::arm(chance);
        bool thrown = false;
        try {
          operation();
        } catch (const injected_failure&) {
          thrown = true;
        }
        countdown::disarm();
        ASSERT_STREQ(map.check_invariants(), nullptr);
        if (!thrown) return;
        ASSERT_EQ(map.size(), count);
        for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(n), 3 * n);
      }
    };
    expect_unchanged([&] { map.find(1); });
    expect_unchanged([&] { map.insert_or_assign(1, 3u); });
    expect_unchanged([&] { map.step(2); });
    expect_unchanged([&] { map.erase(count); });
    expect_unchanged([&] { map.try_emplace(count, 3 * count); });
    ASSERT_EQ(map.erase(count), 1u);
    expect_unchanged([&] { map.erase(2); });
    ASSERT_EQ(map.size(), count - 1);
  }
}

// A shrink, too, may stop in the middle, and is complete and usable there.
TYPED_TEST(throwing_functions, may_interrupt_a_rehash_anywhere) {
  for (const std::size_t buckets : {0u, 16u, 64u, 1024u, 4096u}) {
    for (std::size_t chance = 0;; chance += 11) {
      typename TestFixture::map_type map;
      const std::uint64_t count = fill_numbers_to(stage::small, map);
      map.rehash(14 * 256);
      countdown::arm(chance);
      bool thrown = false;
      try {
        map.rehash(14 * buckets);
      } catch (const injected_failure&) {
        thrown = true;
      }
      countdown::disarm();
      ASSERT_STREQ(map.check_invariants(), nullptr);
      std::vector<int> met(count);
      for (const auto& [key, value] : map) ++met[key];
      for (std::uint64_t n = 0; n < count; ++n) ASSERT_TRUE(met[n] == 1 && map.at(n) == 3 * n);
      for (std::uint64_t n = count; n < 3 * count; ++n) map[n] = n;
      ASSERT_EQ(map.size(), 3 * count);
      map.finish();
      ASSERT_STREQ(map.check_invariants(), nullptr);
      if (!thrown) break;
    }
  }
}

struct fallible_text_hash {
  std::size_t operator()(const std::string& text) const {
    countdown::chance();
    return std::hash<std::string>()(text);
  }
};

// Several buckets are split by one call. Those before the one whose hash throws have given their
// elements away, which shows where an element that has moved is not what it was.
TEST(throwing_functions_of_texts, lose_nothing_of_several_buckets) {
  const auto text = [](std::uint64_t n) { return std::string(30, '.') + std::to_string(n); };
  for (std::size_t chance = 0;; ++chance) {
    map_of<std::string, std::uint64_t, steady::default_policy, fallible_text_hash> map;
    std::uint64_t count = 0;
    for (; count < 800 || !map.migrating(); ++count) map.try_emplace(text(count), count);
    countdown::arm(chance);
    bool thrown = false;
    try {
      map.step(6);
    } catch (const injected_failure&) {
      thrown = true;
    }
    countdown::disarm();
    ASSERT_STREQ(map.check_invariants(), nullptr) << chance;
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(text(n)), n) << chance;
    if (!thrown) break;
  }
}

}  // namespace
