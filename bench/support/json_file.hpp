// What the benchmarks that report JSON have in common: {"program", "origin", "results"}.
#pragma once

#include <cstdio>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

#include "bench/support/origin.hpp"

namespace steady::bench {

// Writes the results to the file `path`, unless that is empty. False, after saying so, if that
// failed.
inline bool write_json(const std::string& program, const std::string& path,
                       const nlohmann::json& origin, const nlohmann::json& results) {
  if (path.empty()) return true;
  std::ofstream file(path);
  const nlohmann::json all = {{"program", program}, {"origin", origin}, {"results", results}};
  file << all.dump(1) << '\n';
  if (file.flush()) return true;
  std::fprintf(stderr, "%s: cannot write %s\n", program.c_str(), path.c_str());
  return false;
}

}  // namespace steady::bench
