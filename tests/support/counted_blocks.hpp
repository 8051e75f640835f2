// Counts the blocks of this thread: for a test program of one source file, whose operator new and
// operator delete these are.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

namespace support {

struct block_counts {
  std::uint64_t allocated = 0;
  std::uint64_t released = 0;
  std::uint64_t largest = 0;  // bytes, of those that were allocated
};

inline thread_local constinit block_counts blocks_of_this_thread;

inline void* counted_block(std::size_t bytes, std::size_t alignment) {
  ++blocks_of_this_thread.allocated;
  blocks_of_this_thread.largest = std::max<std::uint64_t>(blocks_of_this_thread.largest, bytes);
  const std::size_t whole =
      (std::max<std::size_t>(bytes, 1) + alignment - 1) / alignment * alignment;
  void* const block = alignment <= alignof(std::max_align_t) ? std::malloc(whole)
                                                             : std::aligned_alloc(alignment, whole);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
inline void release_counted(void* block) noexcept {
  if (block == nullptr) return;
  ++blocks_of_this_thread.released;
  std::free(block);
}

}  // namespace support

void* operator new(std::size_t bytes) { return support::counted_block(bytes, 1); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return support::counted_block(bytes, static_cast<std::size_t>(alignment));
}
// Sanitizers have one of their own, which calls none of these.
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return support::counted_block(bytes, 1);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void operator delete(void* block) noexcept { support::release_counted(block); }
void operator delete(void* block, std::size_t) noexcept { support::release_counted(block); }
void operator delete(void* block, std::align_val_t) noexcept { support::release_counted(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept {
  support::release_counted(block);
}
