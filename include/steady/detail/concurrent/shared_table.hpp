// Finding, inserting, changing and erasing one element among threads. It knows slots and hash
// codes, not elements: what an element is, and which one is wanted, come from the caller.
//
// An operation starts at the root, finds the bucket of its key, and follows `next` from a bucket
// that has moved; never back to the root. A writer first looks without a lock, as a reader does;
// then it locks the bucket if that is exactly as it was seen, so that what was seen holds under the
// lock. So equality of keys is asked outside of locks, unless writers to the bucket have disturbed
// 64 looks (bucket_look.hpp), and so are memory and construction; only visitors, and assignments of
// values, run within.
//
// Bound: one chain searched, again after every change of the bucket by others; a call that inserts
// or erases also does what shared_migration's work() does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/bucket_edit.hpp>
#include <steady/detail/concurrent/bucket_look.hpp>
#include <steady/detail/concurrent/insertion_visitors.hpp>
#include <steady/detail/concurrent/shared_migration.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

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
  STEADY_ALWAYS_INLINE found find(const pin& pinned, std::uint64_t code, IsWanted is_wanted) const {
    sample(pinned, code);
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
  // throw; then nothing has changed in the slot. The usual case of a write is here and in
  // insert_quickly(): the key's bucket is in the root's array, at rest, and has no overflow, unless
  // the element was found before that.
  template <class IsWanted, class Decide>
  STEADY_ALWAYS_INLINE found visit(const pin& pinned, std::uint64_t code, IsWanted is_wanted,
                                   Decide decide) {
    sample(pinned, code);
    found result;
    result.is_there = false;
    const home at = home_of(code);
    if (at.slots == nullptr) [[unlikely]]
      return visit_slowly(pinned, code, is_wanted, decide);
    const bucket_word word = at.of->look();  // [B1]
    if (!word.is_at_rest()) [[unlikely]]
      return visit_slowly(pinned, code, is_wanted, decide);
    for (const std::uint64_t slot : at.candidates(word)) {
      read_slot<Sync, Layout>(slot_at<Layout>(at.slots, slot), result.slot);
      if (!looking::is_still(*at.of, word)) [[unlikely]]
        return visit_slowly(pinned, code, is_wanted, decide);
      if (is_wanted(result.slot)) [[likely]] {
        if (!bucket_lock<Sync>::try_lock(at.of->word, word)) [[unlikely]]
          return visit_slowly(pinned, code, is_wanted, decide);
        bucket_edit<Sync, Layout> edit(state_, pinned.thread_number(), *at.within, at.bucket, word);
        const fate decided = decide(result.slot);
        edit.apply(decided, {nullptr, slot}, nullptr, result.slot);
        result.is_there = true;
        return result;
      }
    }
    if (at.of->first_overflow() == nullptr && looking::is_still(*at.of, word)) [[likely]]
      return result;
    return visit_slowly(pinned, code, is_wanted, decide);
  }

  enum class quickly : std::uint8_t { inserted, was_there, undecided };
  // Inserts the slot that `make` returns, unless there is an element with that code that
  // `is_wanted`. Decides only the usual case; nothing that it takes need leave registers, so that
  // the processor gets to the next call while this one's bucket is still on its way. `make` and
  // `visit_new` as in insert(). Throws what the three throw.
  template <class IsWanted, class Make, class VisitNew = visits_nothing>
  STEADY_ALWAYS_INLINE quickly insert_quickly(std::uint32_t thread, std::uint64_t code,
                                              IsWanted is_wanted, Make&& make,
                                              VisitNew&& visit_new = {}) {
    const home at = home_of(code);
    if (at.slots == nullptr) [[unlikely]]
      return quickly::undecided;
    const bucket_word word = at.of->look();  // [B1]
    if (!word.is_at_rest()) [[unlikely]]
      return quickly::undecided;
    for (const std::uint64_t slot : at.candidates(word)) {
      copy seen;
      read_slot<Sync, Layout>(slot_at<Layout>(at.slots, slot), seen);
      if (!looking::is_still(*at.of, word)) [[unlikely]]
        return quickly::undecided;
      if (is_wanted(static_cast<const copy&>(seen))) return quickly::was_there;
    }
    const slot_set empty = ~word.occupied() & slot_set::first(Layout::width);
    if (at.of->first_overflow() != nullptr || empty.empty()) [[unlikely]]
      return quickly::undecided;
    const copy& made = make();
    at.within->require_provided(*at.of);
    // The bucket is as it was seen, so the element is still absent.
    if (!bucket_lock<Sync>::try_lock(at.of->word, word)) [[unlikely]]
      return quickly::undecided;
    show(*at.of, word, visit_new);
    fill_slot(thread, *at.of, word, at.slots, choose_slot(empty, at.position), at.position, made);
    return quickly::inserted;
  }

  // Inserts the slot that `make` returns, unless there is an element with that code that
  // `is_wanted`: that one is visited by `decide`, as by visit(), if `Visits`. Returns whether it
  // inserted. `make` is called at most once; `visit_new`, which may still change the slot that was
  // made, before it is written, under the lock of its bucket. Throws what the four and the
  // allocator throw; then nothing was inserted.
  template <bool Visits, class IsWanted, class Make, class Decide, class VisitNew = visits_nothing>
  STEADY_ALWAYS_INLINE bool insert(const pin& pinned, std::uint64_t code, IsWanted is_wanted,
                                   Make make, Decide decide, VisitNew visit_new = {}) {
    const copy* made = nullptr;
    const auto make_once = [&]() STEADY_INLINE_LAMBDA -> const copy& {
      made = std::addressof(make());
      return *made;
    };
    const quickly done =
        insert_quickly(pinned.thread_number(), code, is_wanted, make_once, visit_new);
    if (done == quickly::inserted) return true;
    if (!Visits && done == quickly::was_there) return false;
    return insert_slowly<Visits>(pinned, code, is_wanted, make, decide, visit_new, made);
  }

  // The same without trying the usual case first; `made` is the slot, if it was made already.
  template <bool Visits, class IsWanted, class Make, class Decide, class VisitNew = visits_nothing>
  STEADY_NOINLINE bool insert_slowly(const pin& pinned, std::uint64_t code, IsWanted is_wanted,
                                     Make make, Decide decide, VisitNew visit_new = {},
                                     const copy* made = nullptr) {
    copy seen_slot;
    array* at = state_.first_array();
    if (at == nullptr) at = &migration(state_, pinned.thread_number()).make_first_array();
    for (;;) {
      const std::uint64_t position = position_in(*at, code);
      if (array* const next = at->next(); next != nullptr && state_.kind->evacuates_first) {
        migration(state_, pinned.thread_number(), driver::insert)
            .evacuate_first(*at, *next, position);
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
      if (try_insert(pinned, *at, look, seen, position, *made, visit_new)) return true;
    }
  }

 private:
  // Where migrations go in the order of heat, some of a thread's lookups say what is hot.
  STEADY_ALWAYS_INLINE void sample([[maybe_unused]] const pin& pinned,
                                   [[maybe_unused]] std::uint64_t code) const noexcept {
    if constexpr (Layout::orders_by_heat) {
      if (state_.counts.is_sampled(pinned.thread_number(), Layout::heat::lookups_per_sample))
          [[unlikely]]
        order_of_heat<Sync, Layout>::note(state_, code);
    }
  }

  // The key's bucket in the root's array.
  struct home {
    array* within = nullptr;
    std::uint64_t position = 0;
    std::uint64_t bucket = 0;
    std::byte* slots = nullptr;  // null: there is no array, or no chunk for the bucket
    header* of = nullptr;

    // The slots whose tags match.
    STEADY_ALWAYS_INLINE slot_set candidates(bucket_word word) const noexcept {
      return of->read_tags().match(native_tag_group::broadcast(tag_word(position))) &
             word.occupied();
    }
  };
  STEADY_ALWAYS_INLINE home home_of(std::uint64_t code) const {
    home at;
    at.within = state_.first_array();
    if (at.within == nullptr) [[unlikely]]
      return at;
    const array& within = *at.within;
    at.position = position_in(within, code);
    at.bucket = within.line.bucket_at(at.position);
    // The slots come first: who sees some sees the header that was provided before them, too.
    at.slots = within.slots_if_any(at.bucket);
    at.of = std::addressof(within.header_at(at.bucket));
    prefetch_quarter<Layout>(at.slots, at.position);
    return at;
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

  // Lets the visitor see the new element, in a bucket that this thread has just locked; unlocks it,
  // as it was, if the visitor throws.
  template <class VisitNew>
  static STEADY_ALWAYS_INLINE void show(header& of, bucket_word seen, VisitNew& visit_new) {
    if constexpr (noexcept(visit_new())) {
      visit_new();
    } else {
      STEADY_TRY { visit_new(); }
      STEADY_CATCH_ALL {
        bucket_lock<Sync>::unlock(of.word, seen);
        STEADY_RETHROW;
      }
    }
  }

  // Writes a slot that is empty, in a bucket that this thread has just locked, and unlocks it.
  STEADY_ALWAYS_INLINE void fill_slot(std::uint32_t thread, header& of, bucket_word seen,
                                      std::byte* slots, std::uint64_t slot, std::uint64_t position,
                                      const copy& made) noexcept {
    write_slot<Sync, Layout>(slot_at<Layout>(slots, slot), made);
    of.set_tag(slot, tag_of(position));
    state_.counts.add(thread, 1);
    bucket_lock<Sync>::unlock(of.word, seen.with_slot(slot));
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

  template <class VisitNew>
  STEADY_ALWAYS_INLINE bool try_insert(const pin& pinned, array& within, const looking& look,
                                       const sight& seen, std::uint64_t position, const copy& made,
                                       VisitNew& visit_new) {
    const slot_set empty = ~seen.word.occupied() & slot_set::first(Layout::width);
    if (empty.empty()) [[unlikely]]
      return try_insert_into_overflow(pinned, within, look, seen, position, made, visit_new);
    within.require_provided(look.of());
    if (!try_lock(look.of(), seen.word)) return false;
    show(look.of(), seen.word, visit_new);
    fill_slot(pinned.thread_number(), look.of(), seen.word, within.slots_of(look.bucket()),
              choose_slot(empty, position), position, made);
    return true;
  }

  template <class VisitNew>
  STEADY_NOINLINE bool try_insert_into_overflow(const pin& pinned, array& within,
                                                const looking& look, const sight& seen,
                                                std::uint64_t position, const copy& made,
                                                VisitNew& visit_new) {
    spare_overflow<Sync, Layout> spare(state_, within);
    if (seen.overflow_room == nullptr) spare.provide(1);
    if (!try_lock(look.of(), seen.word)) return false;
    {
      held_bucket<Sync> held(look.of().word, seen.word);
      visit_new();
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
    bucket_edit<Sync, Layout> edit(state_, pinned.thread_number(), within, look.bucket(),
                                   seen.word);
    const fate decided = decide(slot);
    edit.apply(decided, seen.place, seen.before_overflow, slot);
    return true;
  }

  state_type& state_;
};

}  // namespace steady::detail
