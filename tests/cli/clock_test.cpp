#include <chrono>
#include <cstdint>
#include <thread>

#include <gtest/gtest.h>

#include "bench/support/clock.hpp"

namespace {

using namespace steady::bench;

TEST(Clock, TimesAnOperation) {
  const std::uint64_t took =
      timed(0, [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); });
  EXPECT_GE(took, 5'000'000u);
}

TEST(Clock, TakesTheCostOffButNeverBelowZero) {
  constexpr std::uint64_t hour = 3'600'000'000'000;
  EXPECT_EQ(timed(hour, [] {}), 0u);
  const auto sleep = [] { std::this_thread::sleep_for(std::chrono::milliseconds(5)); };
  const std::uint64_t start = now_ns();
  const std::uint64_t took = timed(4'000'000, sleep);
  EXPECT_LE(took + 4'000'000, now_ns() - start);
}

TEST(Clock, ItsCostIsSmall) {
  // Some ten nanoseconds, or a microsecond where it needs a system call.
  EXPECT_LT(measure_clock_cost(), 100'000u);
}

}  // namespace
