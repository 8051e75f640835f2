// std::unordered_map, as adapter.hpp describes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <utility>

#include "bench/adapters/adapter.hpp"

namespace steady::bench {

struct std_adapter {
  static constexpr std::string_view name = "std";
  static constexpr std::string_view full_name = "std::unordered_map";
  static constexpr bool usable_after_bad_alloc = true;

  static std::string version() { return STEADY_BENCH_STD_VERSION; }

  template <class Key, class T, class Hash,
            class Allocator = std::allocator<std::pair<const Key, T>>>
  using map = std::unordered_map<Key, T, Hash, std::equal_to<>, Allocator>;

  template <class Key>
  using own_hash =
      std::conditional_t<std::is_same_v<Key, std::string>,
                         searchable_by_view<std::hash<std::string_view>>, std::hash<Key>>;

  template <class Map>
  static typename Map::mapped_type& value_of(Map& map, std::string_view text) {
    return find_or_insert(map, text);
  }

  template <class Map>
  static std::optional<std::uint64_t> growths(const Map&) {
    return std::nullopt;
  }
};

static_assert(map_adapter<std_adapter>);

}  // namespace steady::bench

#if defined(__GLIBCXX__)
// libstdc++ keeps the hash of a key in its node where it knows that hashing is slow, and computes
// it again otherwise. It knows that of its own hash of strings; this says it of the others.
template <>
struct std::__is_fast_hash<steady::hash<std::string>> : std::false_type {};
template <>
struct std::__is_fast_hash<steady::bench::std_adapter::own_hash<std::string>> : std::false_type {};
#endif
