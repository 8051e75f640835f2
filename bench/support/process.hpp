// What Linux says about this process: its memory, its page faults, the core it runs on. Of memory
// also about other processes of the same user.
//
// Nothing here allocates, so that asking does not change the answer. The kernel counts memory in
// batches of pages per core; figures are good to about a quarter of a MiB per core.
#pragma once

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string_view>

namespace steady::bench {

struct memory_usage {
  std::uint64_t resident = 0;  // bytes now
  std::uint64_t peak = 0;      // most bytes so far, or since reset_peak_memory()
};

namespace detail {

// The number after `name` in /proc/self/status, given there in KiB.
inline std::uint64_t status_bytes(std::string_view status, std::string_view name) noexcept {
  const std::size_t at = status.find(name);
  if (at == std::string_view::npos) return 0;
  return std::strtoull(status.data() + at + name.size(), nullptr, 10) * 1024;
}

// `process` 0: this one.
inline int open_about(pid_t process, const char* name, int how) noexcept {
  std::array<char, 64> path{};
  if (process == 0) {
    std::snprintf(path.data(), path.size(), "/proc/self/%s", name);
  } else {
    std::snprintf(path.data(), path.size(), "/proc/%ld/%s", static_cast<long>(process), name);
  }
  return ::open(path.data(), how | O_CLOEXEC);
}

}  // namespace detail

// `process` 0: this one. Zeros where the system does not tell.
inline memory_usage read_memory_usage(pid_t process = 0) noexcept {
  std::array<char, 4096> text{};
  const int file = detail::open_about(process, "status", O_RDONLY);
  if (file < 0) return {};
  const ssize_t length = ::read(file, text.data(), text.size() - 1);
  ::close(file);
  if (length <= 0) return {};
  const std::string_view status(text.data(), static_cast<std::size_t>(length));
  return {detail::status_bytes(status, "VmRSS:"), detail::status_bytes(status, "VmHWM:")};
}

// The peak starts again from what is resident now. Where the system forbids that, nothing is lost
// in a freshly forked process: its peak starts from its own size anyway.
inline void reset_peak_memory(pid_t process = 0) noexcept {
  const int file = detail::open_about(process, "clear_refs", O_WRONLY);
  if (file < 0) return;
  [[maybe_unused]] const ssize_t written = ::write(file, "5", 1);
  ::close(file);
}

inline std::uint64_t page_faults() noexcept {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_minflt + usage.ru_majflt);
}

// How many cores the calling thread may run on; 0 when the system does not tell.
inline unsigned allowed_cores() noexcept {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return 0;
  return static_cast<unsigned>(CPU_COUNT(&allowed));
}

// Keeps the calling thread on the n-th of the cores that it may run on, counted from 0; nothing
// when there are fewer.
inline void pin_thread_to(unsigned n) noexcept {
  cpu_set_t allowed;
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) != 0) return;
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) {
    if (!CPU_ISSET(core, &allowed) || n-- != 0) continue;
    cpu_set_t only;
    CPU_ZERO(&only);
    CPU_SET(core, &only);
    ::sched_setaffinity(0, sizeof(only), &only);
    return;
  }
}

// Lets the calling thread run on every core that the system allows, also after pin_to_one_core().
inline void unpin_thread() noexcept {
  cpu_set_t all;
  CPU_ZERO(&all);
  for (std::size_t core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &all);
  ::sched_setaffinity(0, sizeof(all), &all);
}

// Keeps this process, and those it forks, on the core it is running on; nothing when not allowed.
inline std::optional<int> pin_to_one_core() noexcept {
  const int core = ::sched_getcpu();
  if (core < 0 || core >= CPU_SETSIZE) return std::nullopt;
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(static_cast<std::size_t>(core), &only);
  if (::sched_setaffinity(0, sizeof(only), &only) != 0) return std::nullopt;
  return core;
}

}  // namespace steady::bench
