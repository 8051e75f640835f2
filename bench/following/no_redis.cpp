// bench.following without hiredis.
#include <string>
#include <variant>

#include "bench/following/redis.hpp"

namespace steady::bench {

std::variant<way, std::string> redis_way() {
  return "it was built without hiredis (libhiredis-dev)";
}

}  // namespace steady::bench
