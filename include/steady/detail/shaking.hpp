// Shaking: in sanitized builds, insertions now and then migrate where they need not, though they
// may. Code that keeps an iterator or a reference over an insertion then fails in the first tests
// instead of at a customer's size. What reserve() has promised holds.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/random_seed.hpp>

namespace steady::detail {

template <bool Shaking>
class shaker {
 public:
  // Until the container has more than `size` elements, insertions must not migrate.
  void promise(std::size_t size) noexcept { promised_ = size; }

  // Whether the insertion that makes `size` elements of fewer should migrate.
  bool strikes(std::size_t size) noexcept { return size > promised_ && next_random() % 8 == 0; }

  // How many intervals to evacuate beyond those that must be.
  unsigned extra() noexcept { return static_cast<unsigned>(next_random() % 4); }

 private:
  std::size_t promised_ = 0;
};

template <>
class shaker<false> {
 public:
  void promise(std::size_t) noexcept {}
  static constexpr bool strikes(std::size_t) noexcept { return false; }
  static constexpr unsigned extra() noexcept { return 0; }
};

}  // namespace steady::detail
