// The functions of table_engine.hpp for requests (room, shrinking, emptying) and observers.
//
//   1. Requests add up: a migration meets all that were made before it began, and reserve() and
//      rehash() meet at once what was asked for in steps.
//   2. `reserved` is a promise of elements, not of memory: insertions move nothing up to it.
//
//   Bound    reserve, rehash: O(elements + buckets). clear, release: O(elements + chunks).
//   Throws   what the allocator throws; reserve and rehash also what user code throws, and
//            std::length_error. Emptying throws nothing.
#pragma once

#include <steady/detail/migration/table_engine.hpp>

namespace steady::detail {

inline namespace STEADY_ABI {

// ---- requests ----

// Room for `size` elements, for what was reserved before, and for those that are there, should
// growing have failed: until then, insertions move nothing.
template <class Storage>
STEADY_COLD void table_engine<Storage>::reserve(std::uint64_t size) {
  const bool has_cold = state_.cold_link != nullptr;
  const std::uint64_t promised = has_cold ? max_of(size, requests().reserved) : size;
  const std::uint64_t wanted = max_of(promised, state_.size);
  const unsigned fitting = layout().log2_buckets_for(wanted);
  if (has_cold || (state_.has_memory() ? wanted > room() : fitting != 0)) {
    const bool keeps_buckets = state_.has_memory() && !(has_cold && cold().asked.shrink);
    return resize(
        keeps_buckets ? layout().log2_buckets_for(wanted, state_.log2_buckets()) : fitting,
        promised);
  }
  if (!state_.has_memory()) make_first(wanted);
  state_.references.promise(wanted);
}

// Brings the number of buckets to 2^log2_buckets, and meets what else is asked for, at once. Until
// the size exceeds `promised`, insertions move nothing.
template <class Storage>
STEADY_COLD void table_engine<Storage>::resize(unsigned log2_buckets, std::uint64_t promised) {
  layout().check_log2_buckets(log2_buckets);
  cold_type& of = cold_blocks<Storage>::of(of_);
  if (log2_buckets != state_.log2_buckets()) of.kept_by_clear = false;
  update_limits();  // should this fail
  complete_migration();
  destroy_older(everything);
  if (!state_.has_memory()) {
    make_empty_buckets(log2_buckets);
  } else {
    // A tiny array that is as large as any single bucket will do for one.
    const bool suffices = log2_buckets == 0 && room() == layout().load_limit(0);
    if (state_.old_array().is_tiny() && !suffices) small_growth<Storage>(of_).make_whole();
    if (of.asked.compact || of.asked.reseed ||
        of.old_array().line().log2_buckets() != log2_buckets) {
      begin_migration(log2_buckets, migration_cause::request);
      forget_requests();
      requests().reserved = promised;
      complete_migration();
    }
  }
  of.asked = {};
  requests().reserved = promised;
  update_limits();
}

// The elements that call for at least so many slots.
template <class Storage>
STEADY_COLD std::uint64_t table_engine<Storage>::elements_in(std::uint64_t slots) const noexcept {
  if (slots == 0) return 0;
  return static_cast<std::uint64_t>(static_cast<double>(slots) * layout().load / layout().width) +
         1;
}

// As many slots as asked for, or as the size needs; 0 for an empty table gives all memory back.
template <class Storage>
STEADY_COLD void table_engine<Storage>::rehash(std::uint64_t asked) {
  if (asked == 0 && state_.size == 0) return release();
  const unsigned log2_buckets =
      max_of(layout().log2_buckets_of(asked), layout().log2_buckets_for(state_.size));
  const bool has_single_bucket = state_.has_memory() && state_.log2_buckets() == 0;
  if (state_.cold_link != nullptr || log2_buckets != 0 ||
      (state_.has_memory() && !(has_single_bucket && asked <= slots()))) {
    if (state_.cold_link != nullptr) cold().kept_by_clear = false;
    return resize(log2_buckets,
                  min_of<std::uint64_t>(elements_in(asked), layout().load_limit(log2_buckets)));
  }
  if (!state_.has_memory()) make_first(layout().room_in_slots(asked));
  state_.references.promise(room());
}

// Gives a table without memory 2^log2_buckets empty buckets. Throws what the allocator throws; it
// has no memory then either.
template <class Storage>
STEADY_COLD void table_engine<Storage>::make_empty_buckets(unsigned log2_buckets) {
  STEADY_TRY {
    map_memory<Storage> memory = of_.memory();
    array fresh;
    fresh.create(memory, layout(), log2_buckets);
    fresh.fill_with_empty_buckets(memory, layout());
    state_.show(fresh);
  }
  STEADY_CATCH_ALL {
    cold_blocks<Storage>::drop_if_unused(of_);
    STEADY_RETHROW;
  }
  take_seed();
  state_.locations.change();
  if (state_.cold_link != nullptr) cold_blocks<Storage>::note_crowding(cold(), layout());
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::make_like(const array& other) {
  const unsigned log2_buckets = other.line().log2_buckets();
  if (other.is_tiny()) return make_first(other.tiny_slots(layout()));
  if (log2_buckets > 2 || !array::is_embedded(other.line(), layout()))
    return resize(log2_buckets, 0);
  make_empty_buckets(log2_buckets);
  update_limits();
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::withdraw_reservation() noexcept {
  state_.references.withdraw();
  if (state_.cold_link == nullptr) return;
  requests().reserved = 0;
  cold().kept_by_clear = false;
  update_limits();
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::reserve_gradually(std::uint64_t size) {
  static_cast<void>(layout().log2_buckets_for(size));  // throws if no table has so many
  if (!state_.has_memory()) {
    cold_blocks<Storage>::of(of_);
    STEADY_TRY { make_first(min_of<std::uint64_t>(size, layout().width)); }
    STEADY_CATCH_ALL {
      cold_blocks<Storage>::drop_if_unused(of_);
      STEADY_RETHROW;
    }
  }
  std::uint64_t& reserved = cold_blocks<Storage>::of(of_).active.requests.reserved;
  reserved = max_of(reserved, size);
  update_limits();
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::shrink_gradually() noexcept {
  if (!state_.has_memory()) return cold_blocks<Storage>::drop_if_unused(of_);
  // A small map that is small enough need not remember this.
  if (state_.cold_link == nullptr &&
      layout().log2_buckets_for(state_.size) >= state_.log2_buckets())
    return;
  requested_kinds asked;
  asked.shrink = true;
  ask_for(asked);
  withdraw_reservation();
}
template <class Storage>
STEADY_COLD void table_engine<Storage>::compact_gradually() noexcept {
  requested_kinds asked;
  asked.compact = true;
  if (state_.size != 0) ask_for(asked);
}
template <class Storage>
STEADY_COLD void table_engine<Storage>::reseed_gradually() noexcept {
  requested_kinds asked;
  asked.reseed = true;
  if (state_.size != 0) ask_for(asked);
}

// Does nothing where allocating a cold block fails: then the table has at most four buckets.
template <class Storage>
STEADY_COLD void table_engine<Storage>::ask_for(requested_kinds more) noexcept {
  if (!state_.has_memory()) return;
  STEADY_TRY {
    cold_blocks<Storage>::of(of_).asked.add(more);
    cold().for_overflow = false;
  }
  STEADY_CATCH_ALL {}
  update_limits();
}

// ---- emptying ----

template <class Storage>
STEADY_COLD void table_engine<Storage>::clear() noexcept {
  if (!state_.has_memory()) return;
  const unsigned log2_buckets = state_.log2_buckets();
  const bool was_full = was_worth_its_memory();
  if (state_.migrating()) {
    release();
    if (was_full) make_room_again(log2_buckets);
    return;
  }
  array only = state_.old_array();
  // A single bucket is never kept for a reservation.
  const bool is_reserved = log2_buckets != 0 && reserved() > layout().load_limit(log2_buckets - 1);
  if (only.chunks() > 1 && !is_reserved && !was_full) return release_unreserved();
  announce_end();
  state_.locations.change();
  state_.size = 0;
  empty_buckets(state_.cold_link == nullptr ? only : cold().old_array());
  take_seed();  // it may be filled in the order of a map that it was a copy of
  if (state_.cold_link != nullptr && cold().rare != nullptr) {
    detail::to_raw(cold().rare)->reseed_again_from = 0;
  }
  if (was_full && !is_reserved) note_kept();
  update_limits();
}

// Whether the table, which is going to be cleared, held as many elements as a table of its size
// must lest it shrinks. One that kept its memory when it was cleared must have got there again
// since.
template <class Storage>
STEADY_COLD bool table_engine<Storage>::was_worth_its_memory() const noexcept {
  if (state_.cold_link == nullptr || cold().kept_by_clear) return false;
  return !sizing(layout(), of_.kind.shrink_below).may_shrink(state_.log2_buckets(), state_.size);
}

// Of a table at rest: all memory but room for what is reserved, which is less than it has.
template <class Storage>
STEADY_COLD void table_engine<Storage>::release_unreserved() noexcept {
  const std::uint64_t promised = state_.cold_link == nullptr ? 0 : requests().reserved;
  release();
  if (promised == 0) return;
  STEADY_TRY { reserve(promised); }
  STEADY_CATCH_ALL {}
}

// As many buckets as there were before release().
template <class Storage>
STEADY_COLD void table_engine<Storage>::make_room_again(unsigned log2_buckets) noexcept {
  STEADY_TRY {
    cold_blocks<Storage>::of(of_);
    make_empty_buckets(log2_buckets);
    note_kept();
    update_limits();
  }
  STEADY_CATCH_ALL {}
}

// Of a table with a cold block, if it has more than one chunk: it does not shrink until
// is_settled_after_clear().
template <class Storage>
STEADY_COLD void table_engine<Storage>::note_kept() noexcept {
  if (state_.cold_link == nullptr) return;
  cold().kept_by_clear = true;
  requests().erasures_before = state_.shape.erasures();
}
// Whether the memory that was kept is in use again, or as many elements were erased as it has room
// for, and it is not.
template <class Storage>
STEADY_COLD bool table_engine<Storage>::is_settled_after_clear() const noexcept {
  const std::uint32_t erased = state_.shape.erasures() - requests().erasures_before;
  return erased > room() ||
         !sizing(layout(), of_.kind.shrink_below).may_shrink(state_.log2_buckets(), state_.size);
}

// Destroys all elements, each bucket's after they are out of sight.
template <class Storage>
STEADY_COLD void table_engine<Storage>::empty_buckets(array& within) noexcept {
  const occupancy<Storage> occupied(within, layout());
  occupancy_notes<Storage> notes(within, layout());
  const std::uint64_t end = within.line().buckets();
  if (of_.kind.needs_no_destroying) {
    for (std::uint64_t next = occupied.next(0, end); next < end;
         next = occupied.next(occupied.end_of_chunk(next), end)) {
      notes.empty_chunk(next, [&](std::uint64_t bucket) { empty_bucket(within, bucket); });
    }
    return state_.show_sparse(within);
  }
  for (std::uint64_t first = occupied.next(0, end); first < end;) {
    const std::uint64_t group_end = min_of(occupied.end_of_group(first), end);
    for (std::uint64_t bucket = first; bucket < group_end; ++bucket) empty_bucket(within, bucket);
    notes.note_emptied(first, 0, group_end);  // destructors may have inserted
    state_.show_sparse(within);
    first = occupied.next(group_end, end);
  }
}

template <class Storage>
void table_engine<Storage>::empty_bucket(const array& within, std::uint64_t bucket) noexcept {
  bucket_header& header = *within.header(bucket);
  if (of_.kind.needs_no_destroying && header.filter == 0) [[likely]] {
    header = bucket_header{};
  } else {
    const slot_set full = within.full_slots(bucket, layout());
    const auto chain = within.overflow_of(bucket, layout());
    header = bucket_header{};
    detail::destroy_slots(of_, within.slots(bucket, layout()), full);
    empty_overflow(within, bucket, chain.first());
  }
  if constexpr (Storage::is_poisoned) {
    const std::size_t slots = within.is_tiny() ? within.tiny_slots(layout()) : layout().width;
    detail::poison<true>(within.slots(bucket, layout()), slots * layout().slot_bytes);
  }
}

// The chain from `link` on, which its bucket does not name any more.
template <class Storage>
STEADY_NOINLINE void table_engine<Storage>::empty_overflow(
    const array& within, std::uint64_t bucket, overflow_bucket<Storage>* link) noexcept {
  map_memory<Storage> memory = of_.memory();
  while (link != nullptr) {
    overflow_bucket<Storage>* const next = detail::to_raw(link->next);
    detail::destroy_slots(of_, detail::overflow_slots<Storage>(link, layout()),
                          overflow_chain<Storage>::full_slots(link, layout()));
    within.chunk_of(bucket, layout()).give_overflow(memory, link);
    link = next;
  }
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::clear_gradually() noexcept {
  if (!state_.has_memory()) return;
  if (state_.cold_link == nullptr) return clear();  // few buckets
  cold_type* fresh;
  STEADY_TRY { fresh = cold_blocks<Storage>::make(of_); }
  STEADY_CATCH_ALL { return clear(); }
  cold_type& retired = cold();
  state_.each_walker([](walker_base& walker) { walker.emptied(); });
  state_.locations.change();
  fresh->active.counters = counters();
  fresh->memory.longest_chain = retired.memory.longest_chain;
  incremental_destruction<Storage>::begin(retired, state_.size);
  fresh->rare = std::exchange(retired.rare, nullptr);
  if (fresh->rare != nullptr) {
    detail::to_raw(fresh->rare)->reseed_again_from = 0;
    const std::uint64_t rare_bytes = of_.memory().rounded(sizeof(rare_block), 16);
    retired.memory.bytes -= rare_bytes;
    fresh->memory.bytes += rare_bytes;
  }
  fresh->older = state_.cold_link;
  state_.reset();
  state_.cold_link = detail::to_stored<typename cold_type::link>(fresh);
  state_.shape.set_observed(state_.has_walkers());
  update_limits();
}

template <class Storage>
STEADY_NOINLINE void table_engine<Storage>::release() noexcept {
  announce_end();
  state_.locations.change();
  if (state_.cold_link == nullptr) {
    if (!state_.has_memory()) return;
    map_memory<Storage> memory = of_.memory();
    array only = state_.old_array();
    state_.reset();  // out of sight
    if (!of_.kind.needs_no_destroying) {
      for (std::uint64_t bucket = 0; bucket < only.line().buckets(); ++bucket) {
        detail::destroy_bucket(of_, only, bucket);
      }
    }
    return only.destroy(memory, layout());
  }
  const typename cold_type::link kept = state_.cold_link;
  destroy_older(everything);
  state_.reset();  // destructors find no element, whatever the arrays are like
  detail::destroy_arrays(of_, *detail::to_raw(kept));
  state_.cold_link = kept;
  cold().snapshots.each([this](snapshot_base& snapshot) {
    cold().snapshots.remove(snapshot);
    snapshot.ended();
  });
  cold().active = {};
  if (cold().rare != nullptr) detail::to_raw(cold().rare)->forget_the_past();
  forget_requests();
  cold().kept_by_clear = false;
  cold_blocks<Storage>::drop_if_unused(of_);
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::forget_requests() noexcept {
  requests().reserved = 0;
  cold().asked = {};
  cold().long_chain = false;
  cold().crowded = false;
  cold().for_overflow = false;
}

// Tells observers that all elements leave.
template <class Storage>
STEADY_COLD void table_engine<Storage>::announce_end() noexcept {
  if (state_.cold_link == nullptr) return;
  cold().snapshots.each([](snapshot_base& snapshot) { snapshot.emptied(); });
  state_.each_walker([](walker_base& walker) { walker.emptied(); });
}

// ---- observers, and retired contents ----

template <class Storage>
STEADY_COLD rare_block& table_engine<Storage>::attend_walkers() {
  rare_block& rare = cold_blocks<Storage>::rare_of(of_);
  state_.shape.set_observed(true);
  return rare;
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::add_snapshot(snapshot_base& snapshot) {
  cold_blocks<Storage>::of(of_).snapshots.add(snapshot);
  state_.shape.set_observed(true);
  update_limits();
}

// The elements are gone for good, so no walker has any left.
template <class Storage>
STEADY_COLD void table_engine<Storage>::end_walkers() noexcept {
  state_.each_walker([](walker_base& walker) {
    observer_list<walker_base>::remove(walker);
    walker.rehomed(nullptr);
  });
}

template <class Storage>
STEADY_COLD void table_engine<Storage>::retire() noexcept {
  end_walkers();
  if (state_.cold_link == nullptr) return;
  incremental_destruction<Storage>::begin(cold(), state_.size);
}

// Of a retired table. One without a cold block has few buckets, which are destroyed at once.
template <class Storage>
STEADY_COLD std::uint64_t table_engine<Storage>::destroy_retired(std::uint64_t most) noexcept {
  if (most == 0 || (state_.cold_link == nullptr && !state_.has_memory())) return 0;
  if (state_.cold_link == nullptr) {
    release();
    return 1;
  }
  std::uint64_t done = 0;
  while (state_.cold_link != nullptr) {
    done += incremental_destruction<Storage>(of_, cold()).step(most - done);
    if (cold().old_array().exists()) break;
    cold_type* const ended = state_.cold();
    state_.cold_link = ended->older;
    cold_blocks<Storage>::release(of_, ended);
  }
  if (state_.cold_link == nullptr) state_.reset();
  return done;
}

template <class Storage>
STEADY_COLD std::uint64_t table_engine<Storage>::pending_of_retired() const noexcept {
  if (state_.cold_link == nullptr) return state_.old_array().line().buckets() * state_.has_memory();
  return incremental_destruction<Storage>::pending(cold());
}

}  // namespace STEADY_ABI

}  // namespace steady::detail
