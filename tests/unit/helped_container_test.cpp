// A container in the hands of a helper: who needs the container alone waits for the turn that is
// on, and for no other; a helper waits for nobody who takes long.
#include <atomic>
#include <cstddef>
#include <functional>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include <steady/detail/background/helped_container.hpp>

#include "support/threads.hpp"

namespace {

using steady::detail::helped;
using steady::detail::helped_container;
using steady::detail::migration_watcher;
using steady::detail::steps_taken;

// What a helper needs to know of a container, which has work for ever, and does `on_turn`.
struct fake {
  struct upkeep_type {
    bool has_work() const noexcept { return true; }
    bool watch(migration_watcher&) noexcept { return true; }
    void unwatch() noexcept {}
    static void wait_for_readers() noexcept {}
  };
  upkeep_type upkeep() const noexcept { return {}; }
  steps_taken help(std::size_t) {
    ++turns;
    on_turn();
    return {1, 1};
  }

  std::atomic<int> turns = 0;
  std::function<void()> on_turn = [] {};
};

void wake_nobody(void*) noexcept {}

// Whether a helper that comes for a turn goes on at once, and without one. (In a thread of its own,
// so that a test that fails ends.)
class passing_helper {
 public:
  explicit passing_helper(helped_container& of)
      : thread_([this, &of] {
          came_to_ = of.turn(64);
          has_passed_ = true;
        }) {}
  ~passing_helper() {
    thread_.join();
    EXPECT_EQ(came_to_, helped::blocked);
  }
  passing_helper(const passing_helper&) = delete;
  passing_helper& operator=(const passing_helper&) = delete;
  bool has_passed() const {
    return support::comes_true([this] { return has_passed_.load(); });
  }

 private:
  helped came_to_ = helped::gone;
  std::atomic<bool> has_passed_ = false;
  std::thread thread_;
};

// Runs `waits` in another thread, from the middle of a turn on. The next turn begins after that.
template <class Waits>
void expect_to_wait_for_one_turn(Waits waits) {
  fake container;
  helped_container served(container, wake_nobody, nullptr);
  ASSERT_TRUE(served.begin());
  std::atomic<bool> has_waited = false;
  std::thread other;
  std::optional<passing_helper> next_turn;
  container.on_turn = [&] {
    if (container.turns > 1) return;
    other = std::thread([&] {
      waits(served, container);
      has_waited = true;
    });
    EXPECT_TRUE(support::comes_true([&] { return served.is_needed_alone(); }));
    EXPECT_FALSE(has_waited);
    next_turn.emplace(served);
    EXPECT_TRUE(next_turn->has_passed());
  };
  EXPECT_EQ(served.turn(64), helped::worked);
  next_turn.reset();
  while (!has_waited) served.turn(64);
  other.join();
}

TEST(helped_container, ends_after_one_turn) {
  expect_to_wait_for_one_turn([](helped_container& served, fake& container) {
    served.end();
    EXPECT_EQ(container.turns, 1);
    EXPECT_TRUE(served.is_gone());
  });
}

TEST(helped_container, is_let_go_after_one_turn) {
  expect_to_wait_for_one_turn([](helped_container& served, fake& container) {
    served.let_go();
    EXPECT_EQ(container.turns, 1);
    EXPECT_TRUE(served.is_gone());
  });
}

TEST(helped_container, pauses_after_one_turn) {
  expect_to_wait_for_one_turn([](helped_container& served, fake& container) {
    served.pause();
    EXPECT_EQ(container.turns, 1);
    served.resume();
  });
}

TEST(helped_container, is_passed_by_while_it_pauses) {
  fake container;
  helped_container served(container, wake_nobody, nullptr);
  ASSERT_TRUE(served.begin());
  served.pause();
  {
    const passing_helper helper(served);
    EXPECT_TRUE(helper.has_passed());
    EXPECT_FALSE(served.is_gone());
    EXPECT_EQ(container.turns, 0);
    served.resume();
  }
  EXPECT_EQ(served.turn(64), helped::worked);
  served.end();
  EXPECT_EQ(served.turn(64), helped::gone);
}

}  // namespace
