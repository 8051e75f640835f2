// A map of this build that takes part in measured runs.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cli/run_result.hpp"

namespace steady::cli {

// `run` puts input through a new map, as the order says. To be called in a process of its own
// (bench/support/child_process.hpp): it leaves its map behind.
template <class Input, class Order>
struct contestant {
  std::string_view name;
  std::string full_name;
  std::string version;
  std::function<measured_run(const Input&, Order)> run;
};

}  // namespace steady::cli
