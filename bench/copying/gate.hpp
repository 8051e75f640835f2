// steady::bench::gate: threads pass freely until one of them closes the gate and works alone, as in
// maps that stop everybody while they grow.
//
// 1. While alone() works, no thread is between enter() and leave().
// 2. Threads that come meanwhile sleep; the gate wakes them when it opens again.
//
// Cost: passing writes a cache line of the thread's own and reads one that changes only when the
// gate does, so threads that pass do not disturb each other.
// Threads: each has a number of its own, below the number given to the constructor.
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

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

  // Calls `work` while no thread is inside. The caller must not be inside itself.
  template <class Work>
  void alone(const Work& work) {
    while (closed_.exchange(1) != 0) closed_.wait(1);
    for (const flag& each : flags_) {
      while (each.inside.load() != 0) std::this_thread::yield();
    }
    work();
    closed_.store(0);
    closed_.notify_all();
  }

 private:
  // Two cache lines, because processors fetch them in pairs.
  struct alignas(128) flag {
    std::atomic<int> inside{0};
  };

  std::vector<flag> flags_;
  alignas(128) std::atomic<int> closed_{0};
};

}  // namespace steady::bench
