// boost::unordered_flat_map, as adapter.hpp describes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <boost/container_hash/hash.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/version.hpp>

#include "bench/adapters/adapter.hpp"

namespace steady::bench {

// Boost marks its hash of strings as good enough to need no further mixing; so does this.
struct boost_text_hash : searchable_by_view<boost::hash<std::string_view>> {
  using is_avalanching = void;
};

struct boost_adapter {
  static constexpr std::string_view name = "boost";
  static constexpr std::string_view full_name = "boost::unordered_flat_map";
  static constexpr bool usable_after_bad_alloc = true;

  static std::string version() {
    return std::to_string(BOOST_VERSION / 100'000) + "." +
           std::to_string(BOOST_VERSION / 100 % 1'000) + "." + std::to_string(BOOST_VERSION % 100);
  }

  template <class Key, class T, class Hash,
            class Allocator = std::allocator<std::pair<const Key, T>>>
  using map = boost::unordered_flat_map<Key, T, Hash, std::equal_to<>, Allocator>;

  template <class Key>
  using own_hash =
      std::conditional_t<std::is_same_v<Key, std::string>, boost_text_hash, boost::hash<Key>>;

  template <class Map>
  static typename Map::mapped_type& value_of(Map& map, std::string_view text) {
    return find_or_insert(map, text);
  }

  template <class Map>
  static std::optional<std::uint64_t> growths(const Map&) {
    return std::nullopt;
  }
};

static_assert(map_adapter<boost_adapter>);

}  // namespace steady::bench
