// Slots without an element are poisoned under the address sanitizer, so that a reference that
// outlived its element is reported even though the memory is still the map's. Elsewhere nothing.
//
// Where the allocator's pointers are not plain ones nothing is poisoned: such memory may have other
// addresses, too, for which the sanitizer would keep other notes.
#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>

#include <steady/detail/config.hpp>

#if STEADY_HAS_ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
#endif

namespace steady::detail {

template <class Allocator>
inline constexpr bool poisons =
    STEADY_HAS_ADDRESS_SANITIZER != 0 &&
    std::is_pointer_v<typename std::allocator_traits<Allocator>::pointer>;

template <class Allocator>
STEADY_ALWAYS_INLINE void poison([[maybe_unused]] const void* from,
                                 [[maybe_unused]] std::size_t bytes) noexcept {
#if STEADY_HAS_ADDRESS_SANITIZER
  if constexpr (poisons<Allocator>) ASAN_POISON_MEMORY_REGION(from, bytes);
#endif
}

template <class Allocator>
STEADY_ALWAYS_INLINE void unpoison([[maybe_unused]] const void* from,
                                   [[maybe_unused]] std::size_t bytes) noexcept {
#if STEADY_HAS_ADDRESS_SANITIZER
  if constexpr (poisons<Allocator>) ASAN_UNPOISON_MEMORY_REGION(from, bytes);
#endif
}

// Around the making of an element: its slot may be written, and stays so only if the making
// succeeds.
template <class Allocator, class Slot>
class slot_opening {
 public:
  explicit slot_opening(Slot* slot) noexcept : slot_(slot) {
    unpoison<Allocator>(slot, sizeof(Slot));
  }
  ~slot_opening() {
    if (slot_ != nullptr) poison<Allocator>(slot_, sizeof(Slot));
  }
  slot_opening(const slot_opening&) = delete;
  slot_opening& operator=(const slot_opening&) = delete;

  void keep() noexcept { slot_ = nullptr; }

 private:
  Slot* slot_;
};

}  // namespace steady::detail
