// Iteration: going through all elements, first those of the new array's buckets in use, then the
// old array's from the frontier on; chunk by chunk, first the slots of its buckets, in the order of
// the hash line, then its overflow buckets, as they lie in memory. So the processor can prefetch,
// which it could not if each bucket's chain were followed.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/chunk.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/line/tag_group.hpp>
#include <steady/detail/state/element_place.hpp>
#include <steady/detail/state/table_state.hpp>
#include <steady/detail/traversal/bucket_search.hpp>
#include <steady/detail/traversal/element_location.hpp>

namespace steady::detail {

// A stretch is what is visited in one go: up to four neighbouring buckets, or one overflow bucket.
// Which of its slots are filled is not predictable, so elements come from a mask of its tags. The
// processor mispredicts only the end of the mask, so stretches are long.
template <class Slot, class Layout>
class iteration {
 public:
  using slot_type = Slot;
  using layout = Layout;
  using storage = typename Layout::storage;
  using state_type = table_state<storage>;
  using location = element_location<Slot, Layout>;

  // The first element; none when there is no element.
  static STEADY_ALWAYS_INLINE location first(const state_type& state) noexcept {
    if (!state.divided()) [[likely]] {
      const shown_array within(state);
      state.recorder.searched();
      if (const stretch found = stretch_from(within.root, 0, within.end); found.slots != 0)
          [[likely]]
        return first_of(state, found, within.root, within.directory, 0, false, found.whole);
    }
    return from_start(state);
  }

  // The element after `at`; none after the last. Elements erased meanwhile are passed over, unless
  // they were a multiple of 2^32: to look at the tag of each element would cost time. The overflow
  // bucket that `at` was in must still be there.
  static STEADY_ALWAYS_INLINE location after(const state_type& state, const location& at) noexcept {
    // Nested, because GCC lays out the loop by the conditions (docs/dead-ends.md).
    if (at.later != 0) [[likely]] {
      if (at.shape == state.shape.word()) [[likely]]
        return next_in_stretch(at, at.later);
      if (is_at_rest(at) && state.shape.has_only_erased_since(at.shape)) [[unlikely]] {
        const std::uint64_t left = without_erased(at.tags, at.later);
        if (left != 0) return next_in_stretch(at, left);
      }
      return beyond(state, at);
    }
    return behind_stretch(state, at);
  }

  // As after(), but the compiler may drop the call if the result is unused: everything is inlined
  // but what is pure and returns a number.
  static STEADY_ALWAYS_INLINE location after_if_used(const state_type& state,
                                                     const location& at) noexcept {
    if (at.later != 0 && at.shape == state.shape.word()) return next_in_stretch(at, at.later);
    const group_of_one own(at);
    if (own.later != 0) return first_of(state, own.later, own, at);
    const element_place where = where_of(at);
    return first_of(state, {search::tags_after(state, layout::value, own.tags, where),
                            search::slots_after(state, layout::value, own.tags, where),
                            search::filled_after(state, layout::value, own.tags, where),
                            search::place_after(state, layout::value, own.tags, where)});
  }

 private:
  using group = typename layout::tag_group;
  using search = bucket_search<storage>;
  using store = header_store<storage>;
  using root_type = typename store::root_type;

  static constexpr std::uint64_t all_slots = slot_set::first(layout::width).bits();
  static constexpr std::uint64_t all_overflow_slots =
      slot_set::first(layout::overflow_width).bits();

  // Buckets in a stretch, at most. A stretch ends where a multiple of these does, and so within a
  // chunk and within a leaf of headers.
  static constexpr std::uint64_t stretch_buckets = layout::value.stretch_buckets;

  static STEADY_ALWAYS_INLINE std::uint64_t full(const std::uint8_t* tags) noexcept {
    return ~std::uint64_t{group::load(tags).empty().bits()};
  }
  static std::uint64_t without_lowest(std::uint64_t slots) noexcept { return slots & (slots - 1); }

  // An array, and how many of its buckets may hold elements.
  struct shown_array {
    // Of a table at rest: what lookups see.
    explicit STEADY_ALWAYS_INLINE shown_array(const state_type& state) noexcept
        : root(store::root_of(state.root)),
          end(state.shape.line().buckets()),
          directory(state.shape.directory()) {}

    root_type root;
    std::uint64_t end;  // buckets
    std::int8_t directory;
  };
  // As bucket_search has it, but without a call in the loop.
  static STEADY_ALWAYS_INLINE bool has_overflow(const state_type& state,
                                                const shown_array& within) noexcept {
    if (state.cold_link != nullptr) return state.cold()->memory.overflow_buckets != 0;
    std::uint16_t filters = 0;
    for (std::uint64_t bucket = 0; bucket < within.end; ++bucket) {
      filters = static_cast<std::uint16_t>(filters | store::header(within.root, bucket)->filter);
    }
    return filters != 0;
  }

  // The first of the slots `later`, which are some of those of the stretch that `at` is in.
  static STEADY_ALWAYS_INLINE location next_in_stretch(const location& at,
                                                       std::uint64_t later) noexcept {
    const auto next = static_cast<unsigned>(lowest_bit(later));
    slot_type* const slot = detail::slot_of(at.slots, next);
    assume(slot != nullptr);  // spares the caller's test for the end
    return {slot,
            at.tags,
            next,
            at.in_new,
            at.in_overflow,
            at.whole,
            at.first_bucket,
            at.slots,
            without_lowest(later),
            at.shape};
  }
  // Those slots from the first on that still holds an element. Looks at one tag at a time: a load
  // of several would wait for the one that an erasure has stored.
  static STEADY_NOINLINE STEADY_PURE std::uint64_t without_erased(const std::uint8_t* tags,
                                                                  std::uint64_t later) noexcept {
    while (later != 0 &&
           tags[location::tag_offset(static_cast<unsigned>(lowest_bit(later)))] == empty_tag) {
      later = without_lowest(later);
    }
    return later;
  }
  static STEADY_ALWAYS_INLINE location behind_stretch(const state_type& state,
                                                      const location& at) noexcept {
    if (is_at_rest(at) && state.shape.has_only_erased_since(at.shape)) [[likely]] {
      const shown_array within(state);
      const std::uint64_t bucket = at.first_bucket + at.whole;
      if ((bucket < within.end && bucket % layout::chunk_buckets != 0) ||
          !has_overflow(state, within)) [[likely]] {
        if (bucket >= within.end) return {};
        prefetch_ahead(within, bucket);
        state.recorder.searched();
        if (const stretch found = stretch_from(within.root, bucket, within.end); found.slots != 0)
            [[likely]]
          return first_of(state, found, within.root, within.directory, bucket, false, found.whole);
      }
    }
    if (at.whole > divided && at.shape == state.shape.word()) [[unlikely]]
      return behind_divided_stretch(state, at.in_new,
                                    at.first_bucket + (at.whole & stretch_bits) - 1);
    return beyond(state, at);
  }

  // How many buckets a stretch has, for location::whole; apart from those of divided lines.
  static constexpr std::uint8_t divided = 0x80;
  static constexpr std::uint8_t stretch_bits = 0x7f;
  static STEADY_ALWAYS_INLINE bool is_at_rest(const location& at) noexcept {
    return static_cast<std::uint8_t>(at.whole - 1) < stretch_buckets;
  }

  // What comes behind a stretch of a divided line, `last` being its last bucket.
  static STEADY_NOINLINE location behind_divided_stretch(const state_type& state, bool in_new,
                                                         std::uint64_t last) noexcept {
    return from_group(state, search::after_divided(state, layout::value, in_new, last));
  }

  // The first of the elements in `slots`, which are those that begin with `first` and `tags`, in
  // `bucket`.
  static STEADY_ALWAYS_INLINE location first_of(const state_type& state, std::uint64_t slots,
                                                slot_type* first, std::uint8_t* tags,
                                                std::uint64_t bucket, bool in_new, bool in_overflow,
                                                std::uint8_t whole = 0) noexcept {
    const auto found = static_cast<unsigned>(lowest_bit(slots));
    return {detail::slot_of(first, found),
            tags,
            found,
            in_new,
            in_overflow,
            whole,
            bucket,
            first,
            without_lowest(slots),
            state.shape.word()};
  }

  // What there is in the buckets of a stretch.
  struct stretch {
    std::uint64_t slots;  // that hold elements
    std::uint8_t whole;   // buckets
  };
  static STEADY_ALWAYS_INLINE stretch stretch_from(root_type root, std::uint64_t bucket,
                                                   std::uint64_t end) noexcept {
    const bucket_header* const headers = store::header(root, bucket);
    const auto slots = [&](std::uint64_t i) {
      return (full(headers[i].tags) & all_slots) << (i * layout::width);
    };
    if (stretch_buckets >= 2 && bucket % 2 == 0 && bucket + 2 <= end) {
      if (stretch_buckets == 4 && bucket % 4 == 0 && bucket + 4 <= end)
        return {slots(0) | slots(1) | slots(2) | slots(3), 4};
      return {slots(0) | slots(1), 2};
    }
    return {slots(0), 1};
  }

  static STEADY_ALWAYS_INLINE slot_type* slots_of(root_type root, std::int8_t directory,
                                                  std::uint64_t bucket) noexcept {
    return reinterpret_cast<slot_type*>(
        store::template slots_at<layout>(root, directory, bucket * sizeof(bucket_header)));
  }

  // The first element of a stretch, which has some, from `bucket` on.
  static STEADY_ALWAYS_INLINE location first_of(const state_type& state, const stretch& from,
                                                root_type root, std::int8_t directory,
                                                std::uint64_t bucket, bool in_new,
                                                std::uint8_t whole = 0) noexcept {
    return first_of(state, from.slots, slots_of(root, directory, bucket),
                    store::header(root, bucket)->tags, bucket, in_new, false, whole);
  }
  // Where slots are more than the nearer caches hold, prefetches those of the stretch after the
  // next one, in order, though half of their lines may hold nothing to be read: what is read is too
  // irregular for the processor to see it coming, and to prefetch nothing else takes longer.
  static STEADY_ALWAYS_INLINE void prefetch_ahead(const shown_array& within,
                                                  std::uint64_t bucket) noexcept {
    const std::uint64_t ahead = bucket + stretch_buckets;
    if (ahead < within.end && within.end > layout::buckets_cached) {
      detail::prefetch_lines<stretch_buckets * layout::bucket_bytes>(
          slots_of(within.root, within.directory, ahead));
    }
  }

  // The bucket, or overflow bucket, of one element, and which of its slots behind that are filled.
  struct group_of_one {
    explicit STEADY_ALWAYS_INLINE group_of_one(const location& at) noexcept
        : tags(header_around(at.tag())), number(static_cast<unsigned>(at.tag() - tags)) {
      later = full(tags) & (at.in_overflow ? all_overflow_slots : all_slots) &
              (~std::uint64_t{1} << number);
    }

    std::uint8_t* tags;
    unsigned number;
    std::uint64_t later;
  };
  static STEADY_ALWAYS_INLINE location first_of(const state_type& state, std::uint64_t later,
                                                const group_of_one& own,
                                                const location& at) noexcept {
    return first_of(state, later, at.slot - own.number, own.tags, at.bucket(), at.in_new,
                    at.in_overflow);
  }
  static STEADY_ALWAYS_INLINE element_place where_of(const location& at) noexcept {
    return element_place(at.bucket(), 0, at.in_new, at.in_overflow);
  }

  // The first element of a group, none if that is none.
  static STEADY_NOINLINE location from_group(const state_type& state,
                                             const slot_group& found) noexcept {
    return first_of(state, found);
  }
  static STEADY_ALWAYS_INLINE location first_of(const state_type& state,
                                                const slot_group& found) noexcept {
    if (found.tags == nullptr) return {};
    const bool in_overflow = found.where.in_overflow();
    return first_of(state, found.filled, reinterpret_cast<slot_type*>(found.slots), found.tags,
                    found.where.bucket(), found.where.in_new(), in_overflow,
                    static_cast<std::uint8_t>(found.where.buckets() |
                                              (!in_overflow && state.divided() ? divided : 0)));
  }

  // The first element, wherever it is.
  static STEADY_NOINLINE location from_start(const state_type& state) noexcept {
    return from_group(state, search::first(state, layout::value));
  }

  // The first element behind `at`, wherever it is. Takes a copy, which the compiler can pass in
  // registers, because few members are read: by reference, every iterator would be in memory.
  static STEADY_NOINLINE location beyond(const state_type& state, location at) noexcept {
    return from_group(
        state, search::behind(state, layout::value, reinterpret_cast<std::byte*>(at.slot), at.tag(),
                              where_of(at)));
  }
};

}  // namespace steady::detail
