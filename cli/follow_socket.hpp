// The part of `steady follow` that needs Boost.Asio; without it, it says so and returns 1.
#pragma once

#include "cli/follow.hpp"

namespace steady::cli {

int follow_socket(const follow_command_options& options);

}  // namespace steady::cli
