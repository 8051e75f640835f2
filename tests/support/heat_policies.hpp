// Policies of concurrent containers that migrate in the order of heat, under a clock that tests
// move.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/concurrent_policy.hpp>

namespace support {

// Nanoseconds; one for the whole program.
inline std::atomic<std::uint64_t> time_of_heat = 0;

struct heat_by_hand : steady::default_concurrent_policy::heat {
  static std::uint64_t nanoseconds() noexcept { return time_of_heat.load(); }
};

// Every lookup counts, and one group is a migration worth ordering.
struct heat_at_once : heat_by_hand {
  static constexpr std::uint64_t lookups_per_sample = 1;
  static constexpr std::uint64_t least_groups = 1;
};

struct by_heat_at_once : steady::default_concurrent_policy {
  static constexpr bool orders_by_heat = true;
  using heat = heat_at_once;
};

// Lookups make groups hot at once and fill the rings, which drop most hints. Leaves of headers.
struct by_heat_crowded : steady::default_concurrent_policy {
  static constexpr bool orders_by_heat = true;
  static constexpr bool reserve_addresses = false;
  struct heat : heat_at_once {
    static constexpr std::uint64_t ticks_until_hot = 1;
    static constexpr unsigned shards = 2;
    static constexpr std::size_t ring_capacity = 2;
  };
};

// As by default, but that it is on.
struct by_heat : steady::default_concurrent_policy {
  static constexpr bool orders_by_heat = true;
};

}  // namespace support
