// The part of `steady follow` that needs hiredis; without it, it says so and returns 1.
#pragma once

#include <string_view>

#include "cli/follow.hpp"

namespace steady::cli {

inline constexpr std::string_view redis_scheme = "redis://";

// The source is redis://ADDRESS/NAME.
int follow_redis(const follow_command_options& options);

}  // namespace steady::cli
