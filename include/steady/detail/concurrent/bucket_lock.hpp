// Locking a bucket by its word. Threads that find it locked look again for a microsecond or two,
// then sleep, so that a holder that lost its processor does not cost another thread's, too.
//
// Atomic operations, by number (docs/concurrent.md tells which pairs with which):
//   [L1] compare-and-swap, acquire: takes the lock if the word is exactly as it was seen
//   [L2] exchange, release: writes what the bucket is now, and unlocks
//   [L3] load, acquire: whether it is still locked
//   [L4] compare-and-swap, relaxed: says that a thread is about to sleep; only while locked
//   [L5] fetch-or, relaxed: readers stop believing; the stores to slots behind it release
#pragma once

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
    const bucket_word before(at.exchange(becomes.bits(), std::memory_order_release));  // [L2]
    if (before.has_waiters()) [[unlikely]]
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
  STEADY_COLD static bucket_word wait(word& at) noexcept {
    for (unsigned looks = 0;;) {
      bucket_word seen(at.load(std::memory_order_acquire));  // [L3]
      if (!seen.is_locked()) return seen;
      if (looks++ < Sync::looks_before_waiting) {
        Sync::pause();
        continue;
      }
      std::uint64_t expected = seen.bits();
      if (!seen.has_waiters() &&
          !at.compare_exchange_strong(expected, seen.with_waiters().bits(),  // [L4]
                                      std::memory_order_relaxed, std::memory_order_relaxed)) {
        continue;
      }
      Sync::wait(at, seen.with_waiters().bits());
    }
  }
  STEADY_COLD static void wake(word& at) noexcept { Sync::wake_all(at); }
};

// A locked bucket, which is unlocked when this ends, whatever happens: then it is as `now` says.
template <class Sync>
class held_bucket {
 public:
  using word = typename bucket_lock<Sync>::word;

  // `seen` is the word before locking; this thread has the lock.
  held_bucket(word& at, bucket_word seen) noexcept : now(seen), at_(at) {}
  ~held_bucket() { bucket_lock<Sync>::unlock(at_, now); }
  held_bucket(const held_bucket&) = delete;
  held_bucket& operator=(const held_bucket&) = delete;

  // Must come before overwriting what readers may be reading: until the bucket is unlocked they do
  // not believe what they read, and then it has the next version.
  void begin_change() noexcept {
    at_.fetch_or(bucket_word().in_change().bits(), std::memory_order_relaxed);  // [L5]
    now = now.changed();
  }

  bucket_word now;

 private:
  word& at_;
};

}  // namespace steady::detail
