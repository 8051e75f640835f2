// A set of slots of one bucket, as comparing its tags gives it: iterable, lowest number first.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>

namespace steady::detail {

class slot_set {
 public:
  constexpr slot_set() noexcept = default;
  constexpr explicit slot_set(std::uint32_t bits) noexcept : bits_(bits) {}

  // The first `width` slots.
  static constexpr slot_set first(unsigned width) noexcept { return slot_set((1u << width) - 1u); }

  constexpr std::uint32_t bits() const noexcept { return bits_; }
  constexpr bool empty() const noexcept { return bits_ == 0; }
  constexpr std::size_t size() const noexcept {
    return static_cast<std::size_t>(std::popcount(bits_));
  }

  // The set must not be empty.
  STEADY_ALWAYS_INLINE std::uint64_t lowest() const noexcept { return lowest_bit(bits_); }
  STEADY_ALWAYS_INLINE void remove_lowest() noexcept { bits_ &= bits_ - 1; }

  friend constexpr slot_set operator&(slot_set a, slot_set b) noexcept {
    return slot_set(a.bits_ & b.bits_);
  }
  friend constexpr slot_set operator|(slot_set a, slot_set b) noexcept {
    return slot_set(a.bits_ | b.bits_);
  }
  friend constexpr slot_set operator~(slot_set a) noexcept { return slot_set(~a.bits_); }
  friend constexpr bool operator==(slot_set, slot_set) noexcept = default;

  class iterator {
   public:
    STEADY_ALWAYS_INLINE explicit iterator(std::uint32_t left) noexcept : left_(left) {}
    STEADY_ALWAYS_INLINE std::uint64_t operator*() const noexcept { return lowest_bit(left_); }
    STEADY_ALWAYS_INLINE iterator& operator++() noexcept {
      left_ &= left_ - 1;
      return *this;
    }
    STEADY_ALWAYS_INLINE bool operator!=(const iterator& other) const noexcept {
      return left_ != other.left_;
    }

   private:
    std::uint32_t left_;
  };
  STEADY_ALWAYS_INLINE iterator begin() const noexcept { return iterator(bits_); }
  STEADY_ALWAYS_INLINE iterator end() const noexcept { return iterator(0); }

 private:
  std::uint32_t bits_ = 0;
};

}  // namespace steady::detail
