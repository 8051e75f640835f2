// The containers with std::pmr::polymorphic_allocator, so that memory comes from any memory
// resource:
//
//   std::pmr::unsynchronized_pool_resource pool;
//   steady::pmr::hash_map<int, int> map(&pool);
//
// Bucket headers then come from the resource, too, in blocks of 64 KiB: only std::allocator lets
// those of large maps come from the system. A lookup in a large map takes two more loads for that.
#pragma once

#include <functional>
#include <memory_resource>
#include <utility>

#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>
#include <steady/policy.hpp>

namespace steady::pmr {

template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Policy = default_policy>
using hash_map = steady::hash_map<Key, T, Hash, KeyEqual,
                                  std::pmr::polymorphic_allocator<std::pair<const Key, T>>, Policy>;

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Policy = default_policy>
using hash_set =
    steady::hash_set<Key, Hash, KeyEqual, std::pmr::polymorphic_allocator<Key>, Policy>;

template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Policy = default_policy>
using node_hash_map =
    steady::node_hash_map<Key, T, Hash, KeyEqual,
                          std::pmr::polymorphic_allocator<std::pair<const Key, T>>, Policy>;

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Policy = default_policy>
using node_hash_set =
    steady::node_hash_set<Key, Hash, KeyEqual, std::pmr::polymorphic_allocator<Key>, Policy>;

}  // namespace steady::pmr
