// The intervals of a migration, from any number of buckets to any other.
#include <algorithm>
#include <cstdint>
#include <limits>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

namespace {

using steady::detail::evacuation_plan;
using steady::detail::line_partition;

constexpr std::uint64_t end_of_line = std::numeric_limits<std::uint64_t>::max();

struct totals {
  std::uint64_t steps = 0;
  std::uint64_t emptied = 0;  // sources
  std::uint64_t opened = 0;   // targets
};

// Follows the plans from one end of the line to the other.
totals follow(line_partition source, line_partition target, unsigned most_targets) {
  totals seen;
  for (std::uint64_t frontier = 0;;) {
    const auto plan = evacuation_plan::at(frontier, source, target, most_targets);
    EXPECT_EQ(plan.first, frontier);
    EXPECT_LE(plan.first, plan.last);
    EXPECT_EQ(plan.source, source.bucket_at(plan.first));
    EXPECT_EQ(plan.source, source.bucket_at(plan.last)) << "one source";
    EXPECT_EQ(plan.empties_source, plan.last == source.last_of(plan.source));
    EXPECT_EQ(plan.target, target.bucket_at(plan.first));
    EXPECT_EQ(plan.target + plan.targets - 1, target.bucket_at(plan.last));
    EXPECT_LE(plan.targets, most_targets);
    EXPECT_EQ(plan.target / most_targets, (plan.target + plan.targets - 1) / most_targets)
        << "targets lie in one aligned group";
    EXPECT_EQ(plan.fresh, target.first_of(plan.target) == plan.first);
    if (plan.targets > 1) {
      EXPECT_EQ(plan.last, target.last_of(plan.target + plan.targets - 1))
          << "several targets are filled whole";
    }
    ++seen.steps;
    seen.emptied += plan.empties_source ? 1 : 0;
    seen.opened += plan.targets - (plan.fresh ? 0 : 1);
    if (plan.last == end_of_line || testing::Test::HasFailure()) return seen;
    frontier = plan.last + 1;
  }
}

class evacuation_plans : public testing::TestWithParam<unsigned> {};
INSTANTIATE_TEST_SUITE_P(most_targets, evacuation_plans, testing::Values(1u, 2u, 8u));

TEST_P(evacuation_plans, tile_the_line) {
  const unsigned most = GetParam();
  for (unsigned from = 0; from <= 9; ++from) {
    for (unsigned to = 0; to <= 9; ++to) {
      SCOPED_TRACE(testing::Message() << "2^" << from << " to 2^" << to);
      const totals seen = follow(line_partition::of(from), line_partition::of(to), most);
      const std::uint64_t sources = std::uint64_t{1} << from;
      const std::uint64_t targets = std::uint64_t{1} << to;
      EXPECT_EQ(seen.emptied, sources);
      EXPECT_EQ(seen.opened, targets);
      EXPECT_EQ(seen.steps, std::max<std::uint64_t>(sources, targets / most));
    }
  }
}

TEST(evacuation_plan, of_doubling_feeds_two_buckets_from_one) {
  const auto source = line_partition::of(4);
  const auto plan = evacuation_plan::at(source.first_of(5), source, line_partition::of(5), 8);
  EXPECT_EQ(plan.source, 5u);
  EXPECT_EQ(plan.target, 10u);
  EXPECT_EQ(plan.targets, 2u);
  EXPECT_TRUE(plan.fresh && plan.empties_source);
}

TEST(evacuation_plan, of_halving_feeds_half_a_bucket) {
  const auto source = line_partition::of(4);
  const auto target = line_partition::of(3);
  const auto first = evacuation_plan::at(source.first_of(6), source, target, 8);
  const auto second = evacuation_plan::at(source.first_of(7), source, target, 8);
  EXPECT_TRUE(first.fresh && first.empties_source);
  EXPECT_TRUE(!second.fresh && second.empties_source);
  EXPECT_EQ(first.target, 3u);
  EXPECT_EQ(second.target, 3u);
}

TEST(evacuation_plan, of_a_large_growth_stops_after_eight_buckets) {
  const auto source = line_partition::of(1);
  const auto target = line_partition::of(6);
  const auto plan = evacuation_plan::at(source.first_of(1), source, target, 8);
  EXPECT_EQ(plan.target, 32u);
  EXPECT_EQ(plan.targets, 8u);
  EXPECT_FALSE(plan.empties_source);
}

}  // namespace
