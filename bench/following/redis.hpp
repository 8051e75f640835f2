// Redis's own replication of a hash, for reference, where bench.following was built with hiredis.
#pragma once

#include <string>
#include <variant>

#include "bench/following/run.hpp"

namespace steady::bench {

// Or why there is none.
std::variant<way, std::string> redis_way();

}  // namespace steady::bench
