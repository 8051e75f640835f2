// Locking a bucket by its word. Threads that find it locked look again for a microsecond or two,
// then sleep, so that a holder that lost its processor does not cost another thread's, too.
//
// Unlocking is a plain store and a look at the number of all sleepers of the process; only while
// there are some, also at that of sleepers on words whose addresses have the same hash. (With a bit
// in the word it would be a second atomic exchange, which waits for all stores before it, cache
// misses included.) A sleeper counts itself, makes all threads pass a fence, and looks at the word
// again: so it sees the bucket unlocked, or is seen by whoever unlocks.
//
//   [L1] compare-and-swap, acquire: takes the lock if the word is exactly as it was seen
//   [L2] store, release, before loads: writes what the bucket is now, and unlocks
//   [L3] load, acquire: whether it is still locked
//   [L4] load, sequentially consistent: whether there are sleepers, after [L2]
//   [L5] store, relaxed: readers stop believing; the stores to slots behind it release
//   [L6] fetch-add and fetch-sub, sequentially consistent: sleepers
//   [L7] load, sequentially consistent: whether it is still locked, after [L6]
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/bucket_word.hpp>

namespace steady::detail {

template <class Sync>
class bucket_lock {
 public:
  using word = typename Sync::template atomic<std::uint64_t>;

  // Takes the lock if the bucket is as `seen`, which must not be locked.
  static STEADY_ALWAYS_INLINE bool try_lock(word& at, bucket_word seen) noexcept {
    std::uint64_t expected = seen.bits();
    return at.compare_exchange_strong(expected, seen.with_lock().bits(),  // [L1]
                                      std::memory_order_acquire, std::memory_order_relaxed);
  }

  // Waits for the lock; returns the word as it was before. A moved bucket is not locked.
  static bucket_word lock(word& at) noexcept {
    for (;;) {
      const bucket_word seen = await_unlocked(at);
      if (seen.is_moved() || try_lock(at, seen)) return seen;
    }
  }

  // Unlocks; the bucket is as `becomes`, which says that it is not locked, from now on.
  static STEADY_ALWAYS_INLINE void unlock(word& at, bucket_word becomes) noexcept {
    Sync::store_before_loads(at, becomes.bits());                          // [L2]
    if (all_sleepers().load(std::memory_order_seq_cst) != 0) [[unlikely]]  // [L4]
      wake(at);
  }

  // Returns the word once it is not locked.
  static STEADY_ALWAYS_INLINE bucket_word await_unlocked(const word& at) noexcept {
    const bucket_word seen(at.load(std::memory_order_acquire));  // [L3]
    if (!seen.is_locked()) [[likely]]
      return seen;
    return wait(const_cast<word&>(at));
  }

 private:
  using counter = typename Sync::template atomic<std::uint32_t>;
  static constexpr std::size_t counters = 256;

  static STEADY_ALWAYS_INLINE counter& all_sleepers() noexcept { return sleepers_.of; }
  static counter& sleepers_near(const word& at) noexcept {
    return sleepers_near_[reinterpret_cast<std::uintptr_t>(&at) / bytes_between % counters];
  }
  static constexpr std::size_t bytes_between = 32;  // headers, see shared_bucket.hpp

  STEADY_COLD static bucket_word wait(word& at) noexcept {
    for (unsigned looks = 0;; ++looks) {
      const bucket_word seen(at.load(std::memory_order_acquire));  // [L3]
      if (!seen.is_locked()) return seen;
      if (looks < Sync::looks_before_waiting) {
        Sync::pause();
      } else {
        sleep(at);
      }
    }
  }
  static void sleep(word& at) noexcept {
    counter& nearby = sleepers_near(at);
    nearby.fetch_add(1, std::memory_order_seq_cst);          // [L6]
    all_sleepers().fetch_add(1, std::memory_order_seq_cst);  // [L6]
    Sync::fence_of_all_threads();
    const bucket_word seen(at.load(std::memory_order_seq_cst));  // [L7]
    if (seen.is_locked()) Sync::wait(at, seen.bits());
    all_sleepers().fetch_sub(1, std::memory_order_seq_cst);  // [L6]
    nearby.fetch_sub(1, std::memory_order_seq_cst);          // [L6]
  }
  // Whoever has seen a sleeper among all of them sees it among those near its word.
  STEADY_COLD static void wake(word& at) noexcept {
    if (sleepers_near(at).load(std::memory_order_seq_cst) != 0) Sync::wake_all(at);  // [L4]
  }

  struct alignas(cache_line_bytes) counter_line {
    counter of{0};
  };
  STEADY_SHARED_BY_MODULES static inline constinit counter_line sleepers_{};
  STEADY_SHARED_BY_MODULES alignas(cache_line_bytes) static inline constinit counter
      sleepers_near_[counters]{};
};

// A locked bucket, which is unlocked when this ends, whatever happens: then it is as `now` says.
template <class Sync>
class held_bucket {
 public:
  using word = typename bucket_lock<Sync>::word;

  // `seen` is the word before locking; this thread has the lock.
  STEADY_ALWAYS_INLINE held_bucket(word& at, bucket_word seen) noexcept : now(seen), at_(at) {}
  STEADY_ALWAYS_INLINE ~held_bucket() { bucket_lock<Sync>::unlock(at_, now); }
  held_bucket(const held_bucket&) = delete;
  held_bucket& operator=(const held_bucket&) = delete;

  // Must come before overwriting what readers may be reading: until the bucket is unlocked they do
  // not believe what they read, and then it has the next version.
  void begin_change() noexcept {
    at_.store(now.with_lock().in_change().bits(), std::memory_order_relaxed);  // [L5]
    now = now.changed();
  }

  bucket_word now;

 private:
  word& at_;
};

}  // namespace steady::detail
