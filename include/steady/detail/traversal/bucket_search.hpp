// Searching for the next bucket with elements, for iteration: the part that is the same for all
// types of elements.
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

template <class Storage>
struct bucket_search {
  using array = bucket_array<Storage>;
  using overflow = overflow_bucket<Storage>;
  using state_type = table_state<Storage>;

  // Twice the number of a bucket that has an element in its slots; or, one more than that of a
  // bucket whose chunk has one in its overflow.
  static constexpr std::uint64_t nothing = ~std::uint64_t{0};

  // The part of the line that an array owns, in its buckets. Below the frontier an old array's
  // overflow buckets may hold what has moved.
  static std::uint64_t begin_of(const state_type& state, bool in_new) noexcept {
    return in_new ? 0 : state.old_array().line().bucket_at(state.frontier());
  }
  static std::uint64_t end_of(const state_type& state, bool in_new) noexcept {
    if (!in_new) return state.old_array().line().buckets();
    return state.cold_link == nullptr ? 0 : state.cold()->new_in_use();
  }

  // The first spot in one of the arrays, in the buckets from `bucket` on of the chunk that begins
  // with `chunk`, its overflow, and whatever comes behind.
  static STEADY_NOINLINE STEADY_PURE std::uint64_t next(const state_type& state,
                                                        const array_layout& layout, bool in_new,
                                                        std::uint64_t chunk,
                                                        std::uint64_t bucket) noexcept {
    const array within = state.array_of(in_new);
    const std::uint64_t end = end_of(state, in_new);
    while (chunk < end) {
      const std::uint64_t end_here = min_of<std::uint64_t>(chunk + layout.chunk_buckets(), end);
      for (; bucket < end_here; ++bucket) {
        if (!within.full_slots(bucket, layout).empty()) return 2 * bucket;
      }
      if (has_overflow(state) && first_overflow(state, layout, in_new, chunk) != nullptr) {
        return 2 * chunk + 1;
      }
      chunk = bucket = end_here;
    }
    return nothing;
  }

  // The first overflow bucket of a chunk with an element that the array owns; or the first one
  // behind `last`; or null.
  static STEADY_NOINLINE STEADY_PURE overflow* first_overflow(const state_type& state,
                                                              const array_layout& layout,
                                                              bool in_new,
                                                              std::uint64_t chunk) noexcept {
    const array within = state.array_of(in_new);
    if (within.is_tiny()) return nullptr;
    return used(state, layout, in_new, chunk, within.chunk_of(chunk, layout).first_overflow());
  }
  static STEADY_NOINLINE STEADY_PURE overflow* next_overflow(const state_type& state,
                                                             const array_layout& layout,
                                                             bool in_new, std::uint64_t chunk,
                                                             overflow* last) noexcept {
    const array within = state.array_of(in_new);
    return used(state, layout, in_new, chunk, within.chunk_of(chunk, layout).next_overflow(last));
  }

  static bool has_overflow(const state_type& state) noexcept {
    if (state.cold_link != nullptr) return state.cold()->memory.overflow_buckets != 0;
    const array only = state.old_array();
    for (std::uint64_t bucket = 0; bucket < only.line().buckets(); ++bucket) {
      if (only.header(bucket)->filter != 0) return true;
    }
    return false;
  }

 private:
  static overflow* used(const state_type& state, const array_layout& layout, bool in_new,
                        std::uint64_t chunk, overflow* link) noexcept {
    const auto within = state.array_of(in_new).chunk_of(chunk, layout);
    const std::uint64_t begin = begin_of(state, in_new);
    const std::uint64_t end = end_of(state, in_new);
    for (; link != nullptr; link = within.next_overflow(link)) {
      const std::uint64_t bucket = chunk + link->home();
      if (!overflow_chain<Storage>::full_slots(link, layout).empty() && begin <= bucket &&
          bucket < end) {
        break;
      }
    }
    return link;
  }
};

}  // namespace STEADY_ABI

}  // namespace steady::detail
