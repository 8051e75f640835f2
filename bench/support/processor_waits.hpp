// steady::bench::processor_waits: how long the calling thread was ready to run, while its core ran
// something else. On a machine that others share, that is most of what makes calls long.
//
// Linux counts it in /proc/thread-self/schedstat. Where that is missing, everything is 0. What a
// hypervisor does with the core is not in it, and sleeping is not: a thread that waits for a lock
// whose holder does not run sleeps.
//
// Cost: a system call for each question, about a microsecond. Threads: one object for each.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace steady::bench {

class processor_waits {
 public:
  processor_waits() noexcept : file_(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {
    last_ns_ = total_ns();
  }
  ~processor_waits() {
    if (file_ >= 0) ::close(file_);
  }
  processor_waits(const processor_waits&) = delete;
  processor_waits& operator=(const processor_waits&) = delete;

  // Nanoseconds since the thread began.
  std::uint64_t total_ns() const noexcept {
    std::array<char, 128> text{};
    if (file_ < 0 || ::pread(file_, text.data(), text.size() - 1, 0) <= 0) return 0;
    char* next = nullptr;
    std::strtoull(text.data(), &next, 10);  // how long it ran
    return std::strtoull(next, nullptr, 10);
  }
  // Nanoseconds since this was last asked.
  std::uint64_t since_last_ns() noexcept {
    const std::uint64_t before = last_ns_;
    last_ns_ = total_ns();
    return last_ns_ - before;
  }

 private:
  int file_;
  std::uint64_t last_ns_ = 0;
};

}  // namespace steady::bench
