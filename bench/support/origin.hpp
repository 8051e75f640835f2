// Where results come from: commit, date, command, compiler, machine and versions of maps, so that a
// reader can repeat them, and tools/make_tables merges only what may be merged.
#pragma once

#include <map>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "bench/adapters/adapter.hpp"

namespace steady::bench {

// Of this process, as it began: before it pinned itself to a core, and what the machine did then.
// The command is without the program's folder. `maps`: name, version.
nlohmann::json origin_of_results(const std::map<std::string, std::string>& maps,
                                 const std::string& hash = same_hash);

}  // namespace steady::bench
