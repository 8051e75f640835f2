// The overflow buckets of one array. They stay overflow buckets as long as the array exists, so a
// reader that follows an old link finds tags and slots, though maybe another bucket's; the word of
// its own bucket then says so.
//
// Several stripes, and nobody waits for one: whoever finds all of them locked, maybe by threads
// that lost their processors, allocates, and leaves what it has to give aside.
//
//   [P1] exchange, acquire: locks a stripe if it was not locked
//   [P2] store, release: unlocks it
//   [P3] compare-and-swap, release: a block is in the list of blocks, which only grows
//   [P4] load, acquire: that list
//   [P5] compare-and-swap, release: a chain is aside
//   [P6] exchange, acquire: takes all that is, with a stripe locked
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/shared_bucket.hpp>
#include <steady/detail/concurrent/shared_memory.hpp>

namespace steady::detail {

template <class Sync, class Layout>
class overflow_pool {
  template <class T>
  using atomic = typename Sync::template atomic<T>;

 public:
  using bucket = shared_overflow<Sync, Layout>;

  // For an array of so many buckets.
  explicit overflow_pool(std::uint64_t buckets) noexcept
      : per_block_(clamped<std::uint64_t>(buckets / 16, 2, most_per_block)) {}

  // An empty overflow bucket that leads nowhere. Throws what the allocator throws.
  bucket* take(shared_memory<Sync>& memory) {
    bucket* taken = take_free();
    if (taken == nullptr) taken = take_new(memory);
    in_use_.fetch_add(1, std::memory_order_relaxed);
    return taken;
  }
  // It has no elements; readers may still read it.
  void give(bucket* back) noexcept {
    in_use_.fetch_sub(1, std::memory_order_relaxed);
    put(back, back);
  }

  std::uint64_t in_use() const noexcept { return in_use_.load(std::memory_order_relaxed); }

  // Frees a block; false when none is left.
  bool release_some(shared_memory<Sync>& memory) noexcept {
    block* const first = blocks_.load(std::memory_order_acquire);  // [P4]
    if (first == nullptr) return false;
    blocks_.store(first->next, std::memory_order_relaxed);
    memory.release(reinterpret_cast<std::byte*>(first), block_bytes());
    return true;
  }

 private:
  struct block {
    block* next;
  };
  struct alignas(cache_line_bytes) stripe {
    atomic<std::uint32_t> locked{0};
    bucket* free = nullptr;  // linked by `next`

    bool try_lock() noexcept {
      return locked.load(std::memory_order_relaxed) == 0 &&
             locked.exchange(1, std::memory_order_acquire) == 0;  // [P1]
    }
    void unlock() noexcept { locked.store(0, std::memory_order_release); }  // [P2]
  };
  static constexpr unsigned stripes = 4;

  static constexpr std::size_t block_header = cache_line_bytes;
  static constexpr std::uint64_t most_per_block =
      max_of<std::uint64_t>((std::size_t{16} << 10) / sizeof(bucket), 2);
  std::size_t block_bytes() const noexcept {
    return block_header + static_cast<std::size_t>(per_block_) * sizeof(bucket);
  }

  bucket* take_free() noexcept {
    for (stripe& s : stripes_) {
      if (!s.try_lock()) continue;
      if (s.free == nullptr) s.free = take_aside();
      bucket* const taken = s.free;
      if (taken != nullptr) s.free = taken->following();
      s.unlock();
      if (taken != nullptr) {
        taken->lead_to(nullptr);
        return taken;
      }
    }
    return nullptr;
  }

  STEADY_COLD bucket* take_new(shared_memory<Sync>& memory) {
    std::byte* const bytes = memory.allocate(block_bytes());
    std::memset(bytes, 0, block_bytes());
    auto* const made = reinterpret_cast<block*>(bytes);
    block* first = blocks_.load(std::memory_order_acquire);  // [P4]
    do {
      made->next = first;
    } while (!blocks_.compare_exchange_strong(first, made, std::memory_order_release,  // [P3]
                                              std::memory_order_relaxed));
    auto* const buckets = reinterpret_cast<bucket*>(bytes + block_header);
    const std::uint64_t last = per_block_ - 1;
    for (std::uint64_t n = 1; n < last; ++n) buckets[n].lead_to(buckets + n + 1);
    put(buckets + 1, buckets + last);
    return buckets;
  }

  // Puts a chain of free ones into a stripe that is not locked, or aside.
  void put(bucket* first, bucket* last) noexcept {
    for (stripe& s : stripes_) {
      if (!s.try_lock()) continue;
      last->lead_to(s.free);
      s.free = first;
      s.unlock();
      return;
    }
    set_aside(first, last);
  }
  STEADY_COLD void set_aside(bucket* first, bucket* last) noexcept {
    bucket* others = aside_.load(std::memory_order_relaxed);
    do {
      last->lead_to(others);
    } while (!aside_.compare_exchange_strong(others, first, std::memory_order_release,  // [P5]
                                             std::memory_order_relaxed));
  }
  bucket* take_aside() noexcept {
    if (aside_.load(std::memory_order_relaxed) == nullptr) return nullptr;
    return aside_.exchange(nullptr, std::memory_order_acquire);  // [P6]
  }

  std::uint64_t per_block_;
  atomic<std::uint64_t> in_use_{0};
  atomic<block*> blocks_{nullptr};
  atomic<bucket*> aside_{nullptr};  // linked by `next`
  stripe stripes_[stripes];
};

}  // namespace steady::detail
