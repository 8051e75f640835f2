// An adapter presents one concurrent map of u64 pairs to bench.concurrent. It is the map itself
// with a small interface, so that what is called is the same for all: made empty, shared by
// threads.
//
//   name                  what the user types: steady, boost, tbb, ...
//   full_name, version()  what a report says
//   insert(key, value)    whether the key was new
//   find(key)             a copy of the value, if there is one: no reference outlives a lock
//   assign(key, value)    inserts, or replaces the value
//   erase(key)            whether the key was there
//   size()                while nobody changes the map
//
// All maps hash with steady::hash, whose mixing is declared in the way that each map understands,
// so that none mixes again.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <steady/hash.hpp>

namespace steady::bench {

using number_hash = steady::hash<std::uint64_t>;

template <class Map>
concept concurrent_adapter = std::default_initializable<Map> &&
    requires(Map& map, const Map& readable, std::uint64_t number) {
  { Map::name } -> std::convertible_to<std::string_view>;
  { Map::full_name } -> std::convertible_to<std::string_view>;
  { Map::version() } -> std::same_as<std::string>;
  { map.insert(number, number) } -> std::same_as<bool>;
  { readable.find(number) } -> std::same_as<std::optional<std::uint64_t>>;
  map.assign(number, number);
  { map.erase(number) } -> std::same_as<bool>;
  { readable.size() } -> std::convertible_to<std::size_t>;
};

}  // namespace steady::bench
