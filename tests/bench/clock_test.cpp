// What reading a clock costs is taken off what is timed by it.
#include <cstdint>

#include <gtest/gtest.h>

#include "bench/support/clock.hpp"

namespace {

namespace bench = steady::bench;

std::uint64_t now = 0;

// Each reading takes 100.
std::uint64_t slow_clock() noexcept { return now += 100; }

TEST(Clock, ItsCostIsWhatAReadingTakes) { EXPECT_EQ(bench::measure_clock_cost(slow_clock), 100u); }

TEST(Clock, ItsCostIsTakenOff) {
  const std::uint64_t cost = bench::measure_clock_cost(slow_clock);
  EXPECT_EQ(bench::timed(
                cost, [] { now += 50; }, slow_clock),
            50u);
  EXPECT_EQ(bench::timed(
                cost, [] {}, slow_clock),
            0u);
  EXPECT_EQ(bench::timed(
                cost + 1, [] {}, slow_clock),
            0u);
}

}  // namespace
