// Storage: what the engine has to know of a map's memory at compile time. Every map with
// std::allocator and the default policy has the same, so the engine exists once for all of them.
#pragma once

#include <memory>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/poison.hpp>
#include <steady/detail/memory/address_range.hpp>

namespace steady::detail {

inline namespace STEADY_ABI {

// `VoidPointer` is the allocator's: stored pointers are of its kind, so that a map can live in
// shared memory. `InLeaves`: whether headers come in leaves instead of in one run. `CountsWork`:
// whether every call is counted, see steady/work.hpp.
template <class VoidPointer, bool InLeaves, bool CountsWork>
struct storage {
  template <class T>
  using pointer = typename std::pointer_traits<VoidPointer>::template rebind<T>;

  static constexpr bool in_leaves = InLeaves;
  static constexpr bool counts_work = CountsWork;
  static constexpr bool is_poisoned = poisons<VoidPointer>;
};

}  // namespace STEADY_ABI

using default_storage = storage<void*, !can_reserve_addresses, false>;

}  // namespace steady::detail
