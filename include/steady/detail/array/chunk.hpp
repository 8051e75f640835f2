// A chunk: the slots of a power of two of neighbouring buckets, what lookups do not read of these
// (their extras), which of them hold elements, and spare room for their overflow. It knows nothing
// of arrays: buckets have numbers in the chunk here.
//
//   [supply of overflow buckets] [extras, last bucket's first] [occupancy] [slots] [spare room]
//                                                                          ^ what a chunk is
//                                                                            known by
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

#include <steady/detail/array/array_layout.hpp>
#include <steady/detail/array/bucket.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/base/poison.hpp>
#include <steady/detail/line/cached_hash.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace steady::detail {

// The slots of an overflow bucket.
template <class Storage>
std::byte* overflow_slots(overflow_bucket<Storage>* bucket, const array_layout& layout) noexcept {
  return reinterpret_cast<std::byte*>(bucket) + layout.overflow_slots_offset;
}

// Of the bucket with these slots, number `number` in its chunk.
template <class Storage>
STEADY_ALWAYS_INLINE bucket_extras<Storage>& extras_of(std::byte* slots, std::uint64_t number,
                                                       std::size_t slots_and_extras,
                                                       std::size_t extras_bytes) noexcept {
  return *reinterpret_cast<bucket_extras<Storage>*>(slots - number * slots_and_extras -
                                                    (extras_bytes + array_layout::occupancy_bytes));
}

// What is noted of groups of buckets to which nothing was written yet (occupancy.hpp).
enum class noted_as : bool { empty, filled };

// Of the chunk with these slots; has a meaning if the chunk has_occupancy().
STEADY_ALWAYS_INLINE std::uint64_t& occupancy_of(std::byte* first_slot) noexcept {
  return *reinterpret_cast<std::uint64_t*>(first_slot - array_layout::occupancy_bytes);
}

template <class Storage>
class chunk {
 public:
  using overflow = overflow_bucket<Storage>;
  using overflow_link = typename overflow::link;
  using memory_type = map_memory<Storage>;

  // The chunk of `buckets` buckets whose slots begin there.
  chunk(std::byte* slots, std::size_t buckets, const array_layout& layout) noexcept
      : slots_(slots), buckets_(buckets), layout_(layout) {}

  // Makes unwritten memory a chunk without overflow. All of its groups of buckets are noted alike.
  void initialize(const chunk_extent& extent, noted_as groups) const noexcept {
    ::new (static_cast<void*>(std::addressof(supply())))
        overflow_supply<Storage>{nullptr, nullptr, 0, extent.spare_buckets};
    const bool all_filled = groups == noted_as::filled || !has_occupancy();
    ::new (static_cast<void*>(slots_ - array_layout::occupancy_bytes))
        std::uint64_t(all_filled ? all_groups() : 0);
    if constexpr (unwritten_bytes_are_watched) {
      const std::size_t bytes = buckets_ * layout_.extras_bytes;
      std::memset(slots_ - array_layout::occupancy_bytes - bytes, 0, bytes);
    }
    if (!all_filled) {
      for (std::size_t bucket = 0; bucket < buckets_; ++bucket) set_no_overflow(bucket);
    }
    poison_slots(slots_, buckets_ * layout_.bucket_bytes);
    poison_slots(slots_ + (extent.spare - extent.slots), extent.bytes - extent.spare);
  }

  // Makes the link to a bucket's overflow one that may be followed.
  void set_no_overflow(std::uint64_t bucket) const noexcept {
    bucket_extras<Storage>& extras =
        extras_of<Storage>(slots_ + bucket * layout_.bucket_bytes, bucket,
                           layout_.slots_and_extras(), layout_.extras_bytes);
    std::construct_at(std::addressof(extras.first_overflow), nullptr);
  }

  // A bit for each group of buckets, see occupancy.hpp. In small arrays all are set, and say
  // nothing.
  bool has_occupancy() const noexcept { return layout_.has_occupancy(buckets_); }
  std::uint64_t all_groups() const noexcept {
    return has_occupancy() ? bit_levels::all_of(layout_.groups_of(buckets_)) : ~std::uint64_t{0};
  }

  // An overflow bucket for the bucket of that number, empty and not linked yet. Throws what the
  // allocator throws.
  overflow* take_overflow(memory_type& memory, std::uint64_t bucket) const {
    overflow_supply<Storage>& own = supply();
    overflow* taken = detail::to_raw(own.free);
    if (taken != nullptr) {
      own.free = taken->next;
    } else {
      if (own.taken == own.room) extend(memory, own);
      taken = take_spare(own);
    }
    taken->move_to(bucket);
    taken->next = nullptr;
    memory.overflow_taken();
    return taken;
  }

  // Takes back an overflow bucket of this chunk; it is empty and linked nowhere.
  void give_overflow(memory_type& memory, overflow* given) const noexcept {
    overflow_supply<Storage>& own = supply();
    std::memset(given->tags, 0, sizeof given->tags);
    given->next = own.free;
    own.free = detail::to_stored<overflow_link>(given);
    poison_slots(detail::overflow_slots<Storage>(given, layout_),
                 layout_.overflow_width * layout_.slot_bytes);
    memory.overflow_given_back(1);
  }

  // The overflow buckets in the order in which they were first taken, also those that belong to no
  // bucket now. Null when there are no more.
  overflow* first_overflow() const noexcept {
    const overflow_supply<Storage>& own = supply();
    if (layout_.spare_buckets(buckets_) == 0) return first_of_oldest(own);
    if (own.newest == nullptr && own.taken == 0) return nullptr;
    return reinterpret_cast<overflow*>(spare_room());
  }
  overflow* next_overflow(overflow* at) const noexcept {
    const overflow_supply<Storage>& own = supply();
    std::byte* const end = reinterpret_cast<std::byte*>(at) + layout_.overflow_stride;
    if (end == next_spare(own)) return nullptr;
    if ((at->home_and_place & overflow::is_last) == 0) return reinterpret_cast<overflow*>(end);
    return first_behind(*at, end);
  }

  void release_extensions(memory_type& memory) const noexcept {
    if (supply().newest != nullptr) [[unlikely]]
      release_all_extensions(memory);
  }
  // O(extensions).
  std::size_t extensions() const noexcept {
    std::byte* const newest = detail::to_raw(supply().newest);
    if (newest == nullptr) return 0;
    std::size_t count = 1;
    for (std::byte* block = after(newest); block != newest; block = after(block)) ++count;
    return count;
  }

 private:
  using byte_link = typename overflow_supply<Storage>::byte_link;

  // An extension begins with the link to the one that was taken after it; they form a ring.
  struct extension {
    byte_link next;
  };
  static_assert(sizeof(extension) <= 2 * sizeof(void*), "fits array_layout::extension_header");

  overflow_supply<Storage>& supply() const noexcept {
    return *reinterpret_cast<overflow_supply<Storage>*>(slots_ - array_layout::occupancy_bytes -
                                                        buckets_ * layout_.extras_bytes -
                                                        layout_.supply_bytes);
  }
  std::byte* spare_room() const noexcept {
    std::byte* const end = slots_ + layout_.slots_room(buckets_);
    if (layout_.spare_buckets(buckets_) == 0) return end;
    return slots_ + round_up(static_cast<std::size_t>(end - slots_), layout_.alignment);
  }

  static std::byte* after(std::byte* block) noexcept {
    return detail::to_raw(reinterpret_cast<extension*>(block)->next);
  }
  overflow* first_of(const byte_link& block) const noexcept {
    return reinterpret_cast<overflow*>(detail::to_raw(block) + layout_.extension_header);
  }
  // The first overflow bucket of the oldest extension; null if there is none.
  overflow* first_of_oldest(const overflow_supply<Storage>& own) const noexcept {
    if (own.newest == nullptr) return nullptr;
    return first_of(reinterpret_cast<extension*>(detail::to_raw(own.newest))->next);
  }
  // The one that ends there.
  extension& extension_before(std::byte* end) const noexcept {
    return *reinterpret_cast<extension*>(end - layout_.extension_bytes(buckets_));
  }

  // The first overflow bucket of the extension that was taken after the block that ends there, with
  // `last`; null if there is none.
  STEADY_COLD overflow* first_behind(const overflow& last, std::byte* end) const noexcept {
    if ((last.home_and_place & overflow::in_extension) == 0) return first_of_oldest(supply());
    return first_of(extension_before(end).next);
  }

  // Where the overflow buckets begin that were never taken.
  std::byte* next_spare(const overflow_supply<Storage>& own) const noexcept {
    std::byte* const begin = own.newest == nullptr
                                 ? spare_room()
                                 : detail::to_raw(own.newest) + layout_.extension_header;
    return begin + std::size_t{own.taken} * layout_.overflow_stride;
  }
  // An overflow bucket that was never taken; there is one.
  overflow* take_spare(overflow_supply<Storage>& own) const noexcept {
    std::byte* const spare = next_spare(own);
    detail::unpoison<Storage::is_poisoned>(spare, sizeof(overflow));
    auto* const taken = ::new (static_cast<void*>(spare)) overflow{};
    if (own.newest != nullptr) taken->home_and_place |= overflow::in_extension;
    if (++own.taken == own.room) taken->home_and_place |= overflow::is_last;
    return taken;
  }

  STEADY_COLD void extend(memory_type& memory, overflow_supply<Storage>& own) const {
    const std::size_t bytes = layout_.extension_bytes(buckets_);
    std::byte* const block = memory.allocate(bytes, layout_.alignment);
    const byte_link link = detail::to_stored<byte_link>(block);
    if (own.newest == nullptr) {
      ::new (static_cast<void*>(block)) extension{link};
    } else {
      extension& before = *reinterpret_cast<extension*>(detail::to_raw(own.newest));
      ::new (static_cast<void*>(block)) extension{std::exchange(before.next, link)};
    }
    own.newest = link;
    own.taken = 0;
    own.room = static_cast<std::uint32_t>(layout_.extension_buckets(buckets_));
    poison_slots(block + layout_.extension_header, bytes - layout_.extension_header);
  }

  STEADY_COLD void release_all_extensions(memory_type& memory) const noexcept {
    const std::size_t bytes = layout_.extension_bytes(buckets_);
    std::byte* const newest = detail::to_raw(supply().newest);
    std::byte* next = after(newest);
    for (std::byte* block = nullptr; block != newest;) {
      block = std::exchange(next, after(next));
      detail::unpoison<Storage::is_poisoned>(block, bytes);
      memory.release(block, bytes, layout_.alignment);
    }
  }

  static void poison_slots(std::byte* from, std::size_t bytes) noexcept {
    detail::poison<Storage::is_poisoned>(from, bytes);
  }

  std::byte* slots_;
  std::size_t buckets_;
  const array_layout& layout_;
};

}  // namespace steady::detail
