// A long run of items whose bytes are all zero at first: the headers of an array, or its directory.
// Making one is O(1), whatever its length, and it goes in steps.
//
//   zeroed_run       one run of addresses. Up to 64 KiB a block from the allocator; beyond that
//                    reserved from the system, whose pages appear, as zeros, when first written
//   zeroed_leaves    leaves of 64 KiB behind a root, for other allocators and systems: another load
//                    for each access
//
// An item may be written once provide() was called for it, and reads as zero before; zeroed_run
// needs no calls.
//
//   [Z1] load, acquire: the address of a leaf
//   [Z2] compare-and-swap, release: a leaf is there, all zeros
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/shared_memory.hpp>
#include <steady/detail/memory/address_range.hpp>

namespace steady::detail {

template <class Item, class Sync>
class zeroed_run {
 public:
  // To be called once. Throws what the allocator throws, or std::bad_alloc.
  void create(shared_memory<Sync>& memory, std::uint64_t count) {
    bytes_ = count * sizeof(Item);
    if (is_reserved()) {
      first_ = reinterpret_cast<Item*>(memory.reserve(bytes_));
      Sync::fresh_memory(first_, bytes_);
      memory.supplied(bytes_);
    } else {
      first_ = reinterpret_cast<Item*>(memory.allocate(bytes_));
      std::memset(static_cast<void*>(first_), 0, bytes_);
    }
  }

  STEADY_ALWAYS_INLINE Item& at(std::uint64_t number) const noexcept { return first_[number]; }
  bool has(std::uint64_t) const noexcept { return true; }
  void provide(shared_memory<Sync>&, std::uint64_t) noexcept {}

  // Nothing was ever written: there are no pages to give back.
  void was_never_used() noexcept { released_ = bytes_; }
  // Gives memory back, 64 KiB at a time; false when everything has gone.
  bool release_some(shared_memory<Sync>& memory) noexcept {
    if (!is_reserved()) {
      memory.release(reinterpret_cast<std::byte*>(first_), bytes_);
      return false;
    }
    auto* const begin = reinterpret_cast<std::byte*>(first_);
    if (released_ < bytes_) {
      release_pages(begin + released_, min_of(slice_bytes, bytes_ - released_));
      released_ += slice_bytes;
      return true;
    }
    release_addresses(begin, bytes_);
    memory.withdrawn(bytes_);
    return false;
  }

 private:
  bool is_reserved() const noexcept { return bytes_ > slice_bytes; }

  Item* first_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t released_ = 0;
};

template <class Item, class Sync>
class zeroed_leaves {
  using leaf = typename Sync::template atomic<Item*>;

 public:
  static constexpr std::uint64_t leaf_items = slice_bytes / sizeof(Item);
  static_assert(std::has_single_bit(leaf_items));

  void create(shared_memory<Sync>& memory, std::uint64_t count) {
    count_ = count;
    leaves_ = (count + leaf_items - 1) / leaf_items;
    const std::size_t bytes = leaves_ * sizeof(leaf);
    root_ = reinterpret_cast<leaf*>(memory.allocate(bytes));
    std::memset(static_cast<void*>(root_), 0, bytes);
  }

  STEADY_ALWAYS_INLINE Item& at(std::uint64_t number) const noexcept {
    Item* const items = root_[number / leaf_items].load(std::memory_order_acquire);  // [Z1]
    return items == nullptr ? nothing_ : items[number % leaf_items];
  }

  // Whether an item that at() returned may be written.
  static bool is_provided(const Item& item) noexcept { return &item != &nothing_; }

  bool has(std::uint64_t number) const noexcept {
    return root_[number / leaf_items].load(std::memory_order_acquire) != nullptr;  // [Z1]
  }
  // Throws what the allocator throws.
  void provide(shared_memory<Sync>& memory, std::uint64_t number) {
    leaf& place = root_[number / leaf_items];
    if (place.load(std::memory_order_acquire) != nullptr) return;  // [Z1]
    auto* const block = memory.allocate(leaf_bytes());
    std::memset(block, 0, leaf_bytes());
    Item* none = nullptr;
    if (!place.compare_exchange_strong(none, reinterpret_cast<Item*>(block),  // [Z2]
                                       std::memory_order_release, std::memory_order_relaxed)) {
      memory.release(block, leaf_bytes());
    }
  }

  // Nothing was ever provided: there are no leaves.
  void was_never_used() noexcept { released_ = leaves_; }
  bool release_some(shared_memory<Sync>& memory) noexcept {
    if (released_ < leaves_) {
      auto* const gone = root_[released_++].load(std::memory_order_relaxed);
      if (gone != nullptr) memory.release(reinterpret_cast<std::byte*>(gone), leaf_bytes());
      return true;
    }
    memory.release(reinterpret_cast<std::byte*>(root_), leaves_ * sizeof(leaf));
    return false;
  }

 private:
  std::size_t leaf_bytes() const noexcept { return min_of(count_, leaf_items) * sizeof(Item); }

  // Read in place of items that were never provided. Never written.
  static inline constinit Item nothing_{};

  leaf* root_ = nullptr;
  std::uint64_t count_ = 0;
  std::uint64_t leaves_ = 0;
  std::uint64_t released_ = 0;
};

template <class Item, class Sync, bool InLeaves>
using zeroed_store =
    std::conditional_t<InLeaves, zeroed_leaves<Item, Sync>, zeroed_run<Item, Sync>>;

}  // namespace steady::detail
