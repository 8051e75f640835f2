// What concerns a whole concurrent container: how large it is, reservations and requests, steps on
// purpose, and finishing what is on.
//
// Bound: finish() and what calls it O(buckets), waiting for one bucket's lock at a time, and, where
// one migration is to follow another, perhaps for readers of what the first one has left; the
// others as they say.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/concurrent/grace_period.hpp>
#include <steady/detail/concurrent/shared_migration.hpp>
#include <steady/detail/concurrent/shared_state.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Sync, class Layout>
class shared_upkeep {
  using state_type = shared_state<Sync, Layout>;
  using migration = shared_migration<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using pin = typename grace_period<Sync>::pin;

 public:
  explicit shared_upkeep(state_type& state) noexcept : state_(state) {}

  bool migrating() const noexcept {
    const pin pinned;
    const array* const first = state_.first_array();
    return first != nullptr && first->next() != nullptr;
  }
  // 0 if there is no array yet.
  std::uint16_t name_of_order() const noexcept {
    const pin pinned;
    const array* const first = state_.first_array();
    return first == nullptr ? std::uint16_t{0} : first->name;
  }
  // Of the newest array.
  std::uint64_t buckets() const noexcept {
    const pin pinned;
    const array* const first = state_.first_array();
    const array* const next = first == nullptr ? nullptr : first->next();
    return next != nullptr ? next->buckets() : first != nullptr ? first->buckets() : 0;
  }

  steps_taken step(std::size_t intervals) noexcept {
    const pin pinned;
    return migration(state_, pinned.thread_number()).step(intervals);
  }
  // The same at the times that the policy's order grants; then, if all that it looked at had moved
  // or was locked, what others have left behind.
  steps_taken help(std::size_t intervals) noexcept {
    const pin pinned;
    migration work(state_, pinned.thread_number(), driver::call, granted::in_time);
    steps_taken taken = work.step(intervals);
    if (taken.done == 0 && taken.looked_at != 0) taken.done = work.catch_up(intervals);
    return taken;
  }
  // Whether step() would do something now, or later, once readers have gone on.
  bool has_work() const noexcept {
    return state_.other_arrays.load(std::memory_order_relaxed) != 0;
  }
  // From now on a helper does what insertions and erasures did, also of a migration that is on;
  // false if there is one already.
  bool watch(migration_watcher& by) noexcept {
    if (!state_.watcher.take(by)) return false;
    state_.leave_to_watcher();
    state_.tell_watcher();
    return true;
  }
  // Insertions and erasures do it themselves again. The watcher may be destroyed after
  // wait_for_readers(). Leaving comes last: whoever destroys the container waits only for a watcher
  // that it finds.
  void unwatch() noexcept {
    state_.evacuations_per_call.store(state_.kind->evacuations_per_call, std::memory_order_relaxed);
    state_.watcher.leave();
  }
  // Until all calls have ended that were on, of any container.
  static void wait_for_readers() noexcept {
    const std::uint64_t since = grace_period<Sync>::retire();
    while (!grace_period<Sync>::is_over(since)) Sync::yield();
  }

  // For times of memory pressure: asks for as few buckets as the size needs, does at most
  // `intervals` of pending work, and frees what no migration needs and nobody can be reading.
  // The request lasts until it is fulfilled. Bound: as step(intervals).
  void trim(std::size_t intervals) noexcept {
    const std::uint32_t thread = ask_to_shrink();
    std::size_t left = intervals;
    while (const std::size_t done = work_off(thread, left)) left -= done;
    for (; left != 0 && !migrating() && state_.free_spare_chunk(); --left) {
      state_.count_steps(thread, driver::trim, 1);
    }
  }

  // At most a migration is begun: finish() does it.
  void ask(migration_kind what) noexcept {
    const pin pinned;
    if (what == migration_kind::shrink) state_.reserved.store(0, std::memory_order_relaxed);
    state_.requests.ask(what);
    migration(state_, pinned.thread_number()).look_at_size();
  }

  // Throws what the allocator throws where there is no array yet; then nothing has changed. If
  // an allocation fails later, the container goes on as it is, and nothing is reserved: false,
  // unless there will be room once a migration that is on has ended.
  bool reserve(std::size_t size) {
    if (size == 0) return true;
    const std::uint64_t before = state_.reserved.load(std::memory_order_relaxed);
    const std::uint64_t buckets_before = buckets();
    {
      const pin pinned;
      if (!migration(state_, pinned.thread_number()).reserve(size)) return false;
    }
    if (finish() || has_room_for(size)) return true;
    return give_up_reservation(size, before, buckets_before);
  }
  // Room for what the smallest array with so many slots holds, and no more than that and the
  // elements need. Throws the same.
  void rehash(std::size_t slots) {
    std::size_t room = 0;
    if (slots != 0) {
      const double held = static_cast<double>(std::bit_ceil(slots));
      room = max_of<std::size_t>(static_cast<std::size_t>(held * state_.kind->load_limit), 1);
    }
    if (!reserve(room)) return;
    state_.reserved.store(room, std::memory_order_relaxed);
    state_.requests.ask(migration_kind::shrink);
    finish();
  }
  // Works until no migration is on or due, or none can start or go on for lack of memory. Readers
  // of what a migration has left keep others than growth from starting (docs/concurrent.md): only
  // then are they waited for, and not by a thread that is itself a reader, in a visitor of another
  // container. False if an allocation failed.
  bool finish() noexcept {
    for (;;) {
      std::uint32_t thread = 0;
      if (!finish_migration(thread)) return false;
      free_what_is_leaving(thread);
      const next_one next = look_for_another();
      if (next != next_one::is_due) return next == next_one::is_not_due;
      Sync::yield();  // perhaps another thread is just starting or ending one
    }
  }

  // Each number is right at some moment of the call, but for `leaving`, see arrays_leaving().
  stats statistics() const noexcept {
    const pin pinned;
    stats now;
    now.size = state_.counts.sum();
    now.bytes = state_.memory.bytes();
    now.chunks = state_.memory.chunks();
    now.leaving = static_cast<std::size_t>(state_.arrays_leaving()) + state_.shelf.chunks_aside();
    now.longest_chain = state_.longest_chain.load(std::memory_order_relaxed);
    now.migrations = {finished(migration_kind::grow), finished(migration_kind::compact),
                      finished(migration_kind::shrink), finished(migration_kind::reseed)};
    now.started = {started(migration_cause::load), started(migration_cause::request),
                   started(migration_cause::overflow)};
    now.steps = {state_.steps_by(driver::insert), state_.steps_by(driver::erase),
                 state_.steps_by(driver::trim), state_.steps_by(driver::walk),
                 state_.steps_by(driver::call)};
    const array* const first = state_.first_array();
    if (first == nullptr) return now;
    const array* const next = first->next();
    for (const array* of : {first, next}) {
      if (of != nullptr) now.overflow_buckets += of->overflow_buckets.in_use();
    }
    now.migrating = next != nullptr;
    now.buckets = (next != nullptr ? next : first)->buckets();
    now.load_factor =
        static_cast<double>(now.size) / static_cast<double>(now.buckets * Layout::width);
    return now;
  }

 private:
  bool has_room_for(std::uint64_t size) noexcept {
    const pin pinned;
    return migration(state_, pinned.thread_number()).has_room_for(size);
  }
  // A reservation for which an allocation failed would let no other migration start. What the
  // container has grown for it is to shrink again. Returns false.
  bool give_up_reservation(std::uint64_t size, std::uint64_t before,
                           std::uint64_t buckets_before) noexcept {
    state_.reserved.compare_exchange_strong(size, before, std::memory_order_relaxed,
                                            std::memory_order_relaxed);
    if (buckets() > buckets_before) state_.requests.ask(migration_kind::shrink);
    return false;
  }
  // Returns the number of this thread.
  std::uint32_t ask_to_shrink() noexcept {
    const pin pinned;
    state_.reserved.store(0, std::memory_order_relaxed);
    state_.requests.ask(migration_kind::shrink);
    migration(state_, pinned.thread_number(), driver::trim).look_at_size();
    return pinned.thread_number();
  }
  // Returns how many intervals and steps of freeing trim() has done, at most so many.
  std::size_t work_off(std::uint32_t thread, std::size_t most) noexcept {
    std::size_t done = 0;
    {
      const pin pinned;
      migration work(state_, pinned.thread_number(), driver::trim, granted::hot_last);
      done = work.catch_up(most);
      if (done == 0) done = work.step(most).looked_at;
    }
    // Without a pin: this thread is no reader of what it has just left.
    migration freeing(state_, thread, driver::trim);
    while (done < most && freeing.free_some()) ++done;
    return done;
  }
  // As far as readers let it go after a moment; later calls free the rest.
  void free_what_is_leaving(std::uint32_t thread) noexcept {
    constexpr unsigned most_looks = 64;
    for (unsigned looks = 0; looks < most_looks && !grace_period<Sync>::is_pinned();) {
      if (state_.other_arrays.load(std::memory_order_relaxed) == 0) return;
      if (migration(state_, thread).free_some()) continue;
      Sync::yield();
      ++looks;
    }
  }
  enum class next_one : std::uint8_t { is_due, is_not_due, is_refused };
  // Starts the next migration, if one is due.
  next_one look_for_another() noexcept {
    const bool is_reader = grace_period<Sync>::is_pinned();
    const pin pinned;
    migration next(state_, pinned.thread_number());
    next.look_at_size();
    if (next.was_refused()) return next_one::is_refused;
    return migrating() || (!is_reader && next.is_kept_waiting()) ? next_one::is_due
                                                                 : next_one::is_not_due;
  }
  // False if an allocation failed. Tells the number of this thread.
  bool finish_migration(std::uint32_t& thread) noexcept {
    const pin pinned;
    thread = pinned.thread_number();
    return migration(state_, thread).finish_now();
  }
  std::uint64_t finished(migration_kind what) const noexcept {
    return state_.finished[static_cast<unsigned>(what)].load(std::memory_order_relaxed);
  }
  std::uint64_t started(migration_cause by) const noexcept {
    return state_.started[static_cast<unsigned>(by)].load(std::memory_order_relaxed);
  }

  state_type& state_;
};

}  // namespace steady::detail
