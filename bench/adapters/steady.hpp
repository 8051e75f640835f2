// steady::hash_map, as adapter.hpp describes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/version.hpp>

#include "bench/adapters/adapter.hpp"

namespace steady::bench {

struct steady_adapter {
  static constexpr std::string_view name = "steady";
  static constexpr std::string_view full_name = "steady::hash_map";
  static constexpr bool usable_after_bad_alloc = true;

  static std::string version() {
    return std::to_string(STEADY_VERSION_MAJOR) + "." + std::to_string(STEADY_VERSION_MINOR) + "." +
           std::to_string(STEADY_VERSION_PATCH);
  }

  template <class Key, class T, class Hash,
            class Allocator = std::allocator<std::pair<const Key, T>>>
  using map = steady::hash_map<Key, T, Hash, std::equal_to<>, Allocator>;

  template <class Key>
  using own_hash = steady::hash<Key>;

  template <class Map>
  static typename Map::mapped_type& value_of(Map& map, std::string_view text) {
    return map.try_emplace(text).first->second;
  }

  template <class Map>
  static std::optional<std::uint64_t> growths(const Map& map) {
    return map.stats().migrations.grow;
  }
};

static_assert(map_adapter<steady_adapter>);

}  // namespace steady::bench
