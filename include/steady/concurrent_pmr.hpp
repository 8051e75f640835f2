// The concurrent containers with std::pmr::polymorphic_allocator, as steady/pmr.hpp has the others:
//
//   std::pmr::synchronized_pool_resource pool;
//   steady::pmr::concurrent_hash_map<int, int> map(&pool);
//
// The memory resource is used by all threads that use the container, at the same time: an
// unsynchronized_pool_resource or a monotonic_buffer_resource will not do. Bucket headers come
// from it, too, in blocks of 64 KiB: only std::allocator lets them come from the system.
#pragma once

#include <functional>
#include <memory_resource>
#include <utility>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/concurrent_policy.hpp>
#include <steady/hash.hpp>

namespace steady::pmr {

template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Policy = default_concurrent_policy>
using concurrent_hash_map =
    steady::concurrent_hash_map<Key, T, Hash, KeyEqual,
                                std::pmr::polymorphic_allocator<std::pair<const Key, T>>, Policy>;

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Policy = default_concurrent_policy>
using concurrent_hash_set =
    steady::concurrent_hash_set<Key, Hash, KeyEqual, std::pmr::polymorphic_allocator<Key>, Policy>;

}  // namespace steady::pmr
