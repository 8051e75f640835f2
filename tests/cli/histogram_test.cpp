#include <algorithm>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "bench/support/histogram.hpp"

namespace {

using steady::bench::histogram;
using steady::bench::percentile;

constexpr percentile everything{"p100", 1'000'000};

std::vector<percentile> all_percentiles() {
  std::vector<percentile> all(steady::bench::usual_percentiles.begin(),
                              steady::bench::usual_percentiles.end());
  all.push_back(everything);
  for (std::uint64_t per_million : {0u, 1u, 100'000u, 333'333u, 750'001u, 999'999u}) {
    all.push_back({"other", per_million});
  }
  return all;
}

std::unique_ptr<histogram> recorded(const std::vector<std::uint64_t>& values) {
  auto result = std::make_unique<histogram>();
  for (const std::uint64_t value : values) result->record(value);
  return result;
}

// The smallest value that the wanted part of all values do not exceed.
std::uint64_t exact(std::vector<std::uint64_t> values, percentile wanted) {
  std::sort(values.begin(), values.end());
  const auto part = static_cast<long double>(wanted.per_million) / 1e6L;
  const auto rank = std::ceil(part * static_cast<long double>(values.size()) - 1e-9L);
  return values[rank < 1 ? 0 : static_cast<std::size_t>(rank) - 1];
}

void expect_guarantee(const std::vector<std::uint64_t>& values) {
  const auto found = recorded(values);
  for (const percentile wanted : all_percentiles()) {
    const std::uint64_t truth = exact(values, wanted);
    const std::uint64_t value = found->value_at(wanted);
    EXPECT_GE(value, truth) << wanted.per_million << " of " << values.size();
    EXPECT_LE(value - truth, truth / 128) << wanted.per_million << " of " << values.size();
  }
  const std::uint64_t largest = *std::max_element(values.begin(), values.end());
  EXPECT_EQ(found->max(), largest);
  EXPECT_EQ(found->value_at(everything), largest);
  EXPECT_EQ(found->count(), values.size());
}

TEST(Histogram, Empty) {
  const auto empty = recorded({});
  EXPECT_EQ(empty->count(), 0u);
  EXPECT_EQ(empty->max(), 0u);
  for (const percentile wanted : all_percentiles()) {
    EXPECT_EQ(empty->value_at(wanted), 0u);
    EXPECT_FALSE(empty->supports(wanted));
  }
}

TEST(Histogram, GuaranteeHoldsForRandomValues) {
  std::mt19937_64 random(1);
  for (const std::size_t size : {1u, 2u, 3u, 100u, 101u, 12'345u}) {
    std::vector<std::uint64_t> values(size);
    for (auto& value : values) value = random() % 1'000'000;
    expect_guarantee(values);
  }
}

TEST(Histogram, GuaranteeHoldsForEveryMagnitude) {
  std::mt19937_64 random(2);
  std::vector<std::uint64_t> values(20'000);
  for (auto& value : values) value = random() >> random() % 64;
  expect_guarantee(values);
}

TEST(Histogram, GuaranteeHoldsForConstantValues) {
  for (const std::uint64_t value : {0ull, 1ull, 255ull, 256ull, 1'000'003ull, ~0ull}) {
    expect_guarantee(std::vector<std::uint64_t>(1000, value));
  }
}

TEST(Histogram, GuaranteeHoldsForHeavyTail) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> uniform(1e-9, 1);
  std::vector<std::uint64_t> values(50'000);
  for (auto& value : values) value = static_cast<std::uint64_t>(40 / std::pow(uniform(random), 2));
  expect_guarantee(values);
}

TEST(Histogram, GuaranteeHoldsAroundPowersOfTwo) {
  for (unsigned power = 0; power < 64; ++power) {
    const std::uint64_t value = std::uint64_t{1} << power;
    for (const std::uint64_t near : {value - 1, value, value + 1, value + value / 2}) {
      // The second value keeps the maximum from hiding the first one's slot.
      expect_guarantee({near, ~std::uint64_t{0}});
    }
  }
}

TEST(Histogram, MergeIsAsIfRecordedTogether) {
  std::mt19937_64 random(4);
  std::vector<std::uint64_t> first(1000), second(333);
  for (auto& value : first) value = random() % 5000;
  for (auto& value : second) value = random() % 500'000;
  const auto merged = recorded(first);
  merged->merge(*recorded(second));

  std::vector<std::uint64_t> both = first;
  both.insert(both.end(), second.begin(), second.end());
  const auto together = recorded(both);
  EXPECT_EQ(merged->count(), together->count());
  EXPECT_EQ(merged->max(), together->max());
  for (const percentile wanted : all_percentiles()) {
    EXPECT_EQ(merged->value_at(wanted), together->value_at(wanted));
  }
}

TEST(Histogram, SupportsAPercentileFromEnoughSamplesOn) {
  for (const auto& [wanted, needed] :
       {std::pair{percentile{"p50", 500'000}, 2}, std::pair{percentile{"p90", 900'000}, 10},
        std::pair{percentile{"p99", 990'000}, 100},
        std::pair{percentile{"p99.999", 999'990}, 100'000}}) {
    histogram samples;
    for (int i = 1; i < needed; ++i) samples.record(7);
    EXPECT_FALSE(samples.supports(wanted)) << wanted.name;
    samples.record(7);
    EXPECT_TRUE(samples.supports(wanted)) << wanted.name;
  }
}

}  // namespace
