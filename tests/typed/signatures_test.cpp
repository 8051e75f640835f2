// The interface as the compiler sees it: which calls there are, on a container that may be changed
// and on one that may not, what they return, what converts by itself, and what cannot throw.
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/element_kits.hpp"

namespace {

using namespace support;

// ---- constructing and assigning ----

template <class C>
constexpr bool is_constructed_as_specified() {
  using size = typename C::size_type;
  using hash = typename C::hasher;
  using equal = typename C::key_equal;
  using allocator = typename C::allocator_type;
  using element = typename element_kit<C>::parts;
  using list = std::initializer_list<typename C::value_type>;
  static_assert(std::constructible_from<C, size>);
  static_assert(std::constructible_from<C, size, hash>);
  static_assert(std::constructible_from<C, size, hash, equal>);
  static_assert(std::constructible_from<C, size, hash, equal, allocator>);
  static_assert(std::constructible_from<C, size, allocator>);
  static_assert(std::constructible_from<C, size, hash, allocator>);
  static_assert(std::constructible_from<C, allocator>);
  static_assert(std::constructible_from<C, element*, element*>);
  static_assert(std::constructible_from<C, element*, element*, size>);
  static_assert(std::constructible_from<C, element*, element*, size, hash>);
  static_assert(std::constructible_from<C, element*, element*, size, hash, equal>);
  static_assert(std::constructible_from<C, element*, element*, size, hash, equal, allocator>);
  static_assert(std::constructible_from<C, element*, element*, size, allocator>);
  static_assert(std::constructible_from<C, element*, element*, size, hash, allocator>);
  static_assert(std::constructible_from<C, list>);
  static_assert(std::constructible_from<C, list, size>);
  static_assert(std::constructible_from<C, list, size, hash>);
  static_assert(std::constructible_from<C, list, size, hash, equal>);
  static_assert(std::constructible_from<C, list, size, hash, equal, allocator>);
  static_assert(std::constructible_from<C, list, size, allocator>);
  static_assert(std::constructible_from<C, list, size, hash, allocator>);
  static_assert(std::constructible_from<C, const C&> && std::constructible_from<C, C>);
  static_assert(std::constructible_from<C, const C&, allocator>);
  static_assert(std::constructible_from<C, C, allocator>);

  static_assert(std::convertible_to<list, C>);
  static_assert(!std::convertible_to<size, C>, "a number is no container");
  static_assert(!std::convertible_to<allocator, C>, "an allocator is no container");
  static_assert(!std::constructible_from<C, int, int>, "two numbers are no range");

  static_assert(std::same_as<decltype(std::declval<C&>() = std::declval<const C&>()), C&>);
  static_assert(std::same_as<decltype(std::declval<C&>() = std::declval<C>()), C&>);
  static_assert(std::same_as<decltype(std::declval<C&>() = std::declval<list>()), C&>);
  return true;
}

// ---- calls that change nothing ----

// `C` may be const; then so are the elements.
template <class C>
concept observes = requires(C& c, const typename C::key_type& key) {
  requires std::same_as<decltype(c.empty()), bool>;
  requires std::same_as<decltype(c.size()), typename C::size_type>;
  requires std::same_as<decltype(c.max_size()), typename C::size_type>;
  requires std::same_as<decltype(c.bucket_count()), typename C::size_type>;
  requires std::same_as<decltype(c.load_factor()), float>;
  requires std::same_as<decltype(c.max_load_factor()), float>;
  requires std::same_as<decltype(c.hash_function()), typename C::hasher>;
  requires std::same_as<decltype(c.key_eq()), typename C::key_equal>;
  requires std::same_as<decltype(c.get_allocator()), typename C::allocator_type>;
  requires std::same_as<decltype(c.count(key)), typename C::size_type>;
  requires std::same_as<decltype(c.contains(key)), bool>;
  requires std::same_as<decltype(c == c), bool>;
  requires std::same_as<decltype(c != c), bool>;
  requires std::same_as<decltype(c.cbegin()), typename C::const_iterator>;
  requires std::same_as<decltype(c.cend()), typename C::const_iterator>;
};

template <class C, class Iterator>
concept gives = requires(C& c, const typename C::key_type& key) {
  requires std::same_as<decltype(c.begin()), Iterator>;
  requires std::same_as<decltype(c.end()), Iterator>;
  requires std::same_as<decltype(c.find(key)), Iterator>;
  requires std::same_as<decltype(c.equal_range(key)), std::pair<Iterator, Iterator>>;
};

template <class C>
concept is_ordered = requires(const C& c) {
  c < c;
};

template <class C>
constexpr bool is_observed_as_specified() {
  static_assert(observes<C> && observes<const C>);
  static_assert(gives<C, typename C::iterator> && gives<const C, typename C::const_iterator>);
  static_assert(!is_ordered<C>);
  return true;
}

// ---- calls that change the container ----

template <class C>
concept inserts = requires(C& c, const typename C::value_type& element,
                           typename C::value_type&& taken, typename C::const_iterator hint,
                           typename element_kit<C>::parts* first,
                           std::initializer_list<typename C::value_type> list) {
  typename C::iterator;
  requires std::same_as<decltype(c.insert(element)), std::pair<typename C::iterator, bool>>;
  requires std::same_as<decltype(c.insert(std::move(taken))),
                        std::pair<typename C::iterator, bool>>;
  requires std::same_as<decltype(c.insert(hint, element)), typename C::iterator>;
  requires std::same_as<decltype(c.insert(hint, std::move(taken))), typename C::iterator>;
  requires std::same_as<decltype(c.insert(first, first)), void>;
  requires std::same_as<decltype(c.insert(list)), void>;
};

// A wish that is not heard.
template <class C>
concept takes_load_factors = requires(C& c) {
  requires std::same_as<decltype(c.max_load_factor(0.5F)), void>;
  requires std::same_as<decltype(c.max_load_factor(1)), void>;
};

template <class C>
concept emplaces = requires(C& c, typename element_kit<C>::parts&& parts,
                            typename C::const_iterator hint) {
  requires std::same_as<decltype(c.emplace(std::move(parts))),
                        std::pair<typename C::iterator, bool>>;
  requires std::same_as<decltype(c.emplace_hint(hint, std::move(parts))), typename C::iterator>;
};

template <class C>
concept takes_nodes = requires(C& c, typename C::node_type&& node, const typename C::key_type& key,
                               typename C::iterator at, typename C::const_iterator constant) {
  requires std::same_as<decltype(c.extract(at)), typename C::node_type>;
  requires std::same_as<decltype(c.extract(constant)), typename C::node_type>;
  requires std::same_as<decltype(c.extract(key)), typename C::node_type>;
  requires std::same_as<decltype(c.insert(std::move(node))), typename C::insert_return_type>;
  requires std::same_as<decltype(c.insert(constant, std::move(node))), typename C::iterator>;
};
template <class C>
concept copies_nodes = requires(C& c, typename C::node_type& node) {
  c.insert(node);
};

template <class C>
concept merges = requires(C& c, std::remove_const_t<C>& source) {
  requires std::same_as<decltype(c.merge(source)), void>;
  requires std::same_as<decltype(c.merge(std::move(source))), void>;
};
template <class C>
concept merges_const = requires(C& c, const C& source) {
  c.merge(source);
};

template <class C>
concept erases = requires(C& c, const typename C::key_type& key, typename C::iterator at,
                          typename C::const_iterator constant) {
  requires std::same_as<decltype(c.erase(at)), typename C::iterator>;
  requires std::same_as<decltype(c.erase(constant)), typename C::iterator>;
  requires std::same_as<decltype(c.erase(constant, constant)), typename C::iterator>;
  requires std::same_as<decltype(c.erase(at, at)), typename C::iterator>;
  requires std::same_as<decltype(c.erase(key)), typename C::size_type>;
};
template <class C>
concept erases_if = requires(C& c) {
  requires std::same_as<decltype(erase_if(c, [](const typename C::value_type&) { return true; })),
                        typename C::size_type>;
};

template <class C>
concept clears = requires(C& c) {
  requires std::same_as<decltype(c.clear()), void>;
};
template <class C>
concept swaps = requires(C& c) {
  requires std::same_as<decltype(c.swap(c)), void>;
  requires std::same_as<decltype(swap(c, c)), void>;
};
template <class C>
concept rehashes = requires(C& c) {
  requires std::same_as<decltype(c.rehash(1)), void>;
};
template <class C>
concept reserves = requires(C& c) {
  requires std::same_as<decltype(c.reserve(1)), void>;
};

template <class C>
constexpr bool is_changed_as_specified() {
  static_assert(takes_load_factors<C> && !takes_load_factors<const C>);
  static_assert(inserts<C> && !inserts<const C>);
  static_assert(emplaces<C> && !emplaces<const C>);
  static_assert(takes_nodes<C> && !takes_nodes<const C>);
  static_assert(!copies_nodes<C>, "a node must be moved in");
  static_assert(merges<C> && !merges<const C> && !merges_const<C>);
  static_assert(erases<C> && !erases<const C>);
  static_assert(erases_if<C> && !erases_if<const C>);
  static_assert(clears<C> && !clears<const C>);
  static_assert(swaps<C> && !swaps<const C>);
  static_assert(rehashes<C> && !rehashes<const C>);
  static_assert(reserves<C> && !reserves<const C>);
  return true;
}

// ---- what only maps have ----

template <class C>
concept names_values = requires {
  typename C::mapped_type;
};
template <class C, class Reference>
concept has_at = requires(C& c, const typename C::key_type& key) {
  requires std::same_as<decltype(c.at(key)), Reference>;
};
template <class C, class Reference>
concept has_subscript = requires(C& c, const typename C::key_type& key,
                                 typename C::key_type&& taken) {
  requires std::same_as<decltype(c[key]), Reference>;
  requires std::same_as<decltype(c[std::move(taken)]), Reference>;
};
template <class C, class Value>
concept tries_to_emplace = requires(C& c, const typename C::key_type& key,
                                    typename C::key_type&& taken, typename C::const_iterator hint,
                                    Value&& value) {
  requires std::same_as<decltype(c.try_emplace(key, std::move(value))),
                        std::pair<typename C::iterator, bool>>;
  requires std::same_as<decltype(c.try_emplace(std::move(taken), std::move(value))),
                        std::pair<typename C::iterator, bool>>;
  requires std::same_as<decltype(c.try_emplace(hint, key, std::move(value))), typename C::iterator>;
  requires std::same_as<decltype(c.try_emplace(hint, std::move(taken), std::move(value))),
                        typename C::iterator>;
};
template <class C, class Value>
concept inserts_or_assigns = requires(C& c, const typename C::key_type& key,
                                      typename C::key_type&& taken, typename C::const_iterator hint,
                                      Value&& value) {
  requires std::same_as<decltype(c.insert_or_assign(key, std::move(value))),
                        std::pair<typename C::iterator, bool>>;
  requires std::same_as<decltype(c.insert_or_assign(std::move(taken), std::move(value))),
                        std::pair<typename C::iterator, bool>>;
  requires std::same_as<decltype(c.insert_or_assign(hint, key, std::move(value))),
                        typename C::iterator>;
};

template <class C>
constexpr bool is_a_map_or_a_set() {
  if constexpr (names_values<C>) {
    using value = typename C::mapped_type;
    static_assert(has_at<C, value&> && has_at<const C, const value&>);
    static_assert(has_subscript<C, value&> && !has_subscript<const C, const value&>);
    static_assert(tries_to_emplace<C, value> && !tries_to_emplace<const C, value>);
    static_assert(inserts_or_assigns<C, value> && !inserts_or_assigns<const C, value>);
  } else {
    static_assert(!has_at<C, void> && !has_subscript<C, void>);
    static_assert(!tries_to_emplace<C, int> && !inserts_or_assigns<C, int>);
  }
  return true;
}

// ---- node handles ----

template <class Node, class C>
concept is_node_of = requires(Node& node, const Node& constant) {
  requires std::same_as<typename Node::allocator_type, typename C::allocator_type>;
  requires std::same_as<decltype(constant.empty()), bool>;
  requires std::same_as<decltype(constant.get_allocator()), typename C::allocator_type>;
  requires std::same_as<decltype(node.swap(node)), void>;
  requires std::same_as<decltype(swap(node, node)), void>;
};
template <class Node, class C>
concept is_node_of_map = requires(const Node& node) {
  requires std::same_as<typename Node::key_type, typename C::key_type>;
  requires std::same_as<typename Node::mapped_type, typename C::mapped_type>;
  requires std::same_as<decltype(node.key()), typename C::key_type&>;
  requires std::same_as<decltype(node.mapped()), typename C::mapped_type&>;
};
template <class Node, class C>
concept is_node_of_set = requires(const Node& node) {
  requires std::same_as<typename Node::value_type, typename C::value_type>;
  requires std::same_as<decltype(node.value()), typename C::value_type&>;
};

template <class C>
constexpr bool has_node_handles() {
  using node = typename C::node_type;
  static_assert(is_node_of<node, C>);
  static_assert(is_node_of_map<node, C> == names_values<C>);
  static_assert(is_node_of_set<node, C> == !names_values<C>);
  static_assert(std::constructible_from<bool, node> && !std::convertible_to<node, bool>);
  static_assert(!std::copyable<node> && std::movable<node>);
  static_assert(std::is_nothrow_default_constructible_v<node>);
  static_assert(noexcept(std::declval<const node&>().empty()));
  using result = typename C::insert_return_type;
  static_assert(std::same_as<decltype(result::position), typename C::iterator>);
  static_assert(std::same_as<decltype(result::inserted), bool>);
  static_assert(std::same_as<decltype(result::node), node>);
  return true;
}

// ---- what cannot throw ----

template <class C>
constexpr bool does_not_throw() {
  static_assert(noexcept(std::declval<C&>().begin())&& noexcept(std::declval<C&>().end()));
  static_assert(noexcept(std::declval<const C&>().begin()));
  static_assert(noexcept(std::declval<const C&>().end()));
  static_assert(noexcept(std::declval<const C&>().cbegin()));
  static_assert(noexcept(std::declval<const C&>().cend()));
  static_assert(noexcept(std::declval<const C&>().empty()));
  static_assert(noexcept(std::declval<const C&>().size()));
  static_assert(noexcept(std::declval<const C&>().max_size()));
  static_assert(noexcept(std::declval<const C&>().get_allocator()));
  static_assert(noexcept(std::declval<C&>().clear()));
  static_assert(noexcept(swap(std::declval<C&>(), std::declval<C&>())));
  return true;
}

template <class... Containers>
constexpr bool all_are_as_specified() {
  return ((is_constructed_as_specified<Containers>() && is_observed_as_specified<Containers>() &&
           is_changed_as_specified<Containers>() && is_a_map_or_a_set<Containers>() &&
           has_node_handles<Containers>() && does_not_throw<Containers>()) &&
          ...);
}

TEST(signatures, are_those_of_the_standard) {
  EXPECT_TRUE((all_are_as_specified<numbers_map, string_map, owner_map, aligned_map, large_node_map,
                                    byte_set, owner_set, string_set, string_node_set>()));
}

// ---- functions that may throw ----

struct throwing_hash : number_hash {
  throwing_hash() noexcept(false) {}
  throwing_hash(const throwing_hash& other) noexcept(false) : number_hash(other) {}
  throwing_hash& operator=(const throwing_hash&) noexcept(false) { return *this; }
};
struct throwing_equal : std::equal_to<> {
  throwing_equal() noexcept(false) {}
  throwing_equal(const throwing_equal& other) noexcept(false) : std::equal_to<>(other) {}
  throwing_equal& operator=(const throwing_equal&) noexcept(false) { return *this; }
};

template <class C>
constexpr bool is_moved_and_swapped_without_throwing =
    std::is_nothrow_default_constructible_v<C>&& std::is_nothrow_move_constructible_v<C>&&
        std::is_nothrow_move_assignable_v<C>&& std::is_nothrow_swappable_v<C>;
template <class C>
constexpr bool each_may_throw =
    !std::is_nothrow_default_constructible_v<C> && !std::is_nothrow_move_constructible_v<C> &&
    !std::is_nothrow_move_assignable_v<C> && !std::is_nothrow_swappable_v<C>;

template <template <class, class, class> class Set>
constexpr bool tells_whether_its_functions_throw() {
  static_assert(is_moved_and_swapped_without_throwing<Set<triple, number_hash, std::equal_to<>>>);
  static_assert(each_may_throw<Set<triple, throwing_hash, std::equal_to<>>>);
  static_assert(each_may_throw<Set<triple, number_hash, throwing_equal>>);
  static_assert(std::is_nothrow_destructible_v<Set<triple, throwing_hash, throwing_equal>>);
  return true;
}

template <class Key, class Hash, class Equal>
using flat_set = steady::hash_set<Key, Hash, Equal>;
template <class Key, class Hash, class Equal>
using node_set = steady::node_hash_set<Key, Hash, Equal>;
template <class Key, class Hash, class Equal>
using flat_map = steady::hash_map<Key, int, Hash, Equal>;
template <class Key, class Hash, class Equal>
using node_map = steady::node_hash_map<Key, int, Hash, Equal>;

TEST(signatures, say_noexcept_as_the_functions_do) {
  EXPECT_TRUE(tells_whether_its_functions_throw<flat_set>());
  EXPECT_TRUE(tells_whether_its_functions_throw<node_set>());
  EXPECT_TRUE(tells_whether_its_functions_throw<flat_map>());
  EXPECT_TRUE(tells_whether_its_functions_throw<node_map>());
}

// ---- functions without a default ----

TEST(signatures, need_no_default_of_functions_that_are_given) {
  const auto hash = [factor = std::uint64_t{3}](const triple& key) {
    return key.number() * factor;
  };
  const auto equal = [mark = 0](const triple& a, const triple& b) { return a == b && mark == 0; };
  using set = flat_set<triple, decltype(hash), decltype(equal)>;
  static_assert(!std::default_initializable<set>);
  set given(0, hash, equal);
  given.insert(triple(1));
  set copy(given);
  copy.swap(given);
  EXPECT_TRUE(copy.contains(triple(1)));
  EXPECT_FALSE(copy.contains(triple(2)));
}

std::size_t number_by_pointer(const triple& key) { return key.number(); }
bool equal_by_pointer(const triple& a, const triple& b) { return a == b; }

TEST(signatures, take_pointers_to_functions) {
  node_set<triple, decltype(&number_by_pointer), decltype(&equal_by_pointer)> set(
      0, &number_by_pointer, &equal_by_pointer);
  EXPECT_TRUE(set.insert(triple(1)).second);
  EXPECT_FALSE(set.insert(triple(1)).second);
  EXPECT_EQ(set.hash_function(), &number_by_pointer);
  EXPECT_EQ(set.key_eq(), &equal_by_pointer);
}

// ---- keys of other types ----

struct plain_hash {
  std::size_t operator()(std::string_view key) const {
    return steady::hash<std::string_view>{}(key);
  }
};
struct transparent_hash : plain_hash {
  using is_transparent = void;
};
using plain_equal = std::equal_to<std::string>;
using transparent_equal = std::equal_to<>;

// The standard's lookups; no string is made from a view without being asked.
template <class C, class K>
concept looks_up = requires(C& c, const K& key) {
  c.find(key);
  c.count(key);
  c.contains(key);
  c.equal_range(key);
};
template <class C, class K>
concept looks_up_any = requires(C& c, const K& key) {
  c.find(key);
}
|| requires(C& c, const K& key) { c.count(key); }
|| requires(C& c, const K& key) { c.contains(key); }
|| requires(C& c, const K& key) { c.equal_range(key); };
template <class C, class K>
concept takes_out_any = requires(C& c, const K& key) {
  c.erase(key);
}
|| requires(C& c, const K& key) { c.extract(key); };
template <class C, class K>
concept makes_any = requires(C& c, const K& key) {
  c[key];
}
|| requires(C& c, const K& key) { c.at(key); }
|| requires(C& c, const K& key) { c.try_emplace(key); }
|| requires(C& c, const K& key) { c.insert_or_assign(key, 1); };

template <template <class, class, class> class C>
constexpr bool takes_other_keys_if_both_functions_do() {
  using view = std::string_view;
  using both = C<std::string, transparent_hash, transparent_equal>;
  using only_hash = C<std::string, transparent_hash, plain_equal>;
  using only_equal = C<std::string, plain_hash, transparent_equal>;
  using neither = C<std::string, plain_hash, plain_equal>;
  static_assert(looks_up<both, view> && looks_up<const both, view>);
  static_assert(takes_out_any<both, view> && makes_any<both, view> == names_values<both>);
  static_assert(!looks_up_any<only_hash, view> && !looks_up_any<const only_hash, view>);
  static_assert(!looks_up_any<only_equal, view> && !looks_up_any<const only_equal, view>);
  static_assert(!looks_up_any<neither, view> && !looks_up_any<const neither, view>);
  static_assert(!takes_out_any<only_hash, view> && !makes_any<only_hash, view>);
  static_assert(!takes_out_any<only_equal, view> && !makes_any<only_equal, view>);
  static_assert(!takes_out_any<neither, view> && !makes_any<neither, view>);
  static_assert(looks_up<neither, const char*>, "what converts to a key by itself does so");
  return true;
}

TEST(signatures, take_other_keys_if_both_functions_do) {
  EXPECT_TRUE(takes_other_keys_if_both_functions_do<flat_set>());
  EXPECT_TRUE(takes_other_keys_if_both_functions_do<node_set>());
  EXPECT_TRUE(takes_other_keys_if_both_functions_do<flat_map>());
  EXPECT_TRUE(takes_other_keys_if_both_functions_do<node_map>());
}

// ---- deduction, of node containers: constructors_test has the others ----

TEST(deduction_of_node_containers, finds_the_types) {
  using steady::node_hash_map;
  using steady::node_hash_set;
  const std::vector<std::pair<int, std::string>> pairs = {{1, "a"}, {2, "b"}};
  const std::vector<int> keys = {1, 2};
  using map = node_hash_map<int, std::string>;
  using hashed_map = node_hash_map<int, std::string, plain_hash>;
  using set = node_hash_set<int>;
  using compared_set = node_hash_set<int, number_hash, std::equal_to<>>;
  using allocator = std::allocator<std::pair<const int, std::string>>;
  const auto begin = pairs.begin();
  const auto end = pairs.end();
  static_assert(std::same_as<decltype(node_hash_map(begin, end)), map>);
  static_assert(std::same_as<decltype(node_hash_map(begin, end, 9)), map>);
  static_assert(std::same_as<decltype(node_hash_map(begin, end, 9, allocator())), map>);
  static_assert(std::same_as<decltype(node_hash_map(begin, end, 9, plain_hash())), hashed_map>);
  static_assert(std::same_as<decltype(node_hash_map({pairs[0], pairs[1]})), map>);
  static_assert(std::same_as<decltype(node_hash_map(steady::from_range, pairs)), map>);
  static_assert(std::same_as<decltype(node_hash_set(keys.begin(), keys.end())), set>);
  static_assert(std::same_as<decltype(node_hash_set({1, 2}, 9)), set>);
  static_assert(std::same_as<decltype(node_hash_set({1, 2}, 9, number_hash(), std::equal_to<>())),
                             compared_set>);
  static_assert(std::same_as<decltype(node_hash_set(steady::from_range, keys)), set>);
  EXPECT_EQ(node_hash_map(begin, end).at(1), "a");
  EXPECT_EQ(node_hash_set({1, 2}).size(), 2u);
}

}  // namespace
