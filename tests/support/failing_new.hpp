// All memory of a program is a chance to fail (countdown.hpp). For one source file of the program.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <new>

#include "support/countdown.hpp"

// NOLINTBEGIN(cppcoreguidelines-no-malloc)
void* operator new(std::size_t bytes) {
  try {
    support::countdown::chance();
  } catch (const support::injected_failure&) {
    throw std::bad_alloc();
  }
  if (void* const made = std::malloc(bytes != 0 ? bytes : 1)) return made;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
// NOLINTEND(cppcoreguidelines-no-malloc)
