// Slots without an element are poisoned under the address sanitizer, so that a reference that
// outlived its element is reported even though the memory is still the map's. Elsewhere nothing.
//
// Where the allocator's pointers are not plain ones nothing is poisoned: such memory may have other
// addresses, too, at which the sanitizer would not see it as poisoned.
#pragma once

#include <cstddef>
#include <type_traits>

#include <steady/detail/base/config.hpp>

#if STEADY_HAS_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace steady::detail {

// Whether memory with pointers of this type is poisoned.
template <class Pointer>
inline constexpr bool poisons = STEADY_HAS_ADDRESS_SANITIZER != 0 && std::is_pointer_v<Pointer>;

template <bool Poisons>
STEADY_ALWAYS_INLINE void poison([[maybe_unused]] const void* from,
                                 [[maybe_unused]] std::size_t bytes) noexcept {
#if STEADY_HAS_ADDRESS_SANITIZER
  if constexpr (Poisons) ASAN_POISON_MEMORY_REGION(from, bytes);
#endif
}

template <bool Poisons>
STEADY_ALWAYS_INLINE void unpoison([[maybe_unused]] const void* from,
                                   [[maybe_unused]] std::size_t bytes) noexcept {
#if STEADY_HAS_ADDRESS_SANITIZER
  if constexpr (Poisons) ASAN_UNPOISON_MEMORY_REGION(from, bytes);
#endif
}

// Around the making of an element: its slot may be written, and stays so only if the making
// succeeds.
template <bool Poisons, class Slot>
class slot_opening {
 public:
  explicit slot_opening(Slot* slot) noexcept : slot_(slot) {
    detail::unpoison<Poisons>(slot, sizeof(Slot));
  }
  ~slot_opening() {
    if (slot_ != nullptr) detail::poison<Poisons>(slot_, sizeof(Slot));
  }
  slot_opening(const slot_opening&) = delete;
  slot_opening& operator=(const slot_opening&) = delete;

  void keep() noexcept { slot_ = nullptr; }

 private:
  Slot* slot_;
};

}  // namespace steady::detail
