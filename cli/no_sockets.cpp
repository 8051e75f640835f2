// Where Boost.Asio was not found.
#include "cli/follow_socket.hpp"
#include "cli/output.hpp"
#include "cli/serve.hpp"

namespace steady::cli {

namespace {

int say_what_is_missing() {
  write_error("built without sockets: install libboost1.81-dev and build again");
  return 1;
}

}  // namespace

int follow_socket(const follow_command_options&) { return say_what_is_missing(); }

int run_serve(const serve_options&) { return say_what_is_missing(); }

}  // namespace steady::cli
