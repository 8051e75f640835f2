// Fibers: stacks on which simulated threads run, one at a time, all on one thread of the system.
//
// What the language keeps per thread goes along at every switch: the exceptions being handled, and
// the state from which seeds of maps are drawn.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <cxxabi.h>
#include <ucontext.h>

#include <steady/detail/base/config.hpp>
#include <steady/detail/line/random_seed.hpp>

#if STEADY_HAS_ADDRESS_SANITIZER
#include <sanitizer/common_interface_defs.h>
#endif

namespace interleave {

class fiber {
 public:
  static constexpr std::size_t stack_bytes = std::size_t{1} << 20;

  fiber() = default;  // of the code that runs already
  // Runs `entry`, which must not return, from the first switch on.
  explicit fiber(void (*entry)())
      : stack_(std::make_unique_for_overwrite<std::byte[]>(stack_bytes)) {
    if (getcontext(&context_) != 0) std::abort();
    context_.uc_stack.ss_sp = stack_.get();
    context_.uc_stack.ss_size = stack_bytes;
    context_.uc_link = nullptr;
    makecontext(&context_, entry, 0);
#if STEADY_HAS_ADDRESS_SANITIZER
    bottom_ = stack_.get();
    bytes_ = stack_bytes;
#endif
  }
  fiber(const fiber&) = delete;
  fiber& operator=(const fiber&) = delete;

  // As a new thread: it handles no exception, and draws seeds from these on.
  void begin_thread(std::uint64_t seeds) { kept_ = {{}, seeds}; }

  // Goes on with another one; returns when something switches back.
  void switch_to(fiber& other) {
    keep();
    other.give_back();
#if STEADY_HAS_ADDRESS_SANITIZER
    other.from_ = this;
    __sanitizer_start_switch_fiber(&fake_stack_, other.bottom_, other.bytes_);
#endif
    swapcontext(&context_, &other.context_);
    arrive();
  }

  // To be called first by the entry of a fiber; switch_to() calls it for all others.
  void arrive() {
#if STEADY_HAS_ADDRESS_SANITIZER
    __sanitizer_finish_switch_fiber(fake_stack_, &from_->bottom_, &from_->bytes_);
#endif
  }

 private:
  struct exception_state {  // __cxa_eh_globals of the C++ ABI
    void* caught;
    unsigned uncaught;
  };
  struct per_thread {
    exception_state exceptions{};
    std::uint64_t seeds = 0;
  };

  void keep() {
    std::memcpy(&kept_.exceptions, abi::__cxa_get_globals(), sizeof kept_.exceptions);
    kept_.seeds = steady::detail::random_state();
  }
  void give_back() const {
    std::memcpy(static_cast<void*>(abi::__cxa_get_globals()), &kept_.exceptions,
                sizeof kept_.exceptions);
    steady::detail::random_state() = kept_.seeds;
  }

  ucontext_t context_{};
  std::unique_ptr<std::byte[]> stack_;  // from the heap, so that leak checkers look into it
  per_thread kept_;
#if STEADY_HAS_ADDRESS_SANITIZER
  const void* bottom_ = nullptr;
  std::size_t bytes_ = 0;
  void* fake_stack_ = nullptr;
  fiber* from_ = nullptr;
#endif
};

}  // namespace interleave
