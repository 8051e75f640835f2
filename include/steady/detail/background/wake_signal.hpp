// How a sleeping helper learns that there is work: raised by any thread, without waiting; waited
// for by one.
#pragma once

#include <atomic>
#include <chrono>
#include <semaphore>

namespace steady::detail {

class wake_signal {
 public:
  // Many raises before the next wait are one.
  void raise() noexcept {
    if (!is_raised_.exchange(true, std::memory_order_acq_rel)) wakes_.release();
  }
  // What was done before the last raise is seen by whoever returns.
  void wait() noexcept {
    wakes_.acquire();
    is_raised_.exchange(false, std::memory_order_acq_rel);
  }
  // The same, but for no longer than that.
  void wait_for(std::chrono::nanoseconds time) noexcept {
    if (wakes_.try_acquire_for(time)) is_raised_.exchange(false, std::memory_order_acq_rel);
  }

 private:
  std::atomic<bool> is_raised_{false};
  std::binary_semaphore wakes_{0};
};

}  // namespace steady::detail
