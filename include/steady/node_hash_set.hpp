// steady::node_hash_set: a hash_set whose elements never move.
//
// Pointers and references to an element stay valid until it is erased, as in std::unordered_set,
// and large elements cost nothing when the set grows. In return every element is an allocation of
// its own, and a lookup reads one more cache line. Iterators are invalidated as in hash_set.
//
// The interface is hash_set's; extract() and insert(node) do not move the element either.
#pragma once

#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <type_traits>

#include <steady/detail/base/config.hpp>
#include <steady/detail/elements/elements.hpp>
#include <steady/detail/elements/nodes.hpp>
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
class node_hash_set
    : public detail::node_container<
          detail::container_arguments<false, Key, void, Hash, KeyEqual, Allocator, Policy>> {
  using arguments =
      detail::container_arguments<false, Key, void, Hash, KeyEqual, Allocator, Policy>;
  using refusal = decltype(detail::require_arguments<arguments>());
  using base = detail::node_container<arguments>;

 public:
  using typename base::value_type;

  using base::base;
  // Not defaulted: where a container is value-initialized, as by std::make_unique, it would first
  // be filled with zeros.
  constexpr node_hash_set() noexcept(
      base::is_nothrow_made_from_nothing) requires base::is_made_from_nothing {}
  // Here elements are complete. Compilers instantiate the default constructor earlier, to see
  // whether it makes a constant.
  ~node_hash_set() { detail::require_elements<typename base::element_arguments>(); }
  node_hash_set(const node_hash_set&) = default;
  node_hash_set(node_hash_set&&) = default;
  node_hash_set& operator=(const node_hash_set&) = default;
  node_hash_set& operator=(node_hash_set&&) = default;
  // Not only inherited: without one of its own, g++ deduces nothing from a plain {...}.
  node_hash_set(std::initializer_list<value_type> elements) : base(elements) {}

  node_hash_set& operator=(std::initializer_list<value_type> elements) {
    base::operator=(elements);
    return *this;
  }

  // Exactly for this type, so that no operator of the elements' namespace takes precedence.
  friend bool operator==(const node_hash_set& a, const node_hash_set& b) {
    return static_cast<const base&>(a) == static_cast<const base&>(b);
  }
};

// O(1), as the member.
template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
void swap(node_hash_set<Key, Hash, KeyEqual, Allocator, Policy>& a,
          node_hash_set<Key, Hash, KeyEqual, Allocator, Policy>& b) noexcept(noexcept(a.swap(b))) {
  a.swap(b);
}

// Deduction guides. Options: what the constructors take behind the elements, any of them left out.

template <std::input_iterator Iterator, class... Options,
          class Deduced = detail::deduced_set<std::iter_value_t<Iterator>, Options...>>
node_hash_set(Iterator, Iterator, Options...)
    -> node_hash_set<typename Deduced::key, typename Deduced::hash, typename Deduced::key_equal,
                     typename Deduced::allocator>;

template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
node_hash_set(const node_hash_set<Key, Hash, KeyEqual, Allocator, Policy>&,
              const std::type_identity_t<Allocator>&)
    -> node_hash_set<Key, Hash, KeyEqual, Allocator, Policy>;

// Two, because only without further arguments is it used for a plain {...}.
template <class Key>
node_hash_set(std::initializer_list<Key>) -> node_hash_set<Key>;
template <class Key, class First, class... Options,
          class Deduced = detail::deduced_set<Key, First, Options...>>
node_hash_set(std::initializer_list<Key>, First, Options...)
    -> node_hash_set<typename Deduced::key, typename Deduced::hash, typename Deduced::key_equal,
                     typename Deduced::allocator>;

template <detail::iterable Range, class... Options,
          class Deduced = detail::deduced_set<detail::iterated_value<Range>, Options...>>
node_hash_set(from_range_t, Range&&, Options...)
    -> node_hash_set<typename Deduced::key, typename Deduced::hash, typename Deduced::key_equal,
                     typename Deduced::allocator>;

}  // namespace STEADY_ABI

}  // namespace steady
