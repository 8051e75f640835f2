// Times that mean "never" fit every clock.
#include <chrono>
#include <limits>

#include <gtest/gtest.h>

#include <steady/detail/follow/bounded_time.hpp>

namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

TEST(bounded_time, is_that_time_if_it_is_one) {
  EXPECT_EQ(steady::detail::bounded(7ms), 7ms);
  EXPECT_EQ(steady::detail::bounded(0ms), 0ms);
  EXPECT_EQ(steady::detail::bounded(-7ms), 0ms);
  EXPECT_EQ(steady::detail::bounded(milliseconds::min()), 0ms);
}

TEST(bounded_time, fits_clocks_and_poll) {
  const milliseconds never = steady::detail::bounded(milliseconds::max());
  EXPECT_GT(never, 24h * 24);
  EXPECT_LE(never.count(), std::numeric_limits<int>::max());
  const auto now = std::chrono::steady_clock::now();
  EXPECT_GE(steady::detail::end_of(milliseconds::max()), now + never);
}

struct options {
  milliseconds first = milliseconds::max();
  milliseconds second{5};
  int other = 3;
};

TEST(bounded_time, bounds_those_of_options) {
  const options bounded =
      steady::detail::with_bounded(options{}, &options::first, &options::second);
  EXPECT_EQ(bounded.first, steady::detail::longest_time);
  EXPECT_EQ(bounded.second, 5ms);
  EXPECT_EQ(bounded.other, 3);
}

}  // namespace
