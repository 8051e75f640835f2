// Going through all elements: the new array's buckets in use, then the old array's from the
// frontier on; chunk by chunk, first the slots of its buckets, in the order of the hash line, then
// its overflow buckets, as they lie in memory. So the processor sees what comes next, which it
// would not where it has to follow each bucket's chain.
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

// A stretch is what is looked at in one go: up to four neighbouring buckets, or one overflow
// bucket. Which of its slots are filled is not predictable, so elements come from a mask of its
// tags; the processor's only wrong guess is where the mask ends, and so stretches are long.
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
    return from_start(pair, pair.new_in_use() != 0);
  }

  // The element after `at`; none after the last. Elements erased meanwhile are passed over, but the
  // overflow bucket that `at` was in must still be there.
  static STEADY_ALWAYS_INLINE position after(const Pair& pair, const position& at) noexcept {
    // One in the other, because GCC lays out the loop by them (docs/dead-ends.md).
    if (at.later != 0) [[likely]] {
      if (at.erasures == pair.erasures) [[likely]]
        return next_in_stretch(at);
      return beyond(pair, at);
    }
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

  // Buckets in a stretch, at most: not so many that their slots are more than a page. A stretch
  // ends where a multiple of these does, and so within a chunk and within a leaf of headers.
  static constexpr std::uint64_t stretch_buckets = std::bit_floor(std::clamp<std::uint64_t>(
      4096 / layout::bucket_bytes, 1, std::min<std::uint64_t>(layout::chunk_buckets, 4)));

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
      if ((bucket < end && bucket % layout::chunk_buckets != 0) || !has_overflow(pair)) [[likely]] {
        if (bucket >= end) return {};
        prefetch_ahead(within, bucket, end);
        if (const stretch found = stretch_from(within, bucket, end); found.slots != 0) [[likely]]
          return first_of(pair, found, within, bucket, false);
      }
    }
    return beyond(pair, at);
  }

  static bool has_overflow(const Pair& pair) noexcept { return pair.memory.overflow_buckets != 0; }

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

  // What there is in the buckets of a stretch.
  struct stretch {
    std::uint64_t slots;  // that hold elements
    std::uint8_t whole;   // buckets
  };
  static STEADY_ALWAYS_INLINE stretch stretch_from(const array& within, std::uint64_t bucket,
                                                   std::uint64_t end) noexcept {
    const bucket_header* const headers = within.header(bucket);
    const auto bytes = [&](std::uint64_t i) {
      return std::uint64_t{full(headers[i].tags, all_slots)} << (i * layout::width);
    };
    if (stretch_buckets >= 2 && bucket % 2 == 0 && bucket + 2 <= end) {
      if (stretch_buckets == 4 && bucket % 4 == 0 && bucket + 4 <= end)
        return {bytes(0) | bytes(1) | bytes(2) | bytes(3), 4};
      return {bytes(0) | bytes(1), 2};
    }
    return {bytes(0), 1};
  }

  // The first element of a stretch, which has some, from `bucket` on.
  static STEADY_ALWAYS_INLINE position first_of(const Pair& pair, const stretch& from,
                                                const array& within, std::uint64_t bucket,
                                                bool in_new) noexcept {
    return first_of(pair, from.slots, within.slots(bucket), within.header(bucket)->tags, bucket,
                    in_new, false, in_new ? std::uint8_t{0} : from.whole);
  }
  // The first element of an overflow bucket, which is not empty, in the chunk that begins with the
  // bucket `chunk`.
  static STEADY_ALWAYS_INLINE position first_of(const Pair& pair, overflow* link,
                                                std::uint64_t chunk, bool in_new) noexcept {
    return first_of(pair, full(link->tags, all_overflow_slots), array::overflow_slots(link),
                    link->tags, chunk + link->home(), in_new, true);
  }

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
    const std::uint64_t bucket = at.bucket();
    if (later != 0) {
      return first_of(pair, later, at.slot - number, tags, bucket, at.in_new, at.in_overflow);
    }
    const std::uint64_t chunk = chunk_of(bucket);
    if (!at.in_overflow) return search_from(pair, {chunk, bucket + 1}, at.in_new);
    const part own = part_of(pair, at.in_new);
    auto* const last = reinterpret_cast<overflow*>(tags);
    if (overflow* const link = next_link(own.within, own.from, own.end, chunk, last))
      return first_of(pair, link, chunk, at.in_new);
    return search_from(pair, start_of(chunk + layout::chunk_buckets), at.in_new);
  }

  static constexpr std::uint64_t chunk_of(std::uint64_t bucket) noexcept {
    return bucket / layout::chunk_buckets * layout::chunk_buckets;
  }

  // Where to go on: the buckets from `bucket` on of the chunk that begins with `chunk`, its
  // overflow, and whatever comes behind.
  struct start {
    std::uint64_t chunk;
    std::uint64_t bucket;
  };
  static constexpr start start_of(std::uint64_t bucket) noexcept {
    return {chunk_of(bucket), bucket};
  }

  // The part of the line that an array owns, in its buckets. Behind the frontier an old array's
  // overflow buckets may hold what has moved.
  struct part {
    const array& within;
    std::uint64_t from;
    std::uint64_t end;
  };
  static STEADY_ALWAYS_INLINE part part_of(const Pair& pair, bool of_new) noexcept {
    if (of_new) return {pair.new_array(), 0, pair.new_in_use()};
    const array& old = pair.old_array();
    return {old, old.line().bucket_at(pair.frontier()), old.line().buckets()};
  }

  // The first element of the one array from there on, or the first of the old one.
  static STEADY_NOINLINE position from_start(const Pair& pair, bool in_new) noexcept {
    return search_from(pair, start_of(part_of(pair, in_new).from), in_new);
  }
  static STEADY_ALWAYS_INLINE position search_from(const Pair& pair, start at,
                                                   bool in_new) noexcept {
    if (in_new) {
      const part own = part_of(pair, true);
      const std::uint64_t next =
          next_spot(pair, own.within, own.from, own.end, at.chunk, at.bucket);
      if (next != no_spot) return first_at(pair, own, next, true);
      at = start_of(part_of(pair, false).from);
    }
    const part own = part_of(pair, false);
    const std::uint64_t next = next_spot(pair, own.within, own.from, own.end, at.chunk, at.bucket);
    if (next != no_spot) return first_at(pair, own, next, false);
    return {};
  }

  // Twice the number of a bucket that has an element in its slots; or, one more than that of a
  // bucket whose chunk has one in its overflow.
  static constexpr std::uint64_t no_spot = ~std::uint64_t{0};
  static STEADY_NOINLINE STEADY_PURE std::uint64_t next_spot(const Pair& pair, const array& within,
                                                             std::uint64_t from, std::uint64_t end,
                                                             std::uint64_t chunk,
                                                             std::uint64_t bucket) noexcept {
    while (chunk < end) {
      const std::uint64_t end_here = std::min(chunk + layout::chunk_buckets, end);
      for (; bucket < end_here; ++bucket) {
        if (full(within.header(bucket)->tags, all_slots) != 0) return 2 * bucket;
      }
      if (has_overflow(pair) && first_link(within, from, end, chunk) != nullptr) {
        return 2 * chunk + 1;
      }
      chunk = bucket = end_here;
    }
    return no_spot;
  }
  static STEADY_ALWAYS_INLINE position first_at(const Pair& pair, const part& own,
                                                std::uint64_t spot, bool in_new) noexcept {
    const std::uint64_t bucket = spot / 2;
    if (spot % 2 == 0)
      return first_of(pair, stretch_from(own.within, bucket, own.end), own.within, bucket, in_new);
    overflow* const link = first_link(own.within, own.from, own.end, bucket);
    return first_of(pair, link, bucket, in_new);
  }

  // The first overflow bucket of a chunk with an element of the buckets from `from` up to `end`, or
  // the first one behind `last`; or null.
  static STEADY_NOINLINE STEADY_PURE overflow* first_link(const array& within, std::uint64_t from,
                                                          std::uint64_t end,
                                                          std::uint64_t chunk) noexcept {
    return used_link(within, from, end, chunk, within.first_in_chunk(chunk));
  }
  static STEADY_NOINLINE STEADY_PURE overflow* next_link(const array& within, std::uint64_t from,
                                                         std::uint64_t end, std::uint64_t chunk,
                                                         overflow* last) noexcept {
    return used_link(within, from, end, chunk, within.next_in_chunk(chunk, last));
  }
  static overflow* used_link(const array& within, std::uint64_t from, std::uint64_t end,
                             std::uint64_t chunk, overflow* link) noexcept {
    for (; link != nullptr; link = within.next_in_chunk(chunk, link)) {
      const std::uint64_t bucket = chunk + link->home();
      if (full(link->tags, all_overflow_slots) != 0 && from <= bucket && bucket < end) break;
    }
    return link;
  }
};

}  // namespace steady::detail
