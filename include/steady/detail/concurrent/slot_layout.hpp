// Slots of concurrent containers: bytes that are read and written as atomic words, because readers
// take no lock. A reader copies a slot, then asks the bucket's word whether that copy is worth
// anything (bucket_word.hpp).
//
//   [S1] load, acquire: a word of a slot
//   [S2] store, release: a word of a slot
//
// They pair with each other: a reader that has read a word of a later element sees, in the bucket's
// word, what came before that element was written: `changing`, another version, or `moved`.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/bucket_word.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/memory/address_range.hpp>

namespace steady::detail {

// `SlotBytes`: of one slot, a multiple of `WordBytes`: 1, 2, 4 or 8. `InLeaves`: whether large
// stores of headers come in leaves (zeroed_store.hpp).
template <std::size_t SlotBytes, std::size_t WordBytes, bool InLeaves>
struct slot_layout {
  static_assert(SlotBytes % WordBytes == 0);
  using word = std::conditional_t<
      WordBytes == 8, std::uint64_t,
      std::conditional_t<WordBytes == 4, std::uint32_t,
                         std::conditional_t<WordBytes == 2, std::uint16_t, std::uint8_t>>>;

  static constexpr bool in_leaves = InLeaves;
  static constexpr bool orders_by_heat = false;  // migrations (order_of_heat.hpp)
  static constexpr std::size_t slot_bytes = SlotBytes;
  static constexpr std::size_t slot_words = SlotBytes / WordBytes;

  static constexpr unsigned width = bucket_word::max_width;
  static constexpr unsigned overflow_width = 8;
  static constexpr std::size_t bucket_bytes = width * SlotBytes;

  // Buckets whose slots are one chunk of at most 64 KiB. Their headers are in one leaf, so that
  // who sees a chunk finds the headers of all its buckets.
  static constexpr std::size_t header_bytes = 32;
  static constexpr unsigned max_log2_buckets =
      line_partition::max_log2_buckets_of(header_bytes + bucket_bytes);
  static constexpr std::uint64_t chunk_buckets =
      min_of(std::bit_floor(slice_bytes / bucket_bytes),
             InLeaves ? slice_bytes / header_bytes : slice_bytes);
  static_assert(chunk_buckets >= 8, "a growth by eight fills buckets of one chunk");

  // A slot's content, in memory of a thread's own.
  struct alignas(16) copy {
    std::byte bytes[SlotBytes];
  };
};

// The same, whose migrations go in the order of heat. `Numbers`: default_concurrent_policy::heat,
// or one like it.
template <class Layout, class Numbers>
struct layout_by_heat : Layout {
  static constexpr bool orders_by_heat = true;
  using heat = Numbers;
};
template <class Layout, class Policy>
using layout_in_order = std::conditional_t<Policy::orders_by_heat,
                                           layout_by_heat<Layout, typename Policy::heat>, Layout>;

// The largest word that values of this size consist of, and that a 64-bit or a 32-bit processor
// reads and writes at once. (Where 8 bytes are aligned to 4, clang would call a library for them.)
constexpr std::size_t word_bytes_for(std::size_t bytes) noexcept {
  constexpr bool has_wide_words = sizeof(void*) >= 8;
  return has_wide_words && bytes % 8 == 0 ? 8 : bytes % 4 == 0 ? 4 : bytes % 2 == 0 ? 2 : 1;
}

template <class Layout>
STEADY_ALWAYS_INLINE std::byte* slot_at(std::byte* slots, std::uint64_t number) noexcept {
  return slots + number * Layout::slot_bytes;
}
template <class Layout>
STEADY_ALWAYS_INLINE const std::byte* slot_at(const std::byte* slots,
                                              std::uint64_t number) noexcept {
  return slots + number * Layout::slot_bytes;
}

// ---- the quarter of a bucket that an element prefers ----
//
// Two bits of the hash position choose four of the sixteen slots. Most elements find room there,
// so these slots can be prefetched while the header is still on its way: for them one cache miss
// hides the other.

// The first of these four slots.
STEADY_ALWAYS_INLINE unsigned preferred_slots(std::uint64_t position) noexcept {
  return static_cast<unsigned>(position >> 6 & 12);
}
// The slot of `empty`, which is not empty, that an element at `position` goes to.
STEADY_ALWAYS_INLINE std::uint64_t choose_slot(slot_set empty, std::uint64_t position) noexcept {
  const slot_set quarter = empty & slot_set(0xfu << preferred_slots(position));
  return (quarter.empty() ? empty : quarter).lowest();
}
template <class Layout>
STEADY_ALWAYS_INLINE void prefetch_quarter(const std::byte* slots,
                                           std::uint64_t position) noexcept {
  constexpr std::size_t bytes = Layout::bucket_bytes / 4;
  prefetch_lines<bytes>(slots, preferred_slots(position) * (bytes / 4));
}

template <class Sync, class Layout>
STEADY_ALWAYS_INLINE void read_slot(const std::byte* slot, typename Layout::copy& into) noexcept {
  using word = typename Layout::word;
  const auto* const words = reinterpret_cast<const word*>(slot);
  for (std::size_t n = 0; n < Layout::slot_words; ++n) {
    const word value = Sync::load_word(words + n);  // [S1]
    std::memcpy(into.bytes + n * sizeof(word), &value, sizeof(word));
  }
}
template <class Sync, class Layout>
STEADY_ALWAYS_INLINE void write_slot(std::byte* slot, const typename Layout::copy& from) noexcept {
  using word = typename Layout::word;
  auto* const words = reinterpret_cast<word*>(slot);
  for (std::size_t n = 0; n < Layout::slot_words; ++n) {
    word value;
    std::memcpy(&value, from.bytes + n * sizeof(word), sizeof(word));
    Sync::store_word(words + n, value);  // [S2]
  }
}

}  // namespace steady::detail
