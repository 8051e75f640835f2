// The overflow chain of a bucket, as a range of overflow buckets; and what is done to chains.
//
// A chain ends with a null link. It has no order: what is added goes to its front, and what has
// become empty is taken out from anywhere. A chain says nothing of its bucket's filter; the caller
// keeps that.
//
//   Bound    O(length), but for looking at the first. Chains are short unless the hash is broken.
//   Throws   nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/array/array_layout.hpp>
#include <steady/detail/array/bucket.hpp>
#include <steady/detail/array/chunk.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/line/tag_group.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

template <class Storage>
class overflow_chain {
 public:
  using overflow = overflow_bucket<Storage>;

  // From that one on; null: none.
  explicit overflow_chain(overflow* first) noexcept : first_(first) {}

  class iterator {
   public:
    explicit iterator(overflow* at) noexcept : at_(at) {}
    overflow* operator*() const noexcept { return at_; }
    iterator& operator++() noexcept {
      at_ = detail::to_raw(at_->next);
      return *this;
    }
    bool operator!=(const iterator& other) const noexcept { return at_ != other.at_; }

   private:
    overflow* at_;
  };
  iterator begin() const noexcept { return iterator(first_); }
  iterator end() const noexcept { return iterator(nullptr); }

  bool empty() const noexcept { return first_ == nullptr; }
  overflow* first() const noexcept { return first_; }

  // O(length).
  std::size_t length() const noexcept {
    std::size_t count = 0;
    for ([[maybe_unused]] overflow* link : *this) ++count;
    return count;
  }
  // Null if the chain is empty.
  overflow* last() const noexcept {
    overflow* at = nullptr;
    for (overflow* link : *this) at = link;
    return at;
  }
  // The first one with an empty slot; null if there is none.
  overflow* with_room(const array_layout& layout) const noexcept {
    for (overflow* link : *this) {
      if (!empty_slots(link, layout).empty()) return link;
    }
    return nullptr;
  }

  static slot_set empty_slots(const overflow* link, const array_layout& layout) noexcept {
    return native_tag_group::load(link).empty() & slot_set::first(layout.overflow_width);
  }
  static slot_set full_slots(const overflow* link, const array_layout& layout) noexcept {
    return ~native_tag_group::load(link).empty() & slot_set::first(layout.overflow_width);
  }

  // Puts a chain in front of what `first` leads to, if that is one; else it is the whole chain.
  static void put_in_front(overflow* chain, typename overflow::link& first,
                           overflow* rest) noexcept {
    overflow_chain(chain).last()->next = detail::to_stored<typename overflow::link>(rest);
    std::construct_at(std::addressof(first), detail::to_stored<typename overflow::link>(chain));
  }

  // Gives the overflow buckets without elements back to their chunk; `first` is the link to the
  // chain. False if none is left.
  static bool drop_empty(const chunk<Storage>& within, map_memory<Storage>& memory,
                         typename overflow::link& first, const array_layout& layout) noexcept {
    typename overflow::link* link = std::addressof(first);
    while (overflow* const candidate = detail::to_raw(*link)) {
      if (!full_slots(candidate, layout).empty()) {
        link = std::addressof(candidate->next);
        continue;
      }
      *link = candidate->next;
      within.give_overflow(memory, candidate);
    }
    return first != nullptr;
  }

 private:
  overflow* first_;
};

}  // namespace steady::detail
