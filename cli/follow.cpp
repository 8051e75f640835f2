#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

#include <fmt/format.h>

#include <steady/detail/follow/secret.hpp>
#include <steady/follower.hpp>
#include <steady/hash_map.hpp>

#include "cli/follow.hpp"
#include "cli/follow_socket.hpp"
#include "cli/followed.hpp"
#include "cli/output.hpp"
#include "cli/stop_signal.hpp"
#include "cli/text_or_number.hpp"

namespace steady::cli {

namespace {

constexpr std::size_t records_at_once = 4096;
constexpr auto pause = std::chrono::milliseconds(20);

template <class Types>
int follow_directory(const follow_command_options& options) {
  directory_follower<hash_map<typename Types::key, typename Types::value>> follower(options.source);
  followed watched(follower, options);
  std::size_t told = 0;
  while (true) {
    const bool waits = follower.poll(records_at_once) == poll_result::waits;
    for (; told < follower.damage().size(); ++told) {
      const lost_bytes& lost = follower.damage()[told];
      watched.warn(fmt::format("{} is damaged at byte {}: {}; passed over", lost.file, lost.offset,
                               lost.why));
    }
    if (watched.is_done(waits && follower.obstacle().empty())) return watched.end();
    watched.show(!waits                        ? "reading"
                 : follower.obstacle().empty() ? "waiting for changes"
                                               : follower.obstacle());
    if (waits) std::this_thread::sleep_for(pause);
  }
}

// Waits until there is a map.
bool wait_for_types(const follow_command_options& options, type_names& names) {
  if (find_types(options.source, names)) return true;
  write_error(options.source + " has no durable map yet; waiting for one");
  while (!find_types(options.source, names)) {
    if (stop_requested()) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace

std::string read_secret(const std::string& path) {
  if (!detail::has_secrets) {
    throw std::runtime_error("built without OpenSSL: install libssl-dev and build again");
  }
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line) || line.empty()) {
    throw std::runtime_error(path + ": its first line should be the secret, and is not there");
  }
  return line;
}

int run_follow(const follow_command_options& options) {
  const stop_signal_guard guard;
  std::error_code ignored;
  if (!std::filesystem::is_directory(options.source, ignored)) {
    if (options.source.find_first_of(":/") != std::string::npos) return follow_socket(options);
    write_error(options.source +
                " is no directory, and no address, which is HOST:PORT, [IPV6]:PORT or unix:PATH");
    return 1;
  }
  type_names names;
  if (!wait_for_types(options, names)) return 128 + stop_signal();
  int status = 1;
  const bool known =
      with_types(names, [&](auto types) { status = follow_directory<decltype(types)>(options); });
  if (!known) write_error(options.source + ": " + unknown_types(names));
  return status;
}

}  // namespace steady::cli
