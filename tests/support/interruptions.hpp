// As if the system took the processor away from a thread just where that is most awkward: where the
// container calls what elements and functions of the tests do, between a look and a lock, and under
// a lock. Without that, threads on a few cores hardly ever meet.
#pragma once

#include <thread>

namespace support {

// One call in so many lets another thread run.
inline void interruption(unsigned one_in) {
  static thread_local unsigned calls = 0;
  if (++calls % one_in == 0) std::this_thread::yield();
}

struct interrupted_equal {
  using is_transparent = void;

  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    interruption(32);
    return a == b;
  }
};

}  // namespace support
