// The hash codes of keys that calls come for soon. What those will read first is prefetched for all
// of them together, so that their cache misses overlap; key_window.hpp is the same for containers
// of one thread.
//
// All of it is a hint: nothing is remembered of what was seen, and the calls look for themselves.
// So these reads pair with nothing, though they say acquire as all others of the same words do.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <type_traits>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/bucket_look.hpp>
#include <steady/detail/concurrent/grace_period.hpp>
#include <steady/detail/concurrent/shared_state.hpp>
#include <steady/detail/concurrent/slot_layout.hpp>

namespace steady::detail {

template <class Sync, class Layout>
class code_window {
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using copy = typename Layout::copy;
  using pin = typename grace_period<Sync>::pin;

 public:
  code_window() noexcept = default;
  code_window(const code_window&) = delete;
  code_window& operator=(const code_window&) = delete;

  // Whether the slots are at least so many bytes: fewer are cached, and a window is of no use.
  static bool pays_for(const state_type& state, std::size_t bytes) noexcept {
    const pin pinned;
    const array* const at = state.first_array();
    return at != nullptr && at->buckets() >= bytes / Layout::bucket_bytes;
  }

  // Prefetches what a call for one key reads first: in both arrays of a migration, because whoever
  // finds out whether its bucket has moved waits for the header.
  static void prefetch(const state_type& state, std::uint64_t code) noexcept {
    const pin pinned;
    const array* const first = state.first_array();
    if (first == nullptr) return;
    prefetch_bucket(*first, code);
    const array* const next = first->next();
    if (next != nullptr) prefetch_bucket(*next, code);
  }

  // Calls `call(item, code, index)` for each item of a range, in order; `code_of(item)` is its
  // key's hash code. Goes over the range twice. See prefetch_all() for the last one.
  template <class Iterator, class End, class CodeOf, class Call, class PrefetchElement>
  static void each_ahead(const state_type& state, Iterator first, const End& last,
                         const CodeOf& code_of, const Call& call,
                         const PrefetchElement& prefetch_element) {
    std::size_t index = 0;
    while (first != last) {
      code_window ahead;
      for (Iterator next = first; ahead.size_ < keys_in_window && static_cast<bool>(next != last);
           ++next) {
        ahead.codes_[ahead.size_++] = code_of(*next);
      }
      ahead.prefetch_all(state, prefetch_element);
      for (std::size_t n = 0; n < ahead.size_; ++n, ++first, ++index) {
        call(*first, ahead.codes_[n], index);
      }
    }
  }

 private:
  // Prefetches headers and the slots where the elements are likely to be; then calls
  // `prefetch_element(slot, code)` with copies of slots whose tag matches, unless that is null.
  template <class PrefetchElement>
  void prefetch_all(const state_type& state, PrefetchElement prefetch_element) const noexcept {
    const pin pinned;
    const array* const first = state.first_array();
    if (first == nullptr) return;
    for (std::size_t n = 0; n < size_; ++n) prefetch_bucket(*first, codes_[n]);
    const array* const next = first->next();
    if (next != nullptr) {
      for (std::size_t n = 0; n < size_; ++n) {
        if (has_moved(*first, codes_[n])) prefetch_bucket(*next, codes_[n]);
      }
    }
    if constexpr (!std::is_null_pointer_v<PrefetchElement>) {
      for (std::size_t n = 0; n < size_; ++n) {
        const bool is_in_next = next != nullptr && has_moved(*first, codes_[n]);
        match(is_in_next ? *next : *first, codes_[n], prefetch_element);
      }
    }
  }

  static std::uint64_t position_in(const array& of, std::uint64_t code) noexcept {
    return position_of_number(code, of.seed);
  }

  static STEADY_ALWAYS_INLINE void prefetch_bucket(const array& of, std::uint64_t code) noexcept {
    const std::uint64_t position = position_in(of, code);
    const std::uint64_t bucket = of.line.bucket_at(position);
    detail::prefetch(std::addressof(of.header_at(bucket)));
    prefetch_quarter<Layout>(of.slots_if_any(bucket), position);
  }
  static bool has_moved(const array& of, std::uint64_t code) noexcept {
    return of.header_at(of.line.bucket_at(position_in(of, code))).look().is_moved();  // [B1]
  }

  template <class PrefetchElement>
  static void match(const array& of, std::uint64_t code,
                    const PrefetchElement& prefetch_element) noexcept {
    const std::uint64_t position = position_in(of, code);
    const std::uint64_t bucket = of.line.bucket_at(position);
    const auto& header = of.header_at(bucket);
    const bucket_word word = header.look();  // [B1]
    const std::byte* const slots = of.slots_if_any(bucket);
    if (slots == nullptr || !word.is_readable()) return;
    const slot_set candidates =
        header.read_tags().match(native_tag_group::broadcast(tag_word(position))) & word.occupied();
    for (const std::uint64_t slot : candidates) {
      copy seen;
      read_slot<Sync, Layout>(slot_at<Layout>(slots, slot), seen);
      prefetch_element(seen, code);
    }
  }

  std::size_t size_ = 0;
  std::uint64_t codes_[keys_in_window];
};

}  // namespace steady::detail
