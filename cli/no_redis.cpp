// Where hiredis was not found.
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>

#include <steady/durable_map.hpp>

#include "cli/follow_redis.hpp"
#include "cli/output.hpp"
#include "cli/serve_redis.hpp"

namespace steady::cli {

namespace {

constexpr auto what_is_missing = "built without Redis: install libhiredis-dev and build again";

}  // namespace

int follow_redis(const follow_command_options&) {
  write_error(what_is_missing);
  return 1;
}

template <class T>
std::unique_ptr<redis_output> make_redis_output(durable_map<std::string, T>&,
                                                const serve_options&) {
  throw std::runtime_error(what_is_missing);
}
template std::unique_ptr<redis_output> make_redis_output(durable_map<std::string, std::string>&,
                                                         const serve_options&);
template std::unique_ptr<redis_output> make_redis_output(durable_map<std::string, std::uint64_t>&,
                                                         const serve_options&);

}  // namespace steady::cli
