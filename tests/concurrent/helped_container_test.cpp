// The helper's side of a container that is served, where threads come in an order that only chance
// brings about otherwise: a container of the test's own stands in for one that threads share.
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <thread>

#include <gtest/gtest.h>

#include <steady/detail/background/helped_container.hpp>
#include <steady/detail/concurrent/grace_period.hpp>
#include <steady/detail/concurrent/migration_watcher.hpp>
#include <steady/detail/concurrent/sync.hpp>

namespace {

namespace sd = steady::detail;
using namespace std::chrono_literals;
using sync = sd::native_sync;

// Calls `before_leaving` when its service ends, before it has forgotten its watcher.
struct quiet_container {
  struct upkeep_type {
    quiet_container& of;

    bool has_work() const { return false; }
    bool watch(sd::migration_watcher& by) { return of.place.take(by); }
    void unwatch() {
      of.before_leaving();
      of.place.leave();
    }
    static void wait_for_readers() {
      const auto since = sd::grace_period<sync>::retire();
      while (!sd::grace_period<sync>::is_over(since)) std::this_thread::yield();
    }
  };
  sd::steps_taken help(std::size_t) { return {}; }
  upkeep_type upkeep() { return {*this}; }

  sd::watcher_place<sync> place;
  std::function<void()> before_leaving = [] {};
};

// Counts who wants the container alone.
struct counting_helped : sd::helped_container {
  explicit counting_helped(quiet_container& of)
      : helped_container(
            of, [](void*) noexcept {}, nullptr) {}
  void pause() noexcept override {
    ++pauses;
    helped_container::pause();
  }
  std::atomic<int> pauses{0};
};

// The thread that needs the container alone has found its watcher before that leaves, and gets its
// turn after that. Whoever ends the service destroys the watcher then.
TEST(helped_container, outlives_a_thread_that_still_keeps_it_away) {
  quiet_container container;
  counting_helped helped(container);
  ASSERT_TRUE(helped.begin());
  std::atomic<bool> is_alone{false};
  std::atomic<bool> has_ended{false};
  bool had_ended_before = true;
  std::thread alone;
  container.before_leaving = [&] {
    alone = std::thread([&] {
      const sd::without_watcher<sync> kept_away(container.place);
      is_alone = true;
      std::this_thread::sleep_for(100ms);  // for the other thread to go on, if it does not wait
      had_ended_before = has_ended;
    });
    while (helped.pauses < 2) std::this_thread::yield();
  };
  helped.end();
  has_ended = true;
  alone.join();
  EXPECT_TRUE(is_alone);
  EXPECT_FALSE(had_ended_before) << "the service ended while its object was needed";
}

}  // namespace
