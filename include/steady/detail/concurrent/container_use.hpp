// Debug mode: a thread that uses a concurrent container from within a visitor of that container, or
// destroys, moves or swaps one while another thread is in a call, ends the program with a message.
// Without debug mode all of this is empty.
#pragma once

#include <atomic>
#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>

namespace steady::detail {

template <bool Debug>
class container_use {
 public:
  class call {
   public:
    explicit call(const container_use& of) noexcept : of_(of) {
      user_code_scope<true>::require_none(std::addressof(of));
      of.calls_.fetch_add(1, std::memory_order_relaxed);
    }
    ~call() { of_.calls_.fetch_sub(1, std::memory_order_relaxed); }
    call(const call&) = delete;
    call& operator=(const call&) = delete;

   private:
    const container_use& of_;
  };
  class visitor : user_code_scope<true> {
   public:
    explicit visitor(const container_use& of) noexcept
        : user_code_scope<true>(std::addressof(of)) {}
  };

  void require_quiet() const noexcept {
    if (calls_.load(std::memory_order_relaxed) == 0) return;
    misuse(
        "a concurrent container was destroyed, moved, swapped or assigned to while a thread was "
        "using it; wait for all of them first");
  }

 private:
  mutable std::atomic<std::uint64_t> calls_{0};
};

template <>
class container_use<false> {
 public:
  struct call {
    explicit call(const container_use&) noexcept {}
  };
  struct visitor {
    explicit visitor(const container_use&) noexcept {}
  };
  void require_quiet() const noexcept {}
};

}  // namespace steady::detail
