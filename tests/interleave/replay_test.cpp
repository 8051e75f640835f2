// A schedule that was printed gives the same failure again, in the same words.
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "interleave/support/explore.hpp"

namespace {

using namespace interleave;

using word = interleaved_sync::atomic<std::uint64_t>;

struct two_words {
  word a, b;
  interleaved_sync::atomic<word*> chosen;
};

void broken(program& p) {
  const auto state = std::make_shared<two_words>();
  p.thread([=] {
    state->a.store(0x1234, std::memory_order_relaxed);
    state->chosen.store(&state->b, std::memory_order_relaxed);
    interleaved_sync::pause();
  });
  p.thread([=] {
    const bool chosen = state->chosen.load(std::memory_order_acquire) != nullptr;
    std::uint64_t seen = 0;
    state->b.compare_exchange_strong(seen, 0);
    state->b.fetch_add(3);
    if (chosen) require(state->a.load(std::memory_order_relaxed) != 0, "a is there");
  });
}

verdict failure() {
  options how;
  how.within.weak_reads = 1;
  return explore(how, broken);
}

TEST(replay, fails_as_the_exploration_did) {
  const verdict found = failure();
  ASSERT_TRUE(found.failed);
  const verdict again = replay(found.schedule, broken);
  EXPECT_TRUE(again.failed);
  EXPECT_EQ(again.message, found.message);
  EXPECT_EQ(again.schedule, found.schedule);
  EXPECT_EQ(again.trace, found.trace);
  EXPECT_EQ(again.executions, 1u);
}

TEST(replay, passes_if_the_schedule_does) {
  const verdict again = replay("p0.w0.s0.a0:", broken);
  EXPECT_FALSE(again.failed) << again;
  EXPECT_NE(again.trace, "") << "all the same";
}

TEST(replay, refuses_what_does_not_fit) {
  EXPECT_TRUE(replay("nonsense", broken).failed);
  EXPECT_TRUE(replay("p0.w0.s0.a0:1(", broken).failed);
  EXPECT_TRUE(replay("p9.w0.s0.a0:7", broken).failed) << "there are two threads";
  EXPECT_TRUE(replay("p9.w0.s0.a0:0(99)1", broken).failed) << "there are fewer decisions";
}

TEST(replay, says_so_even_if_something_else_fails_then) {
  const verdict again = replay("p9.w0.s0.a0:7", [](program& p) {
    const auto state = std::make_shared<two_words>();
    p.thread([=] { require(state->a.load() != 0, "another failure"); });
    p.thread([=] { require(state->a.load() != 0, "another failure"); });
  });
  EXPECT_NE(again.message.find("does not fit"), std::string::npos) << again;
}

TEST(replay, of_a_failure_has_a_trace_to_read) {
  EXPECT_EQ(failure().trace,
            "  thread 0: store #1 = 0x1234 relaxed\n"
            "  thread 0: store #2 = pointer 1 relaxed\n"
            "  thread 0: pause\n"
            "  thread 1: load #2 -> pointer 1 acquire\n"
            "  thread 1: compare_exchange #3: 0 -> 0 seq_cst\n"
            "  thread 1: fetch_add #3: 0 -> 3 seq_cst\n"
            "  thread 1: load #1 -> 0 relaxed (the newest is 0x1234)\n");
}

TEST(replay, is_asked_for_by_the_environment) {
  const verdict found = failure();
  setenv("STEADY_SCHEDULE", found.schedule.c_str(), 1);
  testing::internal::CaptureStdout();
  const verdict again = explore({}, broken);
  unsetenv("STEADY_SCHEDULE");
  EXPECT_NE(testing::internal::GetCapturedStdout().find(found.trace), std::string::npos);
  EXPECT_EQ(again.message, found.message);
  EXPECT_EQ(again.executions, 1u);
}

TEST(schedule, is_written_and_read) {
  schedule given{{unlimited, 2, 1, announcements::by_fences}, {}};
  for (const unsigned digit : {0u, 0u, 0u, 0u, 0u, 0u, 1u, 1u, 35u, 0u, 2u, 0u, 0u}) {
    given.decisions.push_back({static_cast<std::uint8_t>(digit), 36, 0});
  }
  EXPECT_EQ(given.written(), "p-.w2.s1.a1:0(6)11z02");
  const auto read = schedule::read(given.written());
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->within, given.within);
  EXPECT_EQ(read->written(), given.written());
  EXPECT_EQ(read->decisions.size(), 11u);
}

}  // namespace
