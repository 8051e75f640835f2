// missing_rivals(texts): a line for each map that takes no part, and why: this build is without it,
// and what to install; or it holds no such keys, texts or numbers.
#pragma once

#include <string>
#include <vector>

#include <fmt/format.h>

#include "bench/adapters/all.hpp"

namespace steady::cli {

inline std::vector<std::string> missing_rivals(bool texts) {
  std::vector<std::string> lines;
  for (const bench::known_map& map : bench::hash_maps) {
    if (!map.available) {
      lines.push_back(fmt::format("{:<8} built without {}: install {} and build again", map.name,
                                  map.name, map.package));
    } else if (!(texts ? map.texts : map.numbers)) {
      lines.push_back(fmt::format("{:<8} holds no {}", map.name, texts ? "texts" : "numbers"));
    }
  }
  return lines;
}

}  // namespace steady::cli
