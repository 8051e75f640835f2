// Compiler and platform facts, in one place. Everything else uses these names and never asks the
// compiler.
//
// Only this header and the few that tools/check_layers lists contain `#if`.
#pragma once

// 201709 is what GCC 10 calls C++20. MSVC says it elsewhere.
#if __cplusplus < 201709L && !(defined(_MSVC_LANG) && _MSVC_LANG >= 201709L)
#error "Steady needs C++20: compile with -std=c++20 (MSVC: /std:c++20)"
#endif

// The only one of Qt's keywords that is a name here.
#if defined(slots)
#error \
    "Steady: slots is a macro here, as with Qt: include Steady's headers before, or define QT_NO_KEYWORDS"
#endif

#include <cstddef>
#include <cstdint>

#if defined(__SSE2__) || defined(_M_X64)
#define STEADY_HAS_SSE2 1
#else
#define STEADY_HAS_SSE2 0
#endif

#if defined(__ARM_NEON) && defined(__aarch64__)
#define STEADY_HAS_NEON 1
#else
#define STEADY_HAS_NEON 0
#endif

// An operating system with POSIX virtual memory, clock and randomness.
#if defined(__unix__) || defined(__APPLE__)
#define STEADY_HAS_POSIX 1
#else
#define STEADY_HAS_POSIX 0
#endif

#if defined(__SANITIZE_ADDRESS__)
#define STEADY_HAS_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define STEADY_HAS_ADDRESS_SANITIZER 1
#endif
#endif
#if !defined(STEADY_HAS_ADDRESS_SANITIZER)
#define STEADY_HAS_ADDRESS_SANITIZER 0
#endif

#if defined(__SANITIZE_THREAD__)
#define STEADY_HAS_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STEADY_HAS_THREAD_SANITIZER 1
#endif
#endif
#if !defined(STEADY_HAS_THREAD_SANITIZER)
#define STEADY_HAS_THREAD_SANITIZER 0
#endif

// Has no macro of its own in GCC, which lacks it.
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#define STEADY_HAS_MEMORY_SANITIZER 1
#endif
#endif
#if !defined(STEADY_HAS_MEMORY_SANITIZER)
#define STEADY_HAS_MEMORY_SANITIZER 0
#endif

// Sanitized code that is not optimised takes longer to compile than to run, and every copy of a
// function would be checked, so nothing is copied by force there.
#if defined(__OPTIMIZE__)
#define STEADY_FORCES_INLINING 1
#else
#define STEADY_FORCES_INLINING \
  !(STEADY_HAS_ADDRESS_SANITIZER || STEADY_HAS_THREAD_SANITIZER || STEADY_HAS_MEMORY_SANITIZER)
#endif

#if defined(_MSC_VER) && !defined(__clang__)
#define STEADY_ALWAYS_INLINE __forceinline
#define STEADY_INLINE_LAMBDA
#define STEADY_NOINLINE __declspec(noinline)
#define STEADY_SHARED_BY_MODULES
#define STEADY_COLD __declspec(noinline)
#define STEADY_PURE
#define STEADY_FUNCTION_NAME __FUNCSIG__
#else
#if STEADY_FORCES_INLINING
#define STEADY_ALWAYS_INLINE inline __attribute__((always_inline))
#define STEADY_INLINE_LAMBDA __attribute__((always_inline))  // behind the parameters
#else
#define STEADY_ALWAYS_INLINE inline
#define STEADY_INLINE_LAMBDA
#endif
#define STEADY_NOINLINE __attribute__((noinline))
// One for a program and the libraries that it has loaded, also if they hide all else; if their
// linker lets others see it (docs/packaging.md).
#define STEADY_SHARED_BY_MODULES [[gnu::visibility("default")]]
#define STEADY_COLD __attribute__((noinline, cold))  // rare: optimised for size, placed apart
#define STEADY_PURE __attribute__((pure))  // changes nothing: not called if nobody needs the result
#define STEADY_FUNCTION_NAME __PRETTY_FUNCTION__  // with the arguments of its template
#endif

// Exceptions, and what stands for them with -fno-exceptions: what would be thrown ends the program
// with its message (misuse(), debug.hpp).
#if defined(__cpp_exceptions) || defined(_CPPUNWIND)
#define STEADY_TRY try
#define STEADY_CATCH_ALL catch (...)
#define STEADY_RETHROW throw
#define STEADY_THROW(...) throw __VA_ARGS__
#else
#define STEADY_TRY if (true)
#define STEADY_CATCH_ALL else
#define STEADY_RETHROW static_cast<void>(0)
#define STEADY_THROW(...) ::steady::detail::misuse((__VA_ARGS__).what())
#endif

// STEADY_DEBUG: 1 ends programs that break a rule with a message that names it. On in debug builds.
#if !defined(STEADY_DEBUG)
#if defined(NDEBUG)
#define STEADY_DEBUG 0
#else
#define STEADY_DEBUG 1
#endif
#endif

// STEADY_STRESS_MIGRATION: 1 makes insertions migrate at random where they may, so that code that
// relies on luck fails early. On under sanitizers.
#if !defined(STEADY_STRESS_MIGRATION)
#define STEADY_STRESS_MIGRATION (STEADY_HAS_ADDRESS_SANITIZER || STEADY_HAS_THREAD_SANITIZER)
#endif

// STEADY_COMPILED_ENGINE: 1 takes the engine, which is the same for all maps with std::allocator,
// from the library steady-engine, so that every source file compiles its own types only. Linking
// the target steady::engine sets it. Not under stress migration, which the library does not have.
#if !defined(STEADY_COMPILED_ENGINE)
#define STEADY_COMPILED_ENGINE 0
#endif
#define STEADY_USES_COMPILED_ENGINE (STEADY_COMPILED_ENGINE && !STEADY_STRESS_MIGRATION)

// The two change what iterators and maps contain. What depends on them is in a namespace of its
// own, so that program parts built differently do not link instead of misunderstanding each other.
#if STEADY_DEBUG && STEADY_STRESS_MIGRATION
#define STEADY_ABI debug_stressed
#elif STEADY_DEBUG
#define STEADY_ABI debug
#elif STEADY_STRESS_MIGRATION
#define STEADY_ABI stressed
#else
#define STEADY_ABI plain
#endif

namespace steady::detail {

inline constexpr bool debug_mode = STEADY_DEBUG;
inline constexpr bool stress_migration = STEADY_STRESS_MIGRATION;

// Whether reading bytes that nobody wrote is reported, even where nothing depends on them.
inline constexpr bool unwritten_bytes_are_watched = STEADY_HAS_MEMORY_SANITIZER;

// Tells the compiler what it cannot see.
STEADY_ALWAYS_INLINE void assume(bool fact) noexcept {
#if defined(__GNUC__) || defined(__clang__)
  if (!fact) __builtin_unreachable();
#elif defined(_MSC_VER)
  __assume(fact);
#endif
}

// Prefetches the cache line at `address`; never faults. A function that does nothing else must be
// inlined by force: GCC 12 takes it for one without effect, and drops the calls.
STEADY_ALWAYS_INLINE void prefetch(const void* address) noexcept {
#if defined(__GNUC__) || defined(__clang__)
  __builtin_prefetch(address);
#else
  static_cast<void>(address);
#endif
}
// Calls for many keys prefetch for so many together: more than a processor fetches at a time, so
// that it is never idle.
inline constexpr std::size_t keys_in_window = 32;

inline constexpr std::size_t cache_line_bytes = 64;

// Prefetches the lines of `Bytes` bytes that begin `offset` bytes behind `address`, which may be
// null: then it does not matter what is prefetched.
template <std::size_t Bytes>
STEADY_ALWAYS_INLINE void prefetch_lines(const void* address, std::size_t offset = 0) noexcept {
  // Numbers, because nothing may be added to a null pointer.
  const std::uintptr_t first = reinterpret_cast<std::uintptr_t>(address) + offset;
  for (std::size_t at = 0; at < Bytes; at += cache_line_bytes) {
    detail::prefetch(reinterpret_cast<const void*>(first + at));
  }
}

}  // namespace steady::detail
