// steady::hash_set: an unordered set in which no insertion, lookup or erasure pays for the whole
// table.
//
//   steady::hash_set<std::string> seen;
//   if (seen.insert("Ada").second) ...
//
// The interface is that of std::unordered_set where a flat set can have it, and steps; all of it,
// with the bounds and guarantees of every function, is in steady/hash_map.hpp, in hash_container.
#pragma once

#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <type_traits>

#include <steady/detail/base/config.hpp>
#include <steady/detail/elements/elements.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/detail/interface/deduction.hpp>
#include <steady/detail/interface/requirements.hpp>
#include <steady/from_range.hpp>
#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/policy.hpp>

namespace steady {

inline namespace STEADY_ABI {

template <class Key, class Hash = hash<Key>, class KeyEqual = std::equal_to<Key>,
          class Allocator = std::allocator<Key>, class Policy = default_policy>
class hash_set
    : public detail::flat_container<
          detail::container_arguments<false, Key, void, Hash, KeyEqual, Allocator, Policy>> {
  using arguments =
      detail::container_arguments<false, Key, void, Hash, KeyEqual, Allocator, Policy>;
  using refusal = decltype(detail::require_arguments<arguments>());
  using base = detail::flat_container<arguments>;

 public:
  using typename base::value_type;

  using base::base;
  // Not defaulted: where a container is value-initialized, as by std::make_unique, it would first
  // be filled with zeros.
  constexpr hash_set() noexcept(
      base::is_nothrow_made_from_nothing) requires base::is_made_from_nothing {}
  // Here elements are complete. Compilers instantiate the default constructor earlier, to see
  // whether it makes a constant.
  ~hash_set() { detail::require_elements<typename base::element_arguments>(); }
  hash_set(const hash_set&) = default;
  hash_set(hash_set&&) = default;
  hash_set& operator=(const hash_set&) = default;
  hash_set& operator=(hash_set&&) = default;
  // Not only inherited: without one of its own, g++ deduces nothing from a plain {...}.
  hash_set(std::initializer_list<value_type> elements) : base(elements) {}

  hash_set& operator=(std::initializer_list<value_type> elements) {
    base::operator=(elements);
    return *this;
  }

  // Exactly for this type, so that no operator of the elements' namespace takes precedence.
  friend bool operator==(const hash_set& a, const hash_set& b) {
    return static_cast<const base&>(a) == static_cast<const base&>(b);
  }
};

// O(1), as the member.
template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
void swap(hash_set<Key, Hash, KeyEqual, Allocator, Policy>& a,
          hash_set<Key, Hash, KeyEqual, Allocator, Policy>& b) noexcept(noexcept(a.swap(b))) {
  a.swap(b);
}

// Deduction guides. Options: what the constructors take behind the elements, any of them left out.

template <std::input_iterator Iterator, class... Options,
          class Deduced = detail::deduced_set<std::iter_value_t<Iterator>, Options...>>
hash_set(Iterator, Iterator, Options...)
    -> hash_set<typename Deduced::key, typename Deduced::hash, typename Deduced::key_equal,
                typename Deduced::allocator>;

template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
hash_set(const hash_set<Key, Hash, KeyEqual, Allocator, Policy>&,
         const std::type_identity_t<Allocator>&)
    -> hash_set<Key, Hash, KeyEqual, Allocator, Policy>;

// Two, because only without further arguments is it used for a plain {...}.
template <class Key>
hash_set(std::initializer_list<Key>) -> hash_set<Key>;
template <class Key, class First, class... Options,
          class Deduced = detail::deduced_set<Key, First, Options...>>
hash_set(std::initializer_list<Key>, First, Options...)
    -> hash_set<typename Deduced::key, typename Deduced::hash, typename Deduced::key_equal,
                typename Deduced::allocator>;

template <detail::iterable Range, class... Options,
          class Deduced = detail::deduced_set<detail::iterated_value<Range>, Options...>>
hash_set(from_range_t, Range&&, Options...)
    -> hash_set<typename Deduced::key, typename Deduced::hash, typename Deduced::key_equal,
                typename Deduced::allocator>;

}  // namespace STEADY_ABI

}  // namespace steady
