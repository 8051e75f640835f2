// Claiming an empty slot for one element in its bucket or that one's overflow.
//
// A claim does not make an element: until the caller writes the tag, the slot counts as empty.
//
//   Bound    the bucket and its overflow; at most one overflow bucket is added.
//   Throws   what the allocator throws; nothing has changed then.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/line/overflow_filter.hpp>
#include <steady/detail/line/slot_set.hpp>

namespace steady::detail {

// A slot and its tag.
struct tagged_slot {
  void* slot = nullptr;
  std::uint8_t* tag = nullptr;
};

// Claims a slot in the overflow of a bucket, whose filter then admits the element. The caller
// writes the tag. Throws what the allocator throws. If the slot is not used after all, an empty
// overflow bucket may stay linked, which does no harm.
template <class Storage>
STEADY_NOINLINE tagged_slot claim_overflow_slot(const bucket_array<Storage>& array,
                                                map_memory<Storage>& memory, std::uint64_t bucket,
                                                std::uint64_t position,
                                                const array_layout& layout) {
  using chain_type = overflow_chain<Storage>;
  bucket_header* const header = array.header(bucket);
  const chain_type chain = array.overflow_of(bucket, layout);
  overflow_bucket<Storage>* link = chain.with_room(layout);
  if (link == nullptr) {
    link = array.take_overflow(memory, bucket, layout);
    chain_type::put_in_front(link, array.first_overflow(bucket, layout), chain.first());
    memory.saw_chain(chain.length() + 1);
  }
  header->filter |= filter_bit(position);
  const std::uint64_t number = chain_type::empty_slots(link, layout).lowest();
  return {detail::overflow_slots<Storage>(link, layout) + number * layout.slot_bytes,
          link->tags + number};
}

// Claims a slot in the bucket itself if it has room, else in its overflow.
template <class Storage>
tagged_slot claim_slot(const bucket_array<Storage>& array, map_memory<Storage>& memory,
                       std::uint64_t bucket, std::uint64_t position, const array_layout& layout) {
  const slot_set empty = array.empty_slots(bucket, layout);
  if (empty.empty()) return detail::claim_overflow_slot(array, memory, bucket, position, layout);
  const std::uint64_t number = empty.lowest();
  std::byte* const slots = array.slots(bucket, layout);
  array.cache_hash(slots, bucket, number, position, layout);
  return {slots + number * layout.slot_bytes, array.header(bucket)->tags + number};
}

}  // namespace steady::detail
