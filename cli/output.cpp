#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <system_error>

#include <nlohmann/json.hpp>

#include "cli/output.hpp"

namespace steady::cli {

namespace {

std::string reason(int error) { return std::generic_category().message(error); }

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

// Gives the descriptor's number to the null device, so that no file gets it.
void occupy(int descriptor) {
  const int null = ::open("/dev/null", O_RDWR);
  if (null >= 0 && null != descriptor) {
    ::dup2(null, descriptor);
    ::close(null);
  }
}

// 0, or the error.
int write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// A pipe whose reader is gone reports an error without anything being written.
bool reader_is_gone(int descriptor) {
  pollfd ask{descriptor, POLLOUT, 0};
  return ::poll(&ask, 1, 0) > 0 && (ask.revents & POLLERR) != 0;
}

}  // namespace

std::string prepare_standard_streams() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, nullptr);

  const bool output_is_open = is_open(STDOUT_FILENO);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (!is_open(descriptor)) occupy(descriptor);
  }
  if (!output_is_open) return reason(EBADF);
  if (reader_is_gone(STDOUT_FILENO)) return reason(EPIPE);
  return "";
}

std::string write_output(std::string_view text) {
  const int error = write_all(STDOUT_FILENO, text);
  return error == 0 ? "" : reason(error);
}

void write_error(std::string_view message) noexcept {
  // In pieces: this must work when memory is exhausted.
  write_all(STDERR_FILENO, "steady: ");
  write_all(STDERR_FILENO, message);
  write_all(STDERR_FILENO, "\n");
}

result_sink::~result_sink() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool result_sink::open(const std::string& json_path) {
  path_ = json_path;
  if (!wants_json() || json_takes_output()) return true;
  descriptor_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
  if (descriptor_ >= 0) return true;
  write_error("cannot write " + path_ + ": " + reason(errno));
  return false;
}

bool result_sink::deliver(std::string_view text, const nlohmann::json& document) {
  bool delivered = true;
  if (!json_takes_output()) {
    if (const std::string failed = write_output(text); !failed.empty()) {
      write_error("cannot write to standard output: " + failed);
      delivered = false;
    }
  }
  if (wants_json()) {
    if (const std::string failed = write_json(document); !failed.empty()) {
      write_error("cannot write " + path_ + ": " + failed);
      delivered = false;
    }
  }
  return delivered;
}

std::string result_sink::write_json(const nlohmann::json& document) {
  // File names need not be UTF-8; a document must be.
  const auto text = document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (json_takes_output()) return write_output(text);

  struct stat about {};
  const bool regular = ::fstat(descriptor_, &about) == 0 && S_ISREG(about.st_mode);
  if (regular && ::ftruncate(descriptor_, 0) != 0) return reason(errno);
  if (const int error = write_all(descriptor_, text); error != 0) return reason(error);
  // Some file systems tell only now that the disk is full.
  const int closed = ::close(descriptor_);
  descriptor_ = -1;
  return closed == 0 ? "" : reason(errno);
}

}  // namespace steady::cli
