// The seeds of new maps: nobody else has the same, not even the other process after fork(), and
// nobody can tell them from what a program shows to strangers.
#include <cstdint>
#include <utility>

#include <gtest/gtest.h>

#if __has_include(<sys/wait.h>)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <steady/detail/line/random_seed.hpp>
#include <steady/feed.hpp>

namespace {

using steady::detail::next_random;

// The number that comes after `number` in the sequence, whose steps can all be undone.
std::uint64_t successor(std::uint64_t number) {
  const auto undo_shift = [&](unsigned by) {
    number ^= number >> by;
    number ^= number >> 2 * by;
  };
  undo_shift(31);
  number *= 0x319642b2d24d8ec3u;  // times 0x94d049bb133111eb that is 1
  undo_shift(27);
  number *= 0x96de1b173f119089u;  // times 0xbf58476d1ce4e5b9 that is 1
  undo_shift(30);
  const std::uint64_t kept = std::exchange(steady::detail::random_state(), number);
  const std::uint64_t next = next_random();
  steady::detail::random_state() = kept;
  return next;
}

TEST(random_seed, is_told_by_the_one_before) {
  const std::uint64_t one = next_random();
  EXPECT_EQ(successor(one), next_random()) << "else the following tests show nothing";
}
TEST(random_seed, is_not_told_by_public_numbers) {
  const std::uint64_t shown = steady::detail::random_in_public();
  EXPECT_NE(successor(shown), next_random());
}
TEST(random_seed, is_not_told_by_the_id_of_a_feed) {
  steady::fed_map<int, int> map;
  steady::subscriber follower(map);
  follower.step(
      100, [](const auto&) {}, [](const auto&) {});
  const std::uint64_t id = follower.resume_point().value().feed;
  EXPECT_NE(successor(id), next_random());
}

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
