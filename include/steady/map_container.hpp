// steady::map_container: what maps have and sets have not, the mapped values. The base of hash_map
// and node_hash_map.
//
// Bound, Throws, Invalidates, Threads: as steady/hash_container.hpp says at its beginning.
#pragma once

#include <stdexcept>
#include <tuple>
#include <utility>

#include <steady/detail/config.hpp>
#include <steady/detail/interface.hpp>
#include <steady/hash_container.hpp>

namespace steady {

template <class Elements, class Hash, class KeyEqual, class Allocator, class Policy>
class map_container : public hash_container<Elements, Hash, KeyEqual, Allocator, Policy> {
  using base = hash_container<Elements, Hash, KeyEqual, Allocator, Policy>;
  using T = typename Elements::mapped_type;

 public:
  using mapped_type = T;
  using typename base::const_iterator;
  using typename base::iterator;
  using typename base::key_type;
  using typename base::value_type;

  using base::base;
  using base::operator=;
  map_container() = default;

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
  template <detail::other_key<Hash, KeyEqual, map_container> K, class... Arguments>
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
  T& at(const key_type& key) { return value_to_change(key); }
  const T& at(const key_type& key) const { return value_at(key); }
  template <detail::transparent_key<Hash, KeyEqual> K>
  T& at(const K& key) {
    return value_to_change(key);
  }
  template <detail::transparent_key<Hash, KeyEqual> K>
  const T& at(const K& key) const {
    return value_at(key);
  }

 private:
  using typename base::position;
  using typename base::slot_type;

  template <class K, class... Arguments>
  STEADY_ALWAYS_INLINE std::pair<iterator, bool> emplace_value(K&& key, Arguments&&... arguments) {
    return this->find_or_insert(key, [&](slot_type* at) {
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
  T& value_to_change(const K& key) {
    const position found = this->table_.find(key);
    if (!found) throw_no_such_key();
    this->table_.note_write(found.slot);
    return Elements::element_of(*found.slot).second;
  }
  template <class K>
  const T& value_at(const K& key) const {
    const position found = this->table_.find(key);
    if (!found) throw_no_such_key();
    return Elements::element_of(*found.slot).second;
  }
  [[noreturn]] STEADY_NOINLINE static void throw_no_such_key() {
    throw std::out_of_range("steady::hash_map::at: no such key");
  }
};

}  // namespace steady
