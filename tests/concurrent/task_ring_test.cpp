// The ring of tasks between real threads: every task comes once, and those of one producer come in
// its order. STEADY_RING_TASKS in the environment says how many tasks; 10^9 take some minutes and
// 250 MB, because a bit is kept for every task and consumer.
#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <span>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/concurrent/sync.hpp>
#include <steady/detail/concurrent/task_ring.hpp>

#include "support/sanitized.hpp"
#include "support/threads.hpp"

namespace {

using support::complaints;

std::uint64_t tasks_asked_for() {
  if (const char* const given = std::getenv("STEADY_RING_TASKS"))
    return std::strtoull(given, nullptr, 10);
  return support::sanitized ? 200'000 : 4'000'000;
}

struct plan {
  unsigned producers;
  unsigned consumers;
  std::uint64_t tasks;
};

// Lengths of batches, the same for the same thread.
class lengths {
 public:
  explicit lengths(std::uint64_t seed) : state_(seed) {}
  std::size_t next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return 1 + (state_ >> 33) % most;
  }
  static constexpr std::size_t most = 16;

 private:
  std::uint64_t state_;
};

// Tasks are the numbers from 0 on. Each producer adds a part of them, in rising order. The index
// passes 2^64 when half of them are through.
template <std::size_t Capacity>
class ring_run {
 public:
  explicit ring_run(const plan& of)
      : plan_(of),
        share_(of.tasks / of.producers),
        tasks_(share_ * of.producers),
        ring_(0 - tasks_ / 2),
        taken_(of.consumers) {}

  void run() {
    std::vector<std::function<void()>> bodies;
    for (unsigned n = 0; n < plan_.producers; ++n) bodies.emplace_back([this, n] { produce(n); });
    for (unsigned n = 0; n < plan_.consumers; ++n) bodies.emplace_back([this, n] { consume(n); });
    support::run_together(bodies, found_);
    ASSERT_EQ(found_.first(), "");
    expect_every_task_once();
  }

 private:
  // What one consumer got.
  struct taken {
    std::vector<std::uint64_t> bits;  // one for each task
    std::uint64_t sum = 0;
  };

  void produce(unsigned producer) {
    lengths batches(producer);
    std::array<std::uint64_t, lengths::most> batch{};
    std::uint64_t next = producer * share_;
    const std::uint64_t end = next + share_;
    while (next != end && !found_.any()) {
      const std::size_t length = std::min<std::uint64_t>(batches.next(), end - next);
      for (std::size_t n = 0; n < length; ++n) batch[n] = next + n;
      const std::size_t added =
          length == 1 ? ring_.enqueue(batch[0])
                      : ring_.enqueue(std::span<const std::uint64_t>(batch).first(length));
      next += added;
      if (added == 0) std::this_thread::yield();
    }
  }

  void consume(unsigned consumer) {
    taken& mine = taken_[consumer];
    mine.bits.resize(tasks_ / 64 + 1);
    std::vector<std::uint64_t> expected_from(plan_.producers);  // of each producer
    lengths batches(~std::uint64_t{consumer});
    std::array<std::uint64_t, lengths::most> batch{};
    while (all_taken_.load(std::memory_order_relaxed) != tasks_ && !found_.any()) {
      const std::size_t got = ring_.dequeue(std::span(batch).first(batches.next()));
      for (std::size_t n = 0; n < got; ++n) receive(batch[n], mine, expected_from);
      if (got == 0) {
        std::this_thread::yield();
      } else {
        all_taken_.fetch_add(got, std::memory_order_relaxed);
      }
    }
  }

  void receive(std::uint64_t task, taken& mine, std::vector<std::uint64_t>& expected_from) {
    if (task >= tasks_) return found_.add("a task came that nobody has added", task);
    std::uint64_t& expected = expected_from[task / share_];
    if (task < expected) found_.add("a task came twice, or out of its producer's order", task);
    expected = task + 1;
    mine.bits[task / 64] |= std::uint64_t{1} << task % 64;
    mine.sum += task;
  }

  void expect_every_task_once() const {
    std::uint64_t sum = 0;
    for (const taken& each : taken_) sum += each.sum;
    EXPECT_EQ(sum, tasks_ % 2 == 0 ? tasks_ / 2 * (tasks_ - 1) : (tasks_ - 1) / 2 * tasks_);
    for (std::uint64_t word = 0; word < tasks_ / 64 + 1; ++word) {
      std::uint64_t all = 0;
      for (const taken& each : taken_) {
        ASSERT_EQ(all & each.bits[word], 0u) << "tasks near " << word * 64 << " came twice";
        all |= each.bits[word];
      }
      const std::uint64_t left = tasks_ - std::min(tasks_, word * 64);
      const std::uint64_t wanted = left >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << left) - 1;
      ASSERT_EQ(all, wanted) << "tasks near " << word * 64 << " were lost";
    }
  }

  plan plan_;
  std::uint64_t share_;  // of each producer
  std::uint64_t tasks_;
  steady::detail::task_ring<steady::detail::native_sync, Capacity> ring_;
  std::atomic<std::uint64_t> all_taken_{0};
  std::vector<taken> taken_;
  complaints found_;
};

TEST(task_ring, between_two_and_two) {
  ring_run<1024>({.producers = 2, .consumers = 2, .tasks = tasks_asked_for()}).run();
}

// A fourth of the tasks, since every consumer keeps a bit for each.
TEST(task_ring, between_more_threads_than_processors) {
  const unsigned half = std::max(4u, std::thread::hardware_concurrency());
  ring_run<1024>({.producers = half, .consumers = half, .tasks = tasks_asked_for() / 4}).run();
}

// Every operation meets others in a ring of four cells.
TEST(task_ring, in_a_small_ring) {
  ring_run<4>({.producers = 3, .consumers = 3, .tasks = tasks_asked_for() / 32}).run();
}

}  // namespace
