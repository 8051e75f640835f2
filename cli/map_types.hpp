// The types of keys and hashes that an adapter's map gets in measured runs.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include <steady/hash.hpp>

namespace steady::cli {

enum class hash_choice { same, own };

template <bool Texts>
using key_of = std::conditional_t<Texts, std::string, std::uint64_t>;

template <class Adapter, bool Texts>
struct types_of {
  using key = key_of<Texts>;
  using same_hash = steady::hash<key>;
  using own_hash = typename Adapter::template own_hash<key>;
};

// False where the map does not tell.
template <class Map>
bool is_migrating(const Map& map) {
  if constexpr (requires { map.migrating(); }) {
    return map.migrating();
  } else {
    return false;
  }
}

}  // namespace steady::cli
