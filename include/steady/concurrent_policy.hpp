// steady::default_concurrent_policy: the knobs of concurrent containers, all compile-time
// constants. To turn one, derive and replace it:
//
//   struct in_nodes : steady::default_concurrent_policy {
//     static constexpr std::size_t most_flat_bytes = 0;
//   };
#pragma once

#include <cstddef>

#include <steady/detail/concurrent/sync.hpp>

namespace steady {

struct default_concurrent_policy {
  // Trivially copyable elements of at most so many bytes, 64 at most, are kept in the slots, and
  // read without a lock. All others are kept in nodes, one allocation each.
  static constexpr std::size_t most_flat_bytes = 64;

  // The container grows when it holds more than this part of all slots in buckets. At more than 1
  // most elements are in overflow.
  static constexpr double load_limit = 0.8;

  // A container of more than a chunk (64 KiB) that holds less than this part of its load limit
  // shrinks by half. 0: only on request.
  static constexpr double shrink_below = 0.125;

  // Old buckets that a call that inserts or erases evacuates while a migration is on. More, up to
  // 16, if a migration lags.
  static constexpr unsigned evacuations_per_call = 2;

  // Whether an insertion first evacuates the bucket that it writes. Otherwise it writes where the
  // key is now, and buckets are evacuated in order, which is faster (docs/dead-ends.md).
  static constexpr bool evacuates_first = false;

  // Keep headers in one run of reserved addresses where the system can do that and the allocator is
  // std::allocator; otherwise they come in leaves from the allocator.
  static constexpr bool reserve_addresses = true;

  // How threads meet: atomic operations, waiting, waking. For tests.
  using sync = detail::native_sync;
};

}  // namespace steady
