// Atomic loads and stores of words in raw memory, aligned to their size: std::atomic_ref, or the
// compiler's functions where the library does not have it (libc++ before 19).
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>

#include <steady/detail/base/config.hpp>

namespace steady::detail {

#if defined(__cpp_lib_atomic_ref) || !(defined(__GNUC__) || defined(__clang__))

template <class Word>
STEADY_ALWAYS_INLINE Word load_acquire(const Word* at) noexcept {
  return std::atomic_ref<Word>(const_cast<Word&>(*at)).load(std::memory_order_acquire);
}
template <class Word>
STEADY_ALWAYS_INLINE void store_release(Word* at, Word value) noexcept {
  std::atomic_ref<Word>(*at).store(value, std::memory_order_release);
}

#else

template <class Word>
STEADY_ALWAYS_INLINE Word load_acquire(const Word* at) noexcept {
  return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}
template <class Word>
STEADY_ALWAYS_INLINE void store_release(Word* at, Word value) noexcept {
  __atomic_store_n(at, value, __ATOMIC_RELEASE);
}

#endif

// Replaces one byte, counted from the lowest of the first word, and releases. No other thread
// writes that word meanwhile; those that read it read all of it. The C++ memory model has no
// accesses of several sizes; processors have (x86, ARM and POWER order them by the byte). Where
// words may need a lock, the whole word is written.
template <class Atomic>
STEADY_ALWAYS_INLINE void store_byte(Atomic* words, std::uint64_t number,
                                     std::uint8_t value) noexcept {
  static_assert(sizeof(Atomic) == sizeof(std::uint64_t));
  if constexpr (Atomic::is_always_lock_free) {
    constexpr std::uint64_t reversed = std::endian::native == std::endian::big ? 7 : 0;
    detail::store_release(reinterpret_cast<std::uint8_t*>(words) + (number ^ reversed), value);
  } else {
    Atomic& word = words[number / 8];
    const std::uint64_t shift = number % 8 * 8;
    const std::uint64_t others =
        word.load(std::memory_order_relaxed) & ~(std::uint64_t{0xff} << shift);
    word.store(others | std::uint64_t{value} << shift, std::memory_order_release);
  }
}

}  // namespace steady::detail
