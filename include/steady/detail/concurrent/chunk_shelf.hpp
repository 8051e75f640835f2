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
    if (chunks_aside() != 0) return;
    std::size_t count = 0;
    while (count < most && (aside_[count] = take()) != nullptr) ++count;
    if (count == 0) return;
    aside_since_ = grace_period<Sync>::retire();
    count_aside(count);
  }
  // One that nobody can be looking at any longer; null if there is none, or not yet.
  std::byte* take_unread() noexcept {
    if (chunks_aside() == 0 || !grace_period<Sync>::is_over(aside_since_)) return nullptr;
    return take_aside();
  }
  // May be asked at any time.
  std::size_t chunks_aside() const noexcept {
    return static_cast<std::size_t>(count_aside_.load(std::memory_order_relaxed));
  }

  // ---- while nobody else uses it ----

  std::byte* take_any() noexcept {
    std::byte* const chunk = take();
    return chunk != nullptr ? chunk : take_aside();
  }
  void take_all(chunk_shelf& other) noexcept {
    while (std::byte* const chunk = other.take()) put(chunk);
    for (std::size_t n = 0; n < most; ++n) aside_[n] = other.aside_[n];
    aside_since_ = other.aside_since_;
    count_aside(other.chunks_aside());
    other.count_aside(0);
  }

 private:
  using place = typename Sync::template atomic<std::byte*>;

  // So few that they may stay when no migration is on.
  static constexpr std::size_t most = 2;

  void count_aside(std::size_t count) noexcept {
    count_aside_.store(count, std::memory_order_relaxed);
  }
  std::byte* take_aside() noexcept {
    const std::size_t count = chunks_aside();
    if (count == 0) return nullptr;
    count_aside(count - 1);
    return aside_[count - 1];
  }

  place places_[most]{};
  typename Sync::template atomic<std::uint64_t> count_aside_{0};
  std::byte* aside_[most]{};
  std::uint64_t aside_since_ = 0;  // see grace_period
};

}  // namespace steady::detail
