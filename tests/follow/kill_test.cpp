// A process writes a directory and is killed, again and again; a follower in this process has, at
// every moment, what the writer had at the follower's position.
#include <chrono>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/follower.hpp>

#include "support/durable_model.hpp"
#include "support/killed_writer.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;
using follower_type = steady::directory_follower<durable_texts::container_type>;

void expect_known(known_texts& expected, const follower_type& follower) {
  expected.go_to(follower.position());
  EXPECT_EQ(texts(follower.content().begin(), follower.content().end()), expected.now);
}

TEST(directory_follower, follows_a_writer_that_is_killed) {
  const temporary_room room;
  follower_type follower(room.path(), {std::chrono::milliseconds(0), nullptr});
  known_texts expected;
  std::mt19937 random(13);
  // On a busy machine the child gets to write later: then there are more rounds.
  const auto is_enough = [&] { return expected.position > 100; };
  const std::uint32_t rounds = kill_rounds();
  for (std::uint32_t round = 0;
       !HasFailure() && (round < rounds || (round < 50 * rounds && !is_enough())); ++round) {
    SCOPED_TRACE(round);
    doomed_process writer([&] {
      write_without_end(room.path(), options_of_round(round), [](const durable_texts&) {});
    });
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(20 + random() % 80);
    while (std::chrono::steady_clock::now() < end && !HasFailure()) {
      follower.poll(1 + random() % 300);
      if (follower.has_content() && random() % 16 == 0) expect_known(expected, follower);
    }
    writer.kill();

    while (follower.poll(10'000) == steady::poll_result::more) {
    }
    const durable_texts map(room.path(), options_of_round(round));
    ASSERT_EQ(follower.position(), map.position()) << follower.obstacle();
    expect_known(expected, follower);
    ASSERT_EQ(texts_of(map), expected.now);
  }
  EXPECT_TRUE(is_enough()) << "the child must have got to write";
}

}  // namespace
