// Blocks from a container's allocator, for several threads at a time: the allocator must allow
// that, as std::allocator does. Never larger than 64 KiB, but for the roots of stores that come in
// leaves (zeroed_store.hpp).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/memory/address_range.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

template <class Sync>
class shared_memory {
 public:
  static constexpr std::size_t alignment = cache_line_bytes;

  // `owner` is what the source's functions take.
  shared_memory(void* owner, const memory_source& source) noexcept
      : owner_(owner), source_(&source) {}

  // Throws what the allocator throws.
  std::byte* allocate(std::size_t bytes) {
    bytes = round_up(bytes, alignment);
    std::byte* const block = detail::allocate_from(*source_, owner_, bytes, alignment);
    Sync::fresh_memory(block, bytes);
    supplied(bytes);
    return block;
  }
  void release(std::byte* block, std::size_t bytes) noexcept {
    bytes = round_up(bytes, alignment);
    Sync::fresh_memory(block, bytes);
    source_->release(owner_, block, bytes, alignment);
    withdrawn(bytes);
  }

  // Addresses from the system. Throws std::bad_alloc.
  std::byte* reserve(std::size_t bytes) { return detail::reserve_for(owner_, bytes); }
  const void* owner() const noexcept { return owner_; }

  // Blocks of slots, which are counted.
  std::byte* allocate_chunk(std::size_t bytes) {
    std::byte* const chunk = allocate(bytes);
    chunks_.fetch_add(1, std::memory_order_relaxed);
    return chunk;
  }
  // If `with_pages`, its pages go to the system first: an allocator may keep it for long.
  void release_chunk(std::byte* chunk, std::size_t bytes, bool with_pages = false) noexcept {
    chunks_.fetch_sub(1, std::memory_order_relaxed);
    if (with_pages) release_pages_within(chunk, bytes);
    release(chunk, bytes);
  }
  std::size_t chunks() const noexcept { return chunks_.load(std::memory_order_relaxed); }

  // Memory that came from elsewhere.
  void supplied(std::size_t bytes) noexcept { bytes_.fetch_add(bytes, std::memory_order_relaxed); }
  void withdrawn(std::size_t bytes) noexcept { bytes_.fetch_sub(bytes, std::memory_order_relaxed); }
  std::size_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }

  // Another container takes over what `other` has allocated; while nobody uses either.
  void take_counters(shared_memory& other) noexcept {
    bytes_.store(other.bytes_.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
    chunks_.store(other.chunks_.exchange(0, std::memory_order_relaxed), std::memory_order_relaxed);
  }

 private:
  void* owner_;
  const memory_source* source_;
  typename Sync::template atomic<std::size_t> bytes_{0};
  typename Sync::template atomic<std::size_t> chunks_{0};
};

}  // namespace steady::detail
