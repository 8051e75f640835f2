// Threads that run together, and what they complain about.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace support {

// Waits until other threads have made it true, however long that takes on a busy machine. False if
// they do not: the test fails, and ends.
template <class Condition>
[[nodiscard]] bool comes_true(Condition holds) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > limit) return false;
    std::this_thread::yield();
  }
  return true;
}

// The first thing that any thread found wrong; the others are its consequences.
class complaints {
 public:
  void add(const std::string& what) {
    const std::lock_guard lock(mutex_);
    if (!any_) first_ = what;
    any_ = true;
  }
  void add(const std::string& what, std::uint64_t number) {
    add(what + ": " + std::to_string(number));
  }
  void require(bool holds, const char* what, std::uint64_t number) {
    if (!holds) add(what, number);
  }

  // Long loops ask, to end early.
  bool any() const noexcept { return any_; }
  // Empty if there is none.
  std::string first() const {
    const std::lock_guard lock(mutex_);
    return first_;
  }

 private:
  mutable std::mutex mutex_;
  std::atomic<bool> any_ = false;
  std::string first_;
};

// Calls every body in a thread of its own, and returns when all are done. None begins before all
// threads are there. An exception is a complaint.
inline void run_together(const std::vector<std::function<void()>>& bodies, complaints& found) {
  std::latch all_there(static_cast<std::ptrdiff_t>(bodies.size()));
  std::vector<std::thread> threads;
  for (const auto& body : bodies) {
    threads.emplace_back([&] {
      all_there.arrive_and_wait();
      try {
        body();
      } catch (const std::exception& thrown) {
        found.add(std::string("a thread ended with an exception: ") + thrown.what());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace support
