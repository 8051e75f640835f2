// The ring of tasks with one thing broken, each time another one, by giving member functions other
// bodies. The scheduler must catch every one of them. docs/concurrent.md tells what each shows.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include <gtest/gtest.h>

#include "interleave/support/ring_programs.hpp"
#include "interleave/support/searches.hpp"

namespace {

// What is broken, as policies of their own.
struct head_before_copy : interleave::interleaved_sync {};
struct relaxed_publication : interleave::interleaved_sync {};
struct relaxed_look : interleave::interleaved_sync {};
struct freed_before_copying : interleave::interleaved_sync {};
struct first_cell_tells : interleave::interleaved_sync {};

}  // namespace

namespace steady::detail {

// The sketch: head and tail alone say which cells hold tasks, and the head moves before they are
// copied. Its producers reserve as ours do, and then fill.
template <>
std::size_t task_ring<head_before_copy, 4>::enqueue(std::span<const task> added) noexcept {
  std::uint64_t from = tail_.next.load(std::memory_order_acquire);
  std::size_t count = 0;
  do {
    count = std::min<std::size_t>(added.size(),
                                  capacity - (from - head_.next.load(std::memory_order_acquire)));
  } while (!tail_.next.compare_exchange_strong(from, from + count, std::memory_order_acq_rel,
                                               std::memory_order_acquire));
  for (std::size_t n = 0; n < count; ++n)
    at(from + n).content.store(added[n], std::memory_order_release);
  return count;
}
template <>
std::size_t task_ring<head_before_copy, 4>::dequeue(std::span<task> into) noexcept {
  std::uint64_t from = head_.next.load(std::memory_order_acquire);
  std::size_t count = 0;
  do {
    count = std::min<std::size_t>(into.size(), tail_.next.load(std::memory_order_acquire) - from);
  } while (!head_.next.compare_exchange_strong(from, from + count, std::memory_order_acq_rel,
                                               std::memory_order_acquire));
  for (std::size_t n = 0; n < count; ++n)
    into[n] = at(from + n).content.load(std::memory_order_acquire);
  return count;
}

template <>
void task_ring<relaxed_publication, 2>::publish(std::uint64_t index, task added) noexcept {
  at(index).content.store(added, std::memory_order_relaxed);
  at(index).turn.store(index + published, std::memory_order_relaxed);
}

template <>
std::uint64_t task_ring<relaxed_look, 2>::turn_of(std::uint64_t index) noexcept {
  return at(index).turn.load(std::memory_order_relaxed);
}

template <>
auto task_ring<freed_before_copying, 2>::copy_and_free(std::uint64_t index) noexcept -> task {
  at(index).turn.store(index + capacity, std::memory_order_release);
  return at(index).content.load(std::memory_order_relaxed);
}

// The rest is taken to be like it, as far as the other end.
template <>
std::size_t task_ring<first_cell_tells, 4>::cells_in(state wanted, std::uint64_t from,
                                                     std::size_t most) noexcept {
  if (turn_of(from) != from + wanted) return 0;
  const std::uint64_t end = wanted == published ? tail_.next.load(std::memory_order_acquire)
                                                : head_.next.load(std::memory_order_acquire) + 4;
  return std::min<std::size_t>(most, end - from);
}

}  // namespace steady::detail

namespace {

using namespace interleave;

// A program that begins at index 0.
factory from_0(void (*program_of)(program&, std::uint64_t)) {
  return [=](program& p) { program_of(p, 0); };
}

// The consumer takes one of two tasks, for which there is room again at once.
template <class Sync>
void add_behind_a_consumer(program& p, std::uint64_t first) {
  const auto ring = make_ring<Sync, 4>(first, 4);
  const happening has_room = p.must_happen("there is room for the new task");
  p.thread([=] { ring->dequeue(0, 1); });
  p.thread([=] { has_room.note(ring->enqueue(0, 1) == 1); });
  p.finally([=] { ring->require_all(); });
}

TEST(broken_ring, head_before_copy) {
  expect_caught(from_0(take_from_two_producers<head_before_copy>),
                "a task came that nobody has added");
  expect_caught(from_0(add_behind_a_consumer<head_before_copy>), "a task came twice");
}
TEST(broken_ring, relaxed_publication) {
  expect_caught(from_0(pass_one_by_one<relaxed_publication>), "a task came that nobody has added");
}
TEST(broken_ring, relaxed_look) {
  expect_caught(from_0(pass_one_by_one<relaxed_look>), "a task came that nobody has added");
}
TEST(broken_ring, freed_before_copying) {
  expect_caught(from_0(add_to_a_full_ring<freed_before_copying>), "a task came twice");
}
TEST(broken_ring, first_cell_tells) {
  expect_caught(from_0(take_from_two_producers<first_cell_tells>),
                "a task came that nobody has added");
}

// The programs do not fail by themselves.
TEST(broken_ring, add_behind_a_consumer_of_the_real_one) {
  expect_no_failure(from_0(add_behind_a_consumer<interleaved_sync>));
}

}  // namespace
