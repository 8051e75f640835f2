// What bench/maps.json says of a map, and this build adds: whether it is there.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace steady::bench {

struct known_map {
  std::string_view name;     // what the user types
  bool available;            // in this build
  bool fast;                 // Steady is compared with the faster of these
  bool numbers;              // whether it holds keys of this kind
  bool texts;                // std::string
  std::string_view package;  // what to install where it is not available

  template <class Key>
  constexpr bool holds() const {
    return std::is_same_v<Key, std::string> ? texts : numbers;
  }
};

// The one of that name. It does not compile where there is none.
consteval const known_map& known_as(std::span<const known_map> all, std::string_view name) {
  std::size_t n = 0;
  while (all[n].name != name) ++n;
  return all[n];
}

}  // namespace steady::bench
