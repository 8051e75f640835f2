// steady::hash_map: an unordered map in which no operation pays for the whole table.
//
//   steady::hash_map<std::string, int> ages;
//   ages["Ada"] = 36;
//
// The interface is that of std::unordered_map where a flat map can have it; what is different, and
// what comes on top (step, migrating, pending, finish, stats), is in steady/hash_container.hpp with
// the bounds and guarantees of every function.
#pragma once

#include <functional>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <tuple>
#include <utility>

#include <steady/detail/config.hpp>
#include <steady/detail/elements.hpp>
#include <steady/hash.hpp>
#include <steady/hash_container.hpp>
#include <steady/policy.hpp>

namespace steady {

template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>, class Policy = default_policy>
class hash_map
    : public hash_container<detail::map_elements<Key, T>, Hash, KeyEqual, Allocator, Policy> {
  using base = hash_container<detail::map_elements<Key, T>, Hash, KeyEqual, Allocator, Policy>;

 public:
  using mapped_type = T;
  using typename base::const_iterator;
  using typename base::iterator;
  using typename base::key_type;
  using typename base::size_type;
  using typename base::value_type;

  using base::base;
  using base::operator=;
  hash_map() = default;
  // Not inherited, because deduction guides see only the class's own.
  hash_map(std::initializer_list<value_type> elements, std::size_t capacity = 0,
           const Hash& hash = Hash(), const KeyEqual& equal = KeyEqual(),
           const Allocator& allocator = Allocator())
      : base(elements, capacity, hash, equal, allocator) {}

  // ---- inserting ----

  using base::insert;
  template <detail::makes_element<value_type> Pair>
  std::pair<iterator, bool> insert(Pair&& element) {
    return emplace(std::forward<Pair>(element));
  }
  template <detail::makes_element<value_type> Pair>
  iterator insert(const_iterator, Pair&& element) {
    return emplace(std::forward<Pair>(element)).first;
  }

  // Where the arguments show the key nothing is built unless it is new.
  template <class... Arguments>
  std::pair<iterator, bool> emplace(Arguments&&... arguments) {
    return base::emplace(std::forward<Arguments>(arguments)...);
  }
  template <detail::same_but_for_reference<Key> K, class Value>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> emplace(K&& key, Value&& value) {
    return try_emplace(std::forward<K>(key), std::forward<Value>(value));
  }
  template <detail::pair_with_key<Key> Pair>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> emplace(Pair&& element) {
    return try_emplace(std::forward<Pair>(element).first, std::forward<Pair>(element).second);
  }

  // If `key` is new, builds its value from `arguments`; otherwise touches nothing.
  template <class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> try_emplace(const key_type& key,
                                                             Arguments&&... arguments) {
    return emplace_value(key, std::forward<Arguments>(arguments)...);
  }
  template <class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> try_emplace(key_type&& key,
                                                             Arguments&&... arguments) {
    return emplace_value(std::move(key), std::forward<Arguments>(arguments)...);
  }
  template <detail::other_key<Hash, KeyEqual, hash_map> K, class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> try_emplace(K&& key, Arguments&&... arguments) {
    return emplace_value(std::forward<K>(key), std::forward<Arguments>(arguments)...);
  }
  // A hint is of no use, and ignored.
  template <class K, class... Arguments>
  iterator try_emplace(const_iterator, K&& key, Arguments&&... arguments) {
    return try_emplace(std::forward<K>(key), std::forward<Arguments>(arguments)...).first;
  }

  // Assigns `value` to the key's element, or makes one.
  template <class Value>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert_or_assign(const key_type& key,
                                                                  Value&& value) {
    return assign_value(key, std::forward<Value>(value));
  }
  template <class Value>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert_or_assign(key_type&& key, Value&& value) {
    return assign_value(std::move(key), std::forward<Value>(value));
  }
  template <detail::transparent_key<Hash, KeyEqual> K, class Value>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> insert_or_assign(K&& key, Value&& value) {
    return assign_value(std::forward<K>(key), std::forward<Value>(value));
  }
  template <class K, class Value>
  iterator insert_or_assign(const_iterator, K&& key, Value&& value) {
    return insert_or_assign(std::forward<K>(key), std::forward<Value>(value)).first;
  }

  // ---- values ----

  // The key's value, a new T() if the key is new.
  STEADY_ALWAYS_INLINE T& operator[](const key_type& key) { return try_emplace(key).first->second; }
  STEADY_ALWAYS_INLINE T& operator[](key_type&& key) {
    return try_emplace(std::move(key)).first->second;
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  STEADY_ALWAYS_INLINE T& operator[](K&& key) {
    return try_emplace(std::forward<K>(key)).first->second;
  }

  // The key's value. Throws std::out_of_range when there is none.
  T& at(const key_type& key) { return value_at(key); }
  const T& at(const key_type& key) const { return value_at(key); }
  template <detail::transparent_key<Hash, KeyEqual> K>
  T& at(const K& key) {
    return value_at(key);
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  const T& at(const K& key) const {
    return value_at(key);
  }

  // The same keys with equal values, in whatever order. Bound: O(size).
  friend bool operator==(const hash_map& a, const hash_map& b) {
    if (a.size() != b.size()) return false;
    for (const auto& [key, value] : a) {
      const value_type* const other = b.find_element(key);
      if (other == nullptr || !(other->second == value)) return false;
    }
    return true;
  }

  // Erases the elements for which `erases(element)` is true; returns how many. Bound: O(size).
  template <class Predicate>
  friend size_type erase_if(hash_map& map, Predicate erases) {
    return map.erase_where(erases);
  }

  friend void swap(hash_map& a, hash_map& b) noexcept(noexcept(a.swap(b))) { a.swap(b); }

 private:
  template <class K, class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> emplace_value(K&& key, Arguments&&... arguments) {
    return this->find_or_insert(key, [&](value_type* at) {
      this->construct(at, std::piecewise_construct, std::forward_as_tuple(std::forward<K>(key)),
                      std::forward_as_tuple(std::forward<Arguments>(arguments)...));
    });
  }

  template <class K, class Value>
  std::pair<iterator, bool> assign_value(K&& key, Value&& value) {
    const auto result = emplace_value(std::forward<K>(key), std::forward<Value>(value));
    if (!result.second) result.first->second = std::forward<Value>(value);
    return result;
  }

  template <class K>
  T& value_at(const K& key) const {
    value_type* const element = this->find_element(key);
    if (element == nullptr) throw std::out_of_range("steady::hash_map::at: no such key");
    return element->second;
  }
};

// ---- deduction guides: as std::unordered_map's, the capacity in the place of the bucket count
// ----

template <std::input_iterator Iterator, class Hash = hash<detail::key_of_iterator<Iterator>>,
          class KeyEqual = std::equal_to<detail::key_of_iterator<Iterator>>,
          class Allocator = std::allocator<detail::element_of_iterator<Iterator>>>
hash_map(Iterator, Iterator, std::size_t = 0, Hash = Hash(), KeyEqual = KeyEqual(),
         Allocator = Allocator())
    -> hash_map<detail::key_of_iterator<Iterator>, detail::mapped_of_iterator<Iterator>, Hash,
                KeyEqual, Allocator>;

template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>>
hash_map(std::initializer_list<std::pair<Key, T>>, std::size_t = 0, Hash = Hash(),
         KeyEqual = KeyEqual(), Allocator = Allocator())
    -> hash_map<Key, T, Hash, KeyEqual, Allocator>;

}  // namespace steady
