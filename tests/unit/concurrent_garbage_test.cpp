// Erased nodes that wait until nobody can be reading them: how many there may be, whoever stands
// still, and that none is lost. Threads stand still at a hook of the sync policy, so nothing here
// depends on time.
#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>

#include "support/counting_sync.hpp"

namespace {

constexpr std::size_t most_held = 4096;  // docs/guarantees.md, "Memory" of concurrent containers

// Where one thread stops, and goes on when another one lets it.
class halt {
 public:
  void arrive() noexcept {
    has_arrived_.store(true);
    has_arrived_.notify_all();
    may_leave_.wait(false);
  }
  void wait_for_arrival() noexcept { has_arrived_.wait(false); }
  void let_go() noexcept {
    may_leave_.store(true);
    may_leave_.notify_all();
  }

 private:
  std::atomic<bool> has_arrived_{false};
  std::atomic<bool> may_leave_{false};
};

// Of this thread: where it stops before its next fence of all threads, and what it does when it
// waits.
thread_local constinit halt* halts_at_fence = nullptr;
thread_local std::function<void()> when_waiting;

struct halting_sync : support::counting_sync {
  static void fence_of_all_threads() noexcept {
    counting_sync::fence_of_all_threads();
    if (halts_at_fence != nullptr) std::exchange(halts_at_fence, nullptr)->arrive();
  }
  static void yield() noexcept {
    counting_sync::yield();
    if (when_waiting) when_waiting();
  }
};
struct halting_policy : steady::default_concurrent_policy {
  using sync = halting_sync;
  static constexpr std::size_t most_flat_bytes = 0;
};
template <class Value>
using map_of =
    steady::concurrent_hash_map<std::uint64_t, Value, steady::hash<std::uint64_t>, std::equal_to<>,
                                std::allocator<std::pair<const std::uint64_t, Value>>,
                                halting_policy>;
using nodes = map_of<std::uint64_t>;

std::size_t held_by(const nodes& map) { return map.stats().leaving; }

void erase_new_ones(nodes& map, std::uint64_t from, std::uint64_t count) {
  for (std::uint64_t key = from; key < from + count; ++key) {
    map.try_emplace(key, key);
    map.erase(key);
  }
}

// A thread that stands still in the middle of taking erased nodes, so nobody else can.
class stuck_eraser {
 public:
  explicit stuck_eraser(nodes& map)
      : thread_([this, &map] {
          halts_at_fence = &halt_;
          erase_new_ones(map, 1'000'000, 200);
        }) {
    halt_.wait_for_arrival();
  }
  ~stuck_eraser() {
    let_go();
    thread_.join();
  }
  stuck_eraser(const stuck_eraser&) = delete;
  stuck_eraser& operator=(const stuck_eraser&) = delete;

  void let_go() { halt_.let_go(); }

 private:
  halt halt_;
  std::thread thread_;
};

TEST(concurrent_garbage, is_bounded_while_the_thread_that_may_free_it_stands_still) {
  nodes map;
  std::size_t most = 0;
  {
    stuck_eraser stuck(map);
    when_waiting = [&] {
      most = std::max(most, held_by(map));
      stuck.let_go();
    };
    for (std::uint64_t n = 0; n < 5 * most_held; ++n) {
      erase_new_ones(map, n, 1);
      most = std::max(most, held_by(map));
    }
    when_waiting = nullptr;
  }
  EXPECT_LE(most, most_held + 2) << "two threads are in a call";
  EXPECT_GE(most, most_held) << "nobody waits for less";
  erase_new_ones(map, 0, 2 * most_held);
  EXPECT_LE(held_by(map), 100u) << "the rest is freed by and by";
}

// All of them wait before it goes on.
TEST(concurrent_garbage, is_bounded_while_several_threads_erase) {
  constexpr std::size_t threads = 4;
  nodes map;
  std::atomic<std::size_t> most{0};
  {
    stuck_eraser stuck(map);
    std::atomic<std::size_t> waiting{0};
    const auto erase = [&](std::size_t number) {
      bool is_counted = false;
      when_waiting = [&] {
        if (std::exchange(is_counted, true) || ++waiting != threads) return;
        most = held_by(map);
        stuck.let_go();
      };
      erase_new_ones(map, number * 100'000, 5 * most_held);
      when_waiting = nullptr;
      if (!is_counted && ++waiting == threads) most = held_by(map);
    };
    std::vector<std::thread> erasing;
    for (std::size_t n = 0; n < threads; ++n) erasing.emplace_back(erase, n);
    for (std::thread& each : erasing) each.join();
  }
  EXPECT_LE(most.load(), most_held + threads + 1);
  EXPECT_GE(most.load(), most_held);
}

// One that stands still in an element's destructor has two nodes in its hands, and no right.
struct halting_value {
  halting_value() = default;
  ~halting_value() {
    if (halts_at_destructor != nullptr) std::exchange(halts_at_destructor, nullptr)->arrive();
  }
  halting_value(const halting_value&) = delete;
  halting_value& operator=(const halting_value&) = delete;

  static thread_local constinit halt* halts_at_destructor;
};
thread_local constinit halt* halting_value::halts_at_destructor = nullptr;

TEST(concurrent_garbage, is_freed_while_a_thread_stands_still_in_a_destructor) {
  map_of<halting_value> map;
  const auto erase_new_ones_from = [&](std::uint64_t from, std::uint64_t count) {
    for (std::uint64_t key = from; key < from + count; ++key) {
      map.try_emplace(key);
      map.erase(key);
    }
  };
  halt at_destructor;
  std::thread stuck([&] {
    halting_value::halts_at_destructor = &at_destructor;
    erase_new_ones_from(1'000'000, 200);
  });
  at_destructor.wait_for_arrival();
  const auto work = support::work_of([&] { erase_new_ones_from(0, 2 * most_held); });
  EXPECT_EQ(work.yields, 0u);
  EXPECT_LE(map.stats().leaving, 100u);
  at_destructor.let_go();
  stuck.join();
}

// A reader stays in a visitor: erasures of other threads wait for it.
TEST(concurrent_garbage, is_bounded_while_a_reader_stays) {
  nodes map;
  nodes other;
  other.try_emplace(1, 1);
  halt inside;
  std::thread reader([&] { other.visit(1, [&](auto&) { inside.arrive(); }); });
  inside.wait_for_arrival();
  std::size_t most = 0;
  when_waiting = [&] {
    most = std::max(most, held_by(map));
    inside.let_go();
  };
  for (std::uint64_t n = 0; n < 5 * most_held; ++n) {
    erase_new_ones(map, n, 1);
    most = std::max(most, held_by(map));
  }
  when_waiting = nullptr;
  reader.join();
  EXPECT_LE(most, most_held + 1);
  EXPECT_GE(most, most_held);
}

// A thread in a visitor would wait for itself.
TEST(concurrent_garbage, keeps_no_thread_waiting_that_is_in_a_visitor) {
  constexpr std::uint64_t count = 3 * most_held;
  nodes map;
  nodes other;
  other.try_emplace(1, 1);
  other.visit(1, [&](auto&) {
    const auto work = support::work_of([&] { erase_new_ones(map, 0, count); });
    EXPECT_EQ(work.yields, 0u);
    EXPECT_EQ(held_by(map), count);
  });
  const auto work = support::work_of([&] { erase_new_ones(map, 0, count); });
  EXPECT_EQ(work.yields, 0u) << "nobody reads them any longer";
  EXPECT_LE(held_by(map), most_held) << "later calls make up for it";
}
// Nor does it where another thread stands still with the right to free.
TEST(concurrent_garbage, keeps_no_visitor_waiting_for_a_thread_that_stands_still) {
  nodes map;
  nodes other;
  other.try_emplace(1, 1);
  stuck_eraser stuck(map);
  other.visit(1, [&](auto&) {
    const auto work = support::work_of([&] { erase_new_ones(map, 0, 2 * most_held); });
    EXPECT_EQ(work.yields, 0u);
  });
}

}  // namespace
