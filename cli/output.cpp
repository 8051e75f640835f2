#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <utility>

#include <nlohmann/json.hpp>

#include "cli/output.hpp"
#include "cli/stop_signal.hpp"

namespace steady::cli {

namespace {

std::string reason(int error) {
  if (error == EINTR) return "stopped by a signal before all of it was taken";
  return std::generic_category().message(error);
}

std::string reason_or_nothing(int error) { return error == 0 ? "" : reason(error); }

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

// Gives the descriptor's number to the null device, so that no file gets it.
void occupy(int descriptor) {
  const int null = ::open("/dev/null", O_RDWR);
  if (null >= 0 && null != descriptor) {
    ::dup2(null, descriptor);
    ::close(null);
  }
}

// 0, or the error: EINTR where a stop signal came while it was being written, whose reader may
// stand still.
int write_all(int descriptor, std::string_view text) noexcept {
  const unsigned signals = stop_signals_caught();
  while (!text.empty()) {
    if (stop_signals_caught() != signals) return EINTR;
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    // Another program may have made the descriptor non-blocking: a terminal's is shared.
    if (written < 0 && errno == EAGAIN) {
      pollfd room{descriptor, POLLOUT, 0};
      ::poll(&room, 1, -1);
      continue;
    }
    if (written < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

// How many bytes at the front of `text` are a control character, C1 as UTF-8 included; 0 for none.
std::size_t control_bytes(std::string_view text) noexcept {
  const auto at = [&](std::size_t n) { return static_cast<unsigned char>(text[n]); };
  if (at(0) == '\n' || at(0) == '\t') return 0;
  if (at(0) < 0x20 || at(0) == 0x7f) return 1;
  return at(0) == 0xc2 && text.size() > 1 && at(1) >= 0x80 && at(1) < 0xa0 ? 2 : 0;
}

constexpr std::size_t longest_message = 4096;

// Calls use(piece) for the pieces of what is harmless.
template <class Use>
void for_harmless_pieces(std::string_view text, const Use& use) {
  std::size_t done = 0;
  for (std::size_t n = 0; n < text.size();) {
    const std::size_t bad = control_bytes(text.substr(n));
    if (bad == 0) {
      ++n;
      continue;
    }
    use(text.substr(done, n - done));
    use("?");
    done = n += bad;
  }
  use(text.substr(done));
}

bool deliver_text(std::string_view text) {
  const std::string failed = write_output(text);
  if (!failed.empty()) write_error("cannot write to standard output: " + failed);
  return failed.empty();
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
  ::sigaction(SIGXFSZ, &ignore, nullptr);

  const bool output_is_open = is_open(STDOUT_FILENO);
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (!is_open(descriptor)) occupy(descriptor);
  }
  if (!output_is_open) return reason(EBADF);
  if (reader_is_gone(STDOUT_FILENO)) return reason(EPIPE);
  return "";
}

std::string write_output(std::string_view text) {
  return reason_or_nothing(write_all(STDOUT_FILENO, text));
}

std::string_view beginning_of(std::string_view text, std::size_t bytes) noexcept {
  if (text.size() <= bytes) return text;
  const auto goes_on = [&] { return (static_cast<unsigned char>(text[bytes]) & 0xc0) == 0x80; };
  for (int moved = 0; moved < 3 && bytes > 0 && goes_on(); ++moved) --bytes;
  return text.substr(0, bytes);
}

std::string_view without_name(std::string_view message) noexcept {
  constexpr std::string_view name = "steady: ";
  return message.starts_with(name) ? message.substr(name.size()) : message;
}

std::string harmless(std::string_view text) {
  std::string made;
  made.reserve(text.size());
  for_harmless_pieces(text, [&](std::string_view piece) { made += piece; });
  return made;
}

void write_error(std::string_view message) noexcept {
  const std::string_view shown = beginning_of(message, longest_message);
  write_all(STDERR_FILENO, "steady: ");
  // In pieces: this must work when memory is exhausted.
  for_harmless_pieces(shown, [](std::string_view piece) { write_all(STDERR_FILENO, piece); });
  write_all(STDERR_FILENO, shown.size() == message.size() ? "\n" : " ...\n");
}

output_file::~output_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool output_file::open(const std::string& path) {
  path_ = path;
  if (path_.empty()) return true;
  const std::string failed = try_to_open();
  if (!failed.empty()) write_error("cannot write " + path_ + ": " + failed);
  return failed.empty();
}

// Whether a file can be made is known once it is made. It goes at once: the program may end before
// there is anything to write.
std::string output_file::try_to_open() {
  constexpr int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
  const int made = ::open(path_.c_str(), flags | O_EXCL, 0666);
  if (made >= 0) {
    ::close(made);
    ::unlink(path_.c_str());
    return "";
  }
  if (errno == EEXIST) descriptor_ = ::open(path_.c_str(), flags, 0666);
  return descriptor_ >= 0 ? "" : reason(errno);
}

bool output_file::write(std::string_view text) {
  const std::string failed = replace_with(text);
  if (!failed.empty()) write_error("cannot write " + path_ + ": " + failed);
  return failed.empty();
}

namespace {

// Beside the file, in whose place it then comes.
class partial_file {
 public:
  // Belongs to whom the old file does. Not open where that cannot be.
  partial_file(const std::string& path, const struct stat& old)
      : path_(path + ".partial"),
        descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)) {
    if (!is_open()) return;
    const bool is_alike = ::fchown(descriptor_, old.st_uid, old.st_gid) == 0 &&
                          ::fchmod(descriptor_, old.st_mode & 07777) == 0;
    if (!is_alike) remove();
  }
  partial_file(const partial_file&) = delete;
  partial_file& operator=(const partial_file&) = delete;
  ~partial_file() { remove(); }

  bool is_open() const { return descriptor_ >= 0; }
  // 0, or the error. Some file systems tell only in the end that the disk is full.
  int write(std::string_view text) {
    const int error = write_all(descriptor_, text);
    if (error != 0) return error;
    const int synced = ::fsync(descriptor_) == 0 || errno == EINVAL ? 0 : errno;
    return ::close(std::exchange(descriptor_, closed)) == 0 ? synced : errno;
  }
  int take_the_place_of(const std::string& path) {
    if (::rename(path_.c_str(), path.c_str()) != 0) return errno;
    path_.clear();
    return 0;
  }

 private:
  static constexpr int closed = -1;

  void remove() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, closed));
    if (was_made_ && !path_.empty()) ::unlink(path_.c_str());
    was_made_ = false;
  }

  std::string path_;
  int descriptor_;
  bool was_made_ = descriptor_ >= 0;
};

// Where a link leads, so that the file is replaced and not the link.
std::string end_of_links(const std::string& path) {
  std::error_code error;
  const std::filesystem::path end = std::filesystem::canonical(path, error);
  return error ? path : end.string();
}

std::string overwrite(int& descriptor, std::string_view text, bool is_regular) {
  if (is_regular && ::ftruncate(descriptor, 0) != 0) return reason(errno);
  if (const int error = write_all(descriptor, text); error != 0) return reason(error);
  // Some file systems tell only now that the disk is full.
  return ::close(std::exchange(descriptor, -1)) == 0 ? "" : reason(errno);
}

}  // namespace

// So that what was there is not lost where the disk is full. What cannot be replaced by a file
// beside it, such as a device, or a file in a directory that is protected, is written as it is.
std::string output_file::replace_with(std::string_view text) {
  constexpr int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
  bool is_new = false;
  if (descriptor_ < 0) {
    descriptor_ = ::open(path_.c_str(), flags | O_EXCL, 0666);
    is_new = descriptor_ >= 0;
    if (!is_new && errno == EEXIST) descriptor_ = ::open(path_.c_str(), flags, 0666);
    if (descriptor_ < 0) return reason(errno);
  }
  struct stat about {};
  const bool is_regular = ::fstat(descriptor_, &about) == 0 && S_ISREG(about.st_mode);
  if (is_new) {
    const std::string failed = overwrite(descriptor_, text, is_regular);
    if (!failed.empty()) ::unlink(path_.c_str());
    return failed;
  }
  if (is_regular && about.st_nlink == 1) {
    const std::string path = end_of_links(path_);
    partial_file made(path, about);
    if (made.is_open()) {
      const int error = made.write(text);
      return reason_or_nothing(error != 0 ? error : made.take_the_place_of(path));
    }
  }
  return overwrite(descriptor_, text, is_regular);
}

bool result_sink::open(const std::string& json_path) {
  json_path_ = json_path;
  return json_takes_output() || json_file_.open(json_path);
}

bool result_sink::deliver(std::string_view text, const nlohmann::json& document) {
  bool delivered = true;
  if (!json_takes_output()) delivered = deliver_text(harmless(text));
  if (wants_json() && !write_json(document)) delivered = false;
  return delivered;
}

bool result_sink::write_json(const nlohmann::json& document) {
  // File names need not be UTF-8; a document must be.
  const auto text = document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  return json_takes_output() ? deliver_text(text) : json_file_.write(text);
}

}  // namespace steady::cli
