// Changing and erasing elements of one bucket under its lock.
//
//   1. The bucket is marked as changing before the first write that readers could see half of.
//   2. An overflow bucket that has become empty leaves the chain at once, and goes back to the pool
//      only when the bucket is unlocked.
//
//   Bound    the bucket and its overflow.   Throws   what `decide` throws; it is unlocked then.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/bucket_lock.hpp>
#include <steady/detail/concurrent/bucket_look.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

// What becomes of an element that a visitor has seen, or of its slot.
enum class fate : std::uint8_t { stays, is_changed, is_erased };

// Unlocks the bucket when it ends; then gives back the overflow buckets that have become empty.
template <class Sync, class Layout>
class bucket_edit {
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using header = typename array::header;
  using overflow = typename array::overflow;
  using copy = typename Layout::copy;
  using place_type = shared_place<Sync, Layout>;

 public:
  // `seen` is the word before locking; this thread, the one with that number, has the lock.
  bucket_edit(state_type& state, std::uint32_t thread, array& within, std::uint64_t bucket,
              bucket_word seen) noexcept
      : state_(state),
        thread_(thread),
        within_(within),
        bucket_(bucket),
        dropped_{within},
        held_(within.header_at(bucket).word, seen) {}

  // Does to the element at `place`, whose slot's copy may have been changed, what was decided.
  // `before` leads to the overflow bucket of the place; null: the header does. Returns whether that
  // overflow bucket is gone.
  bool apply(fate decided, const place_type& place, overflow* before, const copy& slot) noexcept {
    if (decided == fate::is_changed) {
      held_.begin_change();
      write_slot<Sync, Layout>(slot_of(place), slot);
    } else if (decided == fate::is_erased) {
      state_.counts.add(thread_, ~std::uint64_t{0});
      return erase(place, before);
    }
    return false;
  }

  // Lets `decide` see the elements at positions from `from` to `last`, until it sets `is_enough`.
  template <class Decide>
  void visit_all(std::uint64_t from, std::uint64_t last, Decide&& decide, bool& is_enough) {
    for (const std::uint64_t slot : held_.now.occupied()) {
      if (is_enough) return;
      visit({nullptr, slot}, nullptr, from, last, decide);
    }
    overflow* before = nullptr;
    for (overflow* at = within_.header_at(bucket_).first_overflow(); at != nullptr;) {
      overflow* const next = at->following();
      bool is_gone = false;
      for (const std::uint64_t slot : at->occupied()) {
        if (is_enough) return;
        is_gone = visit({at, slot}, before, from, last, decide);
      }
      if (!is_gone) before = at;
      at = next;
    }
  }

 private:
  // Goes back to the pool when the bucket is unlocked.
  struct dropped_overflow {
    array& within;
    overflow* first = nullptr;

    ~dropped_overflow() {
      while (first != nullptr) {
        overflow* const next = first->following();
        within.overflow_buckets.give(first);
        first = next;
      }
    }
    void add(overflow* one) noexcept {
      one->lead_to(first);
      first = one;
    }
  };

  std::byte* slot_of(const place_type& place) const noexcept {
    std::byte* const slots =
        place.overflow != nullptr ? place.overflow->slots : within_.slots_of(bucket_);
    return slot_at<Layout>(slots, place.slot);
  }

  template <class Decide>
  bool visit(const place_type& place, overflow* before, std::uint64_t from, std::uint64_t last,
             Decide&& decide) {
    copy slot;
    read_slot<Sync, Layout>(slot_of(place), slot);
    const std::uint64_t position = position_of_number(state_.kind->code_in(slot), within_.seed);
    if (position < from || position > last) return false;
    const fate decided = decide(slot);
    return apply(decided, place, before, slot);
  }

  bool erase(const place_type& place, overflow* before) noexcept {
    if (place.overflow == nullptr) {
      clear_slot(place.slot);
      return false;
    }
    held_.begin_change();
    place.overflow->set_tag(place.slot, 0);
    if (!place.overflow->occupied().empty()) return false;
    if (before != nullptr) {
      before->lead_to(place.overflow->following());
    } else {
      within_.header_at(bucket_).lead_to(place.overflow->following());
    }
    dropped_.add(place.overflow);
    return true;
  }
  // The version counts up: another element in that slot must not be taken for this one.
  void clear_slot(std::uint64_t slot) noexcept {
    held_.now = held_.now.without_slots(slot_set(1u << slot)).changed();
  }

  state_type& state_;
  std::uint32_t thread_;
  array& within_;
  std::uint64_t bucket_;
  dropped_overflow dropped_;  // given back after `held_` is unlocked
  held_bucket<Sync> held_;
};

}  // namespace steady::detail
