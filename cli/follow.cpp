#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include <steady/detail/follow/secret.hpp>
#include <steady/follower.hpp>
#include <steady/hash_map.hpp>

#include "cli/directory_types.hpp"
#include "cli/follow.hpp"
#include "cli/follow_redis.hpp"
#include "cli/follow_socket.hpp"
#include "cli/followed.hpp"
#include "cli/output.hpp"
#include "cli/stop_signal.hpp"
#include "cli/text_or_number.hpp"

namespace steady::cli {

namespace {

constexpr std::size_t records_at_once = 4096;
constexpr auto pause = std::chrono::milliseconds(20);
// What a writer is about to complete is an obstacle for a moment. Longer than a follower waits
// before it takes a snapshot whose log is not written.
constexpr auto patience = directory_follower_options().patience + std::chrono::milliseconds(1000);

// Tells when an obstacle has been there for so long that it is no passing one.
class obstacle_watch {
 public:
  // True once for each obstacle. `position`: who gets on is not held up.
  bool has_lasted(const std::string& obstacle, std::uint64_t position) {
    const auto now = std::chrono::steady_clock::now();
    if (obstacle != obstacle_ || position != position_) {
      obstacle_ = obstacle;
      position_ = position;
      since_ = now;
      is_told_ = false;
    }
    if (obstacle.empty() || is_told_ || now - since_ < patience) return false;
    is_told_ = true;
    return true;
  }

 private:
  std::string obstacle_;
  std::uint64_t position_ = 0;
  std::chrono::steady_clock::time_point since_;
  bool is_told_ = false;
};

template <class Types>
int follow_directory(const follow_command_options& options) {
  directory_follower<hash_map<typename Types::key, typename Types::value>> follower(options.source);
  followed watched(follower, options);
  obstacle_watch obstacles;
  std::size_t told = 0;
  bool waits = false;
  while (watched.receive([&] { waits = follower.poll(records_at_once) == poll_result::waits; })) {
    for (; told < follower.damage().size(); ++told) {
      const lost_bytes& lost = follower.damage()[told];
      watched.warn(fmt::format("{} is damaged at byte {}: {}; passed over", lost.file, lost.offset,
                               lost.why));
    }
    const std::string& obstacle = follower.obstacle();
    if (watched.is_done(waits && obstacle.empty())) break;
    if (waits && obstacles.has_lasted(obstacle, follower.position())) {
      watched.warn(options.once ? obstacle + "; it is not waited for any longer"
                                : obstacle + "; waiting for its writer");
      if (options.once) return std::max(watched.end(), 1);
    }
    watched.show(!waits ? "reading" : obstacle.empty() ? "waiting for changes" : obstacle);
    if (waits) std::this_thread::sleep_for(pause);
  }
  return watched.end();
}

std::string obstacle_of(const follow_command_options& options, const directory_types& found) {
  return found.why_not.empty() ? options.source + " has no durable map yet" : found.why_not;
}

// Waits until there is a map; nothing where none comes: with --once not for ever.
std::optional<type_names> wait_for_types(const follow_command_options& options) {
  obstacle_watch obstacles;
  std::string told;
  while (true) {
    const directory_types found = types_of(options.source);
    if (found.are_known) return found.names;
    if (stop_requested()) return std::nullopt;
    const std::string obstacle = obstacle_of(options, found);
    if (options.once && obstacles.has_lasted(obstacle, 0)) {
      write_error(obstacle + "; it is not waited for any longer");
      return std::nullopt;
    }
    if (!options.once && std::exchange(told, obstacle) != obstacle) {
      write_error(obstacle + "; waiting for its writer");
    }
    std::this_thread::sleep_for(pause);
  }
}

// A path alone is taken for that of a socket only where there is one: it may be a directory that
// was mistyped.
bool is_address(const std::string& source) {
  if (source.starts_with("unix:")) return source != "unix:";
  std::error_code ignored;
  if (source.find('/') != std::string::npos) return std::filesystem::is_socket(source, ignored);
  return source.find(':') != std::string::npos;
}

}  // namespace

std::string read_line(const std::string& path, std::string_view what) {
  errno = 0;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  if (!file.is_open() || file.bad()) {
    throw std::runtime_error(fmt::format("cannot read {}: {}; its first line should be {}", path,
                                         std::generic_category().message(errno), what));
  }
  if (line.ends_with('\r')) line.pop_back();
  if (line.empty()) {
    throw std::runtime_error(
        fmt::format("{}: its first line should be {}, and is empty", path, what));
  }
  return line;
}

void require_writable_checkpoint(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    throw std::runtime_error("cannot write " + path + ": it is a directory; give a file's path");
  }
  // That is how it is written: beside it first.
  const std::string partial = path + ".partial";
  constexpr int flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
  int file = ::open(partial.c_str(), flags | O_EXCL, 0666);
  const bool is_new = file >= 0;
  if (!is_new && errno == EEXIST) file = ::open(partial.c_str(), flags, 0666);
  if (file < 0) {
    throw std::runtime_error("cannot write " + partial + ": " +
                             std::generic_category().message(errno));
  }
  ::close(file);
  if (is_new) ::unlink(partial.c_str());
}

std::string read_secret(const std::string& path) {
  if (!detail::has_secrets) {
    throw std::runtime_error("built without OpenSSL: install libssl-dev and build again");
  }
  return read_line(path, "the secret");
}

int run_follow(const follow_command_options& options) {
  const stop_signal_guard guard;
  if (options.source.starts_with(redis_scheme)) return follow_redis(options);
  std::error_code ignored;
  if (!std::filesystem::is_directory(options.source, ignored)) {
    if (is_address(options.source)) return follow_socket(options);
    write_error(options.source +
                " is no directory, and no address, which is HOST:PORT, [IPV6]:PORT, unix:PATH or "
                "redis://HOST:PORT/NAME");
    return 1;
  }
  const std::optional<type_names> names = wait_for_types(options);
  if (!names) return status_of_failure();
  int status = 1;
  const bool known =
      with_types(*names, [&](auto types) { status = follow_directory<decltype(types)>(options); });
  if (!known) write_error(options.source + ": " + unknown_types(*names));
  return status;
}

}  // namespace steady::cli
