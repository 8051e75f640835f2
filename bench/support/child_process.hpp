// run_in_child(measure): calls `measure` in a process of its own and brings its result back.
//
// A fresh process per measurement keeps one map's heap, page tables and peak memory out of the
// next one's figures, and turns a crash or an exhausted memory into a line of the report.
//
// The result must be trivially copyable: it travels through a pipe as bytes. The child ends without
// destructors and without flushing what the parent had buffered. Anything may go wrong in the
// child; the parent gets either a result or a sentence that says what happened.
#pragma once

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>

namespace steady::bench {

template <class Result>
struct child_outcome {
  std::optional<Result> result;
  std::string failure;  // when there is no result
};

namespace detail {

enum child_exit : int { child_succeeded = 0, child_out_of_memory = 10, child_threw = 11 };

inline bool write_bytes(int file, const void* data, std::size_t length) noexcept {
  const char* next = static_cast<const char*>(data);
  while (length > 0) {
    const ssize_t written = ::write(file, next, length);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    next += written;
    length -= static_cast<std::size_t>(written);
  }
  return true;
}

// How many of `length` bytes came before the other end was closed.
inline std::size_t read_bytes(int file, void* data, std::size_t length) noexcept {
  char* const first = static_cast<char*>(data);
  std::size_t have = 0;
  while (have < length) {
    const ssize_t got = ::read(file, first + have, length - have);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    have += static_cast<std::size_t>(got);
  }
  return have;
}

template <class Measure>
[[noreturn]] void be_the_child(int pipe, Measure& measure) noexcept {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // no measurement outlives its parent
  int status = child_threw;
  try {
    const auto result = measure();
    if (write_bytes(pipe, &result, sizeof(result))) status = child_succeeded;
  } catch (const std::bad_alloc&) {
    status = child_out_of_memory;
  } catch (...) {
  }
  ::_exit(status);
}

inline std::string describe_end(int status) {
  if (WIFSIGNALED(status)) {
    const int number = WTERMSIG(status);
    const std::string name = ::strsignal(number);
    if (number == SIGKILL) return "killed, probably because the system was out of memory";
    if (number == SIGALRM) return "took too long";  // for those that set an alarm
    return "crashed: " + name;
  }
  switch (WEXITSTATUS(status)) {
    case child_out_of_memory:
      return "out of memory";
    case child_threw:
      return "failed with an exception";
    default:
      return "ended early with status " + std::to_string(WEXITSTATUS(status));
  }
}

inline int wait_for(pid_t child) noexcept {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

inline std::string cannot_start() {
  return "could not be started: " + std::generic_category().message(errno);
}

}  // namespace detail

template <class Measure>
auto run_in_child(Measure measure) -> child_outcome<std::invoke_result_t<Measure&>> {
  using result_type = std::invoke_result_t<Measure&>;
  static_assert(std::is_trivially_copyable_v<result_type>);

  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return {std::nullopt, detail::cannot_start()};
  const pid_t child = ::fork();
  if (child == 0) {
    ::close(ends[0]);
    detail::be_the_child(ends[1], measure);
  }
  const std::string not_started = child < 0 ? detail::cannot_start() : "";
  ::close(ends[1]);
  result_type result{};
  const std::size_t got = child < 0 ? 0 : detail::read_bytes(ends[0], &result, sizeof(result));
  ::close(ends[0]);
  if (child < 0) return {std::nullopt, not_started};

  const int status = detail::wait_for(child);
  const bool whole = got == sizeof(result) && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  if (!whole) return {std::nullopt, detail::describe_end(status)};
  return {result, ""};
}

}  // namespace steady::bench
