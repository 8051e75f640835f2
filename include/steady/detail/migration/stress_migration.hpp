// Stress migration: in sanitized builds, insertions now and then migrate where they need not,
// though they may. Code that keeps an iterator or a reference over an insertion then fails in the
// first tests instead of at a customer's size. What reserve() has promised holds.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/line/random_seed.hpp>

namespace steady::detail {

template <bool On>
struct stress {
  // Whether an insertion that may migrate should.
  static bool strikes(bool may) noexcept { return may && next_random() % 8 == 0; }

  // How many intervals to evacuate beyond those that must be.
  static unsigned extra() noexcept { return static_cast<unsigned>(next_random() % 4); }
};

template <>
struct stress<false> {
  static constexpr bool strikes(bool) noexcept { return false; }
  static constexpr unsigned extra() noexcept { return 0; }
};

}  // namespace steady::detail
