// A list that needs no memory of its own for the usual number of items and takes blocks from the
// map's memory beyond that.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

template <class Item, class Storage>
class small_list {
  // Trivial, so that the inline items cost nothing before they are used.
  static_assert(std::is_trivial_v<Item>);

 public:
  static constexpr std::size_t inline_items = 48;

  explicit small_list(map_memory<Storage>& memory) noexcept : memory_(memory) {}
  ~small_list() { release(); }

  small_list(const small_list&) = delete;
  small_list& operator=(const small_list&) = delete;

  // A new last item, not yet written. Throws what the allocator throws; the list is unchanged then.
  Item& add() {
    if (size_ == capacity_) [[unlikely]]
      grow();
    return items_[size_++];
  }

  std::size_t size() const noexcept { return size_; }
  Item& operator[](std::size_t index) noexcept { return items_[index]; }
  Item* begin() noexcept { return items_; }
  Item* end() noexcept { return items_ + size_; }

 private:
  static constexpr std::size_t alignment = memory_source::block_alignment;
  static_assert(alignof(Item) <= alignment);

  STEADY_COLD void grow() {
    std::byte* const block = memory_.allocate(2 * capacity_ * sizeof(Item), alignment);
    std::memcpy(block, items_, size_ * sizeof(Item));
    release();
    items_ = reinterpret_cast<Item*>(block);
    capacity_ *= 2;
  }

  void release() noexcept {
    if (items_ == inline_) return;
    memory_.release(reinterpret_cast<std::byte*>(items_), capacity_ * sizeof(Item), alignment);
  }

  map_memory<Storage>& memory_;
  Item inline_[inline_items];
  Item* items_ = inline_;
  std::size_t size_ = 0;
  std::size_t capacity_ = inline_items;
};

}  // namespace steady::detail
