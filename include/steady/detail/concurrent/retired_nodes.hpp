// Nodes that were erased while readers may still be comparing their keys, until a grace period is
// over. A call that retires a node frees at most two others; trim() frees more.
//
//   young     erased lately
//   waiting   a batch of them, since a time (grace_period.hpp)
//   dead      nobody can read them any longer
//
// So at most two batches and what is erased during one grace period are held. A thread that finds
// more than `most_young` waits for readers that have lost their processors, unless it is in a
// visitor itself.
//
//   [D1] compare-and-swap, release, and exchange, acquire: the list of the young ones
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

template <class Sync, class Node>
class retired_nodes {
  template <class T>
  using atomic = typename Sync::template atomic<T>;

 public:
  // The caller is not pinned by this operation. `free` destroys and deallocates a node.
  template <class Free>
  void retire(Node* gone, Free&& free) noexcept {
    push(gone);
    while (count_.load(std::memory_order_relaxed) > most_young && !is_over() &&
           !grace_period<Sync>::is_pinned()) {
      Sync::yield();
    }
    for (Node* dead : {take_dead(), take_dead()}) {
      if (dead != nullptr) free(dead);
    }
  }

  // Frees at most `most` nodes that nobody can be reading any longer. Returns how many. The caller
  // is not pinned.
  template <class Free>
  std::size_t free_some(std::size_t most, Free&& free) noexcept {
    std::size_t freed = 0;
    for (; freed < most; ++freed) {
      Node* dead = take_dead(1);
      if (dead == nullptr) dead = take_dead(1);  // a batch that waits only since then
      if (dead == nullptr) break;
      free(dead);
    }
    return freed;
  }

  // About; it may be asked at any time.
  std::size_t size() const noexcept {
    return static_cast<std::size_t>(count_.load(std::memory_order_relaxed) +
                                    older_.load(std::memory_order_relaxed));
  }

  // While nobody else uses the container. Frees at most `most` nodes; returns how many.
  template <class Free>
  std::size_t free_some_alone(std::size_t most, Free&& free) noexcept {
    std::size_t freed = 0;
    for (; freed < most && has_any_dead(); ++freed) {
      free(std::exchange(dead_, dead_->next_retired));
    }
    if (freed < most) older_.store(0, std::memory_order_relaxed);
    return freed;
  }
  void take(retired_nodes& other) noexcept {
    young_.store(other.young_.exchange(nullptr, std::memory_order_relaxed),
                 std::memory_order_relaxed);
    count_.store(other.count_.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
    older_.store(other.older_.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
    waiting_ = std::exchange(other.waiting_, nullptr);
    dead_ = std::exchange(other.dead_, nullptr);
    since_.store(other.since_.load(std::memory_order_relaxed), std::memory_order_relaxed);
  }

 private:
  static constexpr std::uint64_t batch = 32;
  static constexpr std::uint64_t most_young = 4096;

  void push(Node* gone) noexcept {
    Node* first = young_.load(std::memory_order_relaxed);
    do {
      gone->next_retired = first;
    } while (!young_.compare_exchange_strong(first, gone, std::memory_order_release,  // [D1]
                                             std::memory_order_relaxed));
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  bool is_over() const noexcept {
    return grace_period<Sync>::is_over(since_.load(std::memory_order_relaxed));
  }

  // While nobody else uses the container: all of them are dead.
  bool has_any_dead() noexcept {
    if (dead_ == nullptr) dead_ = std::exchange(waiting_, nullptr);
    if (dead_ == nullptr && young_.load(std::memory_order_relaxed) != nullptr) {
      dead_ = young_.exchange(nullptr, std::memory_order_acquire);  // [D1]
      count_.store(0, std::memory_order_relaxed);
    }
    return dead_ != nullptr;
  }

  // Null if there is none, or another thread is here. At least `least` young ones make a batch.
  Node* take_dead(std::uint64_t least = batch) noexcept {
    const typename sole_right<Sync>::attempt right(to_free_);
    if (!right.has_it()) return nullptr;
    if (dead_ == nullptr && waiting_ != nullptr && is_over()) {
      dead_ = std::exchange(waiting_, nullptr);
    }
    std::uint64_t older = older_.load(std::memory_order_relaxed);
    const std::uint64_t young = count_.load(std::memory_order_relaxed);
    if (waiting_ == nullptr && young >= least) {
      older += young;
      count_.store(0, std::memory_order_relaxed);
      waiting_ = young_.exchange(nullptr, std::memory_order_acquire);  // [D1]
      since_.store(grace_period<Sync>::retire(), std::memory_order_relaxed);
    }
    Node* const taken = dead_;
    if (taken != nullptr) {
      dead_ = taken->next_retired;
      older = max_of<std::uint64_t>(older, 2) - 1;
    }
    const bool none = waiting_ == nullptr && dead_ == nullptr;
    older_.store(none ? 0 : older, std::memory_order_relaxed);
    return taken;
  }

  alignas(cache_line_bytes) atomic<Node*> young_{nullptr};
  atomic<std::uint64_t> count_{0};  // of the young ones, about
  sole_right<Sync> to_free_;
  atomic<std::uint64_t> older_{0};  // those that wait and the dead ones, about
  atomic<std::uint64_t> since_{0};
  Node* waiting_ = nullptr;  // with the right to free
  Node* dead_ = nullptr;     // with the right to free
};

}  // namespace steady::detail
