// steady::hash<Key>: the default hash of Steady's maps, fit for any map.
//
//   integers, enums, pointers,  one folded multiplication; but enums for which a program has an
//   float, double               operator== of its own by std::hash
//   integers of 128 bits        their two halves, one after the other
//   strings, string views       16 bytes per folded multiplication; transparent, so that a map of
//                               std::string with std::equal_to<> is searched by string_view
//   pairs, tuples, std::array,  their values one after the other; see also hash_values below.
//   std::vector                 Arrays and vectors of integers are hashed as strings are. By
//                               std::hash if the program has specialised that
//   std::optional, variant,     whether there is a value, or which, and then the value; a path its
//   filesystem::path            parts. Where their types cannot be told by name (a compiler other
//                               than gcc, clang and MSVC) as everything else
//   everything else             std::hash<Key>, mixed, because many std::hash are the identity
//
// Called with one argument it is a plain hash. Called with a second, a seed, it is a family of
// hashes: whoever does not know the seed cannot choose colliding keys ahead of time. Steady's maps
// give each map its own random seed. Not so "everything else", such as std::bitset and types of
// one's own: std::hash takes no seed, and keys for which it is the same collide under every seed.
// Where strangers choose such keys, specialise steady::hash, with hash_values.
//
// A map calls a user's own hash with the key alone, and mixes the result with its seed. A hash that
// can do more says so by member types. Nothing is guessed from the calls that compile:
//
//   using takes_seed = void;       hash(key, seed) hashes under a seed of 64 bits: the map passes
//                                  its own. The result must depend on every bit of the seed
//   using is_avalanching = void;   every bit of the result depends on every bit of the key: maps
//                                  that know the convention do not mix a result of 64 bits again
//   using is_transparent = void;   as in the standard: keys of other types are hashed as well
//
// Instead of void, the first two may be a type whose `value` says yes or no, as std::false_type for
// a hash that derives from one with the name. A name that was inherited does not count where
// hash(key, seed) does not compile or is a bool. The map's own type of keys decides for keys of
// other types as well: what takes a seed takes it for all of them.
//
// Not a cryptographic hash. Bound: proportional to the key's length. Throws: nothing of its own.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/standard_types.hpp>

namespace steady {

template <class Key>
struct hash;

namespace detail {

// Odd, and far from any simple fraction of 2^64: 2^64 divided by the golden ratio.
inline constexpr std::uint64_t golden = 0x9e3779b97f4a7c15u;
// Two more odd constants without structure: 2^64 times the fractions of sqrt(2) and sqrt(3), made
// odd.
inline constexpr std::uint64_t root_two = 0x6a09e667f3bcc909u;
inline constexpr std::uint64_t root_three = 0xbb67ae8584caa73bu;

STEADY_ALWAYS_INLINE std::uint64_t hash_integer(std::uint64_t value, std::uint64_t seed) noexcept {
  return fold(value ^ seed, golden);
}

// Both factors of every product hold a secret that derives from the seed: with a public constant on
// one side, a key that cancels it would collide under every seed. The two differ by a rotation, so
// that whoever does not know the seed cannot exchange them, either.
inline std::uint64_t hash_bytes(const void* data, std::size_t length, std::uint64_t seed) noexcept {
  const auto* bytes = static_cast<const unsigned char*>(data);
  const std::uint64_t secret = seed ^ root_two;
  std::uint64_t state = std::rotl(seed, 29) ^ root_three ^ length;
  std::uint64_t first = 0;
  std::uint64_t last = 0;
  if (length > 16) {
    const unsigned char* const end = bytes + length;
    for (; end - bytes > 16; bytes += 16) {
      state = fold(load_64(bytes) ^ secret, load_64(bytes + 8) ^ state);
    }
    first = load_64(end - 16);
    last = load_64(end - 8);
  } else if (length >= 8) {
    first = load_64(bytes);
    last = load_64(bytes + length - 8);
  } else if (length >= 4) {
    first = load_32(bytes);
    last = load_32(bytes + length - 4);
  } else if (length > 0) {
    first =
        std::uint64_t{bytes[0]} << 16 | std::uint64_t{bytes[length / 2]} << 8 | bytes[length - 1];
  }
  return fold(fold(first ^ secret, last ^ state), golden);
}

// Whether a program has an equality of its own for an enum, by which different numbers may be
// equal: the language's is not found by its name.
template <class Key>
concept has_own_equality = requires(const Key& a, const Key& b) {
  operator==(a, b);
};

template <class Key>
inline constexpr bool hashed_as_integer = [] {
  if constexpr (std::is_enum_v<Key>) {
    return sizeof(Key) <= 8 && !has_own_equality<Key>;
  } else if constexpr (std::is_integral_v<Key> || std::is_pointer_v<Key>) {
    return sizeof(Key) <= 8;
  } else {
    return false;
  }
}();

// Not long double, some of whose bytes mean nothing.
template <class Key>
inline constexpr bool hashed_as_bits =
    std::is_same_v<std::remove_cv_t<Key>, float> || std::is_same_v<std::remove_cv_t<Key>, double>;

// The same for both zeros, which are equal; also where the compiler may take them for the same.
template <class Float>
STEADY_ALWAYS_INLINE std::uint64_t bits_of_float(Float value) noexcept {
  using bits =
      std::conditional_t<sizeof(Float) == sizeof(std::uint32_t), std::uint32_t, std::uint64_t>;
  constexpr bits all_but_sign = ~bits{0} >> 1;
  const bits number = std::bit_cast<bits>(value);
  return (number & all_but_sign) == 0 ? 0 : number;
}

template <class Key>
concept has_std_hash = std::is_default_constructible_v<std::hash<Key>>;

template <class Key>
inline constexpr bool hashed_nothrow = [] {
  if constexpr (hashed_as_integer<Key> || hashed_as_bits<Key> || !has_std_hash<Key>) {
    return true;
  } else {
    return noexcept(std::hash<Key>{}(std::declval<const Key&>()));
  }
}();

// Whether a hash is there, if it is steady::hash of what is or becomes a number.
template <class Hash>
inline constexpr bool has_numbers = true;
template <class Key>
inline constexpr bool has_numbers<hash<Key>> = hashed_as_integer<Key> || has_std_hash<Key>;

// Whether a name that a hash has means yes: it does unless it is a type whose `value` is false.
template <class Name>
inline constexpr bool means_yes = true;
template <class Name>
requires requires { Name::value; }
inline constexpr bool means_yes<Name> = static_cast<bool>(Name::value);

template <class Hash>
concept avalanching_hash = means_yes<typename Hash::is_avalanching>;

template <class Hash>
concept seeded_by_name = means_yes<typename Hash::takes_seed>;

// The call is looked at because names are inherited also where calls are hidden; its result,
// because a functor may be an equality of two numbers as well.
template <class Hash, class Key>
concept seeded_hash = seeded_by_name<Hash> &&
    requires(const Hash& hash, const Key& key, std::uint64_t seed) {
  { hash(key, seed) } -> std::convertible_to<std::uint64_t>;
  requires !std::same_as<std::remove_cvref_t<decltype(hash(key, seed))>, bool>;
};

// The hash of every string type that views the same characters.
template <class Char>
struct string_hash {
  using is_avalanching = void;
  using takes_seed = void;
  using is_transparent = void;

  std::uint64_t operator()(std::basic_string_view<Char> text,
                           std::uint64_t seed = 0) const noexcept {
    return hash_bytes(text.data(), text.size() * sizeof(Char), seed);
  }
};

}  // namespace detail

template <class Key>
struct hash {
  using is_avalanching = void;
  using takes_seed = void;

  STEADY_ALWAYS_INLINE std::uint64_t operator()(const Key& key, std::uint64_t seed = 0) const
      noexcept(detail::hashed_nothrow<Key>) {
    return detail::hash_integer(number(key), seed);
  }

  // The number that is hashed. Whoever has a seed that is fit to be multiplied with may use this
  // instead of the call, if the hash is this very type.
  static STEADY_ALWAYS_INLINE std::uint64_t number(const Key& key) noexcept(
      detail::hashed_nothrow<Key>) {
    static_assert(detail::has_numbers<hash<Key>>,
                  "steady::hash<Key>: there is no std::hash<Key>. Specialise std::hash or "
                  "steady::hash for this key type");
    if constexpr (std::is_pointer_v<Key>) {
      return reinterpret_cast<std::uintptr_t>(key);
    } else if constexpr (detail::hashed_as_bits<Key>) {
      return detail::bits_of_float(key);
    } else if constexpr (detail::hashed_as_integer<Key>) {
      return static_cast<std::uint64_t>(key);
    } else if constexpr (detail::has_std_hash<Key>) {
      return std::hash<Key>{}(key);
    } else {
      return 0;
    }
  }
  // Says so, and names that type: what derives from it may hash otherwise.
  using hash_of_numbers = hash;
};

namespace detail {

// Hashes of users need not take a seed.
template <class Value>
std::uint64_t hash_one(const Value& value, std::uint64_t seed) {
  const hash<Value> hasher;
  if constexpr (seeded_hash<hash<Value>, Value>) {
    return hasher(value, seed);
  } else {
    return hash_integer(hasher(value), seed);
  }
}

}  // namespace detail

template <detail::wide_integer Key>
struct hash<Key> {
  using is_avalanching = void;
  using takes_seed = void;

  STEADY_ALWAYS_INLINE std::uint64_t operator()(Key key, std::uint64_t seed = 0) const noexcept {
    const std::uint64_t of_low_half = detail::hash_integer(static_cast<std::uint64_t>(key), seed);
    return detail::hash_integer(static_cast<std::uint64_t>(key >> 64), of_low_half);
  }
};

template <class Char, class Allocator>
struct hash<std::basic_string<Char, std::char_traits<Char>, Allocator>>
    : detail::string_hash<Char> {};

template <class Char>
struct hash<std::basic_string_view<Char>> : detail::string_hash<Char> {};

// Several values as one: for the members of a key of one's own.
//
//   struct place { int x, y; bool operator==(const place&) const = default; };
//   template <> struct steady::hash<place> {
//     using is_avalanching = void;
//     using takes_seed = void;
//     std::uint64_t operator()(const place& p, std::uint64_t seed = 0) const noexcept {
//       return steady::hash_values(seed, p.x, p.y);
//     }
//   };
template <class... Values>
std::uint64_t hash_values(std::uint64_t seed, const Values&... values) {
  ((seed = detail::hash_one(values, seed)), ...);
  return seed;
}

// Pairs, tuples, arrays and vectors: unless there is a std::hash, as a program may have for those
// of its own types, perhaps beside an equality of its own.

template <class First, class Second>
requires(!detail::has_std_hash<std::pair<First, Second>>) struct hash<std::pair<First, Second>> {
  using is_avalanching = void;
  using takes_seed = void;

  std::uint64_t operator()(const std::pair<First, Second>& key, std::uint64_t seed = 0) const {
    return steady::hash_values(seed, key.first, key.second);
  }
};

template <class... Values>
requires(!detail::has_std_hash<std::tuple<Values...>>) struct hash<std::tuple<Values...>> {
  using is_avalanching = void;
  using takes_seed = void;

  std::uint64_t operator()(const std::tuple<Values...>& key, std::uint64_t seed = 0) const {
    return std::apply([&](const Values&... values) { return steady::hash_values(seed, values...); },
                      key);
  }
};

namespace detail {

// Whether equal values are equal bytes, and steady::hash means nothing else by equal.
template <class Value>
concept hashed_by_its_bytes =
    hashed_as_integer<Value> && std::has_unique_object_representations_v<Value> &&
    std::same_as<typename hash<Value>::hash_of_numbers, hash<Value>>;

template <class Value>
std::uint64_t hash_sequence(const Value* values, std::size_t count, std::uint64_t seed) {
  if constexpr (hashed_by_its_bytes<Value>) {
    return hash_bytes(values, count * sizeof(Value), seed);
  } else {
    seed = hash_integer(count, seed);
    for (std::size_t n = 0; n < count; ++n) seed = hash_one(values[n], seed);
    return seed;
  }
}

}  // namespace detail

template <class Value, std::size_t Size>
requires(!detail::has_std_hash<std::array<Value, Size>>) struct hash<std::array<Value, Size>> {
  using is_avalanching = void;
  using takes_seed = void;

  std::uint64_t operator()(const std::array<Value, Size>& key, std::uint64_t seed = 0) const {
    return detail::hash_sequence(key.data(), Size, seed);
  }
};

// Not std::vector<bool>, which has a std::hash.
template <class Value, class Allocator>
requires(!detail::has_std_hash<std::vector<Value, Allocator>>) struct hash<
    std::vector<Value, Allocator>> {
  using is_avalanching = void;
  using takes_seed = void;

  std::uint64_t operator()(const std::vector<Value, Allocator>& key, std::uint64_t seed = 0) const {
    return detail::hash_sequence(key.data(), key.size(), seed);
  }
};

// std::optional, std::variant and std::filesystem::path, without their headers: whoever has such
// keys has included those. Unless there is a std::hash that only the program can have written:
// where a value has none, the standard library has none for what may hold it.

namespace detail {

// Which of several cases a key is. No small number, which a small seed or value would cancel.
STEADY_ALWAYS_INLINE std::uint64_t hash_case(std::uint64_t which, std::uint64_t seed) noexcept {
  return hash_integer(root_two + which, seed);
}

template <class Key, class... Values>
inline constexpr bool is_hashed_by_program =
    has_std_hash<Key> && !(has_std_hash<std::remove_cv_t<Values>> && ...);

template <class Key, class... Values>
concept optional_to_hash = sizeof...(Values) == 1 && is_standard_template<Key>("optional") &&
                           !is_hashed_by_program<Key, Values...>;
template <class Key, class... Values>
concept variant_to_hash = is_standard_template<Key>("variant") &&
    !is_hashed_by_program<Key, Values...>;
template <class Key>
concept path_to_hash = std::is_class_v<Key> && is_standard_path<Key>;

}  // namespace detail

template <template <class...> class Optional, class... Value>
requires detail::optional_to_hash<Optional<Value...>, Value...>
struct hash<Optional<Value...>> {
  using is_avalanching = void;
  using takes_seed = void;

  std::uint64_t operator()(const Optional<Value...>& key, std::uint64_t seed = 0) const {
    seed = detail::hash_case(key.has_value() ? 1 : 0, seed);
    return key.has_value() ? detail::hash_one(*key, seed) : seed;
  }
};

template <template <class...> class Variant, class... Values>
requires detail::variant_to_hash<Variant<Values...>, Values...>
struct hash<Variant<Values...>> {
  using is_avalanching = void;
  using takes_seed = void;

  // Which value comes first: the same value as another alternative is another key. Without a value
  // the index is a number of its own.
  std::uint64_t operator()(const Variant<Values...>& key, std::uint64_t seed = 0) const {
    seed = detail::hash_case(key.index(), seed);
    return hash_value(key, seed, std::index_sequence_for<Values...>());
  }

 private:
  template <std::size_t... Index>
  static std::uint64_t hash_value(const Variant<Values...>& key, std::uint64_t seed,
                                  std::index_sequence<Index...>) {
    std::uint64_t result = seed;
    static_cast<void>(
        ((key.index() == Index && (result = hash_alternative<Index>(key, seed), true)) || ...));
    return result;
  }
  // std::get_if, which is declared no sooner than in <variant>; no template of the values'
  // namespaces fits this pointer better.
  template <std::size_t Index>
  static std::uint64_t hash_alternative(const Variant<Values...>& key, std::uint64_t seed) {
    return detail::hash_one(*get_if<Index>(std::addressof(key)), seed);
  }
};

template <detail::path_to_hash Path>
struct hash<Path> {
  using is_avalanching = void;
  using takes_seed = void;

  // Equal paths have equal parts, though not always equal text: "a//b" is "a/b".
  std::uint64_t operator()(const Path& key, std::uint64_t seed = 0) const {
    using text = detail::string_hash<typename Path::value_type>;
    seed = detail::hash_case(key.has_root_directory() ? 1 : 0, seed);
    for (const auto& part : key) {
      if (!part.has_root_directory()) seed = text()(part.native(), seed);
    }
    return seed;
  }
};

}  // namespace steady
