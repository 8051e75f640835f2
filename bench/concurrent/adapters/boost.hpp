// boost::concurrent_flat_map, as adapter.hpp describes. It knows steady::hash's `is_avalanching`.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/unordered/concurrent_flat_map.hpp>

#include "bench/adapters/boost.hpp"
#include "bench/concurrent/adapters/visiting.hpp"

namespace steady::bench {

struct boost_concurrent
    : visiting_map<boost::concurrent_flat_map<std::uint64_t, std::uint64_t, number_hash>> {
  static constexpr std::string_view name = "boost";
  static constexpr std::string_view full_name = "boost::concurrent_flat_map";
  static std::string version() { return boost_adapter::version(); }
};

static_assert(concurrent_adapter<boost_concurrent>);

}  // namespace steady::bench
