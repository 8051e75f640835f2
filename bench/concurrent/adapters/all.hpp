// Every concurrent map of this build, `concurrent_maps_found`, in the order in which reports show
// them; the first is what the others are compared with. And what is known of all,
// `concurrent_maps`, those that were left out too. Which maps there are: bench/maps.json.
#pragma once

#include <map>
#include <string>
#include <tuple>

#include "bench/concurrent/adapters/adapter.hpp"
#include "bench/concurrent/adapters/guarded.hpp"
#include "maps/concurrent_maps.hpp"

namespace steady::bench {

// For the origin of results.
template <class... Maps>
std::map<std::string, std::string> versions_of(const std::tuple<Maps...>*) {
  return {{std::string(Maps::name), Maps::version()}...};
}

}  // namespace steady::bench
