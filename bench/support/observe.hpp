// observe(object): as if somebody had read and changed all of it, as far as the compiler knows.
//
// Without it, the compiler does not make at all what is only made to be timed, and drops tests from
// the destructor of a map that it has just seen being made. It costs no instruction.
#pragma once

namespace steady::bench {

template <class Object>
inline void observe(Object& object) noexcept {
  asm volatile("" : : "r"(&object) : "memory");
}

}  // namespace steady::bench
