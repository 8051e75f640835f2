// Whether this is the process in which something was made, or a child of it by fork(), which has
// its memory and its open files, but none of its threads.
//
//   Bound    O(1), without a call of the system.
//   Throws   making one: std::bad_alloc where the system has no memory to note it.
//   Threads  any.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <new>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/base/system.hpp>

namespace steady::detail {

class own_process {
 public:
  own_process() : made_after_(forks_.load(std::memory_order_relaxed)) {
    static const bool is_watched =
        after_each_fork([]() noexcept { forks_.fetch_add(1, std::memory_order_relaxed); });
    if (!is_watched) STEADY_THROW(std::bad_alloc());
  }

  bool is_this() const noexcept { return forks_.load(std::memory_order_relaxed) == made_after_; }

 private:
  // That lie between this process and the first one.
  static inline constinit std::atomic<std::uint64_t> forks_{0};

  std::uint64_t made_after_;
};

// In a child: what threads of the parent run in or wait for becomes as new. A call of its
// destructor would wait for them.
template <class T>
void forget_threads_of(T& one) noexcept {
  std::construct_at(std::addressof(one));
}

}  // namespace steady::detail
