// An adapter presents one hash map to the command and the benchmarks: the map's names, and what is
// not the same in every map. Where the maps agree (try_emplace, find, size, iteration), callers use
// the map itself.
//
//   name                    what the user types: steady, std, boost, absl
//   full_name, version()    what a report says
//   map<Key, T, Hash>       the map's type, whose `hasher` is Hash itself: "the same hash" means
//                           that all maps call the very same type. std::string keys can be found
//                           by string_view. A fourth argument is the allocator
//   own_hash<Key>           the hash that the map's users get when they name none
//   value_of(map, text)     the value under a text, value-initialised when new; builds a
//                           std::string only when it has to insert
//   growths(map)            how often it has grown, where the map tells
//   usable_after_bad_alloc  whether a map may still be read, and destroyed, after an insertion
//                           threw std::bad_alloc
//
// Which keys a map holds is in bench/maps.json; value_of is for those that hold texts.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <steady/hash.hpp>

namespace steady::bench {

// What maps hash with in a run, for headers of reports.
inline constexpr const char* same_hash = "steady::hash, the same type in all maps";
inline constexpr const char* own_hash = "each map's own default";

template <class Adapter>
concept map_adapter = requires {
  { Adapter::name } -> std::convertible_to<std::string_view>;
  { Adapter::full_name } -> std::convertible_to<std::string_view>;
  { Adapter::version() } -> std::same_as<std::string>;
  { Adapter::usable_after_bad_alloc } -> std::convertible_to<bool>;
};

// The map of numbers with keys of a type and the same hash as all others.
template <class Adapter, class Key>
using map_of = typename Adapter::template map<Key, std::uint64_t, steady::hash<Key>>;

template <class Adapter>
concept adapts_texts = requires(map_of<Adapter, std::string> map, std::string_view text) {
  { Adapter::value_of(map, text) } -> std::same_as<std::uint64_t&>;
};

template <class Adapter, class Key>
concept adapts = map_adapter<Adapter> && requires(map_of<Adapter, Key> map) {
  typename Adapter::template own_hash<Key>;
  requires std::same_as<typename map_of<Adapter, Key>::hasher, steady::hash<Key>>;
  { Adapter::growths(map) } -> std::same_as<std::optional<std::uint64_t>>;
} &&(!std::same_as<Key, std::string> || adapts_texts<Adapter>);

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
