// The functions of table_engine.hpp that say what a table looks like. They change nothing.
//
//   Bound    counters, and at most four buckets; statistics() also a visit to each snapshot.
//   Throws   nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

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

// Bytes held by snapshots of a table with this cold block: a visit to each, and, where retired
// arrays have any, to the retired arrays that are newer.
template <class Storage>
STEADY_COLD std::size_t bytes_of_snapshots(const cold_block<Storage>& of) noexcept {
  std::size_t bytes = 0;
  const cold_block<Storage>* at = std::addressof(of);
  while (true) {
    at->snapshots.each([&](const snapshot_base& one) { bytes += one.bytes(); });
    if (at->older == nullptr || (at->is_retired && !at->destruction.is_any_older_observed)) break;
    at = detail::to_raw(at->older);
  }
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
    }
    now.snapshot_bytes = detail::bytes_of_snapshots(of);
    const migration_counters& counted = of.active.counters;
    now.migrations = {counted.grown, counted.compacted, counted.shrunk, 0};
    now.started = {counted.begun[0], counted.begun[1], counted.begun[2]};
    now.steps = {counted.steps(driver::insert), counted.steps(driver::erase),
                 counted.steps(driver::trim), 0, counted.steps(driver::call)};
    if (of.rare != nullptr) {
      const rare_block& rare = *detail::to_raw(of.rare);
      now.migrations.reseed = rare.reseeded;
      now.steps.walk = rare.steps_by_walk;
    }
  }
  now.bytes += elements * of_.kind.bytes_elsewhere;
  now.migrating = is_pending();
  now.frontier = state_.frontier();
  return now;
}

}  // namespace STEADY_ABI

}  // namespace steady::detail
