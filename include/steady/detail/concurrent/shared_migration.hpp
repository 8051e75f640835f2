// When a concurrent container migrates, and who does the work.
//
//   grow      more elements than the load limit allows, or a reservation: by up to a factor of 8
//   shrink    fewer than `shrink_below` of the load limit, or on request: by half at a time
//   compact   on request, or when there is far more overflow than chance explains
//   reseed    on request, or when a chain is too long for chance
//
// Every call that inserts or erases then does its share: a few intervals, in the order of the line
// (or of heat: order_of_heat.hpp), with locks that it gets at once. Those that were locked are
// tried again once all others have moved. Nobody waits for a migration to start, to go on or to
// end.
//
// The pace: an array of N buckets is full after 12.8 N elements, and grows when it is; the next
// one, of 2 N, is full 12.8 N insertions later. Each of these evacuates two intervals of N, unless
// another thread has them, so the migration ends after N/2 insertions. A thread that lost its
// processor within an interval delays the end, not the other threads: then elements go into
// overflow, and the share of each call rises with what is left (share_of_calls.hpp).
//
// A container that is served in the background (migration_watcher.hpp) leaves migrations to that
// helper: a call's share is nothing while the helper moves an interval in the time of four
// insertions. So a helper that gets no processor delays no growth.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/probes.hpp>
#include <steady/detail/concurrent/evacuation.hpp>
#include <steady/detail/concurrent/left_intervals.hpp>
#include <steady/detail/concurrent/migration_start.hpp>
#include <steady/detail/concurrent/order_of_heat.hpp>
#include <steady/detail/concurrent/share_of_calls.hpp>
#include <steady/detail/concurrent/shared_sizing.hpp>
#include <steady/detail/concurrent/shared_state.hpp>
#include <steady/detail/line/random_seed.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Sync, class Layout>
class shared_migration {
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using stripe = count_stripe<Sync>;
  using sizing_type = shared_sizing<Sync, Layout>;
  using starting = migration_start<Sync, Layout>;
  using heat = order_of_heat<Sync, Layout>;
  using share_type = share_of_calls<Sync, Layout>;

 public:
  // The caller is pinned, and `thread` is the pin's. What is done counts as driven by `by`.
  shared_migration(state_type& state, std::uint32_t thread, driver by = driver::call,
                   granted when = granted::at_once) noexcept
      : state_(state), thread_(thread), by_(by), when_(when) {}

  // What an inserting or erasing call does when its own business is done.
  // Bound: two intervals, or one step of freeing what is leaving; rarely, starting a migration.
  STEADY_ALWAYS_INLINE static void work(state_type& state, std::uint32_t thread,
                                        driver by) noexcept {
    const bool is_due = state.counts.is_due(thread);
    if (is_due || state.other_arrays.load(std::memory_order_relaxed) != 0) [[unlikely]]
      shared_migration(state, thread, by).work_now(is_due);
  }

  // The same on purpose: at most `intervals` of them. Ends when it has looked at as many as there
  // are and none could be moved: what is left is locked, and nobody waits for that.
  steps_taken step(std::size_t intervals) noexcept {
    look_at_size();
    steps_taken taken;
    std::uint64_t in_vain = 0;
    for (; taken.looked_at < intervals; ++taken.looked_at) {
      array* const from = state_.first_array();
      array* const to = from == nullptr ? nullptr : from->next();
      const steps_taken now = to != nullptr ? help(*from, *to, 1) : free_one();
      if (now.looked_at == 0) break;
      taken.done += now.done;
      in_vain = now.done != 0 ? 0 : in_vain + now.looked_at;
      if (to != nullptr && in_vain > from->buckets()) break;
    }
    return taken;
  }

  // Evacuates at most `intervals` that were skipped when helpers came by (left_intervals.hpp).
  // Returns how many.
  std::size_t catch_up(std::size_t intervals) noexcept {
    array* const from = state_.first_array();
    array* const to = from == nullptr ? nullptr : from->next();
    if (to == nullptr) return 0;
    counted_steps moved(*this, *from, *to);
    bool is_empty = false;
    moved.count = left_intervals<Sync, Layout>(state_, *from, *to).evacuate(intervals, is_empty);
    if (is_empty) moved.finish();
    return static_cast<std::size_t>(moved.count);
  }

  // Evacuates the interval of a key first, so that it is written only where it stays.
  void evacuate_first(array& from, array& to, std::uint64_t position) noexcept {
    evacuation<Sync, Layout> moving(state_, from, to);
    counted_steps moved(*this, from, to);
    bool is_empty = false;
    const evacuated result = moving.evacuate(moving.interval_at(position), true, is_empty);
    if (result == evacuated::now) moved.count = 1;
    if (is_empty) moved.finish();
  }

  // ---- starting ----

  // Looks at the number of elements and at requests, starts what is due, and decides when this
  // thread looks again: after a 16th of the way to the next limit, so that all threads together
  // are not far beyond it.
  STEADY_COLD void look_at_size() noexcept {
    array* const current = state_.first_array();
    if (current == nullptr) return;
    // Counted before the size is: what was erased before a request is in that size.
    const std::uint64_t to_shrink = state_.requests.made(migration_kind::shrink);
    const std::uint64_t size = state_.counts.sum();
    array* const next = current->next();
    const array& newest = next != nullptr ? *next : *current;
    if (next != nullptr) {
      share_type(state_).set_quota(*current, newest, size);
    } else {
      was_refused_ = !starting(state_).start_if_due(*current, size, to_shrink);
    }
    const std::uint64_t limit = sizing().limit_of(newest);
    const std::uint64_t lower = sizing().shrinks_below(newest);
    const std::uint64_t upward = limit > size ? limit - size : 0;
    const std::uint64_t downward = lower == 0 ? upward : size > lower ? size - lower : 0;
    state_.counts.look_again_after(
        thread_, clamped<std::uint64_t>(min_of(upward, downward) / 16, 4, most_calls_unwatched));
  }

  // Whether look_at_size() found a migration due for which an allocation failed.
  bool was_refused() const noexcept { return was_refused_; }
  // Whether a migration is due that only others keep from starting: readers of what earlier ones
  // have left, or who is just starting one. (Walks keep a reseeding from it as long as they like.)
  bool is_kept_waiting() const noexcept {
    const array* const current = state_.first_array();
    if (was_refused_ || current == nullptr || current->next() != nullptr) return false;
    const std::uint64_t size = state_.counts.sum();
    return sizing().what_is_due(*current, size, false).is_due ||
           (sizing().what_is_due(*current, size).is_due &&
            !starting(state_).is_room_for_garbage(migration_kind::reseed));
  }

  // Room for `size` elements: the first array, or a request to grow. Throws what the allocator
  // throws where there is no array yet; then nothing was asked for. False, and nothing was asked
  // for, if the last of several arrays on the way cannot be had.
  bool reserve(std::uint64_t size) {
    const array* const first = state_.first_array();
    const unsigned log2 = sizing().log2_buckets_for(size);
    if (first == nullptr) {
      make_first_array(size);
    } else if (log2 > first->line.log2_buckets() + evacuation<Sync, Layout>::most_log2_growth &&
               !array::can_be_had(state_.memory, line_partition::of(log2))) {
      return false;
    }
    state_type::raise(state_.reserved, size);
    look_at_size();
    return true;
  }
  // Whether the newest array has room for `size` elements.
  bool has_room_for(std::uint64_t size) const noexcept {
    const array* const first = state_.first_array();
    const array* const next = first->next();
    return size <= sizing().limit_of(next != nullptr ? *next : *first);
  }
  array& make_first_array(std::uint64_t size = 0) {
    const unsigned log2 =
        sizing().log2_buckets_for(max_of(size, state_.reserved.load(std::memory_order_relaxed)));
    array* const made =
        array::create(state_.memory, line_partition::of(log2), random_seed(), random_name());
    array* none = nullptr;
    if (state_.root.compare_exchange_strong(none, made, std::memory_order_acq_rel,  // [R2]
                                            std::memory_order_acquire)) {
      state_.oldest.store(made, std::memory_order_release);  // [F4]
      return *made;
    }
    made->discard(state_.memory);
    return *none;
  }

  // A chain of so many overflow buckets was seen.
  STEADY_COLD void saw_chain(std::uint64_t length) noexcept {
    state_type::raise(state_.longest_chain, length);
    if (length <= state_.kind->longest_natural_chain) return;
    const std::uint64_t size = state_.counts.sum();
    // Growth that is late makes chains, too.
    if (size > sizing().limit_of(*state_.first_array())) return;
    // A broken hash makes long chains under every seed: not again before the size has doubled, or
    // the elements of that time are gone (forget_attack()).
    const std::uint64_t last = state_.reseeded_at.load(std::memory_order_relaxed);
    if (size < 2 * last) return;
    state_.reseeded_at.store(size, std::memory_order_relaxed);
    state_.chain_seen.store(length, std::memory_order_relaxed);
    state_.requests.ask(migration_kind::reseed);
    state_.counts.look_again_after(thread_, 1);
  }

  // ---- freeing ----

  // One step; false if there is nothing to do, or another thread does it, or a reader may still be
  // there.
  bool free_some() noexcept {
    const typename sole_right<Sync>::attempt right(state_.to_free);
    if (!right.has_it()) return false;
    if (state_.other_arrays.load(std::memory_order_acquire) == 0) return false;  // [F2]
    array* const gone = state_.oldest.load(std::memory_order_acquire);           // [F4]
    if (gone == nullptr) return false;
    const std::uint64_t since = gone->left_at.load(std::memory_order_acquire);  // [F3]
    if (since == 0 || !grace_period<Sync>::is_over(since)) return false;
    array* const following = gone->next();
    if (!gone->release_some(state_.memory)) {
      state_.oldest.store(following, std::memory_order_release);    // [F4]
      state_.other_arrays.fetch_sub(1, std::memory_order_release);  // [F2]
    }
    state_.count_steps(thread_, by_, 1);
    return true;
  }

  // Finishes a migration that is on, waiting for others' locks; nothing to do if there is none.
  // False if an allocation failed: then it goes on later.
  bool finish_now() noexcept {
    array* const from = state_.first_array();
    array* const to = from == nullptr ? nullptr : from->next();
    if (to == nullptr) return true;
    evacuation<Sync, Layout> moving(state_, *from, *to);
    const std::uint64_t intervals = moving.intervals();
    counted_steps moved(*this, *from, *to);
    for (std::uint64_t n = 0; n < intervals; ++n) {
      bool is_empty = false;
      evacuated result = evacuated::not_yet;
      while ((result = moving.evacuate(n, true, is_empty)) == evacuated::not_yet) Sync::pause();
      if (result == evacuated::not_ever) return false;
      if (result == evacuated::now) ++moved.count;
      if (is_empty) {
        moved.finish();
        return true;
      }
    }
    return true;
  }

 private:
  static constexpr std::uint64_t most_calls_unwatched = 1024;
  static constexpr std::uint64_t run = 8;  // intervals that a thread takes on at once

  // Intervals that a call evacuates, which it counts at its end.
  struct counted_steps {
    counted_steps(shared_migration& migration, array& left, array& entered) noexcept
        : of(migration), from(left), to(entered) {}
    ~counted_steps() {
      if (!is_noted) note();
    }
    counted_steps(const counted_steps&) = delete;
    counted_steps& operator=(const counted_steps&) = delete;

    // The last bucket has moved. Nothing is counted any more.
    void finish() noexcept {
      note();
      of.finish(from, to);
    }
    void note() noexcept {
      is_noted = true;
      if (count == 0) return;
      of.state_.count_steps(of.thread_, of.by_, count);
      probe_migration_step(of.state_.memory.owner(), detail::route_between(from, to),
                           static_cast<std::uint64_t>(of.by_), count);
    }

    shared_migration& of;
    array& from;
    array& to;
    std::uint64_t count = 0;
    bool is_noted = false;
  };

  // ---- helping ----

  STEADY_NOINLINE void work_now(bool is_due) noexcept {
    if (is_due) look_at_size();
    array* const from = state_.first_array();
    if (from == nullptr) return;
    if (array* const to = from->next(); to != nullptr) {
      if (const unsigned share = share_type(state_).quota(); share != 0) help(*from, *to, share);
    } else if (state_.other_arrays.load(std::memory_order_relaxed) != 0) {
      if (!is_freed_by_watcher()) free_some();
    }
  }

  // The helper in the background frees what is leaving, unless it lags by a whole migration.
  bool is_freed_by_watcher() const noexcept {
    return state_.watcher.is_taken() && state_.other_arrays.load(std::memory_order_relaxed) < 2;
  }

  steps_taken free_one() noexcept {
    const std::size_t freed = free_some() ? 1 : 0;
    return {freed, freed};
  }
  steps_taken help(array& from, array& to, unsigned quota) noexcept {
    evacuation<Sync, Layout> moving(state_, from, to);
    const std::uint64_t intervals = moving.intervals();
    stripe& mine = state_.counts.of(thread_);
    counted_steps moved(*this, from, to);
    unsigned looks = 0;
    for (; moved.count < quota && looks < looks_per_evacuation * quota; ++looks) {
      const std::uint64_t next = next_interval(mine, from, intervals);
      if (heat::is_nothing(next)) break;
      bool is_empty = false;
      const evacuated result = moving.evacuate(next & (intervals - 1), false, is_empty);
      if (result == evacuated::now) ++moved.count;
      if (is_empty) {
        moved.finish();
        return {looks + 1, static_cast<std::size_t>(moved.count)};
      }
      if (result == evacuated::not_ever) break;
    }
    return {looks, static_cast<std::size_t>(moved.count)};
  }
  static constexpr unsigned looks_per_evacuation = 8;  // at intervals that have moved already

  // Modulo the number of intervals.
  std::uint64_t next_interval(stripe& mine, array& from, std::uint64_t intervals) noexcept {
    if constexpr (Layout::orders_by_heat) {
      if (from.queue() != nullptr) return heat::next(mine, thread_, from, intervals, when_);
    }
    if (!state_.counts.is_own(thread_)) return from.claim(1);
    if (mine.claimed_of != from.number || mine.claimed_from == mine.claimed_to) {
      mine.claimed_of = from.number;
      mine.claimed_from = from.claim(run);
      mine.claimed_to = mine.claimed_from + run;
    }
    return mine.claimed_from++;
  }

  // All buckets have moved: the next array is the first one now.
  STEADY_COLD void finish(array& from, array& to) noexcept {
    state_.finished[static_cast<unsigned>(from.kind)].fetch_add(1, std::memory_order_relaxed);
    // A shrinking may have to be followed by another.
    if (from.kind != migration_kind::shrink) state_.requests.are_met(from.kind, from.requests);
    const std::uint64_t overflow = to.overflow_buckets.in_use();
    if (from.kind == migration_kind::compact ||
        overflow < state_.left_crowded.load(std::memory_order_relaxed)) {
      state_.left_crowded.store(overflow, std::memory_order_relaxed);
    }
    if (from.kind == migration_kind::shrink) state_.forget_attack();
    const bool reseeded = from.kind == migration_kind::reseed;
    probe_migration_end(state_.memory.owner(), detail::route_between(from, to));
    array* expected = &from;
    state_.root.compare_exchange_strong(expected, &to, std::memory_order_seq_cst,  // [R2]
                                        std::memory_order_relaxed);
    if (reseeded) state_.reseeding.store(0, std::memory_order_release);
    from.left_at.store(grace_period<Sync>::retire(), std::memory_order_release);  // [F3]
    state_.counts.look_again_after(thread_, 1);
    state_.tell_watcher();
  }

  sizing_type sizing() const noexcept { return sizing_type(state_); }

  state_type& state_;
  std::uint32_t thread_;
  driver by_;
  bool was_refused_ = false;
  [[no_unique_address]] typename heat::grants when_;
};

}  // namespace steady::detail
