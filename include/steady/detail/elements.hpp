// What a container's elements are: how to get at the key, and how to bring one to another place.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

namespace steady::detail {

// Elements are built and destroyed through the allocator, as the standard asks of containers.
template <class Allocator, class Value, class... Arguments>
void construct_element(Allocator& allocator, Value* at, Arguments&&... arguments) {
  std::allocator_traits<Allocator>::construct(allocator, at, std::forward<Arguments>(arguments)...);
}

template <class Allocator, class Value>
void destroy_element(Allocator& allocator, Value* at) noexcept {
  std::allocator_traits<Allocator>::destroy(allocator, at);
}

template <class Key>
struct set_elements {
  using key_type = Key;
  using value_type = Key;
  static constexpr bool is_map = false;

  static const Key& key_of(const value_type& element) noexcept { return element; }

  static constexpr bool nothrow_movable() noexcept {
    return std::is_nothrow_move_constructible_v<Key>;
  }
  static constexpr bool copyable() noexcept { return std::is_copy_constructible_v<Key>; }

  template <class Allocator>
  static void move(Allocator& allocator, value_type* to, value_type* from) {
    construct_element(allocator, to, std::move(*from));
  }
};

template <class Key, class T>
struct map_elements {
  using key_type = Key;
  using mapped_type = T;
  using value_type = std::pair<const Key, T>;
  static constexpr bool is_map = true;

  static const Key& key_of(const value_type& element) noexcept { return element.first; }

  static constexpr bool nothrow_movable() noexcept {
    return std::is_nothrow_move_constructible_v<Key> && std::is_nothrow_move_constructible_v<T>;
  }
  static constexpr bool copyable() noexcept {
    return std::is_copy_constructible_v<Key> && std::is_copy_constructible_v<T>;
  }

  // The key is const to users, but `from` is about to be destroyed, so its key may be moved from.
  template <class Allocator>
  static void move(Allocator& allocator, value_type* to, value_type* from) {
    construct_element(allocator, to, std::move(const_cast<Key&>(from->first)),
                      std::move(from->second));
  }
};

}  // namespace steady::detail
