// An adapter presents one hash map to the command and the benchmarks: the map's names, and what is
// not the same in every map. Where the maps agree (try_emplace, find, size, iteration), callers use
// the map itself.
//
//   name                    what the user types: steady, std, boost, absl
//   full_name, version()    what a report says
//   map<Key, T, Hash>       the map's type; std::string keys can be found by string_view
//   own_hash<Key>           the hash that the map's users get when they name none
//   value_of(map, text)     the value under a text, value-initialised when new; builds a
//                           std::string only when it has to insert
//   growths(map)            how often it has grown, where the map tells
//   usable_after_bad_alloc  whether a map may still be read, and destroyed, after an insertion
//                           threw std::bad_alloc
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <steady/hash.hpp>

namespace steady::bench {

template <class Adapter>
concept map_adapter = requires(
    typename Adapter::template map<std::string, std::uint64_t, steady::hash<std::string>> map,
    std::string_view text) {
  { Adapter::name } -> std::convertible_to<std::string_view>;
  { Adapter::full_name } -> std::convertible_to<std::string_view>;
  { Adapter::version() } -> std::same_as<std::string>;
  typename Adapter::template own_hash<std::uint64_t>;
  typename Adapter::template own_hash<std::string>;
  { Adapter::value_of(map, text) } -> std::same_as<std::uint64_t&>;
  { Adapter::growths(map) } -> std::same_as<std::optional<std::uint64_t>>;
  { Adapter::usable_after_bad_alloc } -> std::convertible_to<bool>;
};

// value_of for maps whose try_emplace takes nothing but the key type itself.
template <class Map>
typename Map::mapped_type& find_or_insert(Map& map, std::string_view text) {
  const auto found = map.find(text);
  if (found != map.end()) return found->second;
  return map.try_emplace(std::string(text)).first->second;
}

// A hash of string views that can also search a map of strings.
template <class ViewHash>
struct searchable_by_view {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return ViewHash{}(text); }
};

}  // namespace steady::bench
