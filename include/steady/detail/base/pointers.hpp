// Stored pointers have the allocator's pointer type, so that a map can live where that matters
// (shared memory, say); code works with plain ones. Conversions between the two, null included.
#pragma once

#include <memory>

namespace steady::detail {

template <class T>
constexpr T* to_raw(T* pointer) noexcept {
  return pointer;
}

template <class Fancy>
constexpr auto* to_raw(const Fancy& pointer) noexcept {
  using element = typename std::pointer_traits<Fancy>::element_type;
  return pointer ? std::to_address(pointer) : static_cast<element*>(nullptr);
}

template <class Pointer, class T>
constexpr Pointer to_stored(T* raw) noexcept {
  if constexpr (std::is_pointer_v<Pointer>) {
    return raw;
  } else {
    return raw != nullptr ? std::pointer_traits<Pointer>::pointer_to(*raw) : Pointer();
  }
}

}  // namespace steady::detail
