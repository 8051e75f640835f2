// Buffers that are used again keep their memory, but not that of one large record for good.
//
//   Bound    O(1).
//   Throws   nothing.
//   Threads  one.
#pragma once

#include <cstddef>

#include <steady/codec.hpp>

namespace steady::detail {

// Of an empty buffer, or one whose bytes are not needed any more. Whether it has released memory.
inline bool keep_at_most(byte_buffer& buffer, std::size_t bytes) noexcept {
  if (buffer.capacity() <= bytes) return false;
  buffer = byte_buffer();
  return true;
}

}  // namespace steady::detail
