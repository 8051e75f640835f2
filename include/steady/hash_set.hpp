// steady::hash_set: an unordered set in which no operation pays for the whole table.
//
//   steady::hash_set<std::string> seen;
//   if (seen.insert("Ada").second) ...
//
// The interface is that of std::unordered_set where a flat set can have it; what is different, and
// what comes on top (step, migrating, pending, finish, stats), is in steady/hash_container.hpp with
// the bounds and guarantees of every function.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <utility>

#include <steady/detail/elements.hpp>
#include <steady/hash.hpp>
#include <steady/hash_container.hpp>
#include <steady/policy.hpp>

namespace steady {

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<Key>, class Policy = default_policy>
class hash_set
    : public hash_container<detail::set_elements<Key>, Hash, KeyEqual, Allocator, Policy> {
  using base = hash_container<detail::set_elements<Key>, Hash, KeyEqual, Allocator, Policy>;

 public:
  using typename base::iterator;
  using typename base::size_type;
  using typename base::value_type;

  using base::base;
  using base::operator=;
  hash_set() = default;
  // Not inherited, because deduction guides see only the class's own.
  hash_set(std::initializer_list<value_type> elements, std::size_t capacity = 0,
           const Hash& hash = Hash(), const KeyEqual& equal = KeyEqual(),
           const Allocator& allocator = Allocator())
      : base(elements, capacity, hash, equal, allocator) {}

  using base::insert;
  // Builds a Key from `key` only if it is new.
  template <detail::other_element<Hash, KeyEqual, hash_set> K>
  std::pair<iterator, bool> insert(K&& key) {
    return this->find_or_insert(key,
                                [&](value_type* at) { this->construct(at, std::forward<K>(key)); });
  }

  // The same keys, in whatever order. Bound: O(size).
  friend bool operator==(const hash_set& a, const hash_set& b) {
    if (a.size() != b.size()) return false;
    for (const Key& key : a) {
      if (!b.contains(key)) return false;
    }
    return true;
  }

  // Erases the elements for which `erases(element)` is true; returns how many. Bound: O(size).
  template <class Predicate>
  friend size_type erase_if(hash_set& set, Predicate erases) {
    return set.erase_where(erases);
  }

  friend void swap(hash_set& a, hash_set& b) noexcept(noexcept(a.swap(b))) { a.swap(b); }
};

// ---- deduction guides: as std::unordered_set's, the capacity in the place of the bucket count
// ----

template <std::input_iterator Iterator, class Hash = hash<std::iter_value_t<Iterator>>,
          class KeyEqual = std::equal_to<std::iter_value_t<Iterator>>,
          class Allocator = std::allocator<std::iter_value_t<Iterator>>>
hash_set(Iterator, Iterator, std::size_t = 0, Hash = Hash(), KeyEqual = KeyEqual(),
         Allocator = Allocator())
    -> hash_set<std::iter_value_t<Iterator>, Hash, KeyEqual, Allocator>;

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<Key>>
hash_set(std::initializer_list<Key>, std::size_t = 0, Hash = Hash(), KeyEqual = KeyEqual(),
         Allocator = Allocator()) -> hash_set<Key, Hash, KeyEqual, Allocator>;

}  // namespace steady
