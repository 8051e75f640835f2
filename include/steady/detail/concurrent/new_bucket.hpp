// A new bucket while it is filled, by the thread that holds the locks of all old buckets that feed
// it: nobody else can reach it, so it has no lock and no version yet, and its word comes last.
//
//   [N1] stores, relaxed: nobody can reach a new header before [L2] publishes it
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/shared_bucket.hpp>
#include <steady/detail/concurrent/slot_layout.hpp>
#include <steady/detail/concurrent/spare_overflow.hpp>
#include <steady/detail/line/tag_group.hpp>

namespace steady::detail {

template <class Sync, class Layout>
struct new_bucket {
  using header = shared_header<Sync, Layout>;
  using overflow = shared_overflow<Sync, Layout>;
  using copy = typename Layout::copy;
  using spares = spare_overflow<Sync, Layout>;

  header* of = nullptr;
  std::byte* slots = nullptr;
  slot_set empty = slot_set::first(Layout::width);
  unsigned in_overflow = 0;  // elements
  overflow* chain = nullptr;

  // Writes an element into the slot that it prefers, or into overflow. False if there is no
  // overflow bucket left.
  STEADY_ALWAYS_INLINE bool put(const copy& element, std::uint64_t position,
                                spares& overflow_buckets) noexcept {
    if (empty.empty()) [[unlikely]] {
      const copy kept = element;  // elsewhere it stays in registers
      return put_into_overflow(kept, tag_of(position), overflow_buckets);
    }
    put_at(choose_slot(empty, position), element, tag_of(position));
    return true;
  }
  // Into a slot that is empty.
  STEADY_ALWAYS_INLINE void put_at(std::uint64_t slot, const copy& element,
                                   std::uint8_t tag) noexcept {
    empty = empty & ~slot_set(1u << slot);
    of->set_tag(slot, tag);
    write_slot<Sync, Layout>(slot_at<Layout>(slots, slot), element);
  }

  // What the header says of the elements.
  STEADY_ALWAYS_INLINE void finish() noexcept {
    const slot_set occupied = ~empty & slot_set::first(Layout::width);
    if (occupied.empty()) return;
    if (chain != nullptr) of->overflow.store(chain, std::memory_order_relaxed);            // [N1]
    of->word.store(bucket_word().with_slots(occupied).bits(), std::memory_order_relaxed);  // [N1]
  }

 private:
  STEADY_NOINLINE bool put_into_overflow(const copy& element, std::uint8_t tag,
                                         spares& overflow_buckets) noexcept {
    const unsigned slot = in_overflow % Layout::overflow_width;
    if (slot == 0) {
      overflow* const more = overflow_buckets.next();
      if (more == nullptr) return false;
      more->lead_to(chain);
      chain = more;
    }
    ++in_overflow;
    write_slot<Sync, Layout>(slot_at<Layout>(chain->slots, slot), element);
    chain->set_tag(slot, tag);
    return true;
  }
};

}  // namespace steady::detail
