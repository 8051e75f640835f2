// Starting a migration: the next array is made, and then the root's leads to it.
//
// Making it may take long: the user's allocator is called, which may wait, and the thread may lose
// its processor. So nothing is held and nothing is said meanwhile: no reseeding that keeps walks
// away, and no right that others need. One thread makes the array, while the others leave it to
// that one; if it takes long, they make arrays themselves, and the first that is ready is led to.
// What comes then is a few stores under a right, without memory or anything of the user's.
#pragma once

#include <atomic>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/probes.hpp>
#include <steady/detail/concurrent/shared_sizing.hpp>
#include <steady/detail/concurrent/shared_state.hpp>
#include <steady/detail/line/random_seed.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Array>
migration_route route_between(const Array& from, const Array& to) noexcept {
  return {static_cast<std::uint64_t>(from.kind), from.buckets(), to.buckets()};
}

template <class Sync, class Layout>
class migration_start {
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using sizing_type = shared_sizing<Sync, Layout>;
  using plan = typename sizing_type::plan;

 public:
  // The caller is pinned.
  explicit migration_start(state_type& state) noexcept : state_(state) {}

  // Starts what is due. `seen` is the root's array; `size` was counted, and `to_shrink` requests to
  // shrink had come before that: they are met if nothing is due. False if an
  // allocation failed.
  STEADY_COLD bool start_if_due(array& seen, std::uint64_t size, std::uint64_t to_shrink) noexcept {
    const bool are_walks_on = state_.walks.load(std::memory_order_relaxed) != 0;
    const plan due = sizing().what_is_due(seen, size, !are_walks_on);
    if (!due.is_due) {
      state_.requests.are_met(migration_kind::shrink, to_shrink);
      return true;
    }
    if (!is_room_for_garbage(due.kind)) return true;
    const typename patient_right<Sync>::attempt right(state_.to_prepare, patience(seen));
    if (!right.is_granted()) return true;
    prepared next(state_, seen, due);
    if (next.to == nullptr) return false;
    if (start(seen, due, size, next)) state_.tell_watcher();
    return true;
  }

  // A thread that sleeps within a call keeps arrays from being freed. Growth goes on nevertheless:
  // what it leaves is at most half of what comes next. All else waits, so garbage is bounded.
  bool is_room_for_garbage(migration_kind kind) const noexcept {
    const std::uint64_t leaving = state_.arrays_leaving();
    return leaving == 0 || (kind == migration_kind::grow && leaving < most_arrays_leaving);
  }

 private:
  static constexpr std::uint64_t most_arrays_leaving = 16;

  // What a migration needs, made before anything is held; discarded if another thread was faster.
  struct prepared {
    prepared(state_type& state, const array& from, const plan& due) noexcept : of(state) {
      const bool reseeds = due.kind == migration_kind::reseed;
      STEADY_TRY {
        to = array::create(of.memory, line_partition::of(due.log2_buckets),
                           reseeds ? random_seed() : from.seed,
                           reseeds ? name_after(from.name) : from.name);
        queue = from.make_queue(of.memory);
      }
      STEADY_CATCH_ALL {}  // The container goes on in overflow, and tries again.
    }
    ~prepared() {
      array::discard_queue(of.memory, queue);
      if (to != nullptr) to->discard(of.memory);
    }
    prepared(const prepared&) = delete;
    prepared& operator=(const prepared&) = delete;

    void are_used() noexcept {
      to = nullptr;
      queue = nullptr;
    }

    state_type& of;
    array* to = nullptr;
    typename array::queue_type* queue = nullptr;
  };

  // Looks at the size, of all threads, while one of them makes the next array: an array that is
  // full is looked at every four calls, so it is fuller by a 16th then.
  std::uint64_t patience(const array& of) const noexcept {
    return max_of<std::uint64_t>(16, sizing().limit_of(of) / 64);
  }

  // Unless another thread has started one, or is just doing it.
  bool start(array& seen, const plan& due, std::uint64_t size, prepared& next) noexcept {
    const typename sole_right<Sync>::attempt right(state_.to_start);
    if (!right.has_it() || state_.first_array() != &seen || seen.next() != nullptr) return false;
    const bool reseeds = due.kind == migration_kind::reseed;
    if (reseeds && !may_reseed()) return false;
    const std::uint64_t chain =
        reseeds ? state_.chain_seen.exchange(0, std::memory_order_relaxed) : 0;
    const migration_cause cause =
        chain != 0 ? migration_cause::overflow : cause_of(due.kind, seen, size);
    state_.started[static_cast<unsigned>(cause)].fetch_add(1, std::memory_order_relaxed);
    seen.kind = due.kind;
    seen.requests = state_.requests.made(due.kind);
    seen.number = state_.migrations.fetch_add(1, std::memory_order_relaxed) + 1;
    seen.order_by(next.queue);
    state_.size_at_start.store(size, std::memory_order_relaxed);
    state_.evacuations_per_call.store(
        state_.watcher.is_taken() ? 0 : state_.kind->evacuations_per_call,
        std::memory_order_relaxed);
    probe_migration_begin(state_.memory.owner(), detail::route_between(seen, *next.to));
    if (chain != 0) probe_reseed_suspected(state_.memory.owner(), size, chain);
    state_.other_arrays.fetch_add(1, std::memory_order_release);  // [F2]
    seen.lead_to(next.to);
    next.are_used();
    return true;
  }
  // Unless a chain was too long.
  migration_cause cause_of(migration_kind kind, const array& current, std::uint64_t size) noexcept {
    if (kind == migration_kind::grow) {
      return size > sizing().limit_of(current) ? migration_cause::load : migration_cause::request;
    }
    if (kind == migration_kind::reseed || state_.requests.is_asked(kind))
      return migration_cause::request;
    return kind == migration_kind::shrink ? migration_cause::load : migration_cause::overflow;
  }
  bool may_reseed() noexcept {
    state_.reseeding.store(1, std::memory_order_seq_cst);                // [W2]
    if (state_.walks.load(std::memory_order_seq_cst) == 0) return true;  // [W2]
    state_.reseeding.store(0, std::memory_order_release);
    return false;
  }

  sizing_type sizing() const noexcept { return sizing_type(state_); }

  state_type& state_;
};

}  // namespace steady::detail
