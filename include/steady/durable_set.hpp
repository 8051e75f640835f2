// steady::durable_set: a set on a directory; steady/durable_map.hpp says how it works, and what it
// promises.
//
//   steady::durable_set<std::string> seen("/var/lib/crawler/seen");
//   seen.insert("https://example.org");       // on the disk when this returns
#pragma once

#include <functional>
#include <memory>

#include <steady/detail/base/config.hpp>
#include <steady/durable_map.hpp>
#include <steady/hash.hpp>
#include <steady/hash_set.hpp>
#include <steady/policy.hpp>

namespace steady {

inline namespace STEADY_ABI {

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<Key>, class Policy = default_policy>
class durable_set
    : public detail::durable_container<hash_set<Key, Hash, KeyEqual, Allocator, Policy>> {
 public:
  using detail::durable_container<
      hash_set<Key, Hash, KeyEqual, Allocator, Policy>>::durable_container;
};

}  // namespace STEADY_ABI

}  // namespace steady
