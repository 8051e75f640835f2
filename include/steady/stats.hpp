// steady::stats: what a map looks like now, and what it has done so far. O(1): all of it is in
// counters, or in at most four buckets; but snapshots are asked one by one, and the arrays that
// clear_gradually() left and that they look at.
//
// `migrations`, `started` and `steps` begin with a map's first migration or request, and begin
// again when the map has given all its memory back. Growth up to four buckets happens at once: no
// migration. Containers that threads share have the same counters; there a step is an interval that
// was evacuated, or a block or 64 KiB of pages that a migration had left and that were freed.
#pragma once

#include <cstddef>
#include <cstdint>

namespace steady {

struct stats {
  std::size_t size = 0;              // elements
  std::size_t buckets = 0;           // in the array that is kept; the new one while migrating
  std::size_t overflow_buckets = 0;  // in use, in both arrays
  std::size_t chunks = 0;            // blocks of slots held, one kept for recycling included
  std::size_t bytes = 0;    // held from the allocator, nodes included, and, for bucket headers,
                            // from the system
  std::size_t retired = 0;  // elements that clear_gradually() left to be destroyed
  std::size_t leaving = 0;  // of shared containers: arrays, chunks and erased nodes to be freed
                            // when no thread can be reading them any longer
  std::size_t snapshot_bytes = 0;  // held by snapshots that may copy more: not by those that are
                                   // abandoned, or whose elements are all gone
  double load_factor = 0;          // size() / bucket_count(), see hash_map.hpp
  std::size_t longest_chain = 0;   // most overflow buckets ever seen on one bucket

  struct {
    std::uint64_t grow = 0;     // to more buckets
    std::uint64_t compact = 0;  // to as many buckets
    std::uint64_t shrink = 0;   // to fewer buckets
    std::uint64_t reseed = 0;   // to another seed, whatever the number of buckets
  } migrations;                 // finished, by kind

  struct {
    std::uint64_t load = 0;      // the load factor: above its limit, or far below it
    std::uint64_t request = 0;   // reserve(), rehash(), trim() and the ..._gradually functions
    std::uint64_t overflow = 0;  // far more overflow than chance explains, or a chain too long
  } started;                     // by what began them, also those that clear_gradually() ended

  struct {
    std::uint64_t insert = 0;  // by inserting calls
    std::uint64_t erase = 0;   // by erasing calls; in maps of one thread if the policy lets them
    std::uint64_t trim = 0;    // by trim(), also a pressure_monitor's
    std::uint64_t walk = 0;    // by walkers; in shared containers by walks that meet a reseeding
    std::uint64_t call = 0;    // by step(), step_for(), finish() and the calls that pay at once
  } steps;                     // buckets of work, by what drove it

  bool migrating = false;
  std::uint64_t frontier = 0;  // position on the hash line; 0 when not migrating
};

namespace detail {

// What drives a migration, and what begins one: whose turn it is in `steps` and in `started`.
enum class driver : std::uint8_t { insert, erase, trim, call, walk };
enum class migration_cause : std::uint8_t { load, request, overflow };

}  // namespace detail

}  // namespace steady
