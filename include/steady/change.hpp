// steady::change: one change of a map or a set, with its position among all changes. A feed hands
// these out (steady/feed.hpp), and the log of a durable map stores them (steady/durable_map.hpp).
//
//   Positions  1, 2, 3, ...: each change has the next one, so none can be missed unnoticed. 0
//              stands for the time before the first.
//   Size       sizeof(key) + sizeof(value) + 32 bytes at the most, for alignments of up to 8.
//   Threads    a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <steady/detail/base/config.hpp>

namespace steady {

// The numbers are part of the file format (docs/formats.md).
enum class change_kind : std::uint8_t {
  insert = 1,  // a key that was not there
  assign = 2,  // another value for a key that was there; sets have none
  erase = 3,   // a key that was there
  clear = 4    // all elements
};

// What a follower has to know: apply changes in the order of their positions, and the result is the
// same as the source's.
template <class Key, class T>
struct change {
  std::uint64_t position = 0;
  change_kind kind = change_kind::clear;
  std::optional<Key> key;  // none in `clear`
  std::optional<T> value;  // only in `insert` and `assign`

  friend bool operator==(const change&, const change&) = default;
};

template <class Key>
struct change<Key, void> {
  std::uint64_t position = 0;
  change_kind kind = change_kind::clear;
  std::optional<Key> key;

  friend bool operator==(const change&, const change&) = default;
};

// The bytes that a value holds outside of itself, for limits on memory. Specialise it for a type
// that holds any; O(1), throws nothing. For types that it does not know it says 0.
template <class T>
struct outside_bytes {
  static std::size_t of(const T&) noexcept { return 0; }
};

template <class Character, class Traits, class Allocator>
struct outside_bytes<std::basic_string<Character, Traits, Allocator>> {
  using text = std::basic_string<Character, Traits, Allocator>;

  static std::size_t of(const text& value) noexcept {
    // What fits into the object itself needs no block.
    return value.capacity() * sizeof(Character) < sizeof(text)
               ? 0
               : (value.capacity() + 1) * sizeof(Character);
  }
};

// Not what its elements hold, which would take a look at each.
template <class T, class Allocator>
struct outside_bytes<std::vector<T, Allocator>> {
  static std::size_t of(const std::vector<T, Allocator>& value) noexcept {
    return value.capacity() * sizeof(T);
  }
};

template <class First, class Second>
struct outside_bytes<std::pair<First, Second>> {
  static std::size_t of(const std::pair<First, Second>& value) noexcept {
    return outside_bytes<First>::of(value.first) + outside_bytes<Second>::of(value.second);
  }
};

template <class T>
struct outside_bytes<std::optional<T>> {
  static std::size_t of(const std::optional<T>& value) noexcept {
    return value ? outside_bytes<T>::of(*value) : 0;
  }
};

template <class Key, class T>
struct outside_bytes<change<Key, T>> {
  static std::size_t of(const change<Key, T>& value) noexcept {
    std::size_t bytes = outside_bytes<std::optional<Key>>::of(value.key);
    if constexpr (requires { value.value; }) {
      bytes += outside_bytes<std::optional<T>>::of(value.value);
    }
    return bytes;
  }
};

}  // namespace steady
