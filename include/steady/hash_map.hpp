// steady::hash_map: an unordered map in which no operation pays for the whole table.
//
//   steady::hash_map<std::string, int> ages;
//   ages["Ada"] = 36;
//
// The interface is that of std::unordered_map where a flat map can have it; what it offers
// is declared, with the bounds and guarantees of every function, in
//
//   steady/container_base.hpp   constructing, copying, assigning, iterating
//   steady/hash_container.hpp   looking up, inserting, erasing, taking out
//   steady/map_container.hpp    try_emplace, insert_or_assign, operator[], at
//   steady/stepwise.hpp         stepping, reserving, stats
#pragma once

#include <cstddef>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <ranges>
#include <utility>

#include <steady/detail/config.hpp>
#include <steady/detail/deduction.hpp>
#include <steady/detail/elements.hpp>
#include <steady/detail/interface.hpp>
#include <steady/from_range.hpp>
#include <steady/hash.hpp>
#include <steady/map_container.hpp>
#include <steady/policy.hpp>

namespace steady {

inline namespace STEADY_ABI {

template <class Key, class T, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<std::pair<const Key, T>>, class Policy = default_policy>
class hash_map
    : public map_container<detail::map_elements<Key, T>, Hash, KeyEqual, Allocator, Policy> {
  using base = map_container<detail::map_elements<Key, T>, Hash, KeyEqual, Allocator, Policy>;

 public:
  using typename base::value_type;

  using base::base;
  // Not defaulted: where a container is value-initialized, as by std::make_unique, it would first
  // be filled with zeros.
  constexpr hash_map() noexcept(
      detail::nothrow_made_from_nothing<Hash, KeyEqual, Allocator>) requires
      detail::made_from_nothing<Hash, KeyEqual, Allocator> {}
  // Not only inherited: without one of its own, g++ deduces nothing from a plain {...}.
  hash_map(std::initializer_list<value_type> elements) : base(elements) {}

  hash_map& operator=(std::initializer_list<value_type> elements) {
    base::operator=(elements);
    return *this;
  }

  friend void swap(hash_map& a, hash_map& b) noexcept(noexcept(a.swap(b))) { a.swap(b); }
};

// Deduction guides. Options: what the constructors take behind the elements, any of them left out.

template <std::input_iterator Iterator, class... Options,
          class Deduced = detail::deduced_map<std::iter_value_t<Iterator>, Options...>>
hash_map(Iterator, Iterator, Options...)
    -> hash_map<typename Deduced::key, typename Deduced::mapped, typename Deduced::hash,
                typename Deduced::key_equal, typename Deduced::allocator>;

// Two, because only without further arguments is it used for a plain {...}.
template <class Key, class T>
hash_map(std::initializer_list<std::pair<Key, T>>) -> hash_map<Key, T>;
template <class Key, class T, class First, class... Options,
          class Deduced = detail::deduced_map<std::pair<Key, T>, First, Options...>>
hash_map(std::initializer_list<std::pair<Key, T>>, First, Options...)
    -> hash_map<typename Deduced::key, typename Deduced::mapped, typename Deduced::hash,
                typename Deduced::key_equal, typename Deduced::allocator>;

template <std::ranges::input_range Range, class... Options,
          class Deduced = detail::deduced_map<std::ranges::range_value_t<Range>, Options...>>
hash_map(from_range_t, Range&&, Options...)
    -> hash_map<typename Deduced::key, typename Deduced::mapped, typename Deduced::hash,
                typename Deduced::key_equal, typename Deduced::allocator>;

}  // namespace STEADY_ABI

}  // namespace steady
