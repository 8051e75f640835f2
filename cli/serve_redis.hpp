// The part of `steady serve` that needs hiredis: a map goes to Redis as well.
#pragma once

#include <memory>
#include <string>

#include <steady/durable_map.hpp>

#include "cli/serve.hpp"

namespace steady::cli {

class redis_output {
 public:
  virtual ~redis_output() = default;
  // Sends what there is; never waits. Throws std::runtime_error where that was refused for good.
  virtual void poll() = 0;
  // Whether Redis has all of it: a snapshot, and every change.
  virtual bool has_all() const = 0;
  // Why the connection was lost, once for each time; empty if it was not.
  virtual std::string take_trouble() = 0;
};

// Throws std::runtime_error where the command was built without hiredis. T: std::string or
// std::uint64_t.
template <class T>
std::unique_ptr<redis_output> make_redis_output(durable_map<std::string, T>& map,
                                                const serve_options& options);

}  // namespace steady::cli
