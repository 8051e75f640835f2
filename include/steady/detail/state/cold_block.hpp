// The cold block: the state that a table rarely needs, in a block of its own. It holds both arrays
// of a migration, requests, counters and observers. A small map that was only filled has none.
//
// The first migration, request or observer makes it. It is released with the map's memory.
//
// To destroy its arrays in steps, a table leaves the whole block to them and takes another one.
// Such retired arrays form a list, the newest first.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/memory/map_memory.hpp>
#include <steady/detail/state/observers.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

// Kinds of migration that are asked for, by the program or by the table itself. One migration meets
// all of them.
struct requested_kinds {
  bool shrink : 1 = false;
  bool compact : 1 = false;
  bool reseed : 1 = false;  // the next migration takes another seed

  bool any() const noexcept { return shrink || compact || reseed; }
  void add(requested_kinds more) noexcept {
    shrink |= more.shrink;
    compact |= more.compact;
    reseed |= more.reseed;
  }
};

// The requests to a table, and what it has noticed by itself.
struct migration_requests {
  std::uint64_t reserved = 0;         // up to this size insertions must not migrate
  std::uint64_t long_chain_at = 0;    // a hash position in a bucket with an overlong chain
  std::uint32_t crowded_from = 0;     // more overflow buckets than these call for a compaction
  std::uint32_t erasures_before = 0;  // table_shape::erasures() at a clear() that kept the memory
};

// Buckets of work by what drove it (walking: see rare_block), finished migrations by kind
// (reseedings: likewise), and those that have begun by their migration_cause; as steady::stats has
// them. Steps are counted up to 2^48, nine years of a
// million a second, so that a cold block takes no more memory.
struct migration_counters {
  std::uint32_t steps_low[4] = {};
  std::uint16_t steps_high[4] = {};
  std::uint32_t grown = 0;
  std::uint32_t compacted = 0;
  std::uint32_t shrunk = 0;
  std::uint32_t begun[3] = {};

  void add_steps(driver by, std::uint64_t count) noexcept {
    const auto n = static_cast<unsigned>(by);
    const std::uint64_t sum = steps_low[n] + count;
    steps_low[n] = static_cast<std::uint32_t>(sum);
    steps_high[n] = static_cast<std::uint16_t>(steps_high[n] + (sum >> 32));
  }
  std::uint64_t steps(driver by) const noexcept {
    const auto n = static_cast<unsigned>(by);
    return std::uint64_t{steps_high[n]} << 32 | steps_low[n];
  }
};

// How far the destruction of retired arrays has got. The totals are those of this block and all
// older ones; steps work on the newest block only, so they stay true.
struct destruction_progress {
  std::uint64_t next_bucket = 0;
  std::uint64_t new_written = 0;  // buckets of the new array that may hold elements
  std::uint64_t elements = 0;     // not destroyed yet; those that need no destroying go at once
  std::uint64_t total_elements = 0;
  std::uint64_t older_bytes = 0;
  std::uint64_t older_pending = 0;
  bool in_new = false;                 // the new array comes first
  bool is_any_older_observed = false;  // by snapshots, when this block was retired
};

// What only tables with walkers need, and tables under a reseeding.
struct rare_block {
  // The table: walkers find it here when it has moved.
  void* table = nullptr;
  observer_list<walker_base> walkers;

  std::uint64_t steps_by_walk = 0;
  std::uint64_t reseed_again_from = 0;  // size

  // Of a reseeding under way, or of the last one.
  line_seed next_seed;            // of the new array's line
  std::uint64_t prepared = 0;     // new buckets that have memory and a header
  std::uint64_t early_first = 0;  // the interval of the old line that is emptied before its turn
  std::uint64_t early_last = 0;
  bool early_emptied = false;

  std::uint32_t reseeded = 0;  // finished reseedings

  // When the table has given all its memory back.
  void forget_the_past() noexcept {
    steps_by_walk = 0;
    reseed_again_from = 0;
    reseeded = 0;
  }
};

// What only tables that are not retired need.
struct activity {
  migration_requests requests;
  migration_counters counters;
};

template <class Storage>
struct cold_block {
  using array = bucket_array<Storage>;
  using link = typename Storage::template pointer<cold_block>;
  using rare_link = typename Storage::template pointer<rare_block>;

  cold_block() noexcept : active() {}

  array arrays[2];  // the old one and, while migrating, the new one
  std::uint64_t frontier = 0;
  [[no_unique_address]] memory_counters<Storage> memory;  // followed by what fits its last word
  bool reseeding : 1 = false;                             // the new array has a line of its own
  bool is_retired : 1 = false;                            // which member of the union is in use
  bool long_chain : 1 = false;                            // one was seen
  bool crowded : 1 = false;                               // too much overflow was seen
  bool for_overflow : 1 = false;      // all that is asked for is because of one of the two
  bool begun_on_request : 1 = false;  // the migration under way
  bool kept_by_clear : 1 = false;     // the memory, in the hope that it will be filled again
  requested_kinds asked;
  union {
    activity active;
    destruction_progress destruction;
  };
  link older = nullptr;  // retired arrays
  rare_link rare = nullptr;
  observer_list<snapshot_base> snapshots;  // of these elements

  array& old_array() noexcept { return arrays[0]; }
  const array& old_array() const noexcept { return arrays[0]; }
  array& new_array() noexcept { return arrays[1]; }
  const array& new_array() const noexcept { return arrays[1]; }

  bool migrating() const noexcept { return new_array().exists(); }
  // Whether that is a growth by the factor of 2.
  bool doubles() const noexcept {
    return old_array().line().shift == new_array().line().shift + 1 && !reseeding;
  }
  // Whether a group of buckets may be empty, so that insertions note theirs (occupancy.hpp).
  bool sparse() const noexcept {
    return old_array().sparse_chunks() != 0 || new_array().sparse_chunks() != 0;
  }
  // The array that will be kept.
  const array& kept_array() const noexcept { return arrays[migrating() ? 1 : 0]; }

  // The new array's buckets that may hold elements, counted from the first.
  std::uint64_t new_in_use() const noexcept {
    if (frontier == 0) return 0;
    return reseeding ? new_array().line().buckets()
                     : new_array().line().bucket_at(frontier - 1) + 1;
  }
  // Those that have memory and a header.
  std::uint64_t new_written() const noexcept {
    return reseeding ? detail::to_raw(rare)->prepared : new_in_use();
  }
  // Whether the old array no longer owns that hash position of its line.
  bool is_evacuated(std::uint64_t position) const noexcept {
    return position < frontier || (reseeding && detail::to_raw(rare)->early_emptied &&
                                   detail::to_raw(rare)->early_first <= position &&
                                   position <= detail::to_raw(rare)->early_last);
  }

  // Tells snapshots that the elements between these hash positions are about to change.
  void announce(bool in_new, std::uint64_t first, std::uint64_t last) const noexcept {
    snapshots.each([&](snapshot_base& snapshot) { snapshot.changing(in_new, first, last); });
  }
  // Tells them that all elements are about to change.
  void announce_all() const noexcept {
    announce(false, 0, ~std::uint64_t{0});
    if (reseeding) announce(true, 0, ~std::uint64_t{0});
  }

  std::size_t chunks() const noexcept {
    return old_array().chunks() + new_array().chunks() + (memory.recycled != nullptr ? 1 : 0);
  }
};

static_assert(sizeof(cold_block<storage<void*, false, false>>) <= 184 || sizeof(void*) != 8,
              "so that a map of 64 elements with one is no heavier than its rivals");

}  // namespace steady::detail
