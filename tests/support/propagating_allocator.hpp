// A ledger_allocator of which copying, moving and swapping say each for itself whether it goes
// along.
#pragma once

#include <type_traits>

#include "support/ledger_allocator.hpp"

namespace support {

// The names of the three are those of std::allocator_traits, shortened.
template <bool OnCopy, bool OnMove, bool OnSwap>
struct propagates {
  static constexpr bool on_copy = OnCopy;
  static constexpr bool on_move = OnMove;
  static constexpr bool on_swap = OnSwap;
};

template <class T, class When>
class propagating_allocator : public ledger_allocator<T> {
 public:
  using propagate_on_container_copy_assignment = std::bool_constant<When::on_copy>;
  using propagate_on_container_move_assignment = std::bool_constant<When::on_move>;
  using propagate_on_container_swap = std::bool_constant<When::on_swap>;
  template <class U>
  struct rebind {
    using other = propagating_allocator<U, When>;
  };

  explicit propagating_allocator(memory_ledger& ledger) noexcept : ledger_allocator<T>(ledger) {}
  template <class U>
  propagating_allocator(const propagating_allocator<U, When>& other) noexcept
      : ledger_allocator<T>(other.ledger()) {}

  template <class U>
  friend bool operator==(const propagating_allocator& a,
                         const propagating_allocator<U, When>& b) noexcept {
    return &a.ledger() == &b.ledger();
  }
};

}  // namespace support
