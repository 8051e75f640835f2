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
#include "support/interruptions.hpp"
#include "support/ledger_allocator.hpp"
#include "support/stamped.hpp"

namespace support {

template <class Key, class T, class Hash = steady::hash<Key>,
          class Policy = steady::default_concurrent_policy, class KeyEqual = std::equal_to<>>
using concurrent_map_of =
    steady::concurrent_hash_map<Key, T, Hash, KeyEqual, std::allocator<std::pair<const Key, T>>,
                                Policy>;

template <class Key, class Policy = steady::default_concurrent_policy,
          class KeyEqual = std::equal_to<>>
using concurrent_set_of =
    steady::concurrent_hash_set<Key, steady::hash<Key>, KeyEqual, std::allocator<Key>, Policy>;

template <class Key, class T, class Policy = steady::default_concurrent_policy,
          class Hash = steady::hash<Key>, class KeyEqual = std::equal_to<>>
using concurrent_ledger_map =
    steady::concurrent_hash_map<Key, T, Hash, KeyEqual, ledger_allocator<std::pair<const Key, T>>,
                                Policy>;

// ---- policies ----

// Chains of overflow everywhere, headers from the allocator, and migrations that take as long as
// they may.
struct crowded : steady::default_concurrent_policy {
  static constexpr double load_limit = 3;
  static constexpr bool reserve_addresses = false;
  static constexpr unsigned evacuations_per_call = 1;
  static constexpr std::size_t batches_from_bytes = 0;
};

// Every element in a node; insertions evacuate the bucket that they write.
struct in_nodes : steady::default_concurrent_policy {
  static constexpr std::size_t most_flat_bytes = 0;
  static constexpr bool evacuates_first = true;
  static constexpr std::size_t batches_from_bytes = 0;
};

// ---- the kinds of elements (element_kits.hpp makes them from numbers) ----

// For those that many threads share, with interruptions.
template <class Key, class T>
using interrupted_map_of = concurrent_map_of<Key, T, steady::hash<Key>,
                                             steady::default_concurrent_policy, interrupted_equal>;

using concurrent_numbers = concurrent_map_of<std::uint64_t, std::uint64_t>;
// Words of 4 bytes.
using concurrent_halves = interrupted_map_of<std::uint32_t, std::uint32_t>;
// Several words; read without locks.
using concurrent_stamped = interrupted_map_of<std::uint64_t, stamped>;
// Not a power of two, under a hash that takes no seed.
using concurrent_twelves = concurrent_map_of<twelve_bytes, std::uint64_t, other_number_hash>;
// In nodes: texts, elements that count themselves, and such as cannot be copied.
using concurrent_strings = concurrent_map_of<std::string, std::string>;
using concurrent_tracked = interrupted_map_of<std::string, tracked>;
using concurrent_owners = concurrent_map_of<std::uint64_t, owner>;

using concurrent_number_set = concurrent_set_of<std::uint64_t>;
using concurrent_string_set =
    concurrent_set_of<std::string, steady::default_concurrent_policy, interrupted_equal>;

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

// The same by any of the functions that can do it, which may move from what they get;
// insert_or_assign() assigns if present. True if the key was new.
template <class Container>
bool put_in_some_way(std::uint64_t way, Container& into, std::uint64_t key, std::uint64_t value) {
  using kit = element_kit<Container>;
  const auto leave = [](const auto&) {};
  auto made = kit::make_key(key);
  if constexpr (kit::is_map) {
    auto held = kit::make_value(value);
    using element = typename Container::value_type;
    switch (way % 6) {
      case 0:
        return into.insert(element(std::move(made), std::move(held)));
      case 1:
        return into.emplace(std::move(made), std::move(held));
      case 2:
        return into.insert_or_assign(std::move(made), std::move(held));
      case 3:
        return into.insert_or_cvisit(element(std::move(made), std::move(held)), leave);
      case 4:
        return into.try_emplace_or_visit(std::move(made), std::move(held), leave);
      default:
        return into.try_emplace(std::move(made), std::move(held));
    }
  } else {
    switch (way % 3) {
      case 0:
        return into.emplace(std::move(made));
      case 1:
        return into.insert_or_visit(std::move(made), leave);
      default:
        return into.insert(std::move(made));
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

// A map of which all memory comes from the ledger.
template <class Map>
Map map_on(memory_ledger& ledger) {
  return Map(0, typename Map::hasher(), typename Map::key_equal(),
             typename Map::allocator_type(ledger));
}

// Does all work that is pending or was asked for, in steps. False if it does not come to an end.
template <class Container>
bool finish(Container& container) {
  for (int idle = 0; idle < 1000; ++idle) {
    while (container.step(64) != 0) {
    }
    if (!container.migrating()) return true;
  }
  return false;
}

}  // namespace support
