// Keeps the heap from putting work off, for those who free many blocks that a snapshot has copied.
//
// glibc's malloc puts what is freed into a list, which a later allocation of some size sorts, up to
// 10,000 blocks within one call: 1 to 4 ms. An allocation larger than those that it caches by
// thread sorts what is in the list, so one now and then keeps the list short.
//
//   Bound   O(1); every 16th call allocates and releases a block of 2 KiB, where there is memory.
//   Threads as its owner.
#pragma once

#include <cstddef>
#include <new>

#include <steady/detail/base/config.hpp>

namespace steady::detail {

class heap_settler {
 public:
  // Some blocks were freed.
  void settle() noexcept {
    if (++calls_ % calls_between != 0) return;
    // Called by name: a compiler may leave out a new-expression whose block nobody uses.
    ::operator delete(::operator new(block_bytes, std::nothrow));
  }

 private:
  static constexpr unsigned calls_between = 16;
  static constexpr std::size_t block_bytes = 2048;  // glibc caches up to 1,032 by thread

  unsigned calls_ = 0;
};

}  // namespace steady::detail
