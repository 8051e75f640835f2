// The bounds that docs/guarantees.md publishes for concurrent containers, and what tests measured.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>

#include "support/counting_sync.hpp"
#include "support/published_bounds.hpp"
#include "support/sanitized.hpp"

namespace support {

// Keys and values of 8 bytes: a slot has 16, whether it holds the element or its hash code and a
// node.
inline constexpr std::uint64_t words_of_slot = 16 / steady::detail::word_bytes_for(16);

template <template <class> class Allocator, class Policy = counting_policy>
using counting_map =
    steady::concurrent_hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>,
                                std::equal_to<>,
                                Allocator<std::pair<const std::uint64_t, std::uint64_t>>, Policy>;

struct counting_in_nodes : counting_policy {
  static constexpr std::size_t most_flat_bytes = 0;
};

// Headers in one run of addresses, and in leaves.
using plain_map = counting_map<std::allocator>;
using map_in_leaves = counting_map<counted_allocator>;
using map_of_nodes = counting_map<counted_allocator, counting_in_nodes>;

inline std::uint64_t scattered(std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15u ^ i << 17; }

// The most that one call did, in the order of the table's columns.
struct concurrent_bounds {
  std::uint64_t buckets = 0;        // evacuated
  std::uint64_t slots_written = 0;  // that of the call's own element included
  std::uint64_t slots_read = 0;
  std::uint64_t atomic_operations = 0;  // without those on slots
  std::uint64_t blocks = 0;             // allocated and released
  std::uint64_t largest_block = 0;      // bytes
  std::uint64_t bytes = 0;              // of all those

  void add(const shared_work& one) {
    raise(buckets, one.buckets_evacuated);
    raise(slots_written, one.slot_words_written / words_of_slot);
    raise(slots_read, one.slot_words_read / words_of_slot);
    raise(atomic_operations, one.loads + one.writes);
    raise(blocks, one.blocks);
    raise(largest_block, one.largest_block);
    raise(bytes, one.bytes);
  }
  void add(const concurrent_bounds& other) {
    raise(buckets, other.buckets);
    raise(slots_written, other.slots_written);
    raise(slots_read, other.slots_read);
    raise(atomic_operations, other.atomic_operations);
    raise(blocks, other.blocks);
    raise(largest_block, other.largest_block);
    raise(bytes, other.bytes);
  }
  std::vector<std::uint64_t> columns() const {
    return {buckets, slots_written, slots_read, atomic_operations, blocks, largest_block, bytes};
  }

 private:
  static void raise(std::uint64_t& most, std::uint64_t value) { most = std::max(most, value); }
};

inline const published_rows& published_for_threads() {
  static const published_rows rows = published_bounds("Concurrent containers");
  return rows;
}

// Fails unless the table has such a row, and all measured numbers are within it.
inline void expect_published_for_threads(const std::string& row,
                                         const concurrent_bounds& measured) {
  expect_within(published_for_threads(), row,
                {"buckets evacuated", "slots written", "slots read", "atomic operations", "blocks",
                 "bytes in one piece", "bytes in all"},
                measured.columns());
}

// What `operation` does, in one thread with nobody else at work: then nobody waits.
template <class Operation>
void count_alone(concurrent_bounds& most, Operation&& operation) {
  const shared_work one = work_of(operation);
  most.add(one);
  EXPECT_LE(one.ranges, 2u);
  EXPECT_EQ(one.pauses + one.sleeps + one.wakes + one.yields, 0u);
}

}  // namespace support
