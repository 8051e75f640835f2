// Finding, inserting, changing and erasing one element among threads. It knows slots and hash
// codes, not elements: what an element is, and which one is wanted, come from the caller.
//
// An operation starts at the root, finds the bucket of its key, and follows `next` from a bucket
// that has moved; never back to the root. A writer first looks without a lock, as a reader does;
// then it locks the bucket if that is exactly as it was seen, so that what was seen holds under the
// lock. So equality of keys is asked outside of locks, and so are memory and construction; only
// visitors run within.
//
// Bound: one chain searched, again after every change of the bucket by others; a call that inserts
// or erases also does what shared_migration's work() does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/bucket_look.hpp>
#include <steady/detail/concurrent/shared_migration.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

// What becomes of an element that a visitor has seen, or of its slot.
enum class fate : std::uint8_t { stays, is_changed, is_erased };

template <class Sync, class Layout>
class shared_table {
 public:
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using header = typename array::header;
  using overflow = typename array::overflow;
  using copy = typename Layout::copy;
  using sight = bucket_sight<Sync, Layout>;
  using migration = shared_migration<Sync, Layout>;
  using looking = bucket_look<Sync, Layout>;
  using pin = typename grace_period<Sync>::pin;

  explicit shared_table(state_type& state) noexcept : state_(state) {}

  // What was found, as a copy of its slot.
  struct found {
    bool is_there;
    copy slot;
  };

  // Finds the element with that code that `is_wanted`. Throws what `is_wanted` throws. The caller
  // is pinned. The usual case is here, in registers; all others begin again in find_slowly(). Slots
  // are prefetched only once a tag matches, which the processor guesses before the header is there:
  // most searches for absent keys then touch no slots.
  template <class IsWanted>
  STEADY_ALWAYS_INLINE found find(std::uint64_t code, IsWanted is_wanted) const {
    found result;
    result.is_there = false;
    const array* const at = state_.first_array();
    if (at == nullptr) [[unlikely]]
      return result;
    const std::uint64_t position = position_in(*at, code);
    const std::uint64_t bucket = at->line.bucket_at(position);
    const header& of = at->header_at(bucket);
    const bucket_word word = of.look();  // [B1]
    if (!word.is_readable()) [[unlikely]]
      return find_slowly(code, is_wanted);
    const slot_set candidates =
        of.read_tags().match(native_tag_group::broadcast(tag_word(position))) & word.occupied();
    if (!candidates.empty()) {
      const std::byte* const slots = at->slots_of(bucket);
      prefetch_quarter<Layout>(slots, position);
      for (const std::uint64_t slot : candidates) {
        read_slot<Sync, Layout>(slot_at<Layout>(slots, slot), result.slot);
        if (!looking::is_still(of, word)) [[unlikely]]
          return find_slowly(code, is_wanted);
        if (is_wanted(result.slot)) [[likely]] {
          result.is_there = true;
          return result;
        }
      }
    }
    if (of.first_overflow() == nullptr && looking::is_still(of, word)) [[likely]]
      return result;
    return find_slowly(code, is_wanted);
  }

  // Finds the element and lets `decide` look at, or change, its slot's copy under the lock of its
  // bucket; what it returns is done. Returns what was found, as it is then. Throws what the two
  // throw; then nothing has changed in the slot.
  template <class IsWanted, class Decide>
  STEADY_ALWAYS_INLINE found visit(const pin& pinned, std::uint64_t code, IsWanted is_wanted,
                                   Decide decide) {
    const quick_sight seen = quick_look(code, is_wanted);
    found result{seen.says == verdict::there, seen.element};
    if (seen.says == verdict::absent) return result;
    if (seen.says == verdict::unsure || seen.word.is_locked() ||
        !bucket_lock<Sync>::try_lock(seen.of->word, seen.word)) [[unlikely]] {
      return visit_slowly(pinned, code, is_wanted, decide);
    }
    held_bucket<Sync> held(seen.of->word, seen.word);
    const fate decided = decide(result.slot);
    if (decided == fate::is_erased) {
      held.now = held.now.without_slots(slot_set(1u << seen.slot)).changed();
      state_.counts.add(pinned.thread_number(), ~std::uint64_t{0});
    } else if (decided == fate::is_changed) {
      held.begin_change();
      write_slot<Sync, Layout>(slot_at<Layout>(seen.slots, seen.slot), result.slot);
    }
    return result;
  }

  // Inserts the slot that `make` returns, unless there is an element with that code that
  // `is_wanted`: that one is visited by `decide`, as by visit(), if `Visits`. Returns whether it
  // inserted. `make` is called at most once. Throws what the three and the allocator throw; then
  // nothing was inserted.
  template <bool Visits, class IsWanted, class Make, class Decide>
  STEADY_ALWAYS_INLINE bool insert(const pin& pinned, std::uint64_t code, IsWanted is_wanted,
                                   Make make, Decide decide) {
    const quick_sight seen = quick_look(code, is_wanted);
    if constexpr (!Visits) {
      if (seen.says == verdict::there) return false;
    }
    const slot_set empty = ~seen.word.occupied() & slot_set::first(Layout::width);
    if (seen.says != verdict::absent || empty.empty() || seen.word.is_locked() ||
        seen.slots == nullptr) [[unlikely]] {
      return insert_slowly<Visits>(pinned, code, is_wanted, make, decide, nullptr);
    }
    const copy& made = make();
    if (!bucket_lock<Sync>::try_lock(seen.of->word, seen.word)) [[unlikely]]
      return insert_slowly<Visits>(pinned, code, is_wanted, make, decide, std::addressof(made));
    fill_slot(pinned, *seen.of, seen.word, seen.slots, choose_slot(empty, seen.position),
              seen.position, made);
    return true;
  }

  // ---- along the line ----

  // Visits the elements of the bucket that owns the position `from`, under the bucket's lock, but
  // only those at positions from `from` to `last`; returns the last position of that bucket.
  // `decide` is called as by visit(), and no more once it has set `is_enough`. Throws what `decide`
  // throws; what was decided before is done.
  template <class Decide>
  std::uint64_t visit_bucket(const pin& pinned, std::uint64_t from, std::uint64_t last,
                             Decide&& decide, bool& is_enough) {
    for (array* at = state_.first_array(); at != nullptr; at = at->next()) {
      const std::uint64_t bucket = at->line.bucket_at(from);
      header& of = at->header_at(bucket);
      if (is_empty(of)) return at->line.last_of(bucket);
      const bucket_word seen = bucket_lock<Sync>::lock(of.word);
      if (seen.is_moved()) continue;
      bucket_visit visit{*this, pinned, *at, bucket, seen};
      visit.run(from, last, decide, is_enough);
      return at->line.last_of(bucket);
    }
    return ~std::uint64_t{0};
  }

 private:
  // ---- the usual case of a write, in registers ----
  // The key's bucket is in the root's array, at rest, and has no overflow, unless the element was
  // found before that. All other cases begin again in the functions that end in _slowly.

  enum class verdict : std::uint8_t { there, absent, unsure };
  struct quick_sight {
    verdict says = verdict::unsure;
    header* of = nullptr;
    bucket_word word;
    std::byte* slots = nullptr;  // null: the bucket's chunk is not there yet
    std::uint64_t slot = 0;
    std::uint64_t position = 0;
    copy element;
  };
  template <class IsWanted>
  STEADY_ALWAYS_INLINE quick_sight quick_look(std::uint64_t code, IsWanted is_wanted) const {
    quick_sight seen;
    array* const at = state_.first_array();
    if (at == nullptr) [[unlikely]]
      return seen;
    seen.position = position_in(*at, code);
    const std::uint64_t bucket = at->line.bucket_at(seen.position);
    seen.of = std::addressof(at->header_at(bucket));
    seen.slots = at->slots_if_any(bucket);
    prefetch_quarter<Layout>(seen.slots, seen.position);
    seen.word = seen.of->look();  // [B1]
    if (!seen.word.is_readable()) [[unlikely]]
      return seen;
    const slot_set candidates =
        seen.of->read_tags().match(native_tag_group::broadcast(tag_word(seen.position))) &
        seen.word.occupied();
    for (const std::uint64_t slot : candidates) {
      read_slot<Sync, Layout>(slot_at<Layout>(seen.slots, slot), seen.element);
      if (!looking::is_still(*seen.of, seen.word)) [[unlikely]]
        return seen;
      if (is_wanted(seen.element)) [[likely]] {
        seen.slot = slot;
        seen.says = verdict::there;
        return seen;
      }
    }
    if (seen.of->first_overflow() == nullptr && looking::is_still(*seen.of, seen.word)) [[likely]]
      seen.says = verdict::absent;
    return seen;
  }

  // ---- all cases ----

  template <class IsWanted>
  STEADY_NOINLINE found find_slowly(std::uint64_t code, IsWanted is_wanted) const {
    found result;
    result.is_there = false;
    for (const array* at = state_.first_array(); at != nullptr; at = at->next()) {
      const looking look(*at, position_in(*at, code));
      const sight seen = look.find(result.slot, is_wanted);
      if (seen.word.is_moved()) continue;
      result.is_there = seen.found;
      break;
    }
    return result;
  }

  template <class IsWanted, class Decide>
  STEADY_NOINLINE found visit_slowly(const pin& pinned, std::uint64_t code, IsWanted is_wanted,
                                     Decide decide) {
    found result;
    array* at = state_.first_array();
    while (at != nullptr) {
      const looking look(*at, position_in(*at, code));
      const sight seen = look.find(result.slot, is_wanted);
      if (seen.word.is_moved()) {
        at = at->next();
        continue;
      }
      result.is_there = seen.found;
      if (!seen.found || try_change(pinned, *at, look, seen, result.slot, decide)) return result;
    }
    result.is_there = false;
    return result;
  }

  template <bool Visits, class IsWanted, class Make, class Decide>
  STEADY_NOINLINE bool insert_slowly(const pin& pinned, std::uint64_t code, IsWanted is_wanted,
                                     Make make, Decide decide, const copy* made) {
    copy seen_slot;
    array* at = state_.first_array();
    if (at == nullptr) at = &migration(state_, pinned.thread_number()).make_first_array();
    for (;;) {
      const std::uint64_t position = position_in(*at, code);
      if (array* const next = at->next(); next != nullptr && state_.kind->evacuates_first) {
        migration(state_, pinned.thread_number()).evacuate_first(*at, *next, position);
      }
      if constexpr (Layout::in_leaves) {
        at->provide_header(state_.memory, at->line.bucket_at(position));
      }
      const looking look(*at, position);
      const sight seen = look.find(seen_slot, is_wanted);
      if (seen.word.is_moved()) {
        at = at->next();
        continue;
      }
      if (seen.found) {
        if constexpr (!Visits) {
          return false;
        } else {
          if (try_change(pinned, *at, look, seen, seen_slot, decide)) return false;
          continue;
        }
      }
      if (made == nullptr) made = std::addressof(make());
      at->provide(state_.memory, state_.shelf, look.bucket());
      if (try_insert(pinned, *at, look, seen, position, *made)) return true;
    }
  }

  // Writes a slot that is empty, in a bucket that this thread has just locked, and unlocks it.
  STEADY_ALWAYS_INLINE void fill_slot(const pin& pinned, header& of, bucket_word seen,
                                      std::byte* slots, std::uint64_t slot, std::uint64_t position,
                                      const copy& made) noexcept {
    write_slot<Sync, Layout>(slot_at<Layout>(slots, slot), made);
    of.set_tag(slot, tag_of(position));
    state_.counts.add(pinned.thread_number(), 1);
    bucket_lock<Sync>::unlock(of.word, seen.with_slot(slot));
  }

  // No element was there all the time. Insertions fill slots before overflow.
  static bool is_empty(const header& of) noexcept {
    const bucket_word word = of.look();
    return word.occupied().empty() && !word.is_moved() && !word.is_changing() &&
           of.first_overflow() == nullptr;
  }

  std::uint64_t position_in(const array& of, std::uint64_t code) const noexcept {
    return position_of_number(code, of.seed);
  }

  // Locks the bucket if it is as it was seen; else waits until it is not locked.
  STEADY_ALWAYS_INLINE static bool try_lock(header& of, bucket_word seen) noexcept {
    if (!seen.is_locked() && bucket_lock<Sync>::try_lock(of.word, seen)) [[likely]]
      return true;
    bucket_lock<Sync>::await_unlocked(of.word);
    return false;
  }

  STEADY_ALWAYS_INLINE bool try_insert(const pin& pinned, array& within, const looking& look,
                                       const sight& seen, std::uint64_t position,
                                       const copy& made) {
    const slot_set empty = ~seen.word.occupied() & slot_set::first(Layout::width);
    if (empty.empty()) [[unlikely]]
      return try_insert_into_overflow(pinned, within, look, seen, position, made);
    if (!try_lock(look.of(), seen.word)) return false;
    fill_slot(pinned, look.of(), seen.word, within.slots_of(look.bucket()),
              choose_slot(empty, position), position, made);
    return true;
  }

  STEADY_NOINLINE bool try_insert_into_overflow(const pin& pinned, array& within,
                                                const looking& look, const sight& seen,
                                                std::uint64_t position, const copy& made) {
    spare_overflow<Sync, Layout> spare(state_, within);
    if (seen.overflow_room == nullptr) spare.provide(1);
    if (!try_lock(look.of(), seen.word)) return false;
    {
      held_bucket<Sync> held(look.of().word, seen.word);
      held.begin_change();
      overflow* room = seen.overflow_room;
      if (room == nullptr) {
        room = spare.next();
        room->lead_to(look.of().first_overflow());
      }
      const slot_set empty = ~room->occupied() & slot_set::first(Layout::overflow_width);
      const std::uint64_t slot = empty.lowest();
      write_slot<Sync, Layout>(slot_at<Layout>(room->slots, slot), made);
      room->set_tag(slot, tag_of(position));
      if (seen.overflow_room == nullptr) look.of().lead_to(room);
      state_.counts.add(pinned.thread_number(), 1);
    }
    if (seen.overflow_room == nullptr) saw_chain(pinned, look.of());
    return true;
  }
  void saw_chain(const pin& pinned, const header& of) noexcept {
    std::uint64_t length = 0;
    const bucket_word word = of.look();
    for (overflow* at = of.first_overflow(); at != nullptr; at = at->following()) {
      if (!looking::is_still(of, word)) return;
      ++length;
    }
    migration(state_, pinned.thread_number()).saw_chain(length);
  }

  // Under the bucket's lock, if it is as it was seen.
  template <class Decide>
  bool try_change(const pin& pinned, array& within, const looking& look, const sight& seen,
                  copy& slot, Decide&& decide) {
    if (!try_lock(look.of(), seen.word)) return false;
    overflow* dropped = nullptr;
    {
      held_bucket<Sync> held(look.of().word, seen.word);
      const fate decided = decide(slot);
      if (decided == fate::is_changed) {
        held.begin_change();
        write_slot<Sync, Layout>(slot_of(within, look.bucket(), seen.place), slot);
      } else if (decided == fate::is_erased) {
        dropped = erase(look.of(), held, seen.place, seen.before_overflow);
        state_.counts.add(pinned.thread_number(), ~std::uint64_t{0});
      }
    }
    if (dropped != nullptr) within.overflow_buckets.give(dropped);
    return true;
  }
  static std::byte* slot_of(array& within, std::uint64_t bucket,
                            const shared_place<Sync, Layout>& place) noexcept {
    std::byte* const slots =
        place.overflow != nullptr ? place.overflow->slots : within.slots_of(bucket);
    return slot_at<Layout>(slots, place.slot);
  }

  // Returns an overflow bucket that has no elements left, for its pool; or null.
  static overflow* erase(header& of, held_bucket<Sync>& held,
                         const shared_place<Sync, Layout>& place, overflow* before) noexcept {
    if (place.overflow == nullptr) {
      held.now = held.now.without_slots(slot_set(1u << place.slot)).changed();
      return nullptr;
    }
    held.begin_change();
    place.overflow->set_tag(place.slot, 0);
    if (!place.overflow->occupied().empty()) return nullptr;
    unlink(of, place.overflow, before);
    return place.overflow;
  }
  static void unlink(header& of, overflow* gone, overflow* before) noexcept {
    if (before != nullptr) {
      before->lead_to(gone->following());
    } else {
      of.lead_to(gone->following());
    }
  }

  // A visit to all elements of a locked bucket.
  struct bucket_visit {
    shared_table& table;
    const pin& pinned;
    array& within;
    std::uint64_t bucket;
    bucket_word seen;

    template <class Decide>
    void run(std::uint64_t from, std::uint64_t last, Decide&& decide, bool& is_enough) {
      header& of = within.header_at(bucket);
      dropped_overflow dropped{within};
      held_bucket<Sync> held(of.word, seen);
      if (const slot_set occupied = seen.occupied(); !occupied.empty()) {
        std::byte* const slots = within.slots_of(bucket);
        for (const std::uint64_t slot : occupied) {
          if (is_enough) return;
          const shared_place<Sync, Layout> place{nullptr, slot};
          visit(of, held, slot_at<Layout>(slots, slot), place, nullptr, from, last, decide,
                dropped);
        }
      }
      overflow* before = nullptr;
      for (overflow* at = of.first_overflow(); at != nullptr;) {
        overflow* const next = at->following();
        const std::size_t dropped_before = dropped.count;
        for (const std::uint64_t slot : at->occupied()) {
          if (is_enough) return;
          const shared_place<Sync, Layout> place{at, slot};
          visit(of, held, slot_at<Layout>(at->slots, slot), place, before, from, last, decide,
                dropped);
        }
        if (dropped.count == dropped_before) before = at;
        at = next;
      }
    }

   private:
    // Goes back to the pool when the bucket is unlocked.
    struct dropped_overflow {
      array& within;
      overflow* first = nullptr;
      std::size_t count = 0;

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
        ++count;
      }
    };

    template <class Decide>
    void visit(header& of, held_bucket<Sync>& held, std::byte* slot,
               const shared_place<Sync, Layout>& place, overflow* before, std::uint64_t from,
               std::uint64_t last, Decide&& decide, dropped_overflow& dropped) {
      copy element;
      read_slot<Sync, Layout>(slot, element);
      const std::uint64_t position = table.position_in(within, table.state_.kind->code_in(element));
      if (position < from || position > last) return;
      const fate decided = decide(element);
      if (decided == fate::is_changed) {
        held.begin_change();
        write_slot<Sync, Layout>(slot, element);
      } else if (decided == fate::is_erased) {
        if (overflow* const gone = erase(of, held, place, before)) dropped.add(gone);
        table.state_.counts.add(pinned.thread_number(), ~std::uint64_t{0});
      }
    }
  };

  state_type& state_;
};

}  // namespace steady::detail
