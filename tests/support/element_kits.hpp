// Elements of every kind a container has to bear, made from numbers and read back as numbers, so
// that one test body serves all of them.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <steady/hash.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

#include "support/containers.hpp"
#include "support/fallible.hpp"

namespace support {

// What an element reports that is not what it was made to be.
inline constexpr std::uint64_t spoilt = 0xdeadbeef;

// Base of elements: counts those that are alive.
class counted_element {
 public:
  static inline long alive = 0;

 protected:
  counted_element() noexcept { ++alive; }
  counted_element(const counted_element&) noexcept { ++alive; }
  counted_element& operator=(const counted_element&) noexcept = default;
  ~counted_element() { --alive; }
};

inline long elements_alive() { return counted_element::alive + copied::alive + moved::alive; }

// Can be moved only, and holds memory of its own. One moved from is empty.
class owner : counted_element {
 public:
  explicit owner(std::uint64_t number) : number_(std::make_unique<std::uint64_t>(number)) {}
  owner(owner&&) noexcept = default;
  owner& operator=(owner&&) noexcept = default;

  std::uint64_t number() const { return number_ ? *number_ : spoilt; }
  friend bool operator==(const owner& a, const owner& b) { return a.number() == b.number(); }

 private:
  std::unique_ptr<std::uint64_t> number_;
};

// Wants a cache line of its own.
class alignas(64) aligned_value : counted_element {
 public:
  explicit aligned_value(std::uint64_t number = 0) : number_(number) {}

  std::uint64_t number() const {
    return reinterpret_cast<std::uintptr_t>(this) % 64 == 0 ? number_ : spoilt;
  }
  friend bool operator==(const aligned_value& a, const aligned_value& b) {
    return a.number_ == b.number_;
  }

 private:
  std::uint64_t number_;
};

// 4 KiB; has no default, and knows where it is: what moves it without its constructor is found out.
class large_value : counted_element {
 public:
  explicit large_value(std::uint64_t number) : self_(this) {
    numbers_.front() = numbers_.back() = number;
  }
  large_value(const large_value& other) noexcept
      : counted_element(other), self_(this), numbers_(other.numbers_) {}
  large_value& operator=(const large_value& other) noexcept {
    numbers_ = other.numbers_;
    return *this;
  }
  ~large_value() { self_ = nullptr; }

  std::uint64_t number() const {
    return self_ == this && numbers_.front() == numbers_.back() ? numbers_.back() : spoilt;
  }
  friend bool operator==(const large_value& a, const large_value& b) {
    return a.number() == b.number();
  }

 private:
  alignas(8) const large_value* self_;  // where pointers have 4 bytes, 4 at the end stay unused
  std::array<std::uint64_t, 511> numbers_{};
};
static_assert(sizeof(large_value) == 4096);

// Cannot be assigned.
class fixed_value : counted_element {
 public:
  explicit fixed_value(std::uint64_t number = 0) : number_(number) {}
  fixed_value(const fixed_value&) = default;

  std::uint64_t number() const { return number_; }
  friend bool operator==(const fixed_value& a, const fixed_value& b) {
    return a.number_ == b.number_;
  }

 private:
  const std::uint64_t number_;
};

// Nothing at all.
struct empty_value {
  friend bool operator==(empty_value, empty_value) = default;
};

// Three bytes: no power of two, no alignment.
class triple {
 public:
  explicit triple(std::uint64_t number)
      : bytes_{static_cast<std::uint8_t>(number), 0x55, static_cast<std::uint8_t>(number >> 8)} {}

  std::uint64_t number() const { return bytes_[1] == 0x55 ? bytes_[0] + 256u * bytes_[2] : spoilt; }
  friend bool operator==(const triple&, const triple&) = default;

 private:
  std::uint8_t bytes_[3];
};
static_assert(sizeof(triple) == 3 && alignof(triple) == 1);

enum class shade : std::uint16_t {};

// What pointer keys point to.
inline std::array<std::byte, 4096> cells;

// ---- elements from numbers, and back ----

template <class T>
T make(std::uint64_t number) {
  if constexpr (std::is_same_v<T, std::string>) {
    return "a text that is too long for the string itself: " + std::to_string(number);
  } else if constexpr (std::is_pointer_v<T>) {
    return &cells[number];
  } else if constexpr (std::is_empty_v<T>) {
    return T();
  } else {
    return static_cast<T>(number);
  }
}

template <class T>
std::uint64_t number_of(const T& made) {
  if constexpr (std::is_same_v<T, std::string>) {
    std::uint64_t number = spoilt;
    std::from_chars(made.data() + made.rfind(' ') + 1, made.data() + made.size(), number);
    return number;
  } else if constexpr (std::is_pointer_v<T>) {
    return static_cast<std::uint64_t>(made - cells.data());
  } else if constexpr (std::is_empty_v<T>) {
    return 0;
  } else if constexpr (std::is_class_v<T>) {
    return made.number();
  } else {
    return static_cast<std::uint64_t>(made);
  }
}

// For keys that are classes of the tests.
struct number_hash {
  using takes_seed = void;

  template <class Key>
  std::uint64_t operator()(const Key& key, std::uint64_t seed = 0) const {
    return steady::hash<std::uint64_t>{}(number_of(key), seed);
  }
};

// As number_hash, but spreads keys differently, and takes no seed.
struct other_number_hash {
  template <class Key>
  std::uint64_t operator()(const Key& key) const {
    return number_of(key) * 0x10001;
  }
};

// ---- kits ----

// What tests need to know about a container's elements.
template <class Container>
struct element_kit {
  using key_type = typename Container::key_type;
  using element = typename Container::value_type;
  using parts = key_type;  // an element that is not in a container, all of it to be moved from

  static constexpr bool is_map = false;
  static constexpr bool copyable = std::copy_constructible<key_type>;
  static constexpr bool has_default_value = false;
  static constexpr bool assignable = false;

  static key_type make_key(std::uint64_t n) { return make<key_type>(n); }
  static parts make_parts(std::uint64_t n, std::uint64_t) { return make<key_type>(n); }
  static std::uint64_t key_of(const element& made) { return number_of(made); }
  template <class Node>
  static std::uint64_t key_in(const Node& node) {
    return number_of(node.value());
  }

  // Sets have no values; this stands for all of them.
  static std::uint64_t value_of(const element&) { return 0; }
  template <class Node>
  static std::uint64_t value_in(const Node&) {
    return 0;
  }
  // What value_of() says of an element made with `value`.
  static std::uint64_t value_seen(std::uint64_t) { return 0; }

  // Inserts if absent; false if there was such a key.
  [[gnu::noinline]] static bool put(Container& into, std::uint64_t n, std::uint64_t) {
    return into.emplace(make_key(n)).second;
  }
};

template <class Container>
concept any_map = requires {
  typename Container::mapped_type;
};

template <any_map Container>
struct element_kit<Container> {
  using key_type = typename Container::key_type;
  using mapped_type = typename Container::mapped_type;
  using element = typename Container::value_type;
  using parts = std::pair<key_type, mapped_type>;

  static constexpr bool is_map = true;
  static constexpr bool copyable =
      std::copy_constructible<key_type> && std::copy_constructible<mapped_type>;
  static constexpr bool has_default_value = std::default_initializable<mapped_type>;
  static constexpr bool assignable = std::is_assignable_v<mapped_type&, mapped_type>;

  static key_type make_key(std::uint64_t n) { return make<key_type>(n); }
  static mapped_type make_value(std::uint64_t value) { return make<mapped_type>(value); }
  static parts make_parts(std::uint64_t n, std::uint64_t value) {
    return parts(make_key(n), make_value(value));
  }
  template <class Pair>
  static std::uint64_t key_of(const Pair& made) {
    return number_of(made.first);
  }
  template <class Pair>
  static std::uint64_t value_of(const Pair& made) {
    return number_of(made.second);
  }
  template <class Node>
  static std::uint64_t key_in(const Node& node) {
    return number_of(node.key());
  }
  template <class Node>
  static std::uint64_t value_in(const Node& node) {
    return number_of(node.mapped());
  }
  static std::uint64_t value_seen(std::uint64_t value) {
    return std::is_empty_v<mapped_type> ? 0 : value;
  }

  [[gnu::noinline]] static bool put(Container& into, std::uint64_t n, std::uint64_t value) {
    return into.try_emplace(make_key(n), make_value(value)).second;
  }
};

// ---- containers of them ----

// Some bring several peculiarities at once: the compiler needs seconds for every one of them.
using numbers_map = number_map<>;
using string_map = map_of<std::string, std::string>;
using owner_map = map_of<owner, owner, steady::default_policy, number_hash>;
using aligned_map = map_of<shade, aligned_value>;
using large_map = map_of<const std::byte*, large_value>;
using fixed_map = map_of<copied, fixed_value, steady::default_policy, number_hash>;
using empty_map = map_of<std::uint16_t, empty_value>;

template <class Key, class Hash = number_hash>
using set_hashed_by = steady::hash_set<Key, Hash, std::equal_to<>, std::allocator<Key>>;

using byte_set = set_of<std::uint8_t>;
using triple_set = set_hashed_by<triple>;
using string_set = set_of<std::string>;
using owner_set = set_hashed_by<owner>;
using copied_set = set_hashed_by<copied>;

// Containers whose elements never move.
template <class Container>
inline constexpr bool keeps_addresses = false;
template <class... Parameters>
inline constexpr bool keeps_addresses<steady::node_hash_map<Parameters...>> = true;
template <class... Parameters>
inline constexpr bool keeps_addresses<steady::node_hash_set<Parameters...>> = true;

using large_node_map = steady::node_hash_map<shade, large_value>;
using string_node_set =
    steady::node_hash_set<std::string, steady::hash<std::string>, std::equal_to<>>;

}  // namespace support
