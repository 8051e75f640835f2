// Going through all elements: the new array's buckets in use, then the old array's from the
// frontier on, which is the order of the hash line unless there are two; within a bucket, its
// slots, then its overflow.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/group.hpp>
#include <steady/detail/located.hpp>

namespace steady::detail {

// A stretch is what is looked at in one go: up to four neighbouring buckets, of which none but the
// last has overflow, or one overflow bucket. Which of its slots are filled is not predictable, so
// elements come from a mask of its tags; the processor's only wrong guess is where the mask ends,
// and so stretches are long.
template <class Pair>
class traversal {
 public:
  using array = typename Pair::array;
  using overflow = typename array::overflow;
  using slot_type = typename Pair::slot_type;
  using position = located<slot_type, typename array::layout>;

  // The first element; none when there is no element.
  static STEADY_ALWAYS_INLINE position first(const Pair& pair) noexcept {
    if (!pair.divided()) [[likely]] {
      const array& within = pair.old_array();
      if (const stretch found = stretch_from(within, 0, within.line().buckets()); found.slots != 0)
          [[likely]]
        return first_of(pair, found, within, 0, false);
    }
    return from_bucket(pair, 0, pair.new_in_use() != 0);
  }

  // The element after `at`; none after the last. Elements erased meanwhile are passed over, but the
  // overflow bucket that `at` was in must still be there.
  static STEADY_ALWAYS_INLINE position after(const Pair& pair, const position& at) noexcept {
    if (knows_next(pair, at)) [[likely]]
      return next_in_stretch(at);
    return behind_stretch(pair, at);
  }

  // The same for who may have no use for it: then the compiler can leave it out, because it is
  // inlined but for what is pure and returns a number.
  static STEADY_ALWAYS_INLINE position after_if_used(const Pair& pair,
                                                     const position& at) noexcept {
    return knows_next(pair, at) ? next_in_stretch(at) : search_beyond(pair, at);
  }

  // Calls `visit(slot)` for the elements after `at` in its stretch; then `at` is at the last one.
  template <class Visit>
  static STEADY_ALWAYS_INLINE void each_later_in_stretch(position& at, const Visit& visit) {
    for (; at.later != 0; at.later = without_lowest(at.later)) {
      at.number = static_cast<unsigned>(lowest_bit(at.later));
      at.slot = slot_of(at.slots, at.number);
      visit(at.slot);
    }
  }

  // Calls `visit(slot)` for every element, which is not looked at again, and `reached(next)`
  // between two stretches in one array.
  template <class Visit, class Reached>
  static void each_at_last(const Pair& pair, const Visit& visit, const Reached& reached) noexcept {
    position next;
    for (position at = first(pair); at; at = next) {
      visit(at.slot);
      each_later_in_stretch(at, visit);
      next = after(pair, at);
      if (next && next.in_new == at.in_new) reached(next);
    }
  }

 private:
  using layout = typename array::layout;
  using group = typename layout::group;

  static constexpr std::uint32_t all_slots = slots_mask(layout::width);
  static constexpr std::uint32_t all_overflow_slots = slots_mask(layout::overflow_width);

  // Bytes of a header: its tags and its filter.
  static constexpr unsigned tags_each = sizeof(bucket_header);

  // Buckets in a stretch, at most: not so many that their slots are more than a page. A stretch
  // ends where a multiple of these does, and so within a chunk and within a leaf of headers.
  static constexpr std::uint64_t stretch_buckets = std::bit_floor(std::clamp<std::uint64_t>(
      4096 / layout::bucket_bytes, 1, std::min<std::uint64_t>(layout::chunk_buckets, 4)));

  // The same bits for each bucket of a stretch.
  static constexpr std::uint64_t in_each(std::uint64_t bits) noexcept {
    return bits * 0x0001'0001'0001'0001u;
  }

  // The slots of a stretch, numbered in a row, by the bytes of its headers.
  static constexpr std::uint64_t numbered(std::uint64_t bytes) noexcept {
    std::uint64_t slots = bytes & all_slots;
    for (unsigned i = 1; i < stretch_buckets; ++i) {
      slots |= bytes >> (i * (tags_each - layout::width)) & std::uint64_t{all_slots}
                                                                << (i * layout::width);
    }
    return slots;
  }

  static std::uint32_t full(const std::uint8_t* tags, std::uint32_t slots) noexcept {
    return ~group::match_empty(tags) & slots;
  }

  static std::uint64_t without_lowest(std::uint64_t slots) noexcept { return slots & (slots - 1); }

  static STEADY_ALWAYS_INLINE bool knows_next(const Pair& pair, const position& at) noexcept {
    return at.later != 0 && at.erasures == pair.erasures;
  }
  static STEADY_ALWAYS_INLINE position next_in_stretch(const position& at) noexcept {
    const auto next = static_cast<unsigned>(lowest_bit(at.later));
    slot_type* const slot = slot_of(at.slots, next);
    assume(slot != nullptr);  // spares the caller's test for the end
    return {slot,
            at.tags,
            next,
            at.in_new,
            at.in_overflow,
            at.whole,
            at.first_bucket,
            at.slots,
            without_lowest(at.later),
            at.erasures};
  }
  static STEADY_ALWAYS_INLINE position behind_stretch(const Pair& pair,
                                                      const position& at) noexcept {
    if (at.whole != 0 && at.erasures == pair.erasures) [[likely]] {
      const array& within = pair.old_array();
      const std::uint64_t bucket = at.first_bucket + at.whole;
      const std::uint64_t end = within.line().buckets();
      if (bucket >= end) return {};
      prefetch_ahead(within, bucket, end);
      if (const stretch found = stretch_from(within, bucket, end); found.slots != 0) [[likely]]
        return first_of(pair, found, within, bucket, false);
    }
    return beyond(pair, at);
  }

  // The first of the elements in `slots`, which are those that begin with `first` and `tags`, in
  // `bucket`.
  static STEADY_ALWAYS_INLINE position first_of(const Pair& pair, std::uint64_t slots,
                                                slot_type* first, std::uint8_t* tags,
                                                std::uint64_t bucket, bool in_new, bool in_overflow,
                                                std::uint8_t whole = 0) noexcept {
    const auto found = static_cast<unsigned>(lowest_bit(slots));
    return {slot_of(first, found), tags,         found, in_new, in_overflow, whole, bucket, first,
            without_lowest(slots), pair.erasures};
  }

  // What there is in the buckets themselves of a stretch.
  struct stretch {
    std::uint64_t slots;  // that hold elements
    std::uint8_t whole;   // its buckets, if there is no overflow behind them; else 0
  };
  static STEADY_ALWAYS_INLINE stretch stretch_from(const array& within, std::uint64_t bucket,
                                                   std::uint64_t end) noexcept {
    const bucket_header* const headers = within.header(bucket);
    const auto bytes = [&](std::uint64_t i) {
      return std::uint64_t{full(headers[i].tags, slots_mask(tags_each))} << (i * tags_each);
    };
    std::uint64_t used = bytes(0);  // that are not 0
    std::uint8_t whole = 1;
    if (stretch_buckets >= 2 && bucket % 2 == 0 && bucket + 2 <= end) {
      used |= bytes(1);
      whole = 2;
      if (stretch_buckets == 4 && bucket % 4 == 0 && bucket + 4 <= end) {
        used |= bytes(2) | bytes(3);
        whole = 4;
      }
    }
    if (const std::uint64_t filters = used & in_each(filter_bytes); filters != 0) [[unlikely]] {
      used &= filters ^ (filters - 1);
      whole = 0;
    }
    return {numbered(used), whole};
  }

  // The first element of a stretch, which has some, from `bucket` on.
  static STEADY_ALWAYS_INLINE position first_of(const Pair& pair, const stretch& from,
                                                const array& within, std::uint64_t bucket,
                                                bool in_new) noexcept {
    return first_of(pair, from.slots, within.slots(bucket), within.header(bucket)->tags, bucket,
                    in_new, false, in_new ? std::uint8_t{0} : from.whole);
  }
  // The first element of an overflow bucket, which is not empty.
  static STEADY_ALWAYS_INLINE position first_of(const Pair& pair, overflow* link,
                                                std::uint64_t bucket, bool in_new) noexcept {
    return first_of(pair, full(link->tags, all_overflow_slots), array::overflow_slots(link),
                    link->tags, bucket, in_new, true);
  }

  // The bytes of a header that its filter takes.
  static constexpr std::uint32_t filter_bytes =
      slots_mask(tags_each) & ~slots_mask(max_bucket_width);

  // Where slots are more than the nearer caches hold, asks for those of the stretch after the next
  // one, in order, though half of their lines may hold nothing to be read: what is read is too
  // irregular for the processor to see it coming, and to ask for nothing else takes longer.
  static STEADY_ALWAYS_INLINE void prefetch_ahead(const array& within, std::uint64_t bucket,
                                                  std::uint64_t end) noexcept {
    const std::uint64_t ahead = bucket + stretch_buckets;
    if (ahead < end && end > layout::buckets_cached) {
      prefetch_lines<stretch_buckets * layout::bucket_bytes>(within.slots(ahead));
    }
  }

  // The first element behind `at`, wherever it is. Takes a copy: by reference, every iterator would
  // be in memory.
  static STEADY_NOINLINE position beyond(const Pair& pair, position at) noexcept {
    return search_beyond(pair, at);
  }
  static STEADY_ALWAYS_INLINE position search_beyond(const Pair& pair,
                                                     const position& at) noexcept {
    std::uint8_t* const tags = header_around(at.tag());
    const auto number = static_cast<unsigned>(at.tag() - tags);
    const std::uint32_t slots = at.in_overflow ? all_overflow_slots : all_slots;
    const std::uint32_t later = full(tags, slots) & (~std::uint32_t{1} << number);
    if (later != 0) {
      return first_of(pair, later, at.slot - number, tags, at.bucket(), at.in_new, at.in_overflow);
    }
    overflow* link = nullptr;
    if (at.in_overflow) {
      link = used_link(to_raw(reinterpret_cast<overflow*>(tags)->next));
    } else if (reinterpret_cast<bucket_header*>(tags)->filter != 0) {
      link = used_link(pair.array_of(at.in_new).overflow_of(at.bucket()));
    }
    if (link != nullptr) return first_of(pair, link, at.bucket(), at.in_new);
    return search_from(pair, at.bucket() + 1, at.in_new);
  }

  // The first element in `bucket` of the one array or later on the line.
  static STEADY_NOINLINE position from_bucket(const Pair& pair, std::uint64_t bucket,
                                              bool in_new) noexcept {
    return search_from(pair, bucket, in_new);
  }
  static STEADY_ALWAYS_INLINE position search_from(const Pair& pair, std::uint64_t bucket,
                                                   bool in_new) noexcept {
    if (in_new) {
      const std::uint64_t end = pair.new_in_use();
      bucket = used_bucket(pair.new_array(), bucket, end);
      if (bucket < end) return first_in(pair, pair.new_array(), bucket, end, true);
      bucket = pair.old_array().line().bucket_at(pair.frontier());
    }
    const std::uint64_t end = pair.old_array().line().buckets();
    bucket = used_bucket(pair.old_array(), bucket, end);
    if (bucket < end) return first_in(pair, pair.old_array(), bucket, end, false);
    return {};
  }

  // The first element in a bucket that has one.
  static STEADY_ALWAYS_INLINE position first_in(const Pair& pair, const array& within,
                                                std::uint64_t bucket, std::uint64_t end,
                                                bool in_new) noexcept {
    if (const stretch found = stretch_from(within, bucket, end); found.slots != 0)
      return first_of(pair, found, within, bucket, in_new);
    return first_of(pair, used_link(within.overflow_of(bucket)), bucket, in_new);
  }

  // The first bucket from `bucket` on that has an element, if only in its overflow; else `end`.
  static STEADY_NOINLINE STEADY_PURE std::uint64_t used_bucket(const array& within,
                                                               std::uint64_t bucket,
                                                               std::uint64_t end) noexcept {
    for (; bucket < end; ++bucket) {
      const bucket_header* const header = within.header(bucket);
      if (full(header->tags, all_slots) != 0) break;
      if (header->filter != 0 && used_link(within.overflow_of(bucket)) != nullptr) break;
    }
    return bucket;
  }

  // The first overflow bucket from `link` on that has an element, or null.
  static STEADY_NOINLINE STEADY_PURE overflow* used_link(overflow* link) noexcept {
    while (link != nullptr && full(link->tags, all_overflow_slots) == 0) link = to_raw(link->next);
    return link;
  }
};

}  // namespace steady::detail
