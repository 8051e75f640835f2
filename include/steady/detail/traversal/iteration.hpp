// Iteration: going through all elements, first those of the new array's buckets in use, then the
// old array's from the frontier on; chunk by chunk, first the slots of its buckets, in the order of
// the hash line, then its overflow buckets, as they lie in memory. So the processor sees what comes
// next, which it would not where it has to follow each bucket's chain.
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
#include <steady/detail/state/table_state.hpp>
#include <steady/detail/traversal/bucket_search.hpp>
#include <steady/detail/traversal/element_location.hpp>

namespace steady::detail {

// A stretch is what is visited in one go: up to four neighbouring buckets, or one overflow bucket.
// Which of its slots are filled is not predictable, so elements come from a mask of its tags; the
// processor's only wrong guess is where the mask ends, and so stretches are long.
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
      if (const stretch found = stretch_from(within.root, 0, within.end); found.slots != 0)
          [[likely]]
        return first_of(state, found, within.root, within.directory, 0, false, found.whole);
    }
    return from_start(state);
  }

  // The element after `at`; none after the last. Elements erased meanwhile are passed over, but the
  // overflow bucket that `at` was in must still be there.
  static STEADY_ALWAYS_INLINE location after(const state_type& state, const location& at) noexcept {
    // Nested, because GCC lays out the loop by the conditions (docs/dead-ends.md).
    if (at.later != 0) [[likely]] {
      if (at.shape == state.shape.word()) [[likely]]
        return next_in_stretch(at);
      return beyond(state, at);
    }
    return behind_stretch(state, at);
  }

  // As after(), but the compiler may drop the call if the result is unused: everything is inlined
  // but what is pure and returns a number.
  static STEADY_ALWAYS_INLINE location after_if_used(const state_type& state,
                                                     const location& at) noexcept {
    const bool knows_next = at.later != 0 && at.shape == state.shape.word();
    return knows_next ? next_in_stretch(at) : search_beyond(state, at);
  }

 private:
  using group = typename layout::tag_group;
  using search = bucket_search<storage>;
  using store = header_store<storage>;
  using root_type = typename store::root_type;
  using overflow = overflow_bucket<storage>;

  static constexpr std::uint64_t all_slots = slot_set::first(layout::width).bits();
  static constexpr std::uint64_t all_overflow_slots =
      slot_set::first(layout::overflow_width).bits();

  // Buckets in a stretch, at most: not so many that their slots are more than a page. A stretch
  // ends where a multiple of these does, and so within a chunk and within a leaf of headers.
  static constexpr std::uint64_t stretch_buckets = std::bit_floor(clamped<std::uint64_t>(
      4096 / layout::bucket_bytes, 1, min_of<std::uint64_t>(layout::chunk_buckets, 4)));

  static STEADY_ALWAYS_INLINE std::uint64_t full(const std::uint8_t* tags) noexcept {
    return ~std::uint64_t{group::load(tags).empty().bits()};
  }
  static std::uint64_t without_lowest(std::uint64_t slots) noexcept { return slots & (slots - 1); }

  // What lookups see of the table.
  struct shown_array {
    explicit STEADY_ALWAYS_INLINE shown_array(const state_type& state) noexcept
        : root(store::root_of(state.root)),
          end(state.shape.line().buckets()),
          directory(state.shape.directory()) {}

    root_type root;
    std::uint64_t end;  // buckets
    std::int8_t directory;
  };
  static STEADY_ALWAYS_INLINE location next_in_stretch(const location& at) noexcept {
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
            at.shape};
  }
  static STEADY_ALWAYS_INLINE location behind_stretch(const state_type& state,
                                                      const location& at) noexcept {
    if (at.whole != 0 && at.shape == state.shape.word()) [[likely]] {
      const shown_array within(state);
      const std::uint64_t bucket = at.first_bucket + at.whole;
      if ((bucket < within.end && bucket % layout::chunk_buckets != 0) ||
          !search::has_overflow(state)) [[likely]] {
        if (bucket >= within.end) return {};
        prefetch_ahead(within, bucket);
        if (const stretch found = stretch_from(within.root, bucket, within.end); found.slots != 0)
            [[likely]]
          return first_of(state, found, within.root, within.directory, bucket, false, found.whole);
      }
    }
    return beyond(state, at);
  }

  // The first of the elements in `slots`, which are those that begin with `first` and `tags`, in
  // `bucket`.
  static STEADY_ALWAYS_INLINE location first_of(const state_type& state, std::uint64_t slots,
                                                slot_type* first, std::uint8_t* tags,
                                                std::uint64_t bucket, bool in_new, bool in_overflow,
                                                std::uint8_t whole = 0) noexcept {
    const auto found = static_cast<unsigned>(lowest_bit(slots));
    return {slot_of(first, found),
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
  // The first element of an overflow bucket, which is not empty, in the chunk that begins with the
  // bucket `chunk`.
  static STEADY_ALWAYS_INLINE location first_of(const state_type& state, overflow* link,
                                                std::uint64_t chunk, bool in_new) noexcept {
    return first_of(state, full(link->tags) & all_overflow_slots,
                    reinterpret_cast<slot_type*>(overflow_slots<storage>(link, layout::value)),
                    link->tags, chunk + link->home(), in_new, true);
  }

  // Where slots are more than the nearer caches hold, prefetches those of the stretch after the
  // next one, in order, though half of their lines may hold nothing to be read: what is read is too
  // irregular for the processor to see it coming, and to prefetch nothing else takes longer.
  static STEADY_ALWAYS_INLINE void prefetch_ahead(const shown_array& within,
                                                  std::uint64_t bucket) noexcept {
    const std::uint64_t ahead = bucket + stretch_buckets;
    if (ahead < within.end && within.end > layout::buckets_cached) {
      prefetch_lines<stretch_buckets * layout::bucket_bytes>(
          slots_of(within.root, within.directory, ahead));
    }
  }

  // The first element behind `at`, wherever it is. Takes a copy: by reference, every iterator would
  // be in memory.
  static STEADY_NOINLINE location beyond(const state_type& state, location at) noexcept {
    return search_beyond(state, at);
  }
  static STEADY_ALWAYS_INLINE location search_beyond(const state_type& state,
                                                     const location& at) noexcept {
    std::uint8_t* const tags = header_around(at.tag());
    const auto number = static_cast<unsigned>(at.tag() - tags);
    const std::uint64_t slots = at.in_overflow ? all_overflow_slots : all_slots;
    const std::uint64_t later = full(tags) & slots & (~std::uint64_t{1} << number);
    const std::uint64_t bucket = at.bucket();
    if (later != 0) {
      return first_of(state, later, at.slot - number, tags, bucket, at.in_new, at.in_overflow);
    }
    const std::uint64_t chunk = bucket / layout::chunk_buckets * layout::chunk_buckets;
    if (!at.in_overflow) return search_from(state, chunk, bucket + 1, at.in_new);
    auto* const last = reinterpret_cast<overflow*>(tags);
    if (overflow* const link = search::next_overflow(state, layout::value, at.in_new, chunk, last))
      return first_of(state, link, chunk, at.in_new);
    return search_from(state, chunk + layout::chunk_buckets, chunk + layout::chunk_buckets,
                       at.in_new);
  }

  // The first element of all.
  static STEADY_NOINLINE location from_start(const state_type& state) noexcept {
    if (search::end_of(state, true) != 0) return search_from(state, 0, 0, true);
    return search_in_old(state);
  }
  static STEADY_ALWAYS_INLINE location search_in_old(const state_type& state) noexcept {
    const std::uint64_t bucket = search::begin_of(state, false);
    return search_from(state, bucket / layout::chunk_buckets * layout::chunk_buckets, bucket,
                       false);
  }
  static STEADY_ALWAYS_INLINE location search_from(const state_type& state, std::uint64_t chunk,
                                                   std::uint64_t bucket, bool in_new) noexcept {
    std::uint64_t spot = search::next(state, layout::value, in_new, chunk, bucket);
    if (in_new && spot == search::nothing) {
      in_new = false;
      bucket = search::begin_of(state, false);
      chunk = bucket / layout::chunk_buckets * layout::chunk_buckets;
      spot = search::next(state, layout::value, false, chunk, bucket);
    }
    if (spot == search::nothing) return {};
    bucket = spot / 2;
    if (spot % 2 == 0) {
      const auto within = state.array_of(in_new);
      const stretch found = stretch_from(within.root(), bucket, search::end_of(state, in_new));
      return first_of(state, found, within.root(), within.directory(), bucket, in_new,
                      state.divided() ? std::uint8_t{0} : found.whole);
    }
    return first_of(state, search::first_overflow(state, layout::value, in_new, bucket), bucket,
                    in_new);
  }
};

}  // namespace steady::detail
