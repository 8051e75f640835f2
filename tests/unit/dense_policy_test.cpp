// steady::dense_policy: what a map of numbers weighs with it, averaged over all sizes.
#include <cmath>
#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/policy.hpp>

#include "support/containers.hpp"

namespace {

using namespace support;

// Bytes an element, over a doubling of sizes, of maps at rest.
template <class Policy>
double mean_weight() {
  constexpr int sizes = 12;
  double sum = 0;
  for (int n = 0; n < sizes; ++n) {
    const auto count =
        static_cast<std::uint64_t>(50'000 * std::exp2(static_cast<double>(n) / sizes));
    memory_ledger ledger;
    ledger_map<std::uint64_t, std::uint64_t, Policy> map{ledger_allocator<int>(ledger)};
    for (std::uint64_t key = 0; key < count; ++key) map.try_emplace(key, key);
    map.finish();
    EXPECT_EQ(map.check_invariants(), nullptr);
    for (std::uint64_t key = 0; key < count; ++key) EXPECT_EQ(map.at(key), key);
    sum += static_cast<double>(ledger.bytes) / static_cast<double>(count);
  }
  return sum / sizes;
}

TEST(dense_policy, takes_no_more_than_a_flat_map_with_open_addressing) {
  // 27.7: boost::unordered_flat_map, counted in the same way.
  const double dense = mean_weight<steady::dense_policy>();
  EXPECT_LE(dense, 27.7);
  EXPECT_LE(dense, 0.85 * mean_weight<steady::default_policy>());
}

// What does not fit must be found all the same, in every stage of a growth.
TEST(dense_policy, grows_and_shrinks_as_others_do) {
  map_of<std::uint64_t, std::uint64_t, steady::dense_policy> map;
  for (std::uint64_t key = 0; key < 30'000; ++key) {
    map.try_emplace(key, key);
    ASSERT_EQ(map.at(key / 2), key / 2);
  }
  EXPECT_GT(map.stats().overflow_buckets, 0u);
  for (std::uint64_t key = 100; key < 30'000; ++key) map.erase(key);
  map.shrink_gradually();
  map.finish();
  EXPECT_EQ(map.check_invariants(), nullptr);
  for (std::uint64_t key = 0; key < 100; ++key) EXPECT_EQ(map.at(key), key);
}

}  // namespace
