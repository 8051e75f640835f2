// Elements that keep their address: the slot holds a pointer that owns the element, and migrations
// move only that.
//
//   1. A slot owns its element, or is null. Moving a slot leaves null behind, and throws nothing.
//   2. Between containers whose allocators differ nodes are not handed over.
//
//   Bound    making and destroying an element: one allocation.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/elements/elements.hpp>

namespace steady::detail {

inline namespace STEADY_ABI {

// `Elements` is set_elements or map_elements. A null slot owns nothing.
template <class Elements, class Allocator>
struct node_elements {
  using key_type = typename Elements::key_type;
  using mapped_type = typename Elements::mapped_type;
  using value_type = typename Elements::value_type;
  using braced_type = typename Elements::braced_type;
  using slot_type = typename std::allocator_traits<Allocator>::pointer;
  static constexpr bool is_map = Elements::is_map;
  static constexpr bool are_slow_to_hash = true;  // their keys are elsewhere

  // Bytes that an element takes outside its slot.
  static constexpr std::size_t bytes_elsewhere() noexcept { return sizeof(value_type); }

  static value_type& element_of(const slot_type& slot) noexcept { return *slot; }

  static const key_type& key_of(const slot_type& slot) noexcept { return Elements::key_of(*slot); }
  static const key_type& key_of(const value_type& element) noexcept {
    return Elements::key_of(element);
  }

  template <class... Arguments>
  static auto key_in(const Arguments&... arguments) noexcept
      -> decltype(Elements::key_in(arguments...)) {
    return Elements::key_in(arguments...);
  }

  static constexpr bool nothrow_movable() noexcept { return true; }
  static constexpr bool copyable() noexcept { return false; }
  template <class>
  static constexpr bool moves_with() noexcept {
    return true;
  }
  // Nodes cannot be handed over between containers whose allocators differ.
  template <class>
  static constexpr bool transplants_with() noexcept {
    return Elements::template moves_with<Allocator>();
  }
  template <class>
  static constexpr bool copies_with() noexcept {
    return Elements::template copies_with<Allocator>();
  }
  template <class>
  static constexpr bool is_copied_as_bytes() noexcept {
    return false;  // their keys are elsewhere
  }
  template <class>
  static constexpr bool trivially_destructible() noexcept {
    return false;
  }
  static constexpr bool owns_memory = true;

  template <class... Arguments>
  static void construct(Allocator& allocator, slot_type* at, Arguments&&... arguments) {
    make_node(allocator, at, [&](value_type* element) {
      detail::construct_element(allocator, element, std::forward<Arguments>(arguments)...);
    });
  }

  static void destroy(Allocator& allocator, slot_type* at) noexcept {
    if (detail::to_raw(*at) != nullptr) {
      detail::destroy_element(allocator, detail::to_raw(*at));
      std::allocator_traits<Allocator>::deallocate(allocator, *at, 1);
    }
    std::destroy_at(at);
  }

  static void move(Allocator&, slot_type* to, slot_type* from) noexcept {
    std::construct_at(to, std::exchange(*from, nullptr));
  }
  static void transfer(Allocator& allocator, slot_type* to, slot_type* from) noexcept {
    move(allocator, to, from);
  }
  static void transplant(Allocator& allocator, slot_type* to, slot_type* from) {
    make_node(allocator, to, [&](value_type* element) {
      Elements::transplant(allocator, element, detail::to_raw(*from));
    });
  }

 private:
  template <class Make>
  static void make_node(Allocator& allocator, slot_type* at, const Make& make) {
    const slot_type node = std::allocator_traits<Allocator>::allocate(allocator, 1);
    STEADY_TRY { make(detail::to_raw(node)); }
    STEADY_CATCH_ALL {
      std::allocator_traits<Allocator>::deallocate(allocator, node, 1);
      STEADY_RETHROW;
    }
    std::construct_at(at, node);
  }
};

}  // namespace STEADY_ABI

}  // namespace steady::detail
