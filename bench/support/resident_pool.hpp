// A pool of memory whose pages are there from the start, for measurements in which none is touched
// for the first time.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory_resource>
#include <new>

namespace steady::bench {

class resident_pool {
 public:
  // Throws std::bad_alloc where the system has no such block.
  explicit resident_pool(std::size_t bytes)
      : bytes_(bytes),
        begin_(::mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0)) {
    if (begin_ == MAP_FAILED) throw std::bad_alloc();
  }
  ~resident_pool() { ::munmap(begin_, bytes_); }
  resident_pool(const resident_pool&) = delete;
  resident_pool& operator=(const resident_pool&) = delete;

  // Throws std::bad_alloc when the block is used up. What is larger than a chunk of Steady's is
  // never used twice.
  std::pmr::memory_resource& resource() noexcept { return pool_; }

 private:
  static constexpr std::size_t largest_pooled = 128 << 10;

  std::size_t bytes_;
  void* begin_;
  std::pmr::monotonic_buffer_resource block_{begin_, bytes_, std::pmr::null_memory_resource()};
  std::pmr::unsynchronized_pool_resource pool_{std::pmr::pool_options{0, largest_pooled}, &block_};
};

}  // namespace steady::bench
