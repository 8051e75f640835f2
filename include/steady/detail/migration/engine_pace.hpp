// The functions of table_engine.hpp that decide when a table migrates and how far a call takes it.
//
//   1. The limits in the state are those of idle_range(): a call that stays within them has nothing
//      to do. While a migration is on, or asked for, both are 0, so that every insertion comes by.
//   2. One migration is on at a time; work_off() begins the next one that is wanted when it ends,
//      and destroys retired arrays last.
//   3. Insertions move nothing up to reserved(), but for what was asked for.
//
//   Bound    of an insertion: evacuations_per_insert intervals, twice as many under a reseeding; or
//            growth at once, of at most two buckets. step() and trim(): as many as asked.
//   Throws   prepare_insertion() only where the next element has no slot; step() and trim() what
//            the hash, the elements and the allocator throw: done in part, nothing lost.
#pragma once

#include <steady/detail/migration/table_engine.hpp>

namespace steady::detail {

inline namespace STEADY_ABI {

// ---- sizes ----

template <class Storage>
STEADY_COLD sizing table_engine<Storage>::sizing_now() const noexcept {
  if (state_.cold_link == nullptr) return sizing(layout(), of_.kind.shrink_below);
  const double shrink_below = cold().kept_by_clear ? 0 : of_.kind.shrink_below;
  return sizing(layout(), shrink_below, requests().reserved, cold().asked);
}

// The elements that fit.
template <class Storage>
std::uint64_t table_engine<Storage>::room() const noexcept {
  if (state_.migrating()) return layout().load_limit(state_.log2_buckets());
  return cold_blocks<Storage>::room(state_.old_array(), layout());
}

// Up to this size insertions move nothing. Without a cold block they do so only to grow.
template <class Storage>
STEADY_COLD std::uint64_t table_engine<Storage>::reserved() const noexcept {
  if (state_.cold_link != nullptr) return requests().reserved;
  return state_.has_memory() ? room() : 0;
}

template <class Storage>
STEADY_COLD typename table_engine<Storage>::limits table_engine<Storage>::idle_range()
    const noexcept {
  if (!state_.has_memory()) return {};
  std::uint64_t from = 0;
  if (state_.cold_link != nullptr) {
    const cold_type& of = cold();
    const bool at_rest = !of.migrating() && of.older == nullptr && !of.snapshots.any() &&
                         !of.long_chain && !of.crowded && !of.asked.any() &&
                         requests().reserved <= room();
    if (!at_rest) return {};
    from = sizing_now().shrink_below(state_.log2_buckets());
    if (state_.size < from) return {limit_of(min_of(from, requests().reserved)), 0};
    if (of.kept_by_clear) return until_settled();
  }
  return {limit_of(room()), limit_of(from)};
}

// After a clear(), the next insertion after an erasure looks at how many there were.
template <class Storage>
STEADY_COLD typename table_engine<Storage>::limits table_engine<Storage>::until_settled()
    const noexcept {
  const std::uint32_t enough =
      limit_of(sizing(layout(), of_.kind.shrink_below).shrink_below(state_.log2_buckets()));
  return {enough, enough};
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::update_limits() noexcept {
  if (state_.cold_link != nullptr && cold().kept_by_clear && is_settled_after_clear()) {
    cold().kept_by_clear = false;
  }
  const limits now = idle_range();
  state_.insert_limit = now.insert;
  state_.erase_limit = now.erase;
}

// So that every insertion and erasure looks for work, as while migrating.
template <class Storage>
STEADY_COLD void table_engine<Storage>::note_small_size() noexcept {
  state_.insert_limit = 0;
  state_.erase_limit = 0;
}

// ---- insertion ----

template <class Storage>
void table_engine<Storage>::make_first(std::uint64_t size) {
  const std::uint64_t room = small_growth<Storage>(of_).make_first(size);
  take_seed();
  state_.locations.change();
  if (state_.cold_link != nullptr) {
    cold_blocks<Storage>::note_crowding(cold(), layout());
    return update_limits();
  }
  state_.insert_limit = static_cast<std::uint32_t>(room);
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::forget_first() noexcept {
  if (!state_.has_memory()) return;
  state_.locations.change();
  map_memory<Storage> memory = of_.memory();
  array first = state_.old_array();
  first.destroy(memory, layout());
  const typename cold_type::link kept = state_.cold_link;
  state_.reset();
  if (kept == nullptr) return;
  state_.cold_link = kept;
  cold().old_array() = {};
  state_.shape.set_observed(state_.has_walkers());
}

// A line of its own, for a table without elements. A table that was emptied keeps its name.
template <class Storage>
void table_engine<Storage>::take_seed() noexcept {
  state_.seed = random_seed();
  if (state_.shape.name() == 0) state_.shape.set_name(random_name());
}

template <class Storage>
STEADY_NOINLINE void table_engine<Storage>::prepare_insertion() {
  if constexpr (!stress_migration) {
    if (state_.cold_link == nullptr && state_.shape.line().log2_buckets() <= 1) return grow_small();
  }
  if (state_.migrating()) [[likely]]
    return make_progress(state_.size + 1, driver::insert);
  if (!state_.has_memory()) return make_first(1);
  if constexpr (stress_migration) start_at_random();
  if (!grows_at_once()) make_progress(state_.size + 1, driver::insert);
  if (!grows_at_once() && !is_full_tiny()) return;
  STEADY_TRY {
    if (small_growth<Storage>(of_).grow() == 0) return make_whole();
    update_limits();
  }
  STEADY_CATCH_ALL {
    if (is_full_tiny()) STEADY_RETHROW;  // the next element has no slot
  }
}

// The same for a table without a cold block, empty or of at most two buckets, that is full.
template <class Storage>
void table_engine<Storage>::grow_small() {
  if (!state_.has_memory()) return make_first(1);
  STEADY_TRY {
    if (const std::uint64_t room = small_growth<Storage>(of_).grow(); room != 0) [[likely]] {
      state_.insert_limit = static_cast<std::uint32_t>(room);
      return;
    }
  }
  STEADY_CATCH_ALL {
    if (is_full_tiny()) STEADY_RETHROW;
    return;
  }
  make_progress(state_.size + 1, driver::insert);
  if (is_full_tiny()) make_whole();
}

// Gives a tiny bucket overflow, and all the slots that a bucket has: where more were reserved, and
// where it is full and can be neither widened nor divided at once.
template <class Storage>
STEADY_COLD void table_engine<Storage>::make_whole() {
  small_growth<Storage>(of_).make_whole();
  update_limits();
}
template <class Storage>
STEADY_COLD bool table_engine<Storage>::is_full_tiny() const noexcept {
  return state_.old_array().is_tiny() && state_.size >= room();
}

template <class Storage>
bool table_engine<Storage>::can_grow_at_once(const array& old) const noexcept {
  return array::is_embedded(line_partition::of(old.line().log2_buckets() + 1), layout()) ||
         (old.is_tiny() && old.tiny_slots(layout()) < layout().width);
}

// Whether one more element calls for a growth that needs no migration.
template <class Storage>
STEADY_COLD bool table_engine<Storage>::grows_at_once() const noexcept {
  const unsigned now = state_.shape.line().log2_buckets();
  if (now > 1 || state_.size < room()) return false;
  if (!can_grow_at_once(state_.old_array())) return false;
  if (state_.cold_link == nullptr) return true;
  const cold_type& of = cold();
  return !of.migrating() && !of.asked.any() && !of.long_chain && requests().reserved <= room();
}

// Stress migration: begins a migration where an insertion may, though none is needed.
template <class Storage>
STEADY_COLD void table_engine<Storage>::start_at_random() noexcept {
  const std::uint64_t size = state_.size + 1;
  if (size <= reserved() || size > room() || state_.migrating() || wants_migration(size)) return;
  STEADY_TRY {
    start_migration(state_.log2_buckets());
    note_cause(migration_cause::load);
  }
  STEADY_CATCH_ALL {}
}

template <class Storage>
void table_engine<Storage>::make_progress(std::uint64_t size, driver of) noexcept {
  STEADY_TRY {
    const bool hurried = state_.cold_link != nullptr && (cold().reseeding || cold().long_chain);
    const std::uint64_t most = std::uint64_t{of_.kind.evacuations_per_insert} * (hurried ? 2 : 1);
    const bool was_migrating = state_.migrating();
    work_off(most + stress<stress_migration>::extra(), size, of);
    if (!was_migrating && !state_.migrating()) update_limits();  // an observer may be gone
  }
  STEADY_CATCH_ALL {}
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::progress_by_erasing() noexcept {
  // Where an insertion has nothing to do, an erasure may have to shrink.
  const bool may_shrink = state_.erase_limit == 0 && state_.cold_link != nullptr && is_pending();
  if (may_shrink || state_.size >= state_.insert_limit) make_progress(state_.size, driver::erase);
}
template <class Storage>
STEADY_COLD void table_engine<Storage>::progress_by_walking() noexcept {
  if (is_pending() || state_.size >= state_.insert_limit) {
    make_progress(state_.size, driver::walk);
  }
}

// ---- steps ----

template <class Storage>
STEADY_COLD bool table_engine<Storage>::is_pending() const noexcept {
  if (state_.cold_link != nullptr && (cold().migrating() || cold().older != nullptr)) return true;
  return state_.has_memory() && wants_migration(state_.size);
}

template <class Storage>
STEADY_COLD std::uint64_t table_engine<Storage>::pending() const noexcept {
  std::uint64_t buckets = 0;
  if (state_.migrating()) {
    buckets = migration<Storage>(of_).pending();
  } else if (state_.has_memory() && wants_migration(state_.size)) {
    buckets = state_.old_array().line().buckets();  // of a migration that has not begun
  }
  if (state_.cold_link != nullptr && cold().older != nullptr) {
    buckets += incremental_destruction<Storage>::pending(*detail::to_raw(cold().older));
  }
  return buckets;
}

template <class Storage>
STEADY_COLD std::uint64_t table_engine<Storage>::step(std::uint64_t most) {
  return work_off(most, state_.size, driver::call);
}
template <class Storage>
STEADY_COLD std::uint64_t table_engine<Storage>::trim(std::uint64_t most) {
  return work_off(most, state_.size, driver::trim);
}

// Does at most `most` buckets of pending work for a call that leaves `size` elements.
template <class Storage>
STEADY_NOINLINE std::uint64_t table_engine<Storage>::work_off(std::uint64_t most,
                                                              std::uint64_t size, driver of) {
  std::uint64_t done = 0;
  while (done < most && (state_.migrating() ? !keeps_promise(size, of) || cold().begun_on_request
                                            : start_wanted_migration(size, of))) {
    migration<Storage> under_way(of_);
    const migration_route route = under_way.route();
    const std::uint64_t left = most - done;
    {
      counted_steps counted(*this, of, route);
      do {
        under_way.advance(left - counted.count, counted.count);
      } while (counted.count < left && cold().migrating());
      done += counted.count;
    }
    if (!cold().migrating()) has_ended(route);
  }
  if (state_.cold_link == nullptr || cold().older == nullptr) [[likely]]
    return done;
  const std::uint64_t destroyed = destroy_older(most - done);
  count_steps(of, destroyed);
  cold_blocks<Storage>::drop_if_unused(of_);
  update_limits();
  return done + destroyed;
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::has_ended(const migration_route& route) noexcept {
  probe_migration_end(of_.table, route);
  update_limits();
}

template <class Storage>
STEADY_COLD std::uint64_t table_engine<Storage>::destroy_older(std::uint64_t most) noexcept {
  std::uint64_t done = 0;
  while (done < most && cold().older != nullptr) {
    cold_type* const newest = detail::to_raw(cold().older);
    done += incremental_destruction<Storage>(of_, *newest).step(most - done);
    if (newest->old_array().exists()) continue;
    cold().older = newest->older;
    cold_blocks<Storage>::release(of_, newest);
  }
  return done;
}

// ---- when to migrate ----

// The part of the hash line from the first element on. Of interest only where the map may shrink.
template <class Storage>
STEADY_COLD double table_engine<Storage>::part_in_use(const sizing& sizes,
                                                      std::uint64_t size) const noexcept {
  if (state_.migrating() || !sizes.may_shrink(state_.log2_buckets(), size)) return 1;
  const array only = state_.old_array();
  const std::uint64_t buckets = only.line().buckets();
  const std::uint64_t first = occupancy<Storage>(only, layout()).next(0, buckets);
  return static_cast<double>(buckets - first) / static_cast<double>(buckets);
}

template <class Storage>
STEADY_COLD bool table_engine<Storage>::wants_migration(std::uint64_t size) const noexcept {
  if (state_.old_array().is_tiny() && size <= room() && state_.cold_link == nullptr) return false;
  const sizing sizes = sizing_now();
  return sizes.wants_migration(state_.log2_buckets(), size, part_in_use(sizes, size)) ||
         wants_reseeding(size) || wants_compaction(size) || wants_whole();
}
// Whether a tiny bucket has less room than was reserved.
template <class Storage>
STEADY_COLD bool table_engine<Storage>::wants_whole() const noexcept {
  return state_.cold_link != nullptr && state_.old_array().is_tiny() &&
         requests().reserved > room();
}

template <class Storage>
STEADY_COLD bool table_engine<Storage>::start_wanted_migration(std::uint64_t size, driver of) {
  if (!state_.has_memory()) return false;
  if (state_.cold_link != nullptr && (cold().long_chain || cold().crowded)) look_at_chains(size);
  if (!wants_migration(size)) return false;
  if (keeps_promise(size, of) && !cold().asked.any()) return false;
  if (wants_whole()) {
    make_whole();
    if (!wants_migration(size)) return false;
  }
  const unsigned now = state_.log2_buckets();
  const sizing sizes = sizing_now();
  const unsigned next = sizes.wanted(now, size, part_in_use(sizes, size));
  const bool start = sizes.must_start(now, next);
  const migration_cause cause = cause_of_migration(next, size);
  if (start) begin_migration(next, cause);
  if (state_.cold_link != nullptr) {
    cold().asked.reseed = false;
    if (start) cold().asked.compact = false;  // also where it grows
    if (next <= now) cold().asked = {};
    if (!cold().asked.any()) cold().for_overflow = false;
  }
  if (!start) update_limits();
  return start;
}

// What begins the migration to that many buckets that is wanted.
template <class Storage>
STEADY_COLD migration_cause
table_engine<Storage>::cause_of_migration(unsigned next, std::uint64_t size) const noexcept {
  const bool grows = next > state_.log2_buckets();
  if (state_.cold_link == nullptr || (grows && size > room())) return migration_cause::load;
  if (!grows && !cold().asked.any()) return migration_cause::load;
  return cold().for_overflow ? migration_cause::overflow : migration_cause::request;
}
// Of the migration that has begun.
template <class Storage>
STEADY_COLD void table_engine<Storage>::note_cause(migration_cause cause) noexcept {
  cold().begun_on_request = cause == migration_cause::request;
  ++counters().begun[static_cast<unsigned>(cause)];
}

// With another seed, if one is asked for.
template <class Storage>
STEADY_COLD void table_engine<Storage>::begin_migration(unsigned log2_buckets,
                                                        migration_cause cause) {
  if (state_.cold_link != nullptr && cold().asked.reseed) {
    cold_blocks<Storage>::rare_of(of_);
    if (state_.old_array().is_tiny()) small_growth<Storage>(of_).make_whole();
    migration<Storage>(of_).start_reseeding(log2_buckets, requests().long_chain_at);
    note_small_size();
    if (cause == migration_cause::overflow) {
      probe_reseed_suspected(of_.table, state_.size, suspected_chain());
    }
  } else {
    start_migration(log2_buckets);
  }
  note_cause(cause);
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::start_migration(unsigned log2_buckets) {
  cold_blocks<Storage>::of(of_);
  // Outgrown: what few buckets have room for is noted as reserved where nobody knows better.
  const std::uint64_t few = min_of<std::uint64_t>(state_.size, layout().few_limits[2]);
  if (log2_buckets > state_.log2_buckets() && requests().reserved <= few) requests().reserved = 0;
  if (state_.old_array().is_tiny()) small_growth<Storage>(of_).make_whole();
  migration<Storage>(of_).start(log2_buckets);
  note_small_size();
}

// Completes the migration under way; does not begin the next one.
template <class Storage>
STEADY_COLD void table_engine<Storage>::complete_migration() {
  if (!state_.migrating()) return;
  const migration_route route = migration<Storage>(of_).route();
  while (cold().migrating()) {
    counted_steps counted(*this, driver::call, route);
    migration<Storage>(of_).advance(everything, counted.count);
  }
  has_ended(route);
}

}  // namespace STEADY_ABI

}  // namespace steady::detail
