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
  using typename base::iterator;
  using typename base::key_type;
  using typename base::size_type;
  using typename base::value_type;

  using base::base;
  using base::operator=;
  hash_map() = default;

  // ---- inserting ----

  using base::insert;
  template <class Pair>
  requires std::constructible_from<value_type, Pair&&> &&
      (!std::same_as<std::remove_cvref_t<Pair>, value_type>)
          std::pair<iterator, bool> insert(Pair&& element) {
    return this->emplace(std::forward<Pair>(element));
  }

  using base::emplace;
  // The key is there to be seen: nothing is built unless it is new.
  template <class K, class Value>
  requires std::same_as<std::remove_cvref_t<K>, Key> std::pair<iterator, bool> emplace(
      K&& key, Value&& value) {
    return try_emplace(std::forward<K>(key), std::forward<Value>(value));
  }

  // If `key` is new, builds its value from `arguments`; otherwise touches nothing.
  template <class... Arguments>
  std::pair<iterator, bool> try_emplace(const key_type& key, Arguments&&... arguments) {
    return emplace_value(key, std::forward<Arguments>(arguments)...);
  }
  template <class... Arguments>
  std::pair<iterator, bool> try_emplace(key_type&& key, Arguments&&... arguments) {
    return emplace_value(std::move(key), std::forward<Arguments>(arguments)...);
  }
  template <class K, class... Arguments>
  requires base::is_transparent std::pair<iterator, bool> try_emplace(K&& key,
                                                                      Arguments&&... arguments) {
    return emplace_value(std::forward<K>(key), std::forward<Arguments>(arguments)...);
  }

  // Assigns `value` to the key's element, or makes one.
  template <class Value>
  std::pair<iterator, bool> insert_or_assign(const key_type& key, Value&& value) {
    return assign_value(key, std::forward<Value>(value));
  }
  template <class Value>
  std::pair<iterator, bool> insert_or_assign(key_type&& key, Value&& value) {
    return assign_value(std::move(key), std::forward<Value>(value));
  }
  template <class K, class Value>
  requires base::is_transparent std::pair<iterator, bool> insert_or_assign(K&& key, Value&& value) {
    return assign_value(std::forward<K>(key), std::forward<Value>(value));
  }

  // ---- values ----

  // The key's value, a new T() if the key is new.
  T& operator[](const key_type& key) { return try_emplace(key).first->second; }
  T& operator[](key_type&& key) { return try_emplace(std::move(key)).first->second; }
  template <class K>
  requires base::is_transparent T& operator[](K&& key) {
    return try_emplace(std::forward<K>(key)).first->second;
  }

  // The key's value. Throws std::out_of_range when there is none.
  T& at(const key_type& key) { return value_at(key); }
  const T& at(const key_type& key) const { return value_at(key); }
  template <class K>
  requires base::is_transparent T& at(const K& key) { return value_at(key); }
  template <class K>
  requires base::is_transparent const T& at(const K& key) const { return value_at(key); }

  // The same keys with equal values, in whatever order. Bound: O(size).
  friend bool operator==(const hash_map& a, const hash_map& b) {
    if (a.size() != b.size()) return false;
    for (const auto& [key, value] : a) {
      const value_type* const other = b.find_element(key);
      if (other == nullptr || !(other->second == value)) return false;
    }
    return true;
  }

  friend void swap(hash_map& a, hash_map& b) noexcept(noexcept(a.swap(b))) { a.swap(b); }

 private:
  template <class K, class... Arguments>
  std::pair<iterator, bool> emplace_value(K&& key, Arguments&&... arguments) {
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

}  // namespace steady
