// steady::from_range: the tag that says "construct from a range". The standard library's own where
// it has one (C++23).
#pragma once

#include <version>

#if defined(__cpp_lib_containers_ranges)
#include <ranges>
#endif

namespace steady {

#if defined(__cpp_lib_containers_ranges)
using std::from_range;
using std::from_range_t;
#else
struct from_range_t {
  explicit from_range_t() = default;
};
inline constexpr from_range_t from_range{};
#endif

}  // namespace steady
