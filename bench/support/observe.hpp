// observe(object): as if somebody had read and changed all of it, as far as the compiler knows.
//
// What is made only to be timed is otherwise not made at all, and what is known of a map that has
// just been made spares its destructor the questions that a program's maps are asked. No
// instruction comes of it.
#pragma once

namespace steady::bench {

template <class Object>
inline void observe(Object& object) noexcept {
  asm volatile("" : : "r"(&object) : "memory");
}

}  // namespace steady::bench
