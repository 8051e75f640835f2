// A growing list of trivial items in memory from an allocator: a small std::vector for observers.
// Including <vector> would add half of the time that a map takes to compile.
#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <type_traits>

#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

template <class Item, class Allocator>
class item_list {
  static_assert(std::is_trivially_copyable_v<Item>);

 public:
  explicit item_list(const Allocator& allocator) noexcept : allocator_(allocator) {}
  ~item_list() { free_items(); }

  item_list(const item_list&) = delete;
  item_list& operator=(const item_list&) = delete;

  // Throws what the allocator throws; nothing has changed then.
  void push_back(const Item& item) {
    const Item added = item;
    reserve(size_ + 1);
    items_[size_++] = added;
  }
  // Room for so many. Throws as push_back().
  void reserve(std::size_t count) {
    if (count > capacity_) grow(count);
  }
  void pop_back() noexcept { --size_; }
  void clear() noexcept { size_ = 0; }
  // Gives the memory back, too.
  void release() noexcept {
    free_items();
    items_ = nullptr;
    size_ = 0;
    capacity_ = 0;
  }
  // Every item that equals this one.
  void remove(const Item& item) noexcept {
    std::size_t kept = 0;
    for (std::size_t n = 0; n < size_; ++n) {
      if (!(items_[n] == item)) items_[kept++] = items_[n];
    }
    size_ = kept;
  }

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  Item* data() noexcept { return items_; }
  Item& back() noexcept { return items_[size_ - 1]; }
  Item* begin() noexcept { return items_; }
  Item* end() noexcept { return items_ + size_; }
  const Item* begin() const noexcept { return items_; }
  const Item* end() const noexcept { return items_ + size_; }

 private:
  static constexpr std::size_t alignment = memory_source::block_alignment;
  static_assert(alignof(Item) <= alignment);

  static std::size_t bytes_for(std::size_t count) noexcept {
    return round_up(count * sizeof(Item), alignment);
  }

  void grow(std::size_t count) {
    const std::size_t capacity = count < 2 * capacity_ ? 2 * capacity_ : count < 16 ? 16 : count;
    auto* const items =
        reinterpret_cast<Item*>(detail::allocate_block<alignment>(allocator_, bytes_for(capacity)));
    if (size_ != 0) std::memcpy(static_cast<void*>(items), items_, size_ * sizeof(Item));
    free_items();
    items_ = items;
    capacity_ = capacity;
  }
  void free_items() noexcept {
    if (items_ == nullptr) return;
    detail::release_block<alignment>(allocator_, reinterpret_cast<std::byte*>(items_),
                                     bytes_for(capacity_));
  }

  Allocator allocator_;
  Item* items_ = nullptr;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace steady::detail
