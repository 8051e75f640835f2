// The seeds of new maps: nobody else has the same, not even the other process after fork().
#include <cstdint>

#include <gtest/gtest.h>

#if __has_include(<sys/wait.h>)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <steady/detail/line/random_seed.hpp>

namespace {

using steady::detail::next_random;

TEST(random_seed, follows_from_the_state_that_a_test_assigns) {
  steady::detail::random_state() = 5;
  const std::uint64_t first = next_random();
  EXPECT_NE(next_random(), first);
  steady::detail::random_state() = 5;
  EXPECT_EQ(next_random(), first);
}

#if __has_include(<sys/wait.h>)
TEST(random_seed, is_another_one_in_a_child) {
  steady::detail::random_state() = 0;
  next_random();  // both would go on from here
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  const std::uint64_t own = next_random();
  if (child == 0) ::_exit(::write(ends[1], &own, sizeof own) == sizeof own ? 0 : 1);
  std::uint64_t of_child = 0;
  EXPECT_EQ(::read(ends[0], &of_child, sizeof of_child), static_cast<ssize_t>(sizeof of_child));
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  EXPECT_NE(own, of_child);
}
#endif

}  // namespace
