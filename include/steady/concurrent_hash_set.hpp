// steady::concurrent_hash_set: a hash set that threads share, whose growth stops nobody.
//
//   steady::concurrent_hash_set<std::uint64_t> set;
//   set.insert(1);                    // from any thread
//   bool is_there = set.contains(1);
//
// The interface, with the bounds and guarantees of every function, and what holds of elements,
// visitors, threads, waiting and exceptions, is in steady/concurrent_hash_map.hpp, in
// concurrent_container. Visitors always get const Key&.
#pragma once

#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_policy.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/detail/interface/deduction.hpp>
#include <steady/detail/interface/requirements.hpp>
#include <steady/from_range.hpp>
#include <steady/hash.hpp>
#include <steady/hash_set.hpp>

namespace steady {

inline namespace STEADY_ABI {

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<Key>, class Policy = default_concurrent_policy>
class concurrent_hash_set
    : public detail::concurrent_container_of<detail::container_arguments<
          false, Key, void, Hash, KeyEqual, Allocator, Policy, default_concurrent_policy>> {
  using arguments = detail::container_arguments<false, Key, void, Hash, KeyEqual, Allocator, Policy,
                                                default_concurrent_policy>;
  using refusal = decltype(detail::require_arguments<arguments>());
  using base = detail::concurrent_container_of<arguments>;

 public:
  using typename base::allocator_type;
  using typename base::hasher;
  using typename base::key_equal;
  using typename base::key_type;
  using typename base::value_type;

  using base::base;
  // Not defaulted: where a container is value-initialized, as by std::make_unique, it would first
  // be filled with zeros.
  concurrent_hash_set() noexcept(
      base::is_nothrow_made_from_nothing) requires base::is_made_from_nothing {
    detail::require_elements<typename base::element_arguments>();
  }
  // Not only inherited: without one of its own, g++ deduces nothing from a plain {...}.
  concurrent_hash_set(std::initializer_list<value_type> list) : base(list) {}

  // From a set of one thread, element by element; what was moved is no longer there. On an
  // exception the other elements still are.
  template <class OtherPolicy>
  explicit concurrent_hash_set(
      hash_set<key_type, hasher, key_equal, allocator_type, OtherPolicy>&& other)
      : base(other.size(), other.hash_function(), other.key_eq(), other.get_allocator()) {
    base::take_each(other, [this](auto&& taken) { this->insert(std::move(taken.value())); });
  }

  concurrent_hash_set& operator=(std::initializer_list<value_type> list) {
    base::operator=(list);
    return *this;
  }

  // As concurrent_hash_map::release().
  hash_set<key_type, hasher, key_equal, allocator_type> release() {
    return base::template released<hash_set<key_type, hasher, key_equal, allocator_type>>();
  }

  // Exactly for this type, so that no operator of the elements' namespace takes precedence.
  friend bool operator==(const concurrent_hash_set& a, const concurrent_hash_set& b) {
    return static_cast<const base&>(a) == static_cast<const base&>(b);
  }
};

// O(1), as the member.
template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
void swap(
    concurrent_hash_set<Key, Hash, KeyEqual, Allocator, Policy>& a,
    concurrent_hash_set<Key, Hash, KeyEqual, Allocator, Policy>& b) noexcept(noexcept(a.swap(b))) {
  a.swap(b);
}

// Deduction guides. Options: what the constructors take behind the elements, any of them left out.

template <std::input_iterator Iterator, class... Options,
          class Deduced = detail::deduced_set<std::iter_value_t<Iterator>, Options...>>
concurrent_hash_set(Iterator, Iterator, Options...)
    -> concurrent_hash_set<typename Deduced::key, typename Deduced::hash,
                           typename Deduced::key_equal, typename Deduced::allocator>;

template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
concurrent_hash_set(const concurrent_hash_set<Key, Hash, KeyEqual, Allocator, Policy>&,
                    const std::type_identity_t<Allocator>&)
    -> concurrent_hash_set<Key, Hash, KeyEqual, Allocator, Policy>;

template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
concurrent_hash_set(hash_set<Key, Hash, KeyEqual, Allocator, Policy>&&)
    -> concurrent_hash_set<Key, Hash, KeyEqual, Allocator>;

// Two, because only without further arguments is it used for a plain {...}.
template <class Key>
concurrent_hash_set(std::initializer_list<Key>) -> concurrent_hash_set<Key>;
template <class Key, class First, class... Options,
          class Deduced = detail::deduced_set<Key, First, Options...>>
concurrent_hash_set(std::initializer_list<Key>, First, Options...)
    -> concurrent_hash_set<typename Deduced::key, typename Deduced::hash,
                           typename Deduced::key_equal, typename Deduced::allocator>;

template <detail::iterable Range, class... Options,
          class Deduced = detail::deduced_set<detail::iterated_value<Range>, Options...>>
concurrent_hash_set(from_range_t, Range&&, Options...)
    -> concurrent_hash_set<typename Deduced::key, typename Deduced::hash,
                           typename Deduced::key_equal, typename Deduced::allocator>;

}  // namespace STEADY_ABI

}  // namespace steady
