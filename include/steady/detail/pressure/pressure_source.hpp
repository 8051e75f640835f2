// Where news of memory pressure comes from, and a thread that waits for it. Linux tells by
// pressure stall information: a trigger is written to a file, and poll() reports POLLPRI when tasks
// have waited for memory as long as the trigger says. Elsewhere only wake() ends a wait.
//
// Threads: one thread waits; wake() may be called by any.
#pragma once

#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>

#if defined(__linux__)
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <thread>

#include <linux/magic.h>
#else
#include <chrono>
#include <condition_variable>
#include <mutex>
#endif

namespace steady::detail {

enum class pressure_news { none, pressure, source_is_gone };

#if defined(__linux__)

class file_descriptor {
 public:
  explicit file_descriptor(int number = -1) noexcept : number_(number) {}
  ~file_descriptor() { close(); }
  file_descriptor(const file_descriptor&) = delete;
  file_descriptor& operator=(const file_descriptor&) = delete;

  int number() const noexcept { return number_; }
  void take(int number) noexcept {
    close();
    number_ = number;
  }
  void close() noexcept {
    if (number_ >= 0) ::close(std::exchange(number_, -1));
  }
  // Somebody else has closed it, so the number may be another file's by now.
  void forget() noexcept { number_ = -1; }

 private:
  int number_;
};

class pressure_source {
 public:
  // Waits for that descriptor, if it is not negative, and closes it in the end, also if this
  // throws: std::system_error if the process has no descriptors left.
  explicit pressure_source(int descriptor)
      : source_(descriptor), wakes_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wakes_.number() < 0) {
      STEADY_THROW(std::system_error(errno, std::generic_category(),
                                     "steady: a pressure_monitor needs an event descriptor"));
    }
  }

  // Why the descriptor cannot be waited for: always empty.
  static std::string why_not() { return {}; }
  // Writes the trigger to the file. Returns why that does not work; an empty text if it does.
  // Devices, and files on a disk, are left as they are.
  std::string open(const std::string& path, const std::string& trigger) {
    source_.take(::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
    if (source_.number() < 0) return "cannot open " + path + ": " + reason(errno);
    std::string why_not = objection_to(source_.number(), path);
    if (why_not.empty()) why_not = write_trigger(path, trigger);
    if (!why_not.empty()) source_.close();
    return why_not;
  }

  // Waits for news, for wake(), or for so many milliseconds; -1: without end.
  pressure_news wait(int milliseconds) noexcept {
    ::pollfd both[2] = {{wakes_.number(), POLLIN, 0}, {source_.number(), POLLPRI, 0}};
    const int count = ::poll(both, 2, milliseconds);
    if (count < 0 && errno != EINTR) {  // it needs memory itself
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    if (count <= 0) return pressure_news::none;
    if (both[0].revents != 0) forget_wakes();
    if ((both[1].revents & POLLNVAL) != 0) source_.forget();
    if ((both[1].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
      source_.close();
      return pressure_news::source_is_gone;
    }
    return (both[1].revents & POLLPRI) != 0 ? pressure_news::pressure : pressure_news::none;
  }
  void wake() noexcept {
    const std::uint64_t one = 1;
    // It fails only where 2^64 wakes are already to be noticed.
    static_cast<void>(!::write(wakes_.number(), &one, sizeof one));
  }

 private:
  static std::string reason(int error) { return std::generic_category().message(error); }
  // Why the trigger must not be written to that file. (To a pipe it may: another program may stand
  // in for the system.)
  static std::string objection_to(int file, const std::string& path) {
    struct ::stat facts {};
    const bool is_known = ::fstat(file, &facts) == 0;
    if (is_known && S_ISFIFO(facts.st_mode)) return {};
    const std::string says_nothing = path + " does not tell of pressure: ";
    if (!is_known || !S_ISREG(facts.st_mode) || !is_made_by_the_kernel(file)) {
      return says_nothing + "it is no file of /proc or of a cgroup of version 2";
    }
    char begin[5];
    const ::ssize_t count = ::pread(file, begin, sizeof begin, 0);
    if (count < 0) return "cannot read " + path + ": " + reason(errno);
    if (count != sizeof begin || std::memcmp(begin, "some ", sizeof begin) != 0) {
      return says_nothing + "it does not begin with \"some \"";
    }
    return {};
  }
  static bool is_made_by_the_kernel(int file) noexcept {
    struct ::statfs facts {};
    if (::fstatfs(file, &facts) != 0) return false;
    const auto kind = static_cast<std::uint32_t>(facts.f_type);
    return kind == PROC_SUPER_MAGIC || kind == CGROUP2_SUPER_MAGIC;
  }
  // With the zero at its end, as the kernel's documentation has it.
  std::string write_trigger(const std::string& path, const std::string& trigger) {
    if (::write(source_.number(), trigger.c_str(), trigger.size() + 1) >= 0) return {};
    return path + " refuses the trigger \"" + trigger + "\": " + reason(errno);
  }
  void forget_wakes() noexcept {
    std::uint64_t count = 0;
    static_cast<void>(!::read(wakes_.number(), &count, sizeof count));
  }

  file_descriptor source_;
  file_descriptor wakes_;
};

#else

class pressure_source {
 public:
  explicit pressure_source(int) {}

  static std::string why_not() { return "this system cannot wait for descriptors in this way"; }
  std::string open(const std::string&, const std::string&) {
    return "this system has no pressure stall information; Linux has";
  }

  pressure_news wait(int milliseconds) noexcept {
    std::unique_lock<std::mutex> lock(mutex_);
    const auto is_woken = [this] { return woken_; };
    if (milliseconds < 0) {
      wakes_.wait(lock, is_woken);
    } else {
      wakes_.wait_for(lock, std::chrono::milliseconds(milliseconds), is_woken);
    }
    woken_ = false;
    return pressure_news::none;
  }
  void wake() noexcept {
    const std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
    wakes_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable wakes_;
  bool woken_ = false;
};

#endif

}  // namespace steady::detail
