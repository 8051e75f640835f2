// Where, when and how a result of the command came about.
#pragma once

#include <string>

#include "bench/support/machine.hpp"

namespace steady::cli {

struct report_origin {
  bench::machine on;
  std::string when;
  std::string command_line;
};

}  // namespace steady::cli
