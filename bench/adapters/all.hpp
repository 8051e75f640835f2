// Every adapter of this build, and what is known of all maps, those that it had to leave out too.
// Which maps there are: bench/maps.json.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "bench/adapters/adapter.hpp"
#include "maps/hash_maps.hpp"

namespace steady::bench {

// Whether an adapter's map holds keys of a type: std::uint64_t, std::string.
template <class Adapter, class Key>
inline constexpr bool holds = known_as(hash_maps, Adapter::name).template holds<Key>();

// Calls `visit(adapter)` for each adapter of this build, in the order in which reports show them.
template <class Visit>
void for_each_adapter(Visit visit) {
  std::apply([&](auto... adapter) { (visit(adapter), ...); }, hash_maps_found());
}

// The same for those whose maps hold keys of a type.
template <class Key, class Visit>
void for_each_adapter_of(Visit visit) {
  for_each_adapter([&](auto adapter) {
    if constexpr (holds<decltype(adapter), Key>) {
      static_assert(adapts<decltype(adapter), Key>);
      visit(adapter);
    }
  });
}

template <class Adapter>
inline constexpr bool is_own_or_fast = std::is_same_v<Adapter, steady_adapter> ||
                                       known_as(hash_maps, Adapter::name).fast;

// The same for Steady and its fast rivals alone: boost and absl.
template <class Key, class Visit>
void for_each_fast_adapter_of(Visit visit) {
  for_each_adapter_of<Key>([&](auto adapter) {
    if constexpr (is_own_or_fast<decltype(adapter)>) visit(adapter);
  });
}

// The faster of the fast rivals, boost and absl: the least value of `times(name)`, which is an
// optional; none where there is none of any.
template <class Times>
std::optional<double> of_faster_rival(Times times) {
  std::optional<double> least;
  for (const known_map& map : hash_maps) {
    if (!map.fast) continue;
    const std::optional<double> time = times(map.name);
    if (time && (!least || *time < *least)) least = time;
  }
  return least;
}

// "boost and absl": whom that may be.
inline std::string fast_rivals() {
  std::string names;
  for (const known_map& map : hash_maps) {
    if (map.fast) names += (names.empty() ? "" : " and ") + std::string(map.name);
  }
  return names;
}

// For the origin of results.
inline std::map<std::string, std::string> versions_of_maps() {
  std::map<std::string, std::string> versions;
  for_each_adapter([&](auto adapter) {
    versions[std::string(decltype(adapter)::name)] = decltype(adapter)::version();
  });
  return versions;
}

}  // namespace steady::bench
