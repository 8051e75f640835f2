// Waiting for other threads: the pause between two looks at a word, sleeping until another thread
// wakes, and a fence of which one side costs nothing. From the operating system where it has them.
#pragma once

#include <atomic>
#include <bit>
#include <climits>
#include <cstdint>

#include <steady/detail/base/config.hpp>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/futex.h>
#include <linux/membarrier.h>
#endif

#if STEADY_HAS_SSE2
#include <emmintrin.h>
#endif

namespace steady::detail {

STEADY_ALWAYS_INLINE void pause_processor() noexcept {
#if STEADY_HAS_SSE2
  _mm_pause();
#elif defined(__aarch64__) && (defined(__GNUC__) || defined(__clang__))
  __asm__ volatile("isb");
#endif
}

#if defined(__linux__)

// Futexes are 32 bits wide: the lower half of the word.
inline const std::uint32_t* futex_of(const std::atomic<std::uint64_t>& word) noexcept {
  static_assert(sizeof(std::atomic<std::uint64_t>) == 8);
  return reinterpret_cast<const std::uint32_t*>(&word) +
         (std::endian::native == std::endian::big ? 1 : 0);
}
inline void park(const std::atomic<std::uint64_t>& word, std::uint64_t seen) noexcept {
  ::syscall(SYS_futex, futex_of(word), FUTEX_WAIT_PRIVATE, static_cast<std::uint32_t>(seen),
            nullptr, nullptr, 0);
}
inline void unpark_all(const std::atomic<std::uint64_t>& word) noexcept {
  ::syscall(SYS_futex, futex_of(word), FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

#else

inline void park(const std::atomic<std::uint64_t>& word, std::uint64_t seen) noexcept {
  word.wait(seen, std::memory_order_relaxed);
}
inline void unpark_all(const std::atomic<std::uint64_t>& word) noexcept {
  const_cast<std::atomic<std::uint64_t>&>(word).notify_all();
}

#endif

// ---- a store that is ordered before a load behind it, at no cost ----
//
// One side stores, then loads what the other one writes: it calls store_before_loads(). The other
// side writes, calls fence_of_all_threads(), then loads what the first one stored. One of the two
// sees the other. Where the kernel cannot make all threads of a process pass a fence
// (membarrier(2), Linux 4.14), the store is a sequentially consistent exchange, and all loads and
// stores that take part must be sequentially consistent, too. So also under the thread sanitizer,
// which knows nothing of membarrier.

#if defined(__linux__) && !STEADY_HAS_THREAD_SANITIZER

// Written once, before any thread has come back from prepare_fences().
STEADY_SHARED_BY_MODULES inline constinit bool has_membarrier = false;

// To be called by every thread before it takes part.
inline void prepare_fences() noexcept {
  static const bool is_known = [] {
    has_membarrier =
        ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
    return true;
  }();
  static_cast<void>(is_known);
}
// The store releases.
STEADY_ALWAYS_INLINE void store_before_loads(std::atomic<std::uint64_t>& place,
                                             std::uint64_t value) noexcept {
  if (has_membarrier) [[likely]] {
    place.store(value, std::memory_order_release);
    std::atomic_signal_fence(std::memory_order_seq_cst);
  } else {
    place.exchange(value, std::memory_order_seq_cst);
  }
}
inline void fence_of_all_threads() noexcept {
  if (has_membarrier) {
    ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
  }
}

#else

inline void prepare_fences() noexcept {}
STEADY_ALWAYS_INLINE void store_before_loads(std::atomic<std::uint64_t>& place,
                                             std::uint64_t value) noexcept {
  place.exchange(value, std::memory_order_seq_cst);
}
inline void fence_of_all_threads() noexcept {}

#endif

}  // namespace steady::detail
