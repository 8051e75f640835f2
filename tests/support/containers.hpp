// Short names for the containers that tests use.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/ledger_allocator.hpp"

namespace support {

template <class Key, class T, class Policy = steady::default_policy, class Hash = steady::hash<Key>,
          class KeyEqual = std::equal_to<>>
using map_of =
    steady::hash_map<Key, T, Hash, KeyEqual, std::allocator<std::pair<const Key, T>>, Policy>;

template <class Policy = steady::default_policy>
using number_map = map_of<std::uint64_t, std::uint64_t, Policy>;

template <class Key, class Policy = steady::default_policy>
using set_of =
    steady::hash_set<Key, steady::hash<Key>, std::equal_to<>, std::allocator<Key>, Policy>;

template <class Key, class T, class Policy = steady::default_policy,
          class Propagation = propagation<false>, class Hash = steady::hash<Key>>
using ledger_map = steady::hash_map<Key, T, Hash, std::equal_to<>,
                                    ledger_allocator<std::pair<const Key, T>, Propagation>, Policy>;

}  // namespace support
