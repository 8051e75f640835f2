#include <chrono>
#include <string>

#include <boost/asio/io_context.hpp>

#include <steady/hash_map.hpp>
#include <steady/socket_follower.hpp>

#include "cli/follow_socket.hpp"
#include "cli/followed.hpp"
#include "cli/output.hpp"
#include "cli/text_or_number.hpp"
#include "cli/tls.hpp"

namespace steady::cli {

namespace {

constexpr auto turn_time = std::chrono::milliseconds(20);

const char* words_for(connection_state state) {
  switch (state) {
    case connection_state::following:
      return "following";
    case connection_state::connecting:
      return "connecting";
    default:
      return "waiting";
  }
}

template <class Types>
int follow_address(const follow_command_options& options) {
  socket_follower_options how;
  if (!options.secret_path.empty()) how.secret = read_secret(options.secret_path);
  how.tls = tls_of_follower(options.tls_authority_path, options.tls_pinned_path, options.tls_name);
  boost::asio::io_context loop;
  socket_follower<hash_map<typename Types::key, typename Types::value>> follower(
      loop, options.source, how);
  followed watched(follower, options);
  std::string told;  // the trouble, once
  follower.start();
  while (watched.receive([&] { loop.run_for(turn_time); })) {
    const connection_state state = follower.state();
    if (state == connection_state::refused) {
      watched.end();
      write_error(options.source + ": " + follower.trouble());
      return 1;
    }
    const bool has_all = state == connection_state::following && !follower.is_loading() &&
                         follower.lag().positions == 0;
    if (state == connection_state::following) told.clear();
    if (state == connection_state::waiting && follower.trouble() != told) {
      told = follower.trouble();
      watched.warn(options.source + ": " + told + "; trying again");
    }
    if (watched.is_done(has_all)) break;
    watched.show(words_for(state));
  }
  return watched.end();
}

}  // namespace

int follow_socket(const follow_command_options& options) {
  int status = 1;
  const bool known = with_types(
      options.types, [&](auto types) { status = follow_address<decltype(types)>(options); });
  if (!known) write_error(unknown_types(options.types));
  return status;
}

}  // namespace steady::cli
