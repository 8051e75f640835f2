#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include <steady/hash_map.hpp>
#include <steady/redis_follower.hpp>

#include "cli/follow_redis.hpp"
#include "cli/followed.hpp"
#include "cli/output.hpp"
#include "cli/text_or_number.hpp"

namespace steady::cli {

namespace {

constexpr std::size_t records_at_once = 4096;
constexpr auto turn_time = std::chrono::milliseconds(20);

template <class Types>
int follow_stream(const std::string& address, const std::string& name,
                  const follow_command_options& options) {
  redis_follower_options how;
  how.group = options.group;
  how.acknowledges = acknowledging::told;  // what was printed
  if (!options.redis_password_path.empty()) {
    how.password = read_line(options.redis_password_path, "the password of Redis");
  }
  redis_follower<hash_map<typename Types::key, typename Types::value>> follower(address, name, how);
  followed watched(follower, options);
  std::string told;  // the trouble, or what is missing, once
  std::uint64_t acknowledged = 0;
  follower.on_trouble([&](follow_refusal why, const std::string& text) {
    if (is_final(why) || text == told) return;
    told = text;
    watched.warn(options.source + ": " + text +
                 (why == follow_refusal::fell_behind ? "" : "; trying again"));
  });
  while (watched.receive([&] { follower.poll(records_at_once, turn_time); })) {
    const connection_state state = follower.state();
    if (state == connection_state::refused) {
      watched.end();
      write_error(options.source + ": " + follower.trouble());
      return 1;
    }
    const bool is_following = state == connection_state::following;
    const bool has_all = is_following && follower.obstacle().empty() && !follower.is_loading() &&
                         follower.lag().positions == 0;
    if (has_all) told.clear();
    if (is_following && !follower.has_content() && !follower.obstacle().empty() && told.empty()) {
      told = follower.obstacle();
      watched.warn(options.source + ": " + told + "; waiting for it");
    }
    if (watched.is_done(has_all)) break;
    if (follower.has_content() && follower.position() != acknowledged) {
      acknowledged = follower.position();
      follower.acknowledge();
    }
    watched.show(!is_following                 ? "waiting"
                 : follower.obstacle().empty() ? "following"
                                               : follower.obstacle());
  }
  return watched.end();
}

}  // namespace

int follow_redis(const follow_command_options& options) {
  const std::string rest = options.source.substr(redis_scheme.size());
  // A stream's name may have slashes, but so has the path of a socket.
  const std::size_t slash = is_socket_path(rest) ? rest.rfind('/') : rest.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == rest.size()) {
    write_error("'" + options.source +
                "' names no stream; give redis://HOST:PORT/NAME or redis://unix:PATH/NAME");
    return 1;
  }
  int status = 1;
  const bool known = with_types(options.types, [&](auto types) {
    status = follow_stream<decltype(types)>(rest.substr(0, slash), rest.substr(slash + 1), options);
  });
  if (!known) write_error(unknown_types(options.types));
  return status;
}

}  // namespace steady::cli
