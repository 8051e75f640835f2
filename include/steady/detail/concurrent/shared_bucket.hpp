// Buckets that threads share: the header that a lookup reads first, and overflow buckets.
//
// A bucket is a header, among all headers of its array, and 16 slots, in a chunk. A full bucket
// continues in overflow buckets of eight slots. All zeros is an empty bucket.
//
//   1. The word says which slots hold elements; a tag of another slot means nothing.
//   2. In an overflow bucket a tag other than 0 says that its slot holds an element; it changes
//      only while the word says `changing`.
//   3. Tags are written under the lock, before the word that makes them count.
//
//   [T1] load, acquire: tags; ordered before the second look at the word
//   [T2] store, release: a tag, which is a byte of a word of them
//   [O1] load, acquire: the link to an overflow bucket
//   [O2] store, release: that link; the overflow bucket was written before
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/bucket_word.hpp>
#include <steady/detail/concurrent/slot_layout.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/line/tag_group.hpp>

namespace steady::detail {

template <class Sync, class Layout>
struct shared_overflow {
  template <class T>
  using atomic = typename Sync::template atomic<T>;

  atomic<shared_overflow*> next;
  atomic<std::uint64_t> tags;
  alignas(8) std::byte slots[Layout::overflow_width * Layout::slot_bytes];

  STEADY_ALWAYS_INLINE std::uint64_t read_tags() const noexcept {
    return tags.load(std::memory_order_acquire);  // [T1]
  }
  slot_set occupied() const noexcept {
    return ~native_tag_group::of_words(read_tags(), 0).empty() &
           slot_set::first(Layout::overflow_width);
  }
  void set_tag(std::uint64_t slot, std::uint8_t tag) noexcept {
    Sync::store_byte(std::addressof(tags), slot, tag);  // [T2]
  }
  shared_overflow* following() const noexcept {
    return next.load(std::memory_order_acquire);  // [O1]
  }
  void lead_to(shared_overflow* other) noexcept {
    next.store(other, std::memory_order_release);  // [O2]
  }
};

template <class Sync, class Layout>
struct alignas(32) shared_header {
  using overflow_type = shared_overflow<Sync, Layout>;
  template <class T>
  using atomic = typename Sync::template atomic<T>;

  atomic<std::uint64_t> word;
  atomic<overflow_type*> overflow;  // the first one
  atomic<std::uint64_t> tags[2];

  // A first or a later look.
  STEADY_ALWAYS_INLINE bucket_word look() const noexcept {
    return bucket_word(word.load(std::memory_order_acquire));  // [B1]
  }
  STEADY_ALWAYS_INLINE native_tag_group read_tags() const noexcept {
    return native_tag_group::of_words(tags[0].load(std::memory_order_acquire),   // [T1]
                                      tags[1].load(std::memory_order_acquire));  // [T1]
  }
  void set_tag(std::uint64_t slot, std::uint8_t tag) noexcept {
    Sync::store_byte(tags, slot, tag);  // [T2]
  }
  overflow_type* first_overflow() const noexcept {
    return overflow.load(std::memory_order_acquire);  // [O1]
  }
  void lead_to(overflow_type* other) noexcept {
    overflow.store(other, std::memory_order_release);  // [O2]
  }
};

}  // namespace steady::detail
