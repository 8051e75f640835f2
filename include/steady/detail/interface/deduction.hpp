// What the deduction guides deduce: which of a constructor's optional arguments (capacity, hash,
// equality, allocator, in that order) were given, and what the others are.
//
// An argument that allocates is the allocator, wherever it stands. Of the others the first is a
// capacity, the second a hash, the third an equality. All of this happens at compile time.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <steady/hash.hpp>

namespace steady::detail {

template <class T>
concept allocates = requires(T& allocator) {
  typename T::value_type;
  allocator.allocate(std::size_t{1});
};

// Takes the options from the front, one by one.
template <class Hash, class KeyEqual, class Allocator, std::size_t Taken, class... Options>
struct chosen_options {
  using hash = Hash;
  using key_equal = KeyEqual;
  using allocator = Allocator;
};
template <class H, class E, class A, std::size_t Taken, class First, class... Rest>
struct chosen_options<H, E, A, Taken, First, Rest...>
    : std::conditional_t<
          allocates<First>, chosen_options<H, E, First, 3, Rest...>,
          std::conditional_t<Taken == 0, chosen_options<H, E, A, 1, Rest...>,
                             std::conditional_t<Taken == 1, chosen_options<First, E, A, 2, Rest...>,
                                                chosen_options<H, First, A, 3, Rest...>>>> {};

// The arguments of a map of pairs, or of a set of keys.
template <class Pair, class... Options>
struct deduced_map
    : chosen_options<
          hash<std::remove_const_t<typename Pair::first_type>>,
          std::equal_to<std::remove_const_t<typename Pair::first_type>>,
          std::allocator<std::pair<const typename Pair::first_type, typename Pair::second_type>>, 0,
          Options...> {
  using key = std::remove_const_t<typename Pair::first_type>;
  using mapped = typename Pair::second_type;
};

template <class Key, class... Options>
struct deduced_set
    : chosen_options<hash<Key>, std::equal_to<Key>, std::allocator<Key>, 0, Options...> {
  using key = Key;
};

}  // namespace steady::detail
