// Storage: what the engine has to know of a map's memory at compile time. Every map with
// std::allocator and the default policy has the same, so the engine exists once for all of them.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/poison.hpp>
#include <steady/detail/memory/address_range.hpp>

namespace steady::detail {

// The allocator's pointer type that links derive from: its void_pointer or, where that is no
// template and cannot be rebound, its pointer to bytes. (Of a raw pointer g++ 12 denies that it
// can.)
template <class Pointer>
concept rebindable = std::is_pointer_v<Pointer> || requires {
  typename std::pointer_traits<Pointer>::template rebind<std::byte>;
};
template <class Allocator>
struct link_pointer_of {
  using type =
      typename std::allocator_traits<Allocator>::template rebind_traits<std::byte>::pointer;
};
template <class Allocator>
requires rebindable<typename std::allocator_traits<Allocator>::void_pointer>
struct link_pointer_of<Allocator> {
  using type = typename std::allocator_traits<Allocator>::void_pointer;
};
template <class Allocator>
using link_pointer = typename link_pointer_of<Allocator>::type;

inline namespace STEADY_ABI {

// `LinkPointer` is the allocator's: stored pointers are of its kind, so that a map can live in
// shared memory. `InLeaves`: whether headers come in leaves instead of in one run. `CountsWork`:
// whether every call is counted, see steady/work.hpp.
template <class LinkPointer, bool InLeaves, bool CountsWork>
struct storage {
  template <class T>
  using pointer = typename std::pointer_traits<LinkPointer>::template rebind<T>;

  static constexpr bool in_leaves = InLeaves;
  static constexpr bool counts_work = CountsWork;
  static constexpr bool is_poisoned = poisons<LinkPointer>;
};

}  // namespace STEADY_ABI

// What maps with std::allocator have, unless their policy says otherwise.
using default_storage =
    storage<link_pointer<std::allocator<std::byte>>, !can_reserve_addresses, false>;

}  // namespace steady::detail
