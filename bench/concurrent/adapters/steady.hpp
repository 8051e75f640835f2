// steady::concurrent_hash_map, as adapter.hpp describes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <steady/concurrent_hash_map.hpp>

#include "bench/adapters/steady.hpp"
#include "bench/concurrent/adapters/visiting.hpp"

namespace steady::bench {

// Its hash is steady::hash unless another is named.
struct steady_concurrent : visiting_map<steady::concurrent_hash_map<std::uint64_t, std::uint64_t>> {
  static constexpr std::string_view name = "steady";
  static constexpr std::string_view full_name = "steady::concurrent_hash_map";
  static std::string version() { return steady_adapter::version(); }
};

static_assert(concurrent_adapter<steady_concurrent>);

}  // namespace steady::bench
