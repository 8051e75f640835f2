// The functions of table_engine.hpp that tell what a table looks like. All read counters, and at
// most four buckets.
#pragma once

#include <steady/detail/migration/table_engine.hpp>

namespace steady::detail {

inline namespace STEADY_ABI {

template <class Storage>
STEADY_COLD std::uint64_t table_engine<Storage>::slots() const noexcept {
  const array kept = kept_array();
  if (!kept.exists()) return 0;
  return layout().counted_slots(kept.line().log2_buckets(),
                                cold_blocks<Storage>::room(kept, layout()));
}

inline std::size_t bytes_held_by(const observer_list<snapshot_base>& snapshots) noexcept {
  std::size_t bytes = 0;
  snapshots.each([&](const snapshot_base& one) { bytes += one.bytes(); });
  return bytes;
}

template <class Storage>
STEADY_COLD stats table_engine<Storage>::statistics() const noexcept {
  stats now;
  now.size = state_.size;
  const array kept = kept_array();
  if (kept.exists()) {
    now.buckets = kept.line().buckets();
    now.load_factor = static_cast<double>(state_.size) / static_cast<double>(slots());
  }
  std::uint64_t elements = state_.size;
  if (state_.cold_link == nullptr) {
    now.chunks = kept.chunks();
    now.bytes = kept.embedded_bytes(of_.memory(), layout());
    for (std::uint64_t bucket = 0; bucket < now.buckets; ++bucket) {
      const std::size_t length = kept.overflow_of(bucket, layout()).length();
      now.overflow_buckets += length;
      now.longest_chain = max_of(now.longest_chain, length);
    }
  } else {
    const cold_type& of = cold();
    now.chunks = of.chunks();
    now.bytes = of.memory.bytes;
    now.overflow_buckets = of.memory.overflow_buckets;
    now.longest_chain = of.memory.longest_chain;
    if (of.older != nullptr) {
      const cold_type& older = *detail::to_raw(of.older);
      now.bytes += older.memory.bytes + older.destruction.older_bytes;
      now.retired = older.destruction.total_elements;
      elements += now.retired;
      now.snapshot_bytes += bytes_held_by(older.snapshots);
    }
    now.snapshot_bytes += bytes_held_by(of.snapshots);
    const migration_counters& counted = of.active.counters;
    now.migrations = {counted.grown, counted.compacted, counted.shrunk, counted.reseeded};
    now.started.request = counted.requested + (of.migrating() && of.begun_on_request);
    now.started.overflow = counted.for_overflow + (of.migrating() && of.begun_for_overflow);
    now.started.load = std::uint64_t{counted.grown} + counted.compacted + counted.shrunk +
                       counted.reseeded + of.migrating() - now.started.request -
                       now.started.overflow;
    now.steps = {counted.steps(driver::insert), counted.steps(driver::erase),
                 counted.steps(driver::trim),
                 of.rare == nullptr ? 0 : detail::to_raw(of.rare)->steps_by_walk,
                 counted.steps(driver::call)};
  }
  now.bytes += elements * of_.kind.bytes_elsewhere;
  now.migrating = is_pending();
  now.frontier = state_.frontier();
  return now;
}

}  // namespace STEADY_ABI

}  // namespace steady::detail
