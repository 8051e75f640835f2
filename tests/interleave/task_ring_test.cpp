// The real code of the ring of tasks under every schedule of small programs, up to a bound of
// preemptions and of stale reads, and under random schedules beyond it: from index 0, and from just
// below 2^64.
#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include "interleave/support/ring_programs.hpp"
#include "interleave/support/searches.hpp"

namespace {

using namespace interleave;
using sync = interleaved_sync;

// Threads that stop when they own cells, before they write the first of them, until they may go on.
struct stops_before_publishing : interleaved_sync {};
struct stops_before_copying : interleaved_sync {};

// Of this execution.
struct stopping {
  bool has_stopped = false;
  int others = 2;  // that have not ended

  // For the one that stops.
  void stop() {
    has_stopped = true;
    while (others != 0) interleaved_sync::pause();
  }
  // For each of the others: whatever they do, they do while it stands still.
  template <class Body>
  void run_meanwhile(const Body& body) {
    while (!has_stopped) interleaved_sync::pause();
    body();
    --others;
  }
};
stopping now;

constexpr std::size_t stopping_capacity = 4;

}  // namespace

namespace steady::detail {

template <>
void task_ring<stops_before_publishing, stopping_capacity>::publish(std::uint64_t index,
                                                                    task added) noexcept {
  if (added >= interleave::watched_ring<stops_before_publishing, 4>::task_of(1, 0)) now.stop();
  at(index).content.store(added, std::memory_order_relaxed);
  at(index).turn.store(index + published, std::memory_order_release);
}

template <>
auto task_ring<stops_before_copying, stopping_capacity>::copy_and_free(std::uint64_t index) noexcept
    -> task {
  if (!now.has_stopped) now.stop();
  const task copied = at(index).content.load(std::memory_order_relaxed);
  at(index).turn.store(index + capacity, std::memory_order_release);
  return copied;
}

}  // namespace steady::detail

namespace {

// Producer 1 has reserved two cells behind one task, and stops: the others go on, and end.
void producer_stops(program& p, std::uint64_t first) {
  now = {};
  const auto ring = make_ring<stops_before_publishing, stopping_capacity>(first, 1);
  p.thread([=] { require(ring->enqueue(1, 2) == 2, "there was room"); });
  p.thread([=] {
    now.run_meanwhile([&] {
      require(ring->enqueue(0, 1) == 1, "there was room behind what was reserved");
      ring->enqueue(0, 1);
    });
  });
  p.thread([=] {
    now.run_meanwhile([&] {
      require(ring->dequeue(0, 4) == 1, "not what stands before the reserved cells");
      require(ring->dequeue(0, 4) == 0, "cells came that were only reserved");
    });
  });
  const happening stops = p.must_happen("the producer stops");
  p.finally([=] {
    stops.note(now.has_stopped);
    require(ring->dequeue(1, 4) >= 3, "published tasks did not come");
    ring->require_all();
  });
}

// Consumer 0 has claimed two of three tasks, and stops: the others go on, and end.
void consumer_stops(program& p, std::uint64_t first) {
  now = {};
  const auto ring = make_ring<stops_before_copying, stopping_capacity>(first, 3);
  p.thread([=] { require(ring->dequeue(0, 2) == 2, "tasks that were there did not come"); });
  p.thread([=] {
    now.run_meanwhile([&] {
      require(ring->enqueue(1, 2) == 1, "the fourth cell was free, and no other");
      require(ring->enqueue(1, 1) == 0, "cells were filled that have not been copied");
    });
  });
  p.thread([=] {
    now.run_meanwhile([&] {
      require(ring->dequeue(1, 4) >= 1, "a task behind the claimed ones did not come");
      ring->dequeue(1, 4);
    });
  });
  const happening stops = p.must_happen("the consumer stops");
  p.finally([=] {
    stops.note(now.has_stopped);
    require(ring->enqueue(1, 2) == 2, "copied cells are not free");
    ring->require_all();
  });
}

void expect_no_failure_from_any_index(void (*program_of)(program&, std::uint64_t)) {
  for (const std::uint64_t before_the_end : {0u, 1u, 2u, 3u}) {
    SCOPED_TRACE(before_the_end);
    expect_no_failure([=](program& p) { program_of(p, 0 - before_the_end); });
  }
}

#define HOLDS_ALWAYS(name, ...) \
  TEST(task_ring, name) { expect_no_failure_from_any_index(__VA_ARGS__); }

HOLDS_ALWAYS(passes_tasks_on, pass_one_by_one<sync>)
HOLDS_ALWAYS(passes_batches_on, pass_in_batches<sync>)
HOLDS_ALWAYS(is_full_and_has_room_again, add_to_a_full_ring<sync>)
HOLDS_ALWAYS(is_filled_by_two, fill_together<sync>)
HOLDS_ALWAYS(is_emptied_by_two, drain_together<sync>)
HOLDS_ALWAYS(waits_for_no_slow_producer, take_from_two_producers<sync>)
HOLDS_ALWAYS(does_not_overtake_a_slow_consumer, add_for_two_consumers<sync>)
HOLDS_ALWAYS(serves_two_and_two, two_and_two<sync>)
HOLDS_ALWAYS(goes_on_behind_a_producer_that_has_stopped, producer_stops)
HOLDS_ALWAYS(goes_on_behind_a_consumer_that_has_stopped, consumer_stops)

}  // namespace
