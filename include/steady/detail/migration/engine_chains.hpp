// The functions of table_engine.hpp that decide what chains of overflow call for: another seed, or
// a compaction.
//
//   1. Never by itself where insertions may move nothing, nor beyond the load limit.
//   2. A table that has reseeded by itself does not again before its size has doubled, so that a
//      broken hash costs a constant factor at most.
//
//   Bound    one chain is walked, where one was noticed.
#pragma once

#include <steady/detail/migration/table_engine.hpp>

namespace steady::detail {

inline namespace STEADY_ABI {

// Not while a reservation forbids insertions to move elements; nor while growth is overdue, because
// then long chains are natural.
template <class Storage>
STEADY_COLD bool table_engine<Storage>::may_migrate_for_chains(std::uint64_t size) const noexcept {
  return size > reserved() && !state_.migrating() &&
         size <= layout().load_limit(state_.log2_buckets());
}

template <class Storage>
STEADY_COLD bool table_engine<Storage>::wants_compaction(std::uint64_t size) const noexcept {
  return state_.cold_link != nullptr && cold().crowded && may_migrate_for_chains(size) &&
         cold().memory.overflow_buckets > requests().crowded_from;
}

// Whether the bucket with the long chain calls for another seed. Not again before the size has
// doubled: a long chain right after a reseeding means a broken hash, and no seed helps.
template <class Storage>
STEADY_COLD bool table_engine<Storage>::wants_reseeding(std::uint64_t size) const noexcept {
  if (state_.cold_link == nullptr || !cold().long_chain || size < reseed_again_from() ||
      !may_migrate_for_chains(size)) {
    return false;
  }
  return suspected_chain() > layout().longest_natural_chain;
}

// How long the chain is in the bucket that had too long a one.
template <class Storage>
STEADY_COLD std::size_t table_engine<Storage>::suspected_chain() const noexcept {
  const array& old = cold().old_array();
  const std::uint64_t bucket = old.line().bucket_at(requests().long_chain_at);
  return old.overflow_of(bucket, layout()).length();
}

// Throws what the allocator throws; the next insertion looks again then.
template <class Storage>
STEADY_COLD void table_engine<Storage>::look_at_chains(std::uint64_t size) {
  requested_kinds& asked = cold().asked;
  const bool was_asked = asked.any();
  if (wants_reseeding(size)) {
    cold_blocks<Storage>::rare_of(of_).reseed_again_from = 2 * size;
    asked.reseed = true;
  } else if (wants_compaction(size)) {
    asked.compact = true;
  }
  if (!was_asked) cold().for_overflow = asked.any();
  cold().long_chain = false;
  cold().crowded = false;
  update_limits();
}

}  // namespace STEADY_ABI

}  // namespace steady::detail
