// steady::moves_without_throwing<T>: whether a container may rely on T's move constructor.
//
// Growing moves elements. Where keys and values move without throwing, a bucket is split in one
// pass, and pointers into what a value owns stay valid. Otherwise elements that can be copied are
// copied, and the originals are destroyed afterwards.
//
// A type whose move constructor never throws and does not say noexcept is declared so:
//
//   struct document { document(document&& other); ... };
//   template <>
//   inline constexpr bool steady::moves_without_throwing<document> = true;
//
// That is a promise. If moving an element to another slot, or from a container or a node handle to
// another, throws after all, the program ends with std::terminate. Specialise it where the type is
// defined: before any container of it is used, and alike in all parts of a program.
//
// Without a specialisation it is true for
//
//   whatever is nothrow move constructible;
//   the standard's containers with std::allocator, if what compares or hashes is nothrow copy
//   constructible: moving one takes over its blocks, and can only fail to allocate an empty one,
//   as libstdc++'s std::deque does. Other allocators may fail more readily: a pool that is full;
//   std::queue, std::stack and std::priority_queue, if it is for the container within;
//   std::pair, std::tuple, std::array, std::optional and std::variant, if it is for all arguments.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include <steady/detail/base/standard_types.hpp>

namespace steady {

namespace detail {

// Though their move constructors do not say so.
template <class T>
struct moves_in_practice : std::false_type {};

}  // namespace detail

template <class T>
inline constexpr bool moves_without_throwing =
    std::disjunction_v<std::is_nothrow_move_constructible<T>, detail::moves_in_practice<T>>;

namespace detail {

// Moving a container copies what compares or hashes.
template <class Container>
constexpr bool copies_functions_nothrow() noexcept {
  if constexpr (requires { typename Container::key_compare; }) {
    return std::is_nothrow_copy_constructible_v<typename Container::key_compare>;
  } else if constexpr (requires { typename Container::key_equal; }) {
    return std::is_nothrow_copy_constructible_v<typename Container::hasher> &&
           std::is_nothrow_copy_constructible_v<typename Container::key_equal>;
  } else {
    return true;
  }
}

template <class... Parts>
using all_move_without_throwing = std::bool_constant<(moves_without_throwing<Parts> && ...)>;

template <standard_kind, class T, class... Arguments>
struct standard_moves_in_practice : std::false_type {};

template <class T, class... Arguments>
struct standard_moves_in_practice<standard_kind::container, T, Arguments...>
    : std::bool_constant<
          std::is_same_v<typename T::allocator_type, std::allocator<typename T::value_type>> &&
          detail::copies_functions_nothrow<T>()> {};
template <class T, class Value, class... Parts>
struct standard_moves_in_practice<standard_kind::adaptor, T, Value, Parts...>
    : all_move_without_throwing<Parts...> {};
template <class T, class... Parts>
struct standard_moves_in_practice<standard_kind::aggregate, T, Parts...>
    : all_move_without_throwing<Parts...> {};

template <template <class...> class Template, class... Arguments>
struct moves_in_practice<Template<Arguments...>>
    : standard_moves_in_practice<kind_of_standard<Template<Arguments...>>, Template<Arguments...>,
                                 Arguments...> {};
template <template <class, std::size_t> class Array, class Value, std::size_t Size>
struct moves_in_practice<Array<Value, Size>>
    : standard_moves_in_practice<kind_of_standard<Array<Value, Size>>, Array<Value, Size>, Value> {
};

}  // namespace detail

}  // namespace steady
