// All memory of one map: blocks from its allocator, and the ledger of what is held.
//
// Blocks are never larger than a chunk (docs/guarantees.md), so any allocator can serve them. One
// chunk that the old array no longer needs is kept for the new one.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <steady/detail/address_range.hpp>
#include <steady/detail/pointers.hpp>
#include <steady/work.hpp>

namespace steady::detail {

// What blocks are made of: their size is a multiple of the alignment.
template <std::size_t Alignment>
struct alignas(Alignment) block_unit {
  std::byte bytes[Alignment];
};

template <class Allocator, bool Counting>
class map_memory {
 public:
  using allocator_type = Allocator;

  map_memory() = default;
  explicit map_memory(const Allocator& allocator) noexcept : allocator_(allocator) {}

  map_memory(const map_memory&) = delete;
  map_memory& operator=(const map_memory&) = delete;

  Allocator& allocator() noexcept { return allocator_; }
  const Allocator& allocator() const noexcept { return allocator_; }

  // Throws what the allocator throws.
  template <std::size_t Alignment>
  std::byte* allocate(std::size_t amount) {
    auto blocks = block_allocator<Alignment>(allocator_);
    using traits = std::allocator_traits<decltype(blocks)>;
    const auto block = traits::allocate(blocks, units<Alignment>(amount));
    recorder.block_allocated();
    supplied(units<Alignment>(amount) * Alignment);
    return reinterpret_cast<std::byte*>(std::to_address(block));
  }

  template <std::size_t Alignment>
  void release(std::byte* block, std::size_t amount) noexcept {
    auto blocks = block_allocator<Alignment>(allocator_);
    using traits = std::allocator_traits<decltype(blocks)>;
    auto* const first = reinterpret_cast<block_unit<Alignment>*>(block);
    traits::deallocate(blocks, to_stored<typename traits::pointer>(first),
                       units<Alignment>(amount));
    recorder.block_released();
    withdrawn(units<Alignment>(amount) * Alignment);
  }

  // A chunk of slots. Those of the one size that full chunks have can be recycled.
  template <std::size_t Alignment>
  std::byte* allocate_chunk(std::size_t amount, bool full) {
    const bool recycle = full && recycled_ != nullptr;
    std::byte* const block =
        recycle ? to_raw(std::exchange(recycled_, nullptr)) : allocate<Alignment>(amount);
    if (!recycle) ++chunks;
    recorder.chunk_allocated();
    return block;
  }

  // If `with_pages`, and it is not recycled, its pages go to the system first.
  template <std::size_t Alignment>
  void release_chunk(std::byte* block, std::size_t amount, bool full, bool with_pages) noexcept {
    recorder.chunk_released();
    if (full && recycled_ == nullptr) {
      recycled_ = to_stored<byte_pointer>(block);
    } else {
      if (with_pages) release_pages_within(block, amount);
      --chunks;
      release<Alignment>(block, amount);
    }
  }

  // Nothing will be recycled soon.
  template <std::size_t Alignment>
  void release_recycled(std::size_t amount) noexcept {
    if (recycled_ == nullptr) return;
    --chunks;
    release<Alignment>(to_raw(std::exchange(recycled_, nullptr)), amount);
  }

  bool holds_recycled() const noexcept { return recycled_ != nullptr; }

  // Memory that came from, and went back to, elsewhere than the allocator.
  void supplied(std::size_t amount) noexcept {
    bytes += amount;
    recorder.supplied(amount);
  }
  void withdrawn(std::size_t amount) noexcept {
    bytes -= amount;
    recorder.withdrawn(amount);
  }

  // Takes over the ledger and the recycled chunk; the allocators are the caller's business.
  void take_ledger(map_memory& other) noexcept {
    bytes = std::exchange(other.bytes, 0);
    chunks = std::exchange(other.chunks, 0);
    overflow_buckets = std::exchange(other.overflow_buckets, 0);
    longest_chain = std::exchange(other.longest_chain, 0);
    recycled_ = std::exchange(other.recycled_, nullptr);
  }

  // Outstanding blocks of `amount` bytes are `other`'s business from now on.
  void pass_block_to(map_memory& other, std::size_t amount) noexcept {
    bytes -= amount;
    other.bytes += amount;
  }

  void swap_ledger(map_memory& other) noexcept {
    std::swap(bytes, other.bytes);
    std::swap(chunks, other.chunks);
    std::swap(overflow_buckets, other.overflow_buckets);
    std::swap(longest_chain, other.longest_chain);
    std::swap(recycled_, other.recycled_);
  }

  std::size_t bytes = 0;
  std::size_t chunks = 0;
  std::size_t overflow_buckets = 0;
  std::size_t longest_chain = 0;
  [[no_unique_address]] work_recorder<Counting> recorder;

 private:
  using byte_pointer = pointer_of<Allocator, std::byte>;

  template <std::size_t Alignment>
  using block_allocator =
      typename std::allocator_traits<Allocator>::template rebind_alloc<block_unit<Alignment>>;

  template <std::size_t Alignment>
  static constexpr std::size_t units(std::size_t amount) noexcept {
    return (amount + Alignment - 1) / Alignment;
  }

  byte_pointer recycled_ = nullptr;
  [[no_unique_address]] Allocator allocator_;
};

}  // namespace steady::detail
