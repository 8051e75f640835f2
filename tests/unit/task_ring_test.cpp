// The ring of tasks beside a std::deque of the same capacity, in one thread: what it takes and
// gives at any index, and what an operation costs.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <numeric>
#include <random>
#include <span>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/sync.hpp>
#include <steady/detail/concurrent/task_ring.hpp>

#include "support/counting_sync.hpp"

namespace {

using steady::detail::native_sync;
using steady::detail::task_ring;

// From where a ring begins; its index passes 2^64 soon, late or never.
constexpr std::array<std::uint64_t, 6> beginnings = {0,
                                                     1,
                                                     ~std::uint64_t{0},
                                                     ~std::uint64_t{0} - 6,
                                                     ~std::uint64_t{0} - 1000,
                                                     std::uint64_t{1} << 63};

template <std::size_t Capacity>
class ring_and_model {
 public:
  explicit ring_and_model(std::uint64_t first) : ring_(first) {}

  void enqueue_one() {
    const bool has_room = model_.size() < Capacity;
    ASSERT_EQ(ring_.enqueue(next_), has_room);
    if (has_room) model_.push_back(next_++);
  }
  void enqueue(std::size_t count) {
    std::vector<std::uint64_t> tasks(count);
    std::iota(tasks.begin(), tasks.end(), next_);
    const std::size_t taken = ring_.enqueue(std::span<const std::uint64_t>(tasks));
    ASSERT_EQ(taken, std::min(count, Capacity - model_.size()));
    for (std::size_t n = 0; n < taken; ++n) model_.push_back(next_++);
  }
  void dequeue(std::size_t most) {
    constexpr std::uint64_t untouched = 77;
    std::vector<std::uint64_t> tasks(most + 1, untouched);
    const std::size_t got = ring_.dequeue(std::span(tasks).first(most));
    ASSERT_EQ(got, std::min(most, model_.size()));
    ASSERT_TRUE(std::equal(tasks.begin(), tasks.begin() + static_cast<std::ptrdiff_t>(got),
                           model_.begin()));
    ASSERT_TRUE(std::all_of(tasks.begin() + static_cast<std::ptrdiff_t>(got), tasks.end(),
                            [](std::uint64_t task) { return task == untouched; }));
    model_.erase(model_.begin(), model_.begin() + static_cast<std::ptrdiff_t>(got));
  }

 private:
  task_ring<native_sync, Capacity> ring_;
  std::deque<std::uint64_t> model_;
  std::uint64_t next_ = 1000;
};

template <std::size_t Capacity>
void expect_like_a_deque(std::uint64_t first) {
  std::mt19937_64 random(first + Capacity);
  ring_and_model<Capacity> both(first);
  for (int n = 0; n < 5000 && !testing::Test::HasFatalFailure(); ++n) {
    switch (const std::size_t count = random() % (Capacity + 3); random() % 3) {
      case 0:
        both.enqueue_one();
        break;
      case 1:
        both.enqueue(count);
        break;
      default:
        both.dequeue(count);
    }
  }
}

TEST(task_ring, is_like_a_deque_at_every_index) {
  for (const std::uint64_t first : beginnings) {
    SCOPED_TRACE(first);
    expect_like_a_deque<2>(first);
    expect_like_a_deque<4>(first);
    expect_like_a_deque<16>(first);
    expect_like_a_deque<1024>(first);
  }
}

// All words are tasks: none means that a cell is empty.
TEST(task_ring, takes_any_word) {
  task_ring<native_sync, 4> ring(~std::uint64_t{0});
  const std::array<std::uint64_t, 4> words = {0, ~std::uint64_t{0}, 1, 0};
  ASSERT_EQ(ring.enqueue(std::span<const std::uint64_t>(words)), 4u);
  std::array<std::uint64_t, 4> got{};
  ASSERT_EQ(ring.dequeue(got), 4u);
  EXPECT_EQ(got, words);
}

TEST(task_ring, takes_and_gives_nothing_where_nothing_is_asked_for) {
  task_ring<native_sync, 2> ring;
  EXPECT_EQ(ring.enqueue(std::span<const std::uint64_t>()), 0u);
  EXPECT_EQ(ring.dequeue({}), 0u);
  EXPECT_TRUE(ring.enqueue(5));
  EXPECT_EQ(ring.dequeue({}), 0u);
}

TEST(task_ring, has_the_capacity_that_is_published) {
  using usual = task_ring<native_sync>;
  static_assert(usual::capacity == 1024);
  // The cells, and a cache line for each end.
  static_assert(sizeof(usual) == 1024 * 16 + 2 * steady::detail::cache_line_bytes);
  static_assert(alignof(usual) == steady::detail::cache_line_bytes);
  usual ring;
  std::size_t tasks = 0;
  while (ring.enqueue(tasks)) ++tasks;
  EXPECT_EQ(tasks, 1024u);
}

// One compare-and-swap for a batch, whatever its length; a look at every cell, and one at the end.
TEST(task_ring, moves_a_batch_by_one_exchange) {
  task_ring<support::counting_sync> ring;
  for (const std::size_t length : {1u, 2u, 16u, 100u}) {
    std::vector<std::uint64_t> tasks(length, 7);
    const auto adding = support::work_of(
        [&] { EXPECT_EQ(ring.enqueue(std::span<const std::uint64_t>(tasks)), length); });
    EXPECT_EQ(adding.loads, 1 + length);
    EXPECT_EQ(adding.writes, 1 + 2 * length);
    const auto taking = support::work_of([&] { EXPECT_EQ(ring.dequeue(tasks), length); });
    EXPECT_EQ(taking.loads, 1 + length + length);
    EXPECT_EQ(taking.writes, 1 + length);
    EXPECT_EQ(adding.pauses + adding.yields + adding.sleeps, 0u);
    EXPECT_EQ(taking.pauses + taking.yields + taking.sleeps, 0u);
  }
}

// A full or an empty ring is recognised without a write.
TEST(task_ring, writes_nothing_where_it_is_full_or_empty) {
  task_ring<support::counting_sync, 4> ring;
  std::array<std::uint64_t, 8> tasks{};
  const auto taking = support::work_of([&] { EXPECT_EQ(ring.dequeue(tasks), 0u); });
  EXPECT_EQ(taking.writes, 0u);
  EXPECT_EQ(taking.loads, 3u);
  EXPECT_EQ(ring.enqueue(std::span<const std::uint64_t>(tasks)), 4u);
  const auto adding = support::work_of([&] { EXPECT_FALSE(ring.enqueue(1)); });
  EXPECT_EQ(adding.writes, 0u);
  EXPECT_EQ(adding.loads, 3u);
}

}  // namespace
