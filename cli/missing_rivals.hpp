// missing_rivals(): a line for each rival that this build is without, and what to install.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/adapters/all.hpp"

namespace steady::cli {

inline std::vector<std::string> missing_rivals() {
  std::vector<std::string> lines;
  for (const bench::known_map& map : bench::known_maps) {
    if (map.available) continue;
    lines.push_back(fmt::format("{:<8} built without {}: install {} and build again", map.name,
                                map.name, map.package));
  }
  return lines;
}

}  // namespace steady::cli
