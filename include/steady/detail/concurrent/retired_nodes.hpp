// Nodes that were erased while readers may still be comparing their keys, until a grace period is
// over. A call that retires a node frees at most two others; trim() frees more.
//
//   young     erased lately
//   waiting   a batch of them, since a time (grace_period.hpp)
//   dead      nobody can read them any longer
//
// So at most two batches and what is erased during one grace period are held. While there are more
// than `MostHeld` of all three, a thread that retires one does not return before it has freed one:
// it waits for readers, and for the thread that is about to take nodes, if these have lost their
// processors. So there are never more than that and one for each thread that is in a call, whoever
// stands still. Threads in a visitor do not wait: they are readers themselves. Later calls make up
// for what these have left beyond that.
//
//   [D1] compare-and-swap, release, and exchange, acquire: the list of the young ones
//   [D2] fetch-add and fetch-sub, relaxed: how many there are. A node is counted before anybody can
//        take it, and no longer counted when a thread has taken it to free it
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/grace_period.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

template <class Sync, class Node, std::uint64_t MostHeld = 4096, std::uint64_t Batch = 32>
class retired_nodes {
  template <class T>
  using atomic = typename Sync::template atomic<T>;

 public:
  // The caller is not pinned by this operation. `free` destroys and deallocates a node.
  template <class Free>
  void retire(Node* gone, Free&& free) noexcept {
    push(gone);
    Node* dead = take_dead(most_by_call);
    while (dead == nullptr && size() > MostHeld && !grace_period<Sync>::is_pinned()) {
      Sync::yield();
      dead = take_dead(most_by_call);
    }
    free_chain(dead, free);
  }

  // Frees at most `most` nodes that nobody can be reading any longer. Returns how many. The caller
  // is not pinned.
  template <class Free>
  std::size_t free_some(std::size_t most, Free&& free) noexcept {
    std::size_t freed = 0;
    while (freed < most) {
      const std::uint64_t next = min_of<std::uint64_t>(most - freed, Batch);
      Node* dead = take_dead(next, 1);
      if (dead == nullptr) dead = take_dead(next, 1);  // a batch that waits only since then
      if (dead == nullptr) break;
      freed += free_chain(dead, free);
    }
    return freed;
  }

  // At any time. Nodes that a thread is just retiring may count or not, and those that it is just
  // freeing do not.
  std::size_t size() const noexcept {
    return static_cast<std::size_t>(held_.load(std::memory_order_relaxed));
  }

  // While nobody else uses the container. Frees at most `most` nodes; returns how many.
  template <class Free>
  std::size_t free_some_alone(std::size_t most, Free&& free) noexcept {
    std::size_t freed = 0;
    for (; freed < most && has_any_dead(); ++freed) {
      held_.fetch_sub(1, std::memory_order_relaxed);  // [D2]
      free(std::exchange(dead_.first, dead_.first->next_retired));
    }
    return freed;
  }
  void take(retired_nodes& other) noexcept {
    young_.store(other.young_.exchange(nullptr, std::memory_order_relaxed),
                 std::memory_order_relaxed);
    held_.store(other.held_.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
    waiting_ = std::exchange(other.waiting_, chain());
    dead_ = std::exchange(other.dead_, chain());
    since_ = other.since_;
  }

 private:
  static constexpr std::uint64_t most_by_call = 2;

  // Linked by `next_retired`. How many are known to be there: never fewer than there are, and
  // perhaps some more that threads were just retiring.
  struct chain {
    Node* first = nullptr;
    std::uint64_t counted = 0;
  };

  void push(Node* gone) noexcept {
    held_.fetch_add(1, std::memory_order_relaxed);  // [D2]
    Node* first = young_.load(std::memory_order_relaxed);
    do {
      gone->next_retired = first;
    } while (!young_.compare_exchange_strong(first, gone, std::memory_order_release,  // [D1]
                                             std::memory_order_relaxed));
  }

  // Returns how many there were.
  template <class Free>
  static std::size_t free_chain(Node* first, Free& free) noexcept {
    std::size_t freed = 0;
    for (; first != nullptr; ++freed) free(std::exchange(first, first->next_retired));
    return freed;
  }

  // While nobody else uses the container: all of them are dead.
  bool has_any_dead() noexcept {
    if (dead_.first == nullptr) dead_ = std::exchange(waiting_, chain());
    if (dead_.first == nullptr && young_.load(std::memory_order_relaxed) != nullptr) {
      dead_.first = young_.exchange(nullptr, std::memory_order_acquire);  // [D1]
    }
    return dead_.first != nullptr;
  }

  // A chain of at most `most`, for the caller to free. Null if there is none, or another thread is
  // here. At least `least` young ones make a batch.
  Node* take_dead(std::uint64_t most, std::uint64_t least = Batch) noexcept {
    const typename sole_right<Sync>::attempt right(to_free_);
    if (!right.has_it()) return nullptr;
    if (dead_.first == nullptr && waiting_.first != nullptr &&
        grace_period<Sync>::is_over(since_)) {
      dead_ = std::exchange(waiting_, chain());
    }
    if (waiting_.first == nullptr) let_wait(least);
    return dead_.first == nullptr ? nullptr : cut_off_dead(most);
  }

  // ---- with the right to free ----

  // All young ones, if there are so many. None waits.
  void let_wait(std::uint64_t least) noexcept {
    const std::uint64_t held = held_.load(std::memory_order_relaxed);
    if (held < dead_.counted + least) return;
    waiting_.first = young_.exchange(nullptr, std::memory_order_acquire);  // [D1]
    if (waiting_.first == nullptr) return;  // threads have counted them, and not yet added them
    waiting_.counted = held - dead_.counted;
    since_ = grace_period<Sync>::retire();
  }
  // At most so many of the dead ones, of which there are some.
  Node* cut_off_dead(std::uint64_t most) noexcept {
    Node* const first = dead_.first;
    Node* last = first;
    std::uint64_t taken = 1;
    for (; taken < most && last->next_retired != nullptr; ++taken) last = last->next_retired;
    dead_.first = std::exchange(last->next_retired, nullptr);
    dead_.counted = dead_.first == nullptr ? 0 : dead_.counted - taken;
    held_.fetch_sub(taken, std::memory_order_relaxed);  // [D2]
    return first;
  }

  alignas(cache_line_bytes) atomic<Node*> young_{nullptr};
  atomic<std::uint64_t> held_{0};  // of all three kinds
  sole_right<Sync> to_free_;       // to take waiting and dead ones
  std::uint64_t since_ = 0;        // the time of those that wait
  chain waiting_;
  chain dead_;
};

}  // namespace steady::detail
