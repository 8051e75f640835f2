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
    if constexpr (nothrow_movable() || copyable()) {
      construct_element(allocator, to, std::move(const_cast<Key&>(from->first)),
                        std::move(from->second));
    } else {
      move_members(to, from);
    }
  }

 private:
  // A pair whose value throws when moved would take the key with it, already moved from. So the
  // members are moved one by one, and the key goes back.
  static void move_members(value_type* to, value_type* from) {
    Key* const from_key = const_cast<Key*>(std::addressof(from->first));
    Key* const to_key = const_cast<Key*>(std::addressof(to->first));
    std::construct_at(to_key, std::move(*from_key));
    try {
      std::construct_at(std::addressof(to->second), std::move(from->second));
    } catch (...) {
      replace(from_key, to_key);
      throw;
    }
  }

  // A second exception in here would lose the key; it ends the program instead.
  static void replace(Key* key, Key* by) noexcept {
    std::destroy_at(key);
    std::construct_at(key, std::move(*by));
    std::destroy_at(by);
  }
};

// An element outside a table, made by `construct(address)`, as long as the scope lasts.
template <class Elements, class Allocator>
class temporary_element {
 public:
  using value_type = typename Elements::value_type;

  template <class Construct>
  temporary_element(Allocator& allocator, const Construct& construct) : allocator_(allocator) {
    construct(&element_);
  }
  ~temporary_element() { destroy_element(allocator_, &element_); }

  temporary_element(const temporary_element&) = delete;
  temporary_element& operator=(const temporary_element&) = delete;

  value_type& operator*() noexcept { return element_; }

 private:
  Allocator& allocator_;
  union {
    value_type element_;
  };
};

}  // namespace steady::detail
