// The threads of bench.concurrent, and their keys.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include "bench/concurrent/keys.hpp"
#include "bench/concurrent/team.hpp"

namespace {

namespace bench = steady::bench;

constexpr std::uint64_t a_minute = 60'000'000'000;

TEST(Team, EveryThreadDoesEveryStepOnceAndInOrder) {
  constexpr std::uint64_t steps = 2500;  // no whole number of looks at the clock
  std::vector<std::vector<std::uint64_t>> done(3);
  const auto result = bench::run_team(3, steps, a_minute, [&](unsigned thread) {
    return [&mine = done[thread]](std::uint64_t step) {
      mine.push_back(step);
      return 0u;
    };
  });
  for (const auto& mine : done) {
    ASSERT_EQ(mine.size(), steps);
    for (std::uint64_t n = 0; n < steps; ++n) ASSERT_EQ(mine[n], n);
  }
  EXPECT_EQ(result.steps, 3 * steps);
  EXPECT_TRUE(result.complete);
  EXPECT_EQ(result.wrong, 0u);
}

TEST(Team, WrongAnswersAddUp) {
  const auto result = bench::run_team(4, 100, a_minute, [](unsigned thread) {
    return [thread](std::uint64_t step) { return step == 50 ? thread : 0u; };
  });
  EXPECT_EQ(result.wrong, 0u + 1 + 2 + 3);
}

// No thread begins before all have made their workers.
TEST(Team, ThreadsStartTogether) {
  std::atomic<unsigned> made{0};
  const auto result = bench::run_team(8, 1, a_minute, [&](unsigned) {
    ++made;
    return [&](std::uint64_t) { return made == 8 ? 0u : 1u; };
  });
  EXPECT_EQ(result.wrong, 0u);
}

TEST(Team, StopsAtTheTimeLimit) {
  const auto result =
      bench::run_team(2, 1'000'000, 0, [](unsigned) { return [](std::uint64_t) { return 0u; }; });
  EXPECT_FALSE(result.complete);
  EXPECT_LT(result.steps, 1'000'000u);
}

TEST(Keys, NoTwoThreadsInsertTheSame) {
  constexpr std::uint64_t elements = 500;
  std::set<std::uint64_t> seen;
  std::set<std::uint64_t> first;
  for (unsigned thread = 0; thread < 16; ++thread) {
    const bench::thread_keys keys(thread, elements);
    for (std::uint64_t n = 0; n < 3 * elements; ++n) {
      EXPECT_TRUE(seen.insert(keys[n]).second);
      if (n < elements) first.insert(keys[n]);
    }
  }
  for (std::uint64_t n = 0; n < 10'000; ++n) EXPECT_EQ(seen.count(bench::absent_key(n)), 0u);

  // What all threads begin with is what one thread begins with.
  const bench::thread_keys alone(0, 16 * elements);
  for (std::uint64_t n = 0; n < 16 * elements; ++n) EXPECT_EQ(first.count(alone[n]), 1u);
}

TEST(Keys, BothHalvesOfARandomNumberChooseEverythingBelow) {
  bench::random_numbers random(3);
  std::set<std::uint64_t> upper, lower;
  for (int n = 0; n < 1000; ++n) {
    const std::uint64_t number = random();
    upper.insert(bench::upper_below(number, 10));
    lower.insert(bench::lower_below(number, 10));
  }
  const std::set<std::uint64_t> all = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
  EXPECT_EQ(upper, all);
  EXPECT_EQ(lower, all);
}

}  // namespace
