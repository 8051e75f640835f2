// What the benchmarks that report JSON have in common.
#pragma once

#include <cstdio>
#include <fstream>
#include <string>

#include <nlohmann/json.hpp>

namespace steady::bench {

// Writes `json` to the file `path`, unless that is empty. False, after saying so, if that failed.
inline bool write_json(const char* program, const std::string& path, const nlohmann::json& json) {
  if (path.empty()) return true;
  std::ofstream file(path);
  file << json.dump(1) << '\n';
  if (file.flush()) return true;
  std::fprintf(stderr, "%s: cannot write %s\n", program, path.c_str());
  return false;
}

}  // namespace steady::bench
