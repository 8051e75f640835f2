// The version of the command is the library's.
#pragma once

#include <string>

#include "bench/adapters/steady.hpp"

namespace steady::cli {

inline std::string version_text() { return bench::steady_adapter::version(); }

}  // namespace steady::cli
