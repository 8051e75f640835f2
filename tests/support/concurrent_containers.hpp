// Short names for the concurrent containers that tests use, and what all these tests need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>

#include "support/element_kits.hpp"
#include "support/hashes.hpp"
#include "support/ledger_allocator.hpp"
#include "support/stamped.hpp"

namespace support {

template <class Key, class T, class Hash = steady::hash<Key>,
          class Policy = steady::default_concurrent_policy, class KeyEqual = std::equal_to<>>
using concurrent_map_of =
    steady::concurrent_hash_map<Key, T, Hash, KeyEqual, std::allocator<std::pair<const Key, T>>,
                                Policy>;

template <class Key, class Policy = steady::default_concurrent_policy>
using concurrent_set_of = steady::concurrent_hash_set<Key, steady::hash<Key>, std::equal_to<>,
                                                      std::allocator<Key>, Policy>;

template <class Key, class T, class Policy = steady::default_concurrent_policy,
          class Hash = steady::hash<Key>, class KeyEqual = std::equal_to<>>
using concurrent_ledger_map =
    steady::concurrent_hash_map<Key, T, Hash, KeyEqual, ledger_allocator<std::pair<const Key, T>>,
                                Policy>;

// ---- policies ----

// Overflow, chains of it, and many chunks in small maps.
struct narrow_concurrent : steady::default_concurrent_policy {
  template <std::size_t>
  static constexpr unsigned bucket_width = 4;
  static constexpr unsigned overflow_width = 2;
  static constexpr double load_limit = 1.5;
  static constexpr std::size_t chunk_bytes = 1024;
};

// For hashes that no seed improves.
struct narrow_concurrent_without_reseeding : narrow_concurrent {
  static constexpr bool reseeds = false;
};

// ---- the kinds of elements (element_kits.hpp makes them from numbers) ----

using concurrent_numbers = concurrent_map_of<std::uint64_t, std::uint64_t>;
// Words of 4 bytes.
using concurrent_halves = concurrent_map_of<std::uint32_t, std::uint32_t>;
// Several words; read without locks.
using concurrent_stamped = concurrent_map_of<std::uint64_t, stamped>;
// Not a power of two, under a hash that takes no seed.
using concurrent_twelves = concurrent_map_of<twelve_bytes, std::uint64_t, other_number_hash>;
// In nodes: texts, elements that count themselves, and such as cannot be copied.
using concurrent_strings = concurrent_map_of<std::string, std::string>;
using concurrent_tracked = concurrent_map_of<std::string, tracked>;
using concurrent_owners = concurrent_map_of<std::uint64_t, owner>;

using concurrent_number_set = concurrent_set_of<std::uint64_t>;
using concurrent_string_set = concurrent_set_of<std::string>;

// ---- what all tests need ----

// Inserts if absent; false if there was such a key.
template <class Container>
bool put(Container& into, std::uint64_t key, std::uint64_t value) {
  using kit = element_kit<Container>;
  if constexpr (kit::is_map) {
    return into.try_emplace(kit::make_key(key), kit::make_value(value));
  } else {
    return into.insert(kit::make_key(key));
  }
}

// The same by any of the functions that can do it; insert_or_assign() assigns if present. True if
// the key was new.
template <class Container>
bool put_in_some_way(std::uint64_t way, Container& into, std::uint64_t key, std::uint64_t value) {
  using kit = element_kit<Container>;
  const auto leave = [](const auto&) {};
  if constexpr (kit::is_map) {
    const typename Container::value_type element(kit::make_key(key), kit::make_value(value));
    switch (way % 6) {
      case 0:
        return into.insert(element);
      case 1:
        return into.emplace(element.first, element.second);
      case 2:
        return into.insert_or_assign(element.first, element.second);
      case 3:
        return into.insert_or_cvisit(element, leave);
      case 4:
        return into.try_emplace_or_visit(element.first, element.second, leave);
      default:
        return into.try_emplace(element.first, element.second);
    }
  } else {
    switch (way % 3) {
      case 0:
        return into.emplace(kit::make_key(key));
      case 1:
        return into.insert_or_visit(kit::make_key(key), leave);
      default:
        return into.insert(kit::make_key(key));
    }
  }
}

// What the key's element holds, if there is one; for sets always 0.
template <class Container>
std::optional<std::uint64_t> value_in(const Container& container, std::uint64_t key) {
  using kit = element_kit<Container>;
  std::optional<std::uint64_t> value;
  container.cvisit(kit::make_key(key), [&](const auto& element) {
    if (kit::key_of(element) == key) value = kit::value_of(element);
  });
  return value;
}

// All elements, keys and values as numbers. The container must not have a key twice.
template <class Container>
std::map<std::uint64_t, std::uint64_t> content_of(const Container& container) {
  using kit = element_kit<Container>;
  std::map<std::uint64_t, std::uint64_t> content;
  bool twice = false;
  container.cvisit_all([&](const auto& element) {
    twice |= !content.emplace(kit::key_of(element), kit::value_of(element)).second;
  });
  if (twice) content.emplace(spoilt, spoilt);
  return content;
}

// Null, or a sentence about the first invariant found broken. No other thread may use the container
// meanwhile.
template <class Container>
const char* broken_invariant(const Container& container) {
  return container.check_invariants();
}

// A map of which all memory comes from the ledger.
template <class Map>
Map map_on(memory_ledger& ledger) {
  return Map(0, typename Map::hasher(), typename Map::key_equal(),
             typename Map::allocator_type(ledger));
}

// Does all work that is pending. False if it does not come to an end.
template <class Container>
bool finish(Container& container) {
  constexpr int patience = 1000;
  for (int idle = 0; container.migrating() && idle < patience;) {
    if (container.step(64) == 0) ++idle;
  }
  return !container.migrating();
}

}  // namespace support
