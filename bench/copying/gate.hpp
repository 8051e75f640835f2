// steady::bench::gate: threads pass freely until one of them closes the gate and works alone, as in
// maps that stop everybody while they grow.
//
// 1. While alone() works, no thread is between enter() and leave().
// 2. Threads that come meanwhile sleep; the gate wakes them when it opens again.
// 3. waits_ns() is what threads that worked alone have waited for a processor meanwhile: so much
//    shorter the others' sleep would have been on a machine of their own.
//
// Cost: passing writes a cache line of the thread's own and reads one that changes only when the
// gate does, so threads that pass do not disturb each other.
// Threads: each has a number of its own, below the number given to the constructor.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

#include "bench/support/processor_waits.hpp"

namespace steady::bench {

class gate {
 public:
  explicit gate(unsigned threads) : flags_(threads) {}

  void enter(unsigned thread) noexcept {
    std::atomic<int>& mine = flags_[thread].inside;
    for (;;) {
      mine.store(1);  // before the load: either we see that it is closed, or alone() sees us
      if (closed_.load() == 0) return;
      mine.store(0);
      closed_.wait(1);
    }
  }
  void leave(unsigned thread) noexcept {
    flags_[thread].inside.store(0, std::memory_order_release);
  }

  // Calls `work` while no thread is inside. The caller must not be inside itself; `waits` are its.
  template <class Work>
  void alone(const processor_waits& waits, const Work& work) {
    while (closed_.exchange(1) != 0) closed_.wait(1);
    const std::uint64_t before = waits.total_ns();
    for (const flag& each : flags_) {
      while (each.inside.load() != 0) std::this_thread::yield();
    }
    work();
    waits_ns_.fetch_add(waits.total_ns() - before, std::memory_order_relaxed);
    closed_.store(0);
    closed_.notify_all();
  }

  std::uint64_t waits_ns() const noexcept { return waits_ns_.load(std::memory_order_relaxed); }

 private:
  // Two cache lines, because processors fetch them in pairs.
  struct alignas(128) flag {
    std::atomic<int> inside{0};
  };

  std::vector<flag> flags_;
  alignas(128) std::atomic<int> closed_{0};
  std::atomic<std::uint64_t> waits_ns_{0};
};

}  // namespace steady::bench
