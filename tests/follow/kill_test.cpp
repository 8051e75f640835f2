// A process writes a directory and is killed, again and again; a follower in this process has, at
// every moment, what the writer had at the follower's position.
//
// STEADY_KILL_ROUNDS: how many times, 8 unless set.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/follower.hpp>

#include "support/durable_model.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;
using follower_type = steady::directory_follower<durable_texts::container_type>;

// Operation n is always the same, so whoever knows the position knows the content.
text_operation operation_at(std::uint64_t position, const texts& before) {
  std::mt19937 random(static_cast<std::uint32_t>(position * 2654435761u));
  return text_operation::made_of(random, before, 500);
}

steady::durable_options options_of(std::uint32_t round) {
  steady::durable_options options;
  options.sync = round % 2 == 0 ? steady::sync_policy::never : steady::sync_policy::each_change;
  options.interval = std::chrono::milliseconds(1 + round % 5);
  options.flush_bytes = 1 + round * 97 % 3000;
  options.segment_bytes = 4'000 + round * 5'003 % 60'000;
  options.snapshot_after_bytes = 6'000 + round * 7'001 % 50'000;
  options.background = round % 3 != 0;
  return options;
}

[[noreturn]] void write_without_end(const std::string& path, std::uint32_t round) noexcept {
  durable_texts map(path, options_of(round));
  texts now = texts_of(map);
  while (true) {
    const text_operation one = operation_at(map.position() + 1, now);
    one.apply(now);
    one.apply(map);
  }
}

std::uint32_t rounds() {
  const char* const asked = std::getenv("STEADY_KILL_ROUNDS");
  return asked == nullptr ? 8 : static_cast<std::uint32_t>(std::strtoul(asked, nullptr, 10));
}

// The follower's content against the model, which goes along.
struct comparison {
  texts model;
  std::uint64_t position = 0;

  void check(const follower_type& follower) {
    ASSERT_GE(follower.position(), position) << "it went back";
    while (position < follower.position()) operation_at(++position, model).apply(model);
    ASSERT_EQ(texts(follower.content().begin(), follower.content().end()), model);
  }
};

TEST(directory_follower, follows_a_writer_that_is_killed) {
  const temporary_room room;
  follower_type follower(room.path(), {std::chrono::milliseconds(0), nullptr});
  comparison expected;
  std::mt19937 random(13);
  for (std::uint32_t round = 0; round < rounds() && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    const ::pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_without_end(room.path(), round);
    const auto end =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(20 + random() % 80);
    while (std::chrono::steady_clock::now() < end && !HasFailure()) {
      follower.poll(1 + random() % 300);
      if (follower.has_content() && random() % 16 == 0) expected.check(follower);
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it ended by itself";

    while (follower.poll(10'000) == steady::poll_result::more) {
    }
    const durable_texts map(room.path(), options_of(round));
    ASSERT_EQ(follower.position(), map.position()) << follower.obstacle();
    expected.check(follower);
    ASSERT_EQ(texts_of(map), expected.model);
  }
  EXPECT_GT(expected.position, 100u) << "the child must have got to write";
}

}  // namespace
