// The part of `steady follow` that needs hiredis; without it, it says so and returns 1.
#pragma once

#include <string>
#include <string_view>

#include "cli/follow.hpp"

namespace steady::cli {

inline constexpr std::string_view redis_scheme = "redis://";

// Whether an address of Redis, or what follows redis://, is that of a socket by its path.
inline bool is_socket_path(const std::string& address) {
  return address.starts_with("unix:") || address.starts_with('/');
}

// The source is redis://ADDRESS/NAME.
int follow_redis(const follow_command_options& options);

}  // namespace steady::cli
