// What containers ask of their template arguments, a sentence for each.
//
//   require_arguments()   when a container is named, and its elements may be incomplete. Something
//                         else stands in for an argument that is refused
//   require_elements()    where a container may be destroyed, and its elements are complete; where
//                         one that threads share is made
//   require_copying()     when one is copied
//   require_keys()        where many keys are looked up at a time
//
// Each says one thing, once, and the bodies that would not compile are left out: otherwise the
// compiler's complaints about those would hide it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/elements/elements.hpp>
#include <steady/detail/interface/arguments.hpp>
#include <steady/detail/interface/deduction.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/policy.hpp>

namespace steady::detail {

// ---- what can be said of an argument alone ----

template <class Key>
inline constexpr bool is_kept_as_key =
    std::is_object_v<Key>&& std::is_same_v<Key, std::remove_cvref_t<Key>> && !std::is_array_v<Key>;

// How many of the names by which functions say what they do (hash.hpp) one has.
template <class Function>
inline constexpr int own_names =
    seeded_by_name<Function> + avalanching_hash<Function> + hash_of_numbers<Function> +
    transparent_key<Function, Function, Function>;

// A class, or a pointer to a function; an allocator is given where it is not meant.
template <class Function>
inline constexpr bool may_be_function = [] {
  if constexpr (std::is_class_v<Function> || std::is_union_v<Function>) {
    // If names of a class within a function were looked at no sooner than where elements must be
    // complete, g++ would call them unused.
    static_cast<void>(own_names<Function>);
    return sizeof(Function) != 0 && !allocates<Function>;
  } else {
    return std::is_pointer_v<Function> && std::is_function_v<std::remove_pointer_t<Function>>;
  }
}();

template <class Policy>
concept may_be_policy = requires {
  static_cast<double>(Policy::load_limit);
  static_cast<bool>(Policy::count_work);
  typename Policy::group;
};
template <class Policy>
concept may_be_concurrent_policy = requires {
  static_cast<double>(Policy::load_limit);
  static_cast<std::size_t>(Policy::most_flat_bytes);
  typename Policy::sync;
};

// The limits of a concurrent policy's numbers.
struct policy_within_limits {
  static constexpr std::size_t most_flat_bytes = 0;
  static constexpr double load_limit = 1;
  static constexpr double shrink_below = 0;
  static constexpr unsigned evacuations_per_call = 1;
};
template <class Policy>
struct concurrent_limits {
  static constexpr bool flat_bytes = Policy::most_flat_bytes <= 64;
  static constexpr bool load = Policy::load_limit > 0 && Policy::load_limit <= 4;
  static constexpr bool shrinking = Policy::shrink_below >= 0 && Policy::shrink_below <= 0.4;
  static constexpr bool evacuations =
      Policy::evacuations_per_call >= 1 && Policy::evacuations_per_call <= 16;
  static constexpr bool hold = flat_bytes && load && shrinking && evacuations;
};

// Any function, instead of one that was refused.
struct stand_in_function {
  template <class... Arguments>
  std::size_t operator()(const Arguments&...) const noexcept {
    return 0;
  }
};

// `DefaultPolicy` says of which kind the container is: that policy's.
template <bool IsMap, class Key, class Mapped, class Hash, class KeyEqual, class Allocator,
          class Policy, class DefaultPolicy = default_policy>
struct container_arguments {
  template <bool IsRight, class Argument, class StandIn>
  using right = std::conditional_t<IsRight, Argument, StandIn>;

  static constexpr bool has_key = is_kept_as_key<Key>;
  static constexpr bool has_elements = has_key && (!IsMap || std::is_object_v<Mapped>);

  using key_type = right<has_elements, Key, std::decay_t<right<std::is_void_v<Key>, int, Key>>>;
  using mapped_type = right<has_elements, Mapped, int>;
  using value_type = std::conditional_t<IsMap, std::pair<const key_type, mapped_type>, key_type>;

  static constexpr bool has_hash = [] {
    if constexpr (has_elements) return may_be_function<Hash>;
    return false;
  }();
  static constexpr bool has_equal = [] {
    if constexpr (has_hash) return may_be_function<KeyEqual>;
    return false;
  }();

  static constexpr bool has_value_type = [] {
    if constexpr (has_equal) {
      if constexpr (allocates<Allocator>) {
        return std::is_same_v<typename std::allocator_traits<Allocator>::value_type, value_type>;
      }
    }
    return false;
  }();
  static constexpr bool is_concurrent = may_be_concurrent_policy<DefaultPolicy>;
  static constexpr bool has_policy =
      has_value_type && (is_concurrent ? may_be_concurrent_policy<Policy> : may_be_policy<Policy>);
  // Those of other containers are checked where buckets are laid out.
  using limits =
      concurrent_limits<right<is_concurrent && has_policy, Policy, policy_within_limits>>;

  using elements =
      std::conditional_t<IsMap, map_elements<key_type, mapped_type>, set_elements<key_type>>;
  using hash = right<has_hash, Hash, stand_in_function>;
  using key_equal = right<has_equal, KeyEqual, stand_in_function>;
  using allocator = right<has_value_type, Allocator, std::allocator<value_type>>;
  using policy = right<has_policy && limits::hold, Policy, DefaultPolicy>;
};

// A function, because clang makes no more of a class in which a static_assert has failed.
template <class Arguments>
constexpr auto require_arguments() noexcept {
  static_assert(Arguments::has_key,
                "Key: an object type without const, no reference and no array. Keys of a container "
                "are const in any case");
  static_assert(Arguments::has_elements || !Arguments::has_key,
                "T: an object type. Keep pointers or std::reference_wrapper instead of references; "
                "without values, use steady::hash_set");
  static_assert(Arguments::has_hash || !Arguments::has_elements,
                "Hash: a function object. The arguments are the key, for maps the value, then the "
                "hash, the equality, the allocator and the policy");
  static_assert(Arguments::has_equal || !Arguments::has_hash,
                "KeyEqual: a function object. The arguments are the key, for maps the value, then "
                "the hash, the equality, the allocator and the policy");
  static_assert(Arguments::has_value_type || !Arguments::has_equal,
                "Allocator: an allocator, and its value_type must be the container's value_type: "
                "the key, for maps std::pair<const Key, T>");
  constexpr bool lacks_policy = Arguments::has_value_type && !Arguments::has_policy;
  static_assert(!lacks_policy || Arguments::is_concurrent,
                "Policy: derive it from steady::default_policy (steady/policy.hpp)");
  static_assert(!lacks_policy || !Arguments::is_concurrent,
                "Policy: derive it from steady::default_concurrent_policy "
                "(steady/concurrent_policy.hpp)");
  using limits = typename Arguments::limits;
  static_assert(limits::flat_bytes, "most_flat_bytes: 64 at most");
  static_assert(limits::load, "load_limit: more than 0, and 4 at most");
  static_assert(limits::shrinking, "shrink_below: 0 to 0.4, so that a shrunk container has room");
  static_assert(limits::evacuations, "evacuations_per_call: 1 to 16");
  return true;
}

// ---- what can be said of complete elements ----

// Whether a container of these keys can be searched for `K`.
template <class Hash, class KeyEqual, class Key, class K>
inline constexpr bool searches_by = hashes_by<kind_of_hash<Hash, Key>, Hash, K> &&
                                    (compares<KeyEqual, K, Key> || compares<KeyEqual, Key, K>);

// Whether find() takes it as it is.
template <class Hash, class KeyEqual, class Key, class Given>
inline constexpr bool is_searched_for = std::is_same_v<Given, Key> ||
                                        (transparent_key<Given, Hash, KeyEqual> &&
                                         searches_by<Hash, KeyEqual, Key, Given>);

// A string view for a string: strings are made of views by a cast only.
template <class Key, class Given>
inline constexpr bool is_text_for = false;
template <class Char, class Traits, class Allocator, class Given>
inline constexpr bool is_text_for<std::basic_string<Char, Traits, Allocator>, Given> =
    std::is_convertible_v<Given, std::basic_string_view<Char, Traits>>;

// Whether a key is made of it without a cast, as find() makes one. A cast could do more: a
// std::unique_ptr made of a pointer deletes its object.
template <class Key, class Given>
inline constexpr bool becomes_key = std::is_convertible_v<Given, Key> || is_text_for<Key, Given>;

// A range of keys where one key can be given as well. A range that is itself a key, that find()
// takes, or that becomes a key, is one key. But a range of the very type of the keys is many where
// it only becomes a key, as everything becomes a std::any.
template <class Given, class Key, class Hash, class KeyEqual>
inline constexpr bool is_one_key = std::is_same_v<Given, Key> || std::is_base_of_v<Key, Given> ||
                                   is_searched_for<Hash, KeyEqual, Key, Given>;
template <class Given, class Key, class Hash, class KeyEqual>
concept range_of_keys =
    iterable<Given> && !is_one_key<std::remove_cvref_t<Given>, Key, Hash, KeyEqual> &&
    (!becomes_key<Key, Given> || std::is_same_v<iterated_value<Given>, Key>);
// A key of another type, in such a place.
template <class Given, class Key, class Hash, class KeyEqual>
concept other_single_key =
    transparent_key<Given, Hash, KeyEqual> && !range_of_keys<const Given&, Key, Hash, KeyEqual>;

// What is given for many keys: iterators, and whether their range is a key itself, whose parts are
// not what is meant.
template <class Hash, class KeyEqual, class Key, class Iterator, bool IsOneKey = false>
struct given_keys {
  using given = decltype(*std::declval<Iterator&>());
  static constexpr bool are_many = !IsOneKey;
  static constexpr bool stay = std::forward_iterator<Iterator>;
  static constexpr bool are_keys =
      is_searched_for<Hash, KeyEqual, Key, std::remove_cvref_t<given>> || becomes_key<Key, given>;
  static constexpr bool are_right = are_many && stay && are_keys;
};
template <class Hash, class KeyEqual, class Key, class Keys>
using given_range = given_keys<Hash, KeyEqual, Key,
                               decltype(std::begin(std::declval<std::remove_reference_t<Keys>&>())),
                               std::is_same_v<std::remove_cvref_t<Keys>, Key>>;

template <class Given>
constexpr void require_keys() noexcept {
  constexpr bool are_many = Given::are_many;
  static_assert(are_many,
                "steady: this function takes a range of keys, and this range is one key. Call "
                "find(), contains() or erase() with it, or make it a range: std::span(&key, 1)");
  constexpr bool stay = !are_many || Given::stay;
  static_assert(stay,
                "steady: a range of keys is gone over twice, so its iterators must be forward "
                "iterators. Keys that can be read only once, as from a stream: copy them into a "
                "std::vector first");
  constexpr bool are_keys = !are_many || !stay || Given::are_keys;
  static_assert(are_keys,
                "steady: a range of keys holds what find() takes: keys, what converts to a key "
                "without a cast, or what a transparent Hash and a transparent KeyEqual accept");
}

// What a range of keys holds: as it is where a container is searched for that as it is, else a key
// made of it.
template <class Hash, class KeyEqual, class Key, class Given>
STEADY_ALWAYS_INLINE decltype(auto) as_key(Given&& given) {
  if constexpr (is_searched_for<Hash, KeyEqual, Key, std::remove_cvref_t<Given>>) {
    return std::forward<Given>(given);
  } else {
    return static_cast<Key>(std::forward<Given>(given));
  }
}

template <class Elements, class Hash, class KeyEqual, class Allocator>
struct element_arguments {
  using key_type = typename Elements::key_type;
  static constexpr bool has_hash = !hash_of_numbers<Hash> || has_numbers<Hash>;
  static constexpr bool hashes = kind_of_hash<Hash, key_type> != hash_kind::none;
  static constexpr bool compares = detail::compares<KeyEqual, key_type, key_type>;
  static constexpr bool moves = Elements::template moves_with<Allocator>();
  static constexpr bool holds_array = std::is_array_v<typename Elements::mapped_type>;
};

template <class Arguments>
STEADY_ALWAYS_INLINE constexpr void require_elements() noexcept {
  constexpr bool has_hash = Arguments::has_hash;
  static_assert(has_hash,
                "steady::hash<Key>: there is no std::hash<Key>. Specialise std::hash or "
                "steady::hash for this key type, or give the container a hash as its Hash");
  constexpr bool hashes = Arguments::hashes;
  static_assert(hashes || !has_hash,
                "Hash: callable with a key, both const, for a result that converts to a number");
  constexpr bool compares = !hashes || Arguments::compares;
  static_assert(compares,
                "KeyEqual: callable with two keys, all const, for a result that converts to bool");
  constexpr bool is_right_so_far = hashes && compares;
  constexpr bool moves_array = !is_right_so_far || Arguments::moves || !Arguments::holds_array;
  static_assert(moves_array,
                "T: no C array, which cannot be moved as a whole. Use std::array, or "
                "steady::node_hash_map, which never moves values");
  constexpr bool moves = !is_right_so_far || Arguments::moves || Arguments::holds_array;
  static_assert(moves,
                "Key and T: movable, because a flat container moves its elements when it grows. "
                "Use steady::node_hash_map or steady::node_hash_set for what cannot be moved");
}

template <class Elements, class Allocator>
STEADY_ALWAYS_INLINE constexpr void require_transplanting() noexcept {
  static_assert(std::allocator_traits<Allocator>::is_always_equal::value ||
                    Elements::template transplants_with<Allocator>(),
                "Moving a container whose allocators may differ moves its elements, and these "
                "cannot be moved. Use an allocator that is always equal or, to assign, one that "
                "propagates on move assignment");
}

template <class Elements, class Allocator>
STEADY_ALWAYS_INLINE constexpr void require_copying() noexcept {
  static_assert(Elements::template copies_with<Allocator>(),
                "Copying a container copies its elements, and these cannot be copied. Move it "
                "(std::move), or pass it by reference");
}

}  // namespace steady::detail
