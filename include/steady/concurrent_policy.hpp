// steady::default_concurrent_policy: the knobs of concurrent containers, all compile-time
// constants. To turn one, derive and replace it:
//
//   struct in_nodes : steady::default_concurrent_policy {
//     static constexpr std::size_t most_flat_bytes = 0;
//   };
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/base/system.hpp>
#include <steady/detail/concurrent/sync.hpp>

namespace steady {

struct default_concurrent_policy {
  // Trivially copyable elements of at most so many bytes, 64 at most, are kept in the slots, and
  // read without a lock. All others are kept in nodes, one allocation each.
  static constexpr std::size_t most_flat_bytes = 64;

  // The container grows when it holds more than this part of all slots in buckets. At more than 1
  // most elements are in overflow. What counts as crowded, and as a chain too long for chance,
  // follows from it.
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

  // Keep bucket headers in one run of reserved addresses where the system can do that and the
  // allocator is std::allocator; otherwise they come from the allocator, in blocks of 64 KiB.
  static constexpr bool reserve_addresses = true;

  // Calls for many keys at a time overlap their cache misses in containers of at least so many
  // bytes of slots; a quarter of that where elements are in nodes. In smaller ones, which are
  // cached, that would cost more than it saves.
  static constexpr std::size_t batches_from_bytes = std::size_t{8} << 20;

  // Whether a migration moves first what is looked up most. Otherwise buckets move in the order of
  // the hash line, which costs lookups less (docs/dead-ends.md).
  static constexpr bool orders_by_heat = false;

  // What counts as hot and warm, and when a helper in the background may move what, if migrations
  // go in the order of heat (docs/concurrent.md, "In which order buckets move"). A group is the
  // buckets of one chunk.
  struct heat {
    // Every so many lookups of a thread one is noted.
    static constexpr std::uint64_t lookups_per_sample = 64;
    static constexpr std::uint64_t tick_ns = 1'000'000;
    static constexpr std::uint64_t ticks_until_hot = 3;  // in a row, each with a sample
    static constexpr std::uint64_t samples_until_warm = 8;
    static constexpr std::uint64_t ticks_until_cold = 2000;  // without a sample

    // What the background moves of each level: so many groups, and no more before the pause is
    // over.
    struct lane {
      std::size_t batch;
      std::uint64_t pause_ns;
    };
    static constexpr lane hot{16, 1'000'000};
    static constexpr lane warm{4, 5'000'000};
    static constexpr lane cold{1, 50'000'000};

    // Smaller migrations go in the order of the line.
    static constexpr std::uint64_t least_groups = 16;
    static constexpr unsigned shards = 4;
    static constexpr std::size_t ring_capacity = 256;  // groups; two rings for each shard

    // A clock that never goes back.
    static std::uint64_t nanoseconds() noexcept { return detail::system_nanoseconds(); }
  };

  // How threads meet: atomic operations, waiting, waking. For tests.
  using sync = detail::native_sync;
};

}  // namespace steady
