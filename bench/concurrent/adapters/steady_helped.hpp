// steady::concurrent_hash_map with a steady::evacuator of its own, which has a thread.
#pragma once

#include <string>
#include <string_view>

#include <steady/evacuator.hpp>

#include "bench/concurrent/adapters/steady.hpp"

namespace steady::bench {

class steady_helped : public steady_concurrent {
 public:
  static constexpr std::string_view name = "steady-helped";
  static constexpr std::string_view full_name =
      "steady::concurrent_hash_map served by a steady::evacuator";

  steady_helped() : service_(helper_.serve(map_)) {}

 private:
  evacuator helper_;
  evacuator::service service_;
};

static_assert(concurrent_adapter<steady_helped>);

}  // namespace steady::bench
