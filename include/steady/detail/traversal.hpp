// Going through all elements: the new array's buckets in use, then the old array's from the
// frontier on, which is the order of the hash line unless there are two; within a bucket, its
// slots, then its overflow.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/group.hpp>

namespace steady::detail {

// A slot and its tag.
template <class Slot>
struct tagged_slot {
  Slot* slot;
  std::uint8_t* tag;
};

// Where an element is. `tag` is its byte in a header or an overflow bucket, both of which are 16
// bytes long and aligned, so that it also tells the header.
template <class Slot>
struct located {
  Slot* slot = nullptr;
  std::uint8_t* tag = nullptr;
  std::uint64_t bucket = 0;
  bool in_new = false;
  bool in_overflow = false;
  // Slots behind it in the same bucket, or the same overflow bucket, that held elements when this
  // was made; 0 also where nobody looked.
  std::uint32_t later = 0;

  explicit operator bool() const noexcept { return slot != nullptr; }
};

inline std::uint8_t* header_around(std::uint8_t* tag) noexcept {
  return tag - (reinterpret_cast<std::uintptr_t>(tag) % sizeof(bucket_header));
}

template <class Pair>
class traversal {
 public:
  using array = typename Pair::array;
  using overflow = typename array::overflow;
  using slot_type = typename Pair::slot_type;
  using position = located<slot_type>;

  // The first element; none when there is no element.
  static STEADY_ALWAYS_INLINE position first(const Pair& pair) noexcept {
    if (!pair.divided()) [[likely]] {
      const array& within = pair.old_array();
      bucket_header* const header = within.header(0);
      if (const std::uint32_t slots = full(header->tags, all_slots); slots != 0) [[likely]]
        return first_of(slots, within.slots(0), header->tags, 0, false, false);
    }
    return from_bucket(pair, 0, pair.new_in_use() != 0);
  }

  // The element after `at`; none after the last. Elements erased meanwhile are passed over, but the
  // overflow bucket that `at` was in must still be there.
  //
  // Which slots of a bucket are filled is not predictable, so the next one comes from a mask.
  static STEADY_ALWAYS_INLINE position after(const Pair& pair, const position& at) noexcept {
    if (at.later != 0) [[likely]] {
      const auto number = reinterpret_cast<std::uintptr_t>(at.tag) % sizeof(bucket_header);
      const std::uintptr_t next = lowest_bit(at.later);
      std::uint8_t* const tag = at.tag - number + next;
      if (*tag != empty_tag) [[likely]] {
        return {at.slot + static_cast<std::ptrdiff_t>(next - number),
                tag,
                at.bucket,
                at.in_new,
                at.in_overflow,
                without_lowest(at.later)};
      }
    }
    if (!at.in_new && !at.in_overflow && is_last_of_chain(at)) [[likely]] {
      const array& within = pair.old_array();
      const std::uint64_t bucket = at.bucket + 1;
      const std::uint64_t end = within.line().buckets();
      if (bucket >= end) return {};
      prefetch_ahead(within, bucket, end);
      bucket_header* const header = within.header(bucket);
      if (const std::uint32_t slots = full(header->tags, all_slots); slots != 0) [[likely]]
        return first_of(slots, within.slots(bucket), header->tags, bucket, false, false);
    }
    return beyond(pair, at);
  }

 private:
  using layout = typename array::layout;
  using group = typename layout::group;

  static constexpr std::uint32_t all_slots = slots_mask(layout::width);
  static constexpr std::uint32_t all_overflow_slots = slots_mask(layout::overflow_width);

  static std::uint32_t full(const std::uint8_t* tags, std::uint32_t slots) noexcept {
    return ~group::match_empty(tags) & slots;
  }

  static std::uint32_t without_lowest(std::uint32_t slots) noexcept { return slots & (slots - 1); }

  // The first of the elements in `slots`.
  static position first_of(std::uint32_t slots, slot_type* first, std::uint8_t* tags,
                           std::uint64_t bucket, bool in_new, bool in_overflow) noexcept {
    const unsigned found = lowest_bit(slots);
    return {first + found, tags + found, bucket, in_new, in_overflow, without_lowest(slots)};
  }

  // Large elements are asked for so many buckets ahead: half of the lines of a bucket hold none,
  // and that is too irregular for the processor to do it by itself.
  static constexpr std::uint64_t buckets_ahead = 4;

  static STEADY_ALWAYS_INLINE void prefetch_ahead(const array& within, std::uint64_t bucket,
                                                  std::uint64_t end) noexcept {
    if constexpr (layout::bucket_bytes > 4 * cache_line_bytes) {
      if (bucket + buckets_ahead < end) {
        prefetch_lines<layout::bucket_bytes>(within.slots(bucket + buckets_ahead));
      }
    }
  }

  // Whether nothing comes behind `at`, which is not in overflow, in its bucket or that one's
  // overflow.
  static STEADY_ALWAYS_INLINE bool is_last_of_chain(const position& at) noexcept {
    std::uint8_t* const tags = header_around(at.tag);
    const auto number = static_cast<unsigned>(at.tag - tags);
    const std::uint32_t later = full(tags, all_slots) & (~std::uint32_t{1} << number);
    return later == 0 && reinterpret_cast<bucket_header*>(tags)->filter == 0;
  }

  // The first element behind `at`, wherever it is.
  static STEADY_NOINLINE position beyond(const Pair& pair, position at) noexcept {
    std::uint8_t* const tags = header_around(at.tag);
    const auto number = static_cast<unsigned>(at.tag - tags);
    const std::uint32_t slots = at.in_overflow ? all_overflow_slots : all_slots;
    const std::uint32_t later = full(tags, slots) & (~std::uint32_t{1} << number);
    if (later != 0) {
      return first_of(later, at.slot - number, tags, at.bucket, at.in_new, at.in_overflow);
    }
    overflow* const next = at.in_overflow ? to_raw(reinterpret_cast<overflow*>(tags)->next)
                                          : pair.array_of(at.in_new).overflow_of(at.bucket);
    if (const position found = in_overflow(next, at.bucket, at.in_new)) return found;
    return from_bucket(pair, at.bucket + 1, at.in_new);
  }

  // The first element in `bucket` of the one array or later on the line.
  static STEADY_NOINLINE position from_bucket(const Pair& pair, std::uint64_t bucket,
                                              bool in_new) noexcept {
    if (in_new) {
      const std::uint64_t end = pair.new_in_use();
      if (const position found = in_buckets(pair.new_array(), bucket, end, true)) return found;
      bucket = pair.old_array().line().bucket_at(pair.frontier());
    }
    return in_buckets(pair.old_array(), bucket, pair.old_array().line().buckets(), false);
  }

  static position in_buckets(const array& within, std::uint64_t bucket, std::uint64_t end,
                             bool in_new) noexcept {
    for (; bucket < end; ++bucket) {
      bucket_header* const header = within.header(bucket);
      if (const std::uint32_t slots = full(header->tags, all_slots); slots != 0)
        return first_of(slots, within.slots(bucket), header->tags, bucket, in_new, false);
      if (header->filter == 0) continue;
      if (const position found = in_overflow(within.overflow_of(bucket), bucket, in_new))
        return found;
    }
    return {};
  }

  static position in_overflow(overflow* chain, std::uint64_t bucket, bool in_new) noexcept {
    for (; chain != nullptr; chain = to_raw(chain->next)) {
      if (const std::uint32_t slots = full(chain->tags, all_overflow_slots); slots != 0)
        return first_of(slots, array::overflow_slots(chain), chain->tags, bucket, in_new, true);
    }
    return {};
  }
};

}  // namespace steady::detail
