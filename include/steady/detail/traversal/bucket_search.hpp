// Searching for the next elements, for iteration: the part that is the same for all types of
// elements. It finds groups, which hold some: a bucket, perhaps with its neighbours, or an overflow
// bucket. Empty buckets are passed by what occupancy.hpp knows, not one by one.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/occupancy.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/state/element_place.hpp>
#include <steady/detail/state/table_state.hpp>

namespace steady::detail {

inline namespace STEADY_ABI {

// Up to four neighbouring buckets, or an overflow bucket; none if `tags` is null.
struct slot_group {
  std::uint8_t* tags = nullptr;  // of the first bucket
  std::byte* slots = nullptr;    // likewise
  std::uint64_t filled = 0;      // a bit for each slot
  element_place where;           // of the first bucket
};

template <class Storage>
struct bucket_search {
  using array = bucket_array<Storage>;
  using overflow = overflow_bucket<Storage>;
  using state_type = table_state<Storage>;

  // The first group of all with elements.
  static slot_group first(const state_type& state, const array_layout& layout) noexcept;

  // The first one behind the bucket, or overflow bucket, of those tags. It must still be there.
  static slot_group after(const state_type& state, const array_layout& layout, std::uint8_t* tags,
                          element_place where) noexcept;

  // What comes behind one element: the rest of its bucket, or overflow bucket, if that holds any,
  // or else the first group behind it.
  static slot_group behind(const state_type& state, const array_layout& layout, std::byte* slot,
                           std::uint8_t* tag, element_place where) noexcept;

  // As after() while the line is divided, behind the last bucket of a group.
  static slot_group after_divided(const state_type& state, const array_layout& layout, bool in_new,
                                  std::uint64_t last) noexcept;

  // The members of after(), each by a call that the compiler can drop if it is not used.
  static STEADY_PURE std::uint8_t* tags_after(const state_type& state, const array_layout& layout,
                                              std::uint8_t* tags, element_place where) noexcept;
  static STEADY_PURE std::byte* slots_after(const state_type& state, const array_layout& layout,
                                            std::uint8_t* tags, element_place where) noexcept;
  static STEADY_PURE std::uint64_t filled_after(const state_type& state, const array_layout& layout,
                                                std::uint8_t* tags, element_place where) noexcept;
  static STEADY_PURE element_place place_after(const state_type& state, const array_layout& layout,
                                               std::uint8_t* tags, element_place where) noexcept;

  static bool has_overflow(const state_type& state) noexcept;

 private:
  // A part of an array: the buckets that it owns. Below the frontier an old array's overflow
  // buckets may hold what has moved.
  struct part {
    array within;
    std::uint64_t begin;
    std::uint64_t end;
    bool is_new;
  };
  static part part_of(const state_type& state, bool is_new) noexcept;
  static slot_group search(const state_type& state, const array_layout& layout, const part& own,
                           std::uint64_t bucket) noexcept;
  static slot_group stretch(const array_layout& layout, const array& within, bool is_new,
                            std::uint64_t bucket, std::uint64_t end) noexcept;
  static void prefetch_slots(const array_layout& layout, const array& within,
                             std::uint64_t bucket) noexcept;
  static slot_group used(const state_type& state, const array_layout& layout, const part& own,
                         std::uint64_t chunk, overflow* link) noexcept;
};

template <class Storage>
STEADY_NOINLINE typename bucket_search<Storage>::part bucket_search<Storage>::part_of(
    const state_type& state, bool is_new) noexcept {
  if (is_new) return {state.new_array(), 0, state.cold()->new_in_use(), true};
  const array old = state.old_array();
  return {old, old.line().bucket_at(state.frontier()), old.line().buckets(), false};
}

// The first group in the buckets from `bucket` on of its chunk, its overflow, and what comes behind
// in the same array.
template <class Storage>
STEADY_NOINLINE slot_group bucket_search<Storage>::search(const state_type& state,
                                                          const array_layout& layout,
                                                          const part& own,
                                                          std::uint64_t bucket) noexcept {
  const std::uint64_t per_chunk = layout.chunk_buckets();
  const bool looks_for_overflow = !own.within.is_tiny() && has_overflow(state);
  const occupancy<Storage> occupied(own.within, layout);
  while (bucket < own.end) {
    const std::uint64_t chunk = bucket / per_chunk * per_chunk;
    const std::uint64_t end_here = min_of(chunk + per_chunk, own.end);
    for (; bucket < end_here; ++bucket) {
      state.recorder.searched();
      bucket = occupied.next(bucket, end_here);
      if (bucket == end_here) break;
      state.recorder.searched();
      const slot_group found = stretch(layout, own.within, own.is_new, bucket, end_here);
      if (found.filled != 0) return found;
    }
    if (looks_for_overflow) {
      const auto room = own.within.chunk_of(chunk, layout);
      const slot_group found = used(state, layout, own, chunk, room.first_overflow());
      if (found.tags != nullptr) return found;
    }
    bucket = occupied.next(end_here, own.end);
  }
  return {};
}

// The bucket and as many neighbours behind it as iteration visits with it. A group ends where a
// multiple of its size does, and so within a chunk and within a leaf of headers.
template <class Storage>
STEADY_ALWAYS_INLINE slot_group bucket_search<Storage>::stretch(const array_layout& layout,
                                                                const array& within, bool is_new,
                                                                std::uint64_t bucket,
                                                                std::uint64_t end) noexcept {
  unsigned buckets = layout.stretch_buckets;
  while (bucket % buckets != 0 || bucket + buckets > end) buckets /= 2;
  slot_group group{within.header(bucket)->tags, within.slots(bucket, layout), 0,
                   element_place(bucket, buckets, is_new, false)};
  for (unsigned n = 0; n < buckets; ++n) {
    group.filled |= std::uint64_t{within.full_slots(bucket + n, layout).bits()}
                    << (n * layout.width);
  }
  return group;
}

// Prefetches what iteration reads after the next stretch, if that is far away.
template <class Storage>
STEADY_ALWAYS_INLINE void bucket_search<Storage>::prefetch_slots(const array_layout& layout,
                                                                 const array& within,
                                                                 std::uint64_t bucket) noexcept {
  const std::byte* const slots = within.slots(bucket, layout);
  const std::size_t bytes = std::size_t{layout.stretch_buckets} * layout.bucket_bytes;
  for (std::size_t at = 0; at < bytes; at += cache_line_bytes) detail::prefetch(slots + at);
}

template <class Storage>
STEADY_NOINLINE slot_group bucket_search<Storage>::after_divided(const state_type& state,
                                                                 const array_layout& layout,
                                                                 bool in_new,
                                                                 std::uint64_t last) noexcept {
  const array& within = state.cold()->arrays[in_new ? 1 : 0];
  const std::uint64_t end = in_new ? state.cold()->new_in_use() : within.line().buckets();
  const std::uint64_t bucket = last + 1;
  if (bucket < end && bucket % layout.chunk_buckets() != 0) {
    const std::uint64_t ahead = bucket + layout.stretch_buckets;
    if (ahead < end && end * layout.bucket_bytes > bytes_cached) {
      prefetch_slots(layout, within, ahead);
    }
    const slot_group found = stretch(layout, within, in_new, bucket, end);
    if (found.filled != 0) return found;
  }
  return after(state, layout, within.header(last)->tags, element_place(last, 0, in_new, false));
}

// The first overflow bucket of a chunk, from `link` on, with an element that the array owns.
template <class Storage>
STEADY_NOINLINE slot_group bucket_search<Storage>::used(const state_type& state,
                                                        const array_layout& layout, const part& own,
                                                        std::uint64_t chunk,
                                                        overflow* link) noexcept {
  const auto room = own.within.chunk_of(chunk, layout);
  for (; link != nullptr; link = room.next_overflow(link)) {
    state.recorder.searched();
    const std::uint64_t bucket = chunk + link->home();
    if (bucket < own.begin || own.end <= bucket) continue;
    const slot_set full = overflow_chain<Storage>::full_slots(link, layout);
    if (full.empty()) continue;
    return {link->tags, detail::overflow_slots<Storage>(link, layout), full.bits(),
            element_place(bucket, 0, own.is_new, true)};
  }
  return {};
}

template <class Storage>
STEADY_NOINLINE slot_group bucket_search<Storage>::first(const state_type& state,
                                                         const array_layout& layout) noexcept {
  if (state.divided()) {
    const slot_group found = search(state, layout, part_of(state, true), 0);
    if (found.tags != nullptr) return found;
  }
  const part old = part_of(state, false);
  return search(state, layout, old, old.begin);
}

template <class Storage>
STEADY_NOINLINE slot_group bucket_search<Storage>::after(const state_type& state,
                                                         const array_layout& layout,
                                                         std::uint8_t* tags,
                                                         element_place where) noexcept {
  const part own = part_of(state, where.in_new());
  const std::uint64_t per_chunk = layout.chunk_buckets();
  const std::uint64_t bucket = where.bucket();
  const std::uint64_t chunk = bucket / per_chunk * per_chunk;
  slot_group found;
  if (where.in_overflow()) {
    auto* const link =
        own.within.chunk_of(chunk, layout).next_overflow(reinterpret_cast<overflow*>(tags));
    found = used(state, layout, own, chunk, link);
    if (found.tags == nullptr) found = search(state, layout, own, chunk + per_chunk);
  } else if ((bucket + 1) % per_chunk != 0 && bucket + 1 < own.end) {
    found = search(state, layout, own, bucket + 1);
  } else {
    if (!own.within.is_tiny() && has_overflow(state)) {
      found = used(state, layout, own, chunk, own.within.chunk_of(chunk, layout).first_overflow());
    }
    if (found.tags == nullptr) found = search(state, layout, own, chunk + per_chunk);
  }
  if (found.tags != nullptr || !own.is_new) return found;
  const part old = part_of(state, false);
  return search(state, layout, old, old.begin);
}

template <class Storage>
STEADY_NOINLINE slot_group bucket_search<Storage>::behind(const state_type& state,
                                                          const array_layout& layout,
                                                          std::byte* slot, std::uint8_t* tag,
                                                          element_place where) noexcept {
  std::uint8_t* const tags = header_around(tag);
  const auto number = static_cast<std::uint64_t>(tag - tags);
  const unsigned width = where.in_overflow() ? layout.overflow_width : layout.width;
  const slot_set full = ~native_tag_group::load(tags).empty() & slot_set::first(width);
  const std::uint64_t later = full.bits() & (~std::uint64_t{1} << number);
  if (later == 0) return after(state, layout, tags, where);
  return {tags, slot - number * layout.slot_bytes, later, where};
}

template <class Storage>
STEADY_NOINLINE std::uint8_t* bucket_search<Storage>::tags_after(const state_type& state,
                                                                 const array_layout& layout,
                                                                 std::uint8_t* tags,
                                                                 element_place where) noexcept {
  return after(state, layout, tags, where).tags;
}
template <class Storage>
STEADY_NOINLINE std::byte* bucket_search<Storage>::slots_after(const state_type& state,
                                                               const array_layout& layout,
                                                               std::uint8_t* tags,
                                                               element_place where) noexcept {
  return after(state, layout, tags, where).slots;
}
template <class Storage>
STEADY_NOINLINE std::uint64_t bucket_search<Storage>::filled_after(const state_type& state,
                                                                   const array_layout& layout,
                                                                   std::uint8_t* tags,
                                                                   element_place where) noexcept {
  return after(state, layout, tags, where).filled;
}
template <class Storage>
STEADY_NOINLINE element_place bucket_search<Storage>::place_after(const state_type& state,
                                                                  const array_layout& layout,
                                                                  std::uint8_t* tags,
                                                                  element_place where) noexcept {
  return after(state, layout, tags, where).where;
}

template <class Storage>
STEADY_NOINLINE bool bucket_search<Storage>::has_overflow(const state_type& state) noexcept {
  if (state.cold_link != nullptr) return state.cold()->memory.overflow_buckets != 0;
  const array only = state.old_array();
  for (std::uint64_t bucket = 0; bucket < only.line().buckets(); ++bucket) {
    if (only.header(bucket)->filter != 0) return true;
  }
  return false;
}

}  // namespace STEADY_ABI

}  // namespace steady::detail
