// A few chunks that an old array no longer needs, for the next one to use. No grace period comes
// between: a reader that is still looking at the old array's slots asks the old bucket's word
// again, which says `moved`. Freeing one does take a grace period, so chunks stay here when a
// migration has ended, until trim() sets them aside and that period is over.
//
//   [H1] compare-and-swap, release: a chunk is on the shelf, after its last bucket has moved
//   [H2] exchange, acquire: taken from it, before anything is written to it
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/grace_period.hpp>
#include <steady/detail/concurrent/shared_memory.hpp>

namespace steady::detail {

template <class Sync>
class chunk_shelf {
 public:
  // False if the shelf is full.
  bool put(std::byte* chunk) noexcept {
    for (place& p : places_) {
      std::byte* none = nullptr;
      if (p.load(std::memory_order_relaxed) == nullptr &&
          p.compare_exchange_strong(none, chunk, std::memory_order_release,  // [H1]
                                    std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }
  // Null if there is none.
  std::byte* take() noexcept {
    for (place& p : places_) {
      if (p.load(std::memory_order_relaxed) == nullptr) continue;
      std::byte* const chunk = p.exchange(nullptr, std::memory_order_acquire);  // [H2]
      if (chunk != nullptr) return chunk;
    }
    return nullptr;
  }

  // ---- giving memory back, one thread at a time ----

  // Sets aside what is on the shelf, unless something is aside already. Whoever looks at one of
  // these chunks has been pinned since before its last bucket moved, and so before this.
  void set_aside() noexcept {
    if (aside_[0] != nullptr) return;
    for (std::size_t n = 0; n < most; ++n) aside_[n] = take();
    if (aside_[0] != nullptr) aside_since_ = grace_period<Sync>::retire();
  }
  // One that nobody can be looking at any longer; null if there is none, or not yet.
  std::byte* take_unread() noexcept {
    if (aside_[0] == nullptr || !grace_period<Sync>::is_over(aside_since_)) return nullptr;
    return take_aside();
  }

  // ---- while nobody else uses it ----

  std::byte* take_any() noexcept {
    std::byte* const chunk = take();
    return chunk != nullptr ? chunk : take_aside();
  }
  void take_all(chunk_shelf& other) noexcept {
    while (std::byte* const chunk = other.take()) put(chunk);
    for (std::size_t n = 0; n < most; ++n) aside_[n] = std::exchange(other.aside_[n], nullptr);
    aside_since_ = other.aside_since_;
  }

 private:
  using place = typename Sync::template atomic<std::byte*>;

  // So few that they may stay when no migration is on.
  static constexpr std::size_t most = 2;

  std::byte* take_aside() noexcept {
    std::byte* const first = aside_[0];
    for (std::size_t n = 1; n < most; ++n) aside_[n - 1] = aside_[n];
    aside_[most - 1] = nullptr;
    return first;
  }

  place places_[most]{};
  std::byte* aside_[most]{};       // the first ones; null behind them
  std::uint64_t aside_since_ = 0;  // see grace_period
};

}  // namespace steady::detail
