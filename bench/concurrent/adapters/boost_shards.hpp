// boost::unordered_flat_map in shards, as adapter.hpp describes. It knows steady::hash's
// `is_avalanching`.
#pragma once

#include <string>
#include <string_view>

#include "bench/adapters/boost.hpp"
#include "bench/concurrent/adapters/guarded.hpp"

namespace steady::bench {

struct boost_shards : sharded_map<boost_adapter> {
  static constexpr std::string_view name = "boost-shards";
  static constexpr std::string_view full_name =
      "boost::unordered_flat_map in 64 shards under std::mutex";
  static std::string version() { return boost_adapter::version(); }
};

static_assert(concurrent_adapter<boost_shards>);

}  // namespace steady::bench
