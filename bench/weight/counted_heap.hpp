// steady::bench::counted_heap: what is in use of the heap, while one of these lives.
//
// counted_heap.cpp replaces operator new and delete for the whole program, so that every map is
// counted alike, whatever its allocator does between. Only what was allocated since the counting
// began is counted, and at most `most_blocks` of it at a time; one counted_heap at a time, one
// thread.
#pragma once

#include <cstddef>
#include <cstdint>

namespace steady::bench {

struct heap_use {
  std::uint64_t blocks = 0;
  std::uint64_t requested = 0;  // bytes requested
  std::uint64_t taken = 0;      // bytes that malloc set aside for them, its own 8 a block included
};

class counted_heap {
 public:
  static constexpr std::size_t most_blocks = 8192;

  counted_heap() noexcept;
  ~counted_heap();
  counted_heap(const counted_heap&) = delete;
  counted_heap& operator=(const counted_heap&) = delete;

  heap_use in_use() const noexcept;
};

}  // namespace steady::bench
