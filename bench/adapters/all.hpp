// Every adapter of this build, and the names of the maps that it had to leave out.
//
// The one place that asks which rivals were there: CMake defines STEADY_BENCH_HAS_BOOST and
// STEADY_BENCH_HAS_ABSL as 0 or 1.
#pragma once

#include <array>
#include <string_view>
#include <tuple>

#include "bench/adapters/adapter.hpp"
#include "bench/adapters/std.hpp"
#include "bench/adapters/steady.hpp"

#if STEADY_BENCH_HAS_BOOST
#include "bench/adapters/boost.hpp"
#endif
#if STEADY_BENCH_HAS_ABSL
#include "bench/adapters/absl.hpp"
#endif

namespace steady::bench {

#if STEADY_BENCH_HAS_BOOST
using boost_if_found = std::tuple<boost_adapter>;
#else
using boost_if_found = std::tuple<>;
#endif
#if STEADY_BENCH_HAS_ABSL
using absl_if_found = std::tuple<absl_adapter>;
#else
using absl_if_found = std::tuple<>;
#endif

using adapters = decltype(std::tuple_cat(std::tuple<steady_adapter, std_adapter>(),
                                         boost_if_found(), absl_if_found()));

struct known_map {
  std::string_view name;
  bool available;
  std::string_view package;  // what to install where it is not available
};

inline constexpr std::array<known_map, 4> known_maps = {{
    {"steady", true, ""},
    {"std", true, ""},
    {"boost", STEADY_BENCH_HAS_BOOST != 0, "libboost1.81-dev"},
    {"absl", STEADY_BENCH_HAS_ABSL != 0, "libabsl-dev"},
}};

// Calls `visit(adapter)` for each adapter of this build, in the order in which reports show them.
template <class Visit>
void for_each_adapter(Visit visit) {
  std::apply([&](auto... adapter) { (visit(adapter), ...); }, adapters());
}

}  // namespace steady::bench
