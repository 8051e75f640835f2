// A few chunks that an old array no longer needs, for the next one to use. No grace period comes
// between: a reader that is still looking at the old array's slots asks the old bucket's word
// again, which says `moved`.
//
//   [H1] compare-and-swap, release: a chunk is on the shelf, after its last bucket has moved
//   [H2] exchange, acquire: taken from it, before anything is written to it
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>
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

  // While nobody else uses either.
  void take_all(chunk_shelf& other) noexcept {
    while (std::byte* const chunk = other.take()) put(chunk);
  }

 private:
  using place = typename Sync::template atomic<std::byte*>;

  // So few that they may stay there when no migration is on: freeing one would take a grace period.
  place places_[2]{};
};

}  // namespace steady::detail
