// Sizes of benchmarks that sweep doublings, and means over them: no size comes twice, and every
// doubling counts the same.
#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "bench/support/doublings.hpp"

namespace {

namespace bench = steady::bench;
using sizes = std::vector<std::uint64_t>;

sizes in_steps(std::uint64_t first, std::uint64_t end, int steps) {
  return bench::sizes_in_doublings(first, end, [=](std::uint64_t) { return steps; });
}

TEST(Doublings, SizesAscend) {
  EXPECT_EQ(in_steps(1000, 4001, 1), (sizes{1000, 2000, 4000}));
  EXPECT_EQ(in_steps(1000, 4000, 2), (sizes{1000, 1414, 2000, 2828}));
  EXPECT_EQ(in_steps(7, 7, 2), sizes{});
}

TEST(Doublings, NoSizeComesTwice) {
  EXPECT_EQ(in_steps(1, 3, 3), (sizes{1, 2}));
  EXPECT_EQ(in_steps(1, 9, 8), (sizes{1, 2, 3, 4, 5, 6, 7, 8}));
}

// Rounding must not let the end in: it is the first of the next doubling.
TEST(Doublings, TheEndIsLeftOut) {
  for (int steps = 1; steps < 40; ++steps) {
    const sizes found = in_steps(1000, 2'000, steps);
    EXPECT_EQ(found.size(), static_cast<std::size_t>(steps));
    EXPECT_LT(found.back(), 2'000u);
  }
}

TEST(Doublings, StepsMayDependOnTheSize) {
  const auto found = bench::sizes_in_doublings(
      16, 2'000'000, [](std::uint64_t size) { return size < 4096 ? 8 : 4; });
  EXPECT_EQ(found.size(), 8u * 8 + 9u * 4);  // 16 to 4,096, and on to 2^21
  EXPECT_EQ(found.back(), 1'763'488u);
}

TEST(Doublings, EachCountsTheSameInAMean) {
  bench::mean_over_doublings ratios;
  EXPECT_FALSE(ratios.mean());
  for (const std::uint64_t size : {16u, 20u, 25u}) ratios.add(size, 2);
  ratios.add(32, 16);
  EXPECT_EQ(ratios.sizes(), 4u);
  EXPECT_NEAR(ratios.mean().value(), std::sqrt(2.0 * 16.0), 1e-9);
}

TEST(Doublings, ARangeTakesItsPartOfADoubling) {
  bench::mean_over_doublings ratios;
  for (const auto& [size, ratio] :
       {std::pair{16u, 4.0}, {24u, 4.0}, {32u, 2.0}, {48u, 1.0}, {64u, 1.0}}) {
    ratios.add(size, ratio);
  }
  EXPECT_NEAR(ratios.mean_within(16, 48).value(), std::pow(4 * std::sqrt(2.0), 1 / 1.5), 1e-9);
  EXPECT_NEAR(ratios.mean_within(48, 64).value(), 1, 1e-9);
  EXPECT_FALSE(ratios.mean_within(5, 10));
}

}  // namespace
