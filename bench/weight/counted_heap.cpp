#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <new>

#include <malloc.h>

#include "bench/weight/counted_heap.hpp"

namespace {

struct block {
  void* at;
  std::size_t requested;
};

constexpr std::size_t malloc_own = 8;  // bytes before each block, in glibc

bool counting = false;
std::size_t count = 0;
std::array<block, steady::bench::counted_heap::most_blocks> blocks;

void add(void* at, std::size_t requested) noexcept {
  if (count == blocks.size()) {
    std::fputs("bench.weight: more blocks than counted_heap can count\n", stderr);
    std::abort();
  }
  blocks[count++] = {at, requested};
}

// Blocks are mostly given back soon after they were taken, or in the order in which they were.
void remove(void* at) noexcept {
  for (std::size_t i = count; i > 0; --i) {
    if (blocks[i - 1].at != at) continue;
    blocks[i - 1] = blocks[--count];
    return;
  }
}

void* allocate(std::size_t bytes, void* at) {
  if (at == nullptr) throw std::bad_alloc();
  if (counting) add(at, bytes);
  return at;
}

void release(void* at) noexcept {
  if (counting) remove(at);
  std::free(at);
}

}  // namespace

namespace steady::bench {

counted_heap::counted_heap() noexcept {
  count = 0;
  counting = true;
}

counted_heap::~counted_heap() { counting = false; }

heap_use counted_heap::in_use() const noexcept {
  heap_use use;
  use.blocks = count;
  std::for_each(blocks.begin(), blocks.begin() + count, [&](const block& each) {
    use.requested += each.requested;
    use.taken += malloc_usable_size(each.at) + malloc_own;
  });
  return use;
}

}  // namespace steady::bench

// The other forms of the two, of arrays or without exceptions, call these.

void* operator new(std::size_t bytes) { return allocate(bytes, std::malloc(bytes)); }
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto multiple = static_cast<std::size_t>(alignment);
  return allocate(bytes,
                  std::aligned_alloc(multiple, (bytes + multiple - 1) / multiple * multiple));
}

void operator delete(void* at) noexcept { release(at); }
void operator delete(void* at, std::size_t) noexcept { release(at); }
void operator delete(void* at, std::align_val_t) noexcept { release(at); }
void operator delete(void* at, std::size_t, std::align_val_t) noexcept { release(at); }
