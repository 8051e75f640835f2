// Concepts and helpers for the arguments of the containers' functions: which overload an argument
// is for, whether its key can be seen before an element is made of it, and how long a range is.
//
// Concepts ask what an argument is, never whether a body that uses it compiles; what is refused in
// a sentence is in requirements.hpp. Nothing here calls user code, but known_length(), which goes
// over forward iterators: O(length).
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <type_traits>
#include <utility>

#include <steady/detail/base/system.hpp>

namespace steady::detail {

// In this order; what the equality returns may be of any type.
template <class KeyEqual, class A, class B>
concept compares = requires(const KeyEqual& equal, const A& a, const B& b) {
  static_cast<bool>(equal(a, b));
};

// A key of another type than the container's, where both functions say that they accept those.
template <class K, class Hash, class KeyEqual>
concept transparent_key = requires {
  typename Hash::is_transparent;
  typename KeyEqual::is_transparent;
};

// The same where the argument is forwarded: a key of the container's own type has another overload,
// which takes bit-fields, too.
template <class K, class Key, class Hash, class KeyEqual>
concept forwarded_key =
    transparent_key<K, Hash, KeyEqual> && !std::same_as<std::remove_cvref_t<K>, Key>;

// The same where an iterator of the container could be meant.
template <class K, class Hash, class KeyEqual, class Container>
concept other_key =
    transparent_key<K, Hash, KeyEqual> && !std::convertible_to<K, typename Container::iterator> &&
    !std::convertible_to<K, typename Container::const_iterator>;

// What an element of a map can be built from, or is. Into a set only keys of other types that
// transparent functions accept: others convert to a key by themselves.
template <class Element, class Elements, class Hash, class KeyEqual>
concept makes_element =
    (Elements::is_map &&
     std::same_as<std::remove_cvref_t<Element>, typename Elements::value_type>) ||
    (std::constructible_from<typename Elements::value_type, Element&&> &&
     (Elements::is_map || forwarded_key<Element, typename Elements::key_type, Hash, KeyEqual>));

// Arguments for an element among which its key can be seen.
template <class Elements, class... Arguments>
concept shows_key = requires(const Arguments&... arguments) {
  Elements::key_in(arguments...);
}
&&std::constructible_from<typename Elements::value_type, Arguments...>;

// Functions and an allocator that a container can begin with when it is given none.
template <class... Parts>
concept made_from_nothing = (std::default_initializable<Parts> && ...);
template <class... Parts>
inline constexpr bool nothrow_made_from_nothing = (std::is_nothrow_default_constructible_v<Parts> &&
                                                   ...);

// What a for loop can go over. The standard library's concepts for this take longer to compile than
// a map.
template <class Range>
concept iterable = requires(Range& range) {
  std::begin(range);
  std::end(range);
};
template <iterable Range>
using iterated_value = std::remove_cvref_t<decltype(*std::begin(std::declval<Range&>()))>;

// Where answers can be written, one after the other. Not std::output_iterator: the iterators of a
// std::vector<bool> are none.
template <class Iterator>
concept takes_answers = requires(Iterator at, bool answer) {
  static_cast<void>(*at = answer);
  static_cast<void>(++at);
};

// How many elements a range has, where that is known without consuming it; else 0.
template <class Iterator, class Sentinel>
std::size_t known_length(const Iterator& first, const Sentinel& last) {
  std::size_t length = 0;
  if constexpr (std::sized_sentinel_for<Sentinel, Iterator>) {
    length = static_cast<std::size_t>(last - first);
  } else if constexpr (std::forward_iterator<Iterator>) {
    for (Iterator at = first; at != last; ++at) ++length;
  }
  return length;
}
// What a range itself says of that; else 0.
template <iterable Range>
std::size_t told_length(Range& range) {
  if constexpr (requires { static_cast<std::size_t>(range.size()); }) {
    return static_cast<std::size_t>(range.size());
  } else {
    return 0;
  }
}

// Elements that can be looked at before they are inserted: going to each twice costs nothing and
// does the same, and their keys can be seen.
template <class Iterator, class Elements>
concept shows_keys_ahead =
    std::random_access_iterator<Iterator> && std::is_reference_v<std::iter_reference_t<Iterator>> &&
    shows_key<Elements, std::iter_reference_t<Iterator>>;

// A length of time, as std::chrono has them, in nanoseconds; 0 if it is negative.
template <class Duration>
constexpr unsigned long long nanoseconds_in(const Duration& time) noexcept {
  using period = typename Duration::period;
  const long double count = static_cast<long double>(time.count());
  if (!(count > 0)) return 0;
  const long double nanoseconds = count * 1e9L * period::num / period::den;
  constexpr long double most = 9e18L;
  return static_cast<unsigned long long>(nanoseconds < most ? nanoseconds : most);
}

// Calls `step`, which returns how much it has done, until `time` is over or nothing is left;
// returns the sum.
template <class Duration, class Step>
std::size_t steps_for(const Duration& time, const Step& step) {
  const std::uint64_t start = detail::system_nanoseconds();
  const std::uint64_t all = detail::nanoseconds_in(time);
  std::size_t done = 0;
  while (detail::system_nanoseconds() - start < all) {
    const std::size_t now = step();
    if (now == 0) break;
    done += now;
  }
  return done;
}

// What insert() says of a node handle; the members are the standard's.
template <class Iterator, class Node>
struct insert_return {
  Iterator position;
  bool inserted = false;
  Node node;  // the handle again if it was not inserted
};

}  // namespace steady::detail
