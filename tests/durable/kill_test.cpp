// A process that writes is killed, again and again; what it had acknowledged is there.
//
// STEADY_KILL_ROUNDS: how many times, 8 unless set.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>

#include "support/durable_model.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;

// What the child tells, in memory that both share.
struct told {
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<std::uint64_t> snapshots{0};
};

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
  options.snapshot_buckets_per_change = 1 + round % 4;
  options.background = round % 3 != 0;
  return options;
}

// Writes until it is killed.
[[noreturn]] void write_without_end(const std::string& path, std::uint32_t round, told& tells) {
  durable_texts map(path, options_of(round));
  texts now = texts_of(map);
  while (true) {
    const text_operation one = operation_at(map.position() + 1, now);
    one.apply(now);
    one.apply(map);
    tells.acknowledged = options_of(round).sync == steady::sync_policy::each_change
                             ? map.position()
                             : map.durable_position();
    if (map.snapshot_position() != 0) ++tells.snapshots;
  }
}

std::uint32_t rounds() {
  const char* const asked = std::getenv("STEADY_KILL_ROUNDS");
  return asked == nullptr ? 8 : static_cast<std::uint32_t>(std::strtoul(asked, nullptr, 10));
}

TEST(durable_map, survives_kill_9) {
  const temporary_room room;
  void* const shared =
      ::mmap(nullptr, sizeof(told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  told& tells = *::new (shared) told;
  texts model;
  std::uint64_t position = 0;
  std::mt19937 random(11);
  for (std::uint32_t round = 0; round < rounds() && !HasFailure(); ++round) {
    SCOPED_TRACE(round);
    tells.acknowledged = position;
    const ::pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_without_end(room.path(), round, tells);
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 100));
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it ended by itself";

    const durable_texts map(room.path(), options_of(round));
    ASSERT_GE(map.position(), tells.acknowledged.load());
    while (position < map.position()) operation_at(++position, model).apply(model);
    ASSERT_EQ(texts_of(map), model);
    ASSERT_TRUE(map.report().damage.empty());
  }
  EXPECT_GT(position, 100u) << "the child must have got to write";
  EXPECT_GT(tells.snapshots.load(), 0u);
  ::munmap(shared, sizeof(told));
}

}  // namespace
