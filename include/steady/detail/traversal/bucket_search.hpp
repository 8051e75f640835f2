// Searching for the next elements, for iteration: the part that is the same for all types of
// elements. It finds groups: a bucket, or an overflow bucket, that holds some.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/state/table_state.hpp>

namespace steady::detail {

inline namespace STEADY_ABI {

// A bucket or an overflow bucket; none if `tags` is null.
struct slot_group {
  std::uint8_t* tags = nullptr;
  std::byte* slots = nullptr;
  std::uint64_t where = 0;  // the bucket's index times 4, and these bits

  static constexpr std::uint64_t in_overflow = 1;
  static constexpr std::uint64_t in_new = 2;
  std::uint64_t bucket() const noexcept { return where >> 2; }
};

template <class Storage>
struct bucket_search {
  using array = bucket_array<Storage>;
  using overflow = overflow_bucket<Storage>;
  using state_type = table_state<Storage>;

  // The first group of all with elements.
  static slot_group first(const state_type& state, const array_layout& layout) noexcept;

  // The first one behind the group of those tags. It must still be there.
  static slot_group after(const state_type& state, const array_layout& layout, std::uint8_t* tags,
                          std::uint64_t where) noexcept;

  // The members of after(), each by a call that the compiler can drop if it is not used.
  static STEADY_PURE std::uint8_t* tags_after(const state_type& state, const array_layout& layout,
                                              std::uint8_t* tags, std::uint64_t where) noexcept;
  static STEADY_PURE std::byte* slots_after(const state_type& state, const array_layout& layout,
                                            std::uint8_t* tags, std::uint64_t where) noexcept;
  static STEADY_PURE std::uint64_t place_after(const state_type& state, const array_layout& layout,
                                               std::uint8_t* tags, std::uint64_t where) noexcept;

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
  static slot_group used(const array_layout& layout, const part& own, std::uint64_t chunk,
                         overflow* link) noexcept;
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
  while (bucket < own.end) {
    const std::uint64_t chunk = bucket / per_chunk * per_chunk;
    const std::uint64_t end_here = min_of(chunk + per_chunk, own.end);
    for (; bucket < end_here; ++bucket) {
      if (own.within.full_slots(bucket, layout).empty()) continue;
      return {own.within.header(bucket)->tags, own.within.slots(bucket, layout),
              bucket << 2 | (own.is_new ? slot_group::in_new : 0)};
    }
    if (!looks_for_overflow) continue;
    const auto room = own.within.chunk_of(chunk, layout);
    const slot_group found = used(layout, own, chunk, room.first_overflow());
    if (found.tags != nullptr) return found;
  }
  return {};
}

// The first overflow bucket of a chunk, from `link` on, with an element that the array owns.
template <class Storage>
STEADY_NOINLINE slot_group bucket_search<Storage>::used(const array_layout& layout, const part& own,
                                                        std::uint64_t chunk,
                                                        overflow* link) noexcept {
  const auto room = own.within.chunk_of(chunk, layout);
  for (; link != nullptr; link = room.next_overflow(link)) {
    const std::uint64_t bucket = chunk + link->home();
    if (own.begin <= bucket && bucket < own.end &&
        !overflow_chain<Storage>::full_slots(link, layout).empty()) {
      return {link->tags, overflow_slots<Storage>(link, layout),
              bucket << 2 | (own.is_new ? slot_group::in_new : 0) | slot_group::in_overflow};
    }
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
                                                         std::uint64_t where) noexcept {
  const part own = part_of(state, (where & slot_group::in_new) != 0);
  const std::uint64_t per_chunk = layout.chunk_buckets();
  const std::uint64_t bucket = where >> 2;
  const std::uint64_t chunk = bucket / per_chunk * per_chunk;
  slot_group found;
  if ((where & slot_group::in_overflow) != 0) {
    auto* const link =
        own.within.chunk_of(chunk, layout).next_overflow(reinterpret_cast<overflow*>(tags));
    found = used(layout, own, chunk, link);
    if (found.tags == nullptr) found = search(state, layout, own, chunk + per_chunk);
  } else if ((bucket + 1) % per_chunk != 0 && bucket + 1 < own.end) {
    found = search(state, layout, own, bucket + 1);
  } else {
    if (!own.within.is_tiny() && has_overflow(state)) {
      found = used(layout, own, chunk, own.within.chunk_of(chunk, layout).first_overflow());
    }
    if (found.tags == nullptr) found = search(state, layout, own, chunk + per_chunk);
  }
  if (found.tags != nullptr || !own.is_new) return found;
  const part old = part_of(state, false);
  return search(state, layout, old, old.begin);
}

template <class Storage>
STEADY_NOINLINE std::uint8_t* bucket_search<Storage>::tags_after(const state_type& state,
                                                                 const array_layout& layout,
                                                                 std::uint8_t* tags,
                                                                 std::uint64_t where) noexcept {
  return after(state, layout, tags, where).tags;
}
template <class Storage>
STEADY_NOINLINE std::byte* bucket_search<Storage>::slots_after(const state_type& state,
                                                               const array_layout& layout,
                                                               std::uint8_t* tags,
                                                               std::uint64_t where) noexcept {
  return after(state, layout, tags, where).slots;
}
template <class Storage>
STEADY_NOINLINE std::uint64_t bucket_search<Storage>::place_after(const state_type& state,
                                                                  const array_layout& layout,
                                                                  std::uint8_t* tags,
                                                                  std::uint64_t where) noexcept {
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
