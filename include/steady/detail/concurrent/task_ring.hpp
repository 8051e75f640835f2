// task_ring: a bounded queue of tasks, which are words, for any number of producers and consumers.
// Lock-free, and without allocation: the cells are in the object.
//
// Invariants:
//   1. The task with index i goes through cell i mod Capacity. Indices only rise. They have 64 bits
//      and may begin anywhere: after 2^64-1 comes 0, and turns are compared by their distance.
//   2. A cell has a turn. For the task with index i it is i when the cell is free, i + 1 when it
//      holds the task, and i + Capacity when that has been copied: free for index i + Capacity.
//   3. Whoever moves the tail past i owns cell i until it stores the turn i + 1; whoever moves the
//      head past i owns it until it stores i + Capacity. Nobody else writes cell or turn meanwhile.
//   4. The tail moves only past cells that are free, the head only past cells that hold their task:
//      all of them were seen to be so before the one compare-and-swap that moves it.
//
// A batch is published from its last cell to its first, and freed likewise: the other side looks at
// the first, so it sees all of the batch or nothing, and keeps away from cells that are written.
//
// Progress: no operation waits. Each is repeated only when another thread has moved the same index
// meanwhile. Where a producer has stopped between reserving and publishing, consumers get what
// stands before it, and producers go on until the ring is full; where a consumer has stopped before
// freeing, likewise.
//
// Why cells have turns: batch dequeue was first sketched as advancing the head and then copying,
// with head and tail alone to say which cells hold tasks. That loses tasks in two ways:
//   - The tail moves when a cell is reserved, not when it is filled. A consumer that goes by the
//     tail copies what a slower producer has not written yet, and the task that comes is skipped.
//   - The head moves before a task is copied. A producer that goes by the head fills the cell with
//     a later task first: the earlier one is lost, and the later one is done twice.
// Here the turn tells, which is stored behind the task and behind the copy.
//
//   [Q1] load, relaxed: head or tail, where to begin looking. If it is stale, [Q3] fails; or [Q2]
//        sees a turn past it, which was stored behind a [Q3], so that the next load is newer
//   [Q2] load, acquire: a cell's turn; pairs with [Q5] (the task is there) and [Q6] (it was copied)
//   [Q3] compare-and-swap, relaxed: reserves or claims a run of cells. It publishes nothing:
//        whatever a cell holds was seen by [Q2]
//   [Q4] store and load, relaxed: the task, by who owns the cell
//   [Q5] store, release: the turn of a cell that holds its task; pairs with [Q2] of consumers
//   [Q6] store, release: the turn of a cell that is free again; pairs with [Q2] of producers
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

#include <steady/detail/base/config.hpp>

namespace steady::detail {

template <class Sync, std::size_t Capacity = 1024>
class task_ring {
  static_assert(Capacity >= 2 && std::has_single_bit(Capacity),
                "task_ring: the capacity must be a power of two, and at least 2");

 public:
  using task = std::uint64_t;
  static constexpr std::size_t capacity = Capacity;

  // `first`: the index of the first task, for tests of what happens behind 2^64-1.
  // Bound: Capacity stores. Throws: nothing. Threads: others may use the ring once they know that
  // it is there.
  explicit task_ring(std::uint64_t first = 0) noexcept {
    tail_.next.store(first, std::memory_order_relaxed);
    head_.next.store(first, std::memory_order_relaxed);
    for (std::size_t n = 0; n < Capacity; ++n)
      at(first + n).turn.store(first + n, std::memory_order_relaxed);
  }
  task_ring(const task_ring&) = delete;
  task_ring& operator=(const task_ring&) = delete;

  // Whether there was room for the task.
  // Bound: as for a batch of one. Throws: nothing. Threads: all functions at any time.
  bool enqueue(task added) noexcept { return enqueue(std::span<const task>(&added, 1)) == 1; }

  // Adds as many as there is room for, from the front, in their order and with none in between.
  // Returns how many: 0 if the ring is full, or a consumer has not freed the next cell yet.
  // Bound: one compare-and-swap and one look at each cell for each attempt; two stores for a task.
  std::size_t enqueue(std::span<const task> added) noexcept {
    const run mine = take_run(tail_, free, added.size());
    for (std::size_t n = mine.length; n-- != 0;) publish(mine.from + n, added[n]);
    return mine.length;
  }

  // Takes the oldest tasks, as many as have been published one after the other and `into` has room
  // for. Returns how many: 0 if the ring is empty, or the next task has not been published yet.
  // Bound: one compare-and-swap and one look at each cell for each attempt; one load and one store
  // for a task.
  std::size_t dequeue(std::span<task> into) noexcept {
    const run mine = take_run(head_, published, into.size());
    for (std::size_t n = mine.length; n-- != 0;) into[n] = copy_and_free(mine.from + n);
    return mine.length;
  }

 private:
  template <class T>
  using atomic = typename Sync::template atomic<T>;

  struct cell {
    atomic<std::uint64_t> turn;
    atomic<task> content;
  };
  struct alignas(cache_line_bytes) end_of_queue {
    atomic<std::uint64_t> next;  // the index that is taken next
  };
  // Cells that belong to the caller.
  struct run {
    std::uint64_t from;
    std::size_t length;
  };
  // How far the turn of a cell is ahead of its task's index.
  enum state : std::uint64_t { free = 0, published = 1 };

  cell& at(std::uint64_t index) noexcept { return cells_[index % Capacity]; }

  // Reserves or claims the next cells that are in that state: `most`, or as many as there are.
  run take_run(end_of_queue& end, state wanted, std::size_t most) noexcept {
    std::uint64_t from = end.next.load(std::memory_order_relaxed);  // [Q1]
    while (true) {
      const std::size_t length = cells_in(wanted, from, most);
      if (length == 0) {
        if (!is_past(wanted, from)) return {from, 0};
        from = end.next.load(std::memory_order_relaxed);  // [Q1]
      } else if (end.next.compare_exchange_strong(from, from + length, std::memory_order_relaxed,
                                                  std::memory_order_relaxed)) {  // [Q3]
        return {from, length};
      }
    }
  }

  // How many cells from that index on are in that state, one after the other.
  std::size_t cells_in(state wanted, std::uint64_t from, std::size_t most) noexcept {
    std::size_t length = 0;
    while (length != most && turn_of(from + length) == from + length + wanted) ++length;
    return length;
  }

  // Whether the cell has been in that state for that index already: another thread has taken it.
  bool is_past(state wanted, std::uint64_t index) noexcept {
    return static_cast<std::int64_t>(turn_of(index) - (index + wanted)) > 0;
  }

  std::uint64_t turn_of(std::uint64_t index) noexcept {
    return at(index).turn.load(std::memory_order_acquire);  // [Q2]
  }

  void publish(std::uint64_t index, task added) noexcept {
    cell& to = at(index);
    to.content.store(added, std::memory_order_relaxed);           // [Q4]
    to.turn.store(index + published, std::memory_order_release);  // [Q5]
  }

  task copy_and_free(std::uint64_t index) noexcept {
    cell& from = at(index);
    const task copied = from.content.load(std::memory_order_relaxed);  // [Q4]
    from.turn.store(index + Capacity, std::memory_order_release);      // [Q6]
    return copied;
  }

  end_of_queue tail_;  // where producers add
  end_of_queue head_;  // where consumers take
  alignas(cache_line_bytes) cell cells_[Capacity];
};

}  // namespace steady::detail
