// A process that writes is killed, again and again; what it had acknowledged is there.
#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>

#include "support/durable_model.hpp"
#include "support/killed_writer.hpp"
#include "support/temporary_room.hpp"

namespace {

using namespace support;

// What the child tells, in memory that both share.
struct told {
  std::atomic<std::uint64_t> acknowledged{0};
  std::atomic<std::uint64_t> snapshots{0};
};

TEST(durable_map, survives_kill_9) {
  const temporary_room room;
  void* const shared =
      ::mmap(nullptr, sizeof(told), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(shared, MAP_FAILED);
  told& tells = *::new (shared) told;
  known_texts expected;
  std::mt19937 random(11);
  // On a busy machine the child gets to write later: then there are more rounds.
  const auto is_enough = [&] { return expected.position > 100 && tells.snapshots.load() > 0; };
  const std::uint32_t rounds = kill_rounds();
  for (std::uint32_t round = 0;
       !HasFailure() && (round < rounds || (round < 50 * rounds && !is_enough())); ++round) {
    SCOPED_TRACE(round);
    tells.acknowledged = expected.position;
    const steady::durable_options options = options_of_round(round);
    doomed_process writer([&] {
      write_without_end(room.path(), options, [&](const durable_texts& map) {
        tells.acknowledged = options.sync == steady::sync_policy::each_change
                                 ? map.position()
                                 : map.durable_position();
        if (map.snapshot_position() != 0) ++tells.snapshots;
      });
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(20 + random() % 100));
    writer.kill();

    const durable_texts map(room.path(), options);
    ASSERT_GE(map.position(), tells.acknowledged.load());
    expected.go_to(map.position());
    ASSERT_EQ(texts_of(map), expected.now);
    ASSERT_TRUE(map.report().damage.empty());
  }
  EXPECT_TRUE(is_enough()) << "the child must have got to write";
  ::munmap(shared, sizeof(told));
}

}  // namespace
