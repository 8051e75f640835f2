// Small programs over the ring of tasks, each with what must hold under every schedule: nothing is
// lost, doubled or invented, and what one producer adds comes in its order. The same ones run over
// the real code and over broken variants of it. All begin at the index that they are told.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include <steady/detail/concurrent/task_ring.hpp>

#include "interleave/support/explore.hpp"

namespace interleave {

// A ring whose users know what they have put in and taken out. A task says which producer it is of,
// and which of its tasks it is, from 1 on; 0 is none.
template <class Sync, std::size_t Capacity>
class watched_ring {
 public:
  using ring = steady::detail::task_ring<Sync, Capacity>;

  explicit watched_ring(std::uint64_t first) : ring_(first) {}

  // The producer adds its next tasks, so many. Returns how many were taken.
  std::size_t enqueue(std::size_t producer, std::size_t count) {
    std::array<std::uint64_t, most_at_once> tasks{};
    for (std::size_t n = 0; n < count; ++n) tasks[n] = task_of(producer, added_[producer] + n + 1);
    offered_[producer] = std::max(offered_[producer], added_[producer] + count);
    const std::size_t taken = ring_.enqueue(std::span(tasks).first(count));
    require(taken <= count, "more tasks were added than there were");
    added_[producer] += taken;
    return taken;
  }

  // The consumer takes so many tasks at most. Returns how many it got.
  std::size_t dequeue(std::size_t consumer, std::size_t most) {
    std::array<std::uint64_t, most_at_once> tasks{};
    const std::size_t got = ring_.dequeue(std::span(tasks).first(most));
    require(got <= most, "more tasks came than were asked for");
    for (std::size_t n = 0; n < got; ++n) {
      receive(tasks[n]);
      const std::size_t producer = producer_of(tasks[n]);
      require(tasks[n] > newest_[consumer][producer], "a producer's tasks came out of their order");
      newest_[consumer][producer] = tasks[n];
    }
    return got;
  }

  // When all threads have ended: what is left comes out, and then everything was there once.
  void require_all() {
    const auto received_before = received_;
    std::vector<std::uint64_t> left;
    std::array<std::uint64_t, 1> task{};
    for (; ring_.dequeue(task) != 0; left.push_back(task[0])) receive(task[0]);
    for (std::size_t producer = 0; producer < producers; ++producer) {
      require(received_[producer] == (std::uint64_t{1} << added_[producer]) - 1, "a task was lost");
    }
    for (const std::uint64_t each : left) {
      require(number_of(each) > newest_in(received_before[producer_of(each)]),
              "a producer's tasks came out of their order");
    }
  }

  std::size_t added() const { return added_[0] + added_[1]; }
  std::size_t received() const {
    return static_cast<std::size_t>(std::popcount(received_[0]) + std::popcount(received_[1]));
  }

  static constexpr std::uint64_t task_of(std::size_t producer, std::size_t number) {
    return (producer + 1) << 8 | number;
  }

 private:
  static constexpr std::size_t producers = 2;
  static constexpr std::size_t consumers = 2;
  static constexpr std::size_t most_at_once = 4;

  static std::size_t number_of(std::uint64_t task) { return task & 0xff; }
  static std::size_t producer_of(std::uint64_t task) {
    return static_cast<std::size_t>(task >> 8) - 1;
  }
  static std::size_t newest_in(std::uint64_t received) {
    return static_cast<std::size_t>(std::bit_width(received));
  }

  void receive(std::uint64_t task) {
    const std::size_t producer = producer_of(task);
    const std::size_t number = number_of(task);
    require(producer < producers && number != 0 && number <= offered_[producer],
            "a task came that nobody has added");
    const std::uint64_t bit = std::uint64_t{1} << (number - 1);
    require((received_[producer] & bit) == 0, "a task came twice");
    received_[producer] |= bit;
  }

  ring ring_;
  std::array<std::size_t, producers> offered_{};     // the highest number that may be in the ring
  std::array<std::size_t, producers> added_{};       // the highest number that is
  std::array<std::uint64_t, producers> received_{};  // a bit for each number
  std::array<std::array<std::uint64_t, producers>, consumers> newest_{};
};

template <class Sync, std::size_t Capacity>
std::shared_ptr<watched_ring<Sync, Capacity>> make_ring(std::uint64_t first,
                                                        std::size_t tasks_of_0 = 0) {
  const auto made = std::make_shared<watched_ring<Sync, Capacity>>(first);
  if (tasks_of_0 != 0) made->enqueue(0, tasks_of_0);
  return made;
}

// Every cell is used again; the ring is full and empty in between.
template <class Sync>
void pass_one_by_one(program& p, std::uint64_t first) {
  const auto ring = make_ring<Sync, 2>(first);
  const happening is_full = p.must_happen("the ring is full");
  const happening is_empty = p.must_happen("the ring is empty");
  const happening all_pass = p.must_happen("four tasks pass through two cells");
  const auto passed = std::make_shared<std::size_t>(0);
  p.thread([=] {
    for (int n = 0; n < 4; ++n) is_full.note(ring->enqueue(0, 1) == 0);
  });
  p.thread([=] {
    for (int n = 0; n < 4; ++n) {
      const std::size_t got = ring->dequeue(0, 1);
      is_empty.note(got == 0);
      all_pass.note((*passed += got) == 4);
    }
  });
  p.finally([=] { ring->require_all(); });
}

template <class Sync>
void pass_in_batches(program& p, std::uint64_t first) {
  const auto ring = make_ring<Sync, 4>(first);
  const happening has_more_room = p.must_happen("a batch takes the cells of another one");
  const happening come_later = p.must_happen("a batch comes of two");
  p.thread([=] {
    require(ring->enqueue(0, 3) == 3, "there was room");
    has_more_room.note(ring->enqueue(0, 4) > 1);
  });
  p.thread([=] {
    const std::size_t first_ones = ring->dequeue(0, 2);
    come_later.note(first_ones + ring->dequeue(0, 4) > 3);
  });
  p.finally([=] { ring->require_all(); });
}

// What a full ring refuses comes later.
template <class Sync>
void add_to_a_full_ring(program& p, std::uint64_t first) {
  const auto ring = make_ring<Sync, 2>(first, 2);
  const happening is_full = p.must_happen("the ring refuses a task");
  const happening has_room = p.must_happen("the ring takes a task");
  p.thread([=] {
    const std::size_t taken = ring->enqueue(0, 2) + ring->enqueue(1, 1);
    is_full.note(taken == 0);
    has_room.note(taken == 1);
  });
  p.thread([=] { require(ring->dequeue(0, 1) == 1, "a task that was there did not come"); });
  p.finally([=] {
    require(ring->added() <= 3, "there was no room");
    ring->require_all();
  });
}

// Both find the same cells free.
template <class Sync>
void fill_together(program& p, std::uint64_t first) {
  const auto ring = make_ring<Sync, 2>(first);
  const auto within = std::make_shared<int>(0);
  const happening meet = p.must_happen("one looks for room while the other one does");
  for (std::size_t producer = 0; producer < 2; ++producer) {
    p.thread([=] {
      meet.note(++*within == 2);
      ring->enqueue(producer, 2);
      --*within;
    });
  }
  p.finally([=] {
    require(ring->added() == 2, "the ring was not filled, or more than that");
    require(ring->enqueue(0, 1) == 0, "there was no room");
    ring->require_all();
  });
}

// Both find the same tasks.
template <class Sync>
void drain_together(program& p, std::uint64_t first) {
  const auto ring = make_ring<Sync, 2>(first, 2);
  const auto within = std::make_shared<int>(0);
  const happening meet = p.must_happen("one looks for tasks while the other one does");
  for (std::size_t consumer = 0; consumer < 2; ++consumer) {
    p.thread([=] {
      meet.note(++*within == 2);
      ring->dequeue(consumer, 2);
      --*within;
    });
  }
  p.finally([=] {
    require(ring->received() == 2, "tasks that were there did not come");
    require(ring->dequeue(0, 1) == 0, "there was no task");
    ring->require_all();
  });
}

// One of the two may reserve first and publish last.
template <class Sync>
void take_from_two_producers(program& p, std::uint64_t first) {
  const auto ring = make_ring<Sync, 4>(first);
  for (std::size_t producer = 0; producer < 2; ++producer) {
    p.thread([=] { ring->enqueue(producer, 2); });
  }
  const happening some_come = p.must_happen("tasks come while others are still to come");
  p.thread([=] {
    const std::size_t got = ring->dequeue(0, 4);
    some_come.note(got != 0 && got != 4 && ring->dequeue(0, 4) != 0);
  });
  p.finally([=] {
    require(ring->added() == 4, "there was room");
    ring->require_all();
  });
}

// A cell is filled again while a slow consumer may still be copying it.
template <class Sync>
void add_for_two_consumers(program& p, std::uint64_t first) {
  const auto ring = make_ring<Sync, 2>(first, 2);
  const auto within = std::make_shared<int>(0);
  const happening is_filled_again = p.must_happen("a cell is filled again while a consumer is on");
  p.thread([=] {
    const bool was_on = *within != 0;
    const std::size_t added = ring->enqueue(0, 1) + ring->enqueue(0, 2);
    is_filled_again.note(added != 0 && was_on && *within != 0);
  });
  for (std::size_t consumer = 0; consumer < 2; ++consumer) {
    p.thread([=] {
      ++*within;
      ring->dequeue(consumer, consumer + 1);
      --*within;
    });
  }
  p.finally([=] { ring->require_all(); });
}

template <class Sync>
void two_and_two(program& p, std::uint64_t first) {
  const auto ring = make_ring<Sync, 2>(first);
  for (std::size_t producer = 0; producer < 2; ++producer) {
    p.thread([=] {
      ring->enqueue(producer, 2 - producer);
      ring->enqueue(producer, 1);
    });
  }
  const auto getters = std::make_shared<int>(0);
  const happening both_get = p.must_happen("each of the two gets a task");
  const happening are_many = p.must_happen("more tasks are added than there are cells");
  for (std::size_t consumer = 0; consumer < 2; ++consumer) {
    p.thread([=] {
      const std::size_t got = ring->dequeue(consumer, 2) + ring->dequeue(consumer, 1);
      *getters += got != 0;
    });
  }
  p.finally([=] {
    both_get.note(*getters == 2);
    are_many.note(ring->added() > 2);
    ring->require_all();
  });
}

}  // namespace interleave
