// Every concurrent map of this build, and the names of those that it had to leave out.
//
// The one place that asks which were there. CMake defines STEADY_BENCH_HAS_TBB and
// STEADY_BENCH_HAS_CUCKOO as 0 or 1, because TBB must also be linked; the others are headers.
#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "bench/concurrent/adapters/adapter.hpp"
#include "bench/concurrent/adapters/guarded.hpp"

#if __has_include(<steady/concurrent_hash_map.hpp>)
#include "bench/concurrent/adapters/steady.hpp"
#include "bench/concurrent/adapters/steady_helped.hpp"
#define STEADY_BENCH_HAS_CONCURRENT 1
#else
#define STEADY_BENCH_HAS_CONCURRENT 0
#endif
#if __has_include(<boost/unordered/concurrent_flat_map.hpp>)
#include "bench/concurrent/adapters/boost.hpp"
#define STEADY_BENCH_HAS_CONCURRENT_BOOST 1
#else
#define STEADY_BENCH_HAS_CONCURRENT_BOOST 0
#endif
#if STEADY_BENCH_HAS_BOOST
#include "bench/concurrent/adapters/boost_shards.hpp"
#endif
#if STEADY_BENCH_HAS_CUCKOO
#include "bench/concurrent/adapters/cuckoo.hpp"
#endif
#if STEADY_BENCH_HAS_TBB
#include "bench/concurrent/adapters/tbb.hpp"
#endif

namespace steady::bench {

#if STEADY_BENCH_HAS_CONCURRENT
using concurrent_steady_if_found = std::tuple<steady_concurrent, steady_helped>;
#else
using concurrent_steady_if_found = std::tuple<>;
#endif
#if STEADY_BENCH_HAS_CONCURRENT_BOOST
using concurrent_boost_if_found = std::tuple<boost_concurrent>;
#else
using concurrent_boost_if_found = std::tuple<>;
#endif
#if STEADY_BENCH_HAS_BOOST
using boost_shards_if_found = std::tuple<boost_shards>;
#else
using boost_shards_if_found = std::tuple<>;
#endif
#if STEADY_BENCH_HAS_CUCKOO
using cuckoo_if_found = std::tuple<cuckoo_concurrent>;
#else
using cuckoo_if_found = std::tuple<>;
#endif
#if STEADY_BENCH_HAS_TBB
using tbb_if_found = std::tuple<tbb_concurrent>;
#else
using tbb_if_found = std::tuple<>;
#endif

// In the order in which reports show them; the first is what the others are compared with.
using concurrent_adapters = decltype(std::tuple_cat(
    concurrent_steady_if_found(), std::tuple<steady_shards>(), concurrent_boost_if_found(),
    boost_shards_if_found(), cuckoo_if_found(), tbb_if_found(), std::tuple<steady_shared>()));

struct known_concurrent_map {
  std::string_view name;
  bool available;
  std::string_view needs;  // where it is not available
};

inline constexpr std::array<known_concurrent_map, 8> known_concurrent_maps = {{
    {"steady", STEADY_BENCH_HAS_CONCURRENT != 0, "steady/concurrent_hash_map.hpp"},
    {"steady-helped", STEADY_BENCH_HAS_CONCURRENT != 0, "steady/concurrent_hash_map.hpp"},
    {"steady-shards", true, ""},
    {"boost", STEADY_BENCH_HAS_CONCURRENT_BOOST != 0, "Boost 1.83 or later"},
    {"boost-shards", STEADY_BENCH_HAS_BOOST != 0, "libboost1.81-dev or later"},
    {"cuckoo", STEADY_BENCH_HAS_CUCKOO != 0, "libcuckoo-dev"},
    {"tbb", STEADY_BENCH_HAS_TBB != 0, "libtbb-dev"},
    {"steady-shared", true, ""},
}};

}  // namespace steady::bench
