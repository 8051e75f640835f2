// Ranges of addresses reserved from the operating system. Reserving is O(1) whatever the size;
// zeroed pages appear when first written, and are given back piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <new>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>

#if STEADY_HAS_POSIX
#include <sys/mman.h>
#include <unistd.h>
#endif

#if STEADY_HAS_ADDRESS_SANITIZER
#include <sanitizer/lsan_interface.h>
#endif

namespace steady::detail {

// Pieces are supplied and released in slices of this size, a multiple of every usual page size.
inline constexpr std::size_t slice_bytes = std::size_t{64} << 10;

#if STEADY_HAS_POSIX

inline constexpr bool can_reserve_addresses = true;

// Throws std::bad_alloc when the system has none to give.
inline std::byte* reserve_addresses(std::size_t bytes) {
  // Without MAP_NORESERVE, so that a range that the machine can never supply fails here.
  void* const range =
      ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (range == MAP_FAILED) STEADY_THROW(std::bad_alloc());
#if defined(MADV_NOHUGEPAGE)
  // The first access to a huge page would zero all of it at once.
  ::madvise(range, bytes, MADV_NOHUGEPAGE);
#endif
#if STEADY_HAS_ADDRESS_SANITIZER
  // The leak sanitizer does not look for pointers in memory that comes straight from the system.
  __lsan_register_root_region(range, bytes);
#endif
  return static_cast<std::byte*>(range);
}

// Gives the memory of a part of a range back; its addresses stay reserved. `from` and `bytes` are
// multiples of slice_bytes counted from the range's begin.
inline void release_pages(std::byte* from, std::size_t bytes) noexcept {
  ::madvise(from, bytes, MADV_DONTNEED);
}

// Gives a whole range back, as reserved.
inline void release_addresses(std::byte* range, std::size_t bytes) noexcept {
#if STEADY_HAS_ADDRESS_SANITIZER
  __lsan_unregister_root_region(range, bytes);
#endif
  ::munmap(range, bytes);
}

// Gives the whole pages within a block from an allocator back, before the block goes back itself:
// an allocator may keep it for long, or give back much at once. Its content is lost.
inline void release_pages_within(std::byte* block, std::size_t bytes) noexcept {
  static const std::size_t page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const auto begin = reinterpret_cast<std::uintptr_t>(block);
  const std::size_t before = (page - begin % page) % page;
  if (bytes < before + page) return;
  ::madvise(block + before, (bytes - before) / page * page, MADV_DONTNEED);
}

#else

inline constexpr bool can_reserve_addresses = false;

inline std::byte* reserve_addresses(std::size_t) { STEADY_THROW(std::bad_alloc()); }
inline void release_pages(std::byte*, std::size_t) noexcept {}
inline void release_pages_within(std::byte*, std::size_t) noexcept {}
inline void release_addresses(std::byte*, std::size_t) noexcept {}

#endif

}  // namespace steady::detail
