// What the containers' interfaces ask of their arguments, by name.
#pragma once

#include <concepts>
#include <iterator>
#include <type_traits>
#include <utility>

namespace steady::detail {

// A key of another type than the container's, where both functions say that they accept those.
template <class K, class Hash, class KeyEqual>
concept transparent_key = requires {
  typename Hash::is_transparent;
  typename KeyEqual::is_transparent;
};

// The same where an iterator of the container could be meant.
template <class K, class Hash, class KeyEqual, class Container>
concept other_key =
    transparent_key<K, Hash, KeyEqual> && !std::convertible_to<K, typename Container::iterator> &&
    !std::convertible_to<K, typename Container::const_iterator>;

// What a set's element can be built from, without being one.
template <class K, class Hash, class KeyEqual, class Set>
concept other_element =
    transparent_key<K, Hash, KeyEqual> && std::constructible_from<typename Set::value_type, K&&> &&
    !std::same_as<std::remove_cvref_t<K>, typename Set::value_type>;

// What a map's element can be built from, without being one.
template <class Pair, class Value>
concept makes_element =
    std::constructible_from<Value, Pair&&> && !std::same_as<std::remove_cvref_t<Pair>, Value>;

// The arguments are one object of this very type.
template <class Value, class... Arguments>
inline constexpr bool just_one = sizeof...(Arguments) == 1 &&
                                 (std::same_as<std::remove_cvref_t<Arguments>, Value> && ...);

// A pair that holds a key, which can be seen without building the element.
template <class Pair, class Key>
concept pair_with_key = requires(Pair&& pair) {
  requires std::same_as<std::remove_cvref_t<decltype(pair.first)>, Key>;
  pair.second;
};

template <class T, class Plain>
concept same_but_for_reference = std::same_as<std::remove_cvref_t<T>, Plain>;

template <class T, class One, class Other>
concept one_but_not_other = std::same_as<T, One> && !std::same_as<One, Other>;

// What insert() says of a node handle; the members are the standard's.
template <class Iterator, class Node>
struct insert_return {
  Iterator position;
  bool inserted = false;
  Node node;  // the handle again if it was not inserted
};

template <class Iterator>
using key_of_iterator = std::remove_const_t<typename std::iter_value_t<Iterator>::first_type>;
template <class Iterator>
using mapped_of_iterator = typename std::iter_value_t<Iterator>::second_type;
template <class Iterator>
using element_of_iterator =
    std::pair<const key_of_iterator<Iterator>, mapped_of_iterator<Iterator>>;

}  // namespace steady::detail
