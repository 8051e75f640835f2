// Claiming a slot for one element in its bucket, and giving back overflow that has become empty.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/gathering.hpp>
#include <steady/detail/group.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/pointers.hpp>
#include <steady/detail/traversal.hpp>

namespace steady::detail {

template <class Array, class Memory>
class claim {
 public:
  using slot_type = typename Array::slot_type;
  using tagged = tagged_slot<slot_type>;

  // An empty slot for an element at `position`, in its bucket or that one's overflow, whose filter
  // then admits it. The tag is still to be written. Throws what the allocator throws. Whoever does
  // not use the slot may leave a linked and empty overflow bucket, which does no harm.
  static STEADY_ALWAYS_INLINE tagged slot(Array& owner, typename Array::root_type root,
                                          Memory& memory, std::uint64_t bucket,
                                          std::uint64_t position) {
    bucket_header* const header = Array::header(root, bucket);
    const std::uint32_t empty = group::match_empty(header) & all_slots;
    if (empty == 0) [[unlikely]]
      return overflow_slot(owner, memory, bucket, position);
    const auto number = lowest_bit(empty);
    slot_type* const slots = Array::slots(root, bucket);
    owner.remember(slots, bucket, number, position);
    return {slots + number, header->tags + number};
  }

  // The same in the overflow, where the bucket itself is full.
  static STEADY_NOINLINE tagged overflow_slot(Array& owner, Memory& memory, std::uint64_t bucket,
                                              std::uint64_t position) {
    bucket_header* const header = owner.header(bucket);
    overflow* const chain = owner.overflow_of(bucket);
    std::size_t length = 0;
    for (overflow* link = chain; link != nullptr; link = to_raw(link->next), ++length) {
      const std::uint32_t empty = group::match_empty(link) & all_overflow_slots;
      if (empty == 0) continue;
      header->filter |= filter_bit(position);
      const auto number = lowest_bit(empty);
      return {Array::overflow_slots(link) + number, link->tags + number};
    }
    overflow* const taken = owner.take_overflow(memory, bucket);
    taken->next = to_stored<overflow_link>(chain);
    std::construct_at(&Array::first_overflow(owner.root(), bucket),
                      to_stored<overflow_link>(taken));
    header->filter |= filter_bit(position);
    memory.longest_chain = std::max(memory.longest_chain, length + 1);
    return {Array::overflow_slots(taken), taken->tags};
  }
  // Overflow buckets of `bucket`.
  static std::size_t chain_length(const Array& owner, std::uint64_t bucket) noexcept {
    std::size_t length = 0;
    for (overflow* link = owner.overflow_of(bucket); link != nullptr; link = to_raw(link->next)) {
      ++length;
    }
    return length;
  }

  // Moves elements, where that does not throw, from the overflow of `bucket` to empty slots of its
  // own; false if there is none to move. At most as many as a bucket has slots.
  template <class Elements>
  static bool draw_in(Array& owner, Memory& memory, std::uint64_t bucket) noexcept {
    bucket_header* const header = owner.header(bucket);
    std::uint32_t empty = group::match_empty(header) & all_slots;
    if (empty == 0) return false;
    std::size_t moved = 0;
    for (overflow* chain = owner.overflow_of(bucket); chain != nullptr;
         chain = to_raw(chain->next)) {
      std::uint32_t full = ~group::match_empty(chain) & all_overflow_slots;
      for (; full != 0 && empty != 0; full &= full - 1, empty &= empty - 1, ++moved) {
        const auto from = lowest_bit(full);
        const auto to = lowest_bit(empty);
        relocate<Elements>(memory.allocator(), owner.slots(bucket) + to,
                           Array::overflow_slots(chain) + from);
        Array::remember_nothing(owner.slots(bucket), bucket, to);
        header->tags[to] = chain->tags[from];
        chain->tags[from] = empty_tag;
      }
    }
    if (moved == 0) return false;
    memory.recorder.moved(moved);
    drop_empty_overflow(owner, memory, bucket);
    return true;
  }

  // Gives back the overflow buckets of `bucket` that have become empty.
  static STEADY_NOINLINE void drop_empty_overflow(Array& owner, Memory& memory,
                                                  std::uint64_t bucket) noexcept {
    overflow_link* link = &Array::first_overflow(owner.root(), bucket);
    while (overflow* const candidate = to_raw(*link)) {
      if ((~group::match_empty(candidate) & all_overflow_slots) != 0) {
        link = &candidate->next;
        continue;
      }
      *link = candidate->next;
      owner.give_overflow(memory, bucket, candidate);
    }
    if (Array::first_overflow(owner.root(), bucket) == nullptr) owner.header(bucket)->filter = 0;
  }

 private:
  using layout = typename Array::layout;
  using group = typename layout::group;
  using overflow = typename Array::overflow;
  using overflow_link = typename Array::overflow_link;

  static constexpr std::uint32_t all_slots = slots_mask(layout::width);
  static constexpr std::uint32_t all_overflow_slots = slots_mask(layout::overflow_width);
};

}  // namespace steady::detail
