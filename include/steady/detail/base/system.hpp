// Randomness, a clock and word of fork(), from the operating system. Without the standard
// headers for these, which take longer to compile than all of Steady.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>

#if STEADY_HAS_POSIX
#include <unistd.h>

#include <pthread.h>
#include <time.h>
#if defined(__APPLE__)
#include <sys/random.h>
#endif
#else
#include <chrono>
#include <cstring>
#include <random>
#endif

namespace steady::detail {

#if STEADY_HAS_POSIX

// Fills the bytes with random ones; false if the system has none to give.
inline bool system_random(void* bytes, std::size_t count) noexcept {
  return ::getentropy(bytes, count) == 0;
}

// Calls `what` in the child after every fork() to come; false if the system will not.
inline bool after_each_fork(void (*what)()) noexcept {
  return ::pthread_atfork(nullptr, nullptr, what) == 0;
}

// Of a clock that never goes back.
inline std::uint64_t system_nanoseconds() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

#else

inline bool system_random(void* bytes, std::size_t count) noexcept {
  STEADY_TRY {
    std::random_device device;
    auto* at = static_cast<unsigned char*>(bytes);
    for (std::size_t n = 0; n < count; ++n) at[n] = static_cast<unsigned char>(device());
    return true;
  }
  STEADY_CATCH_ALL { return false; }
}

inline bool after_each_fork(void (*)()) noexcept { return true; }  // there is none

inline std::uint64_t system_nanoseconds() noexcept {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(now).count());
}

#endif

}  // namespace steady::detail
