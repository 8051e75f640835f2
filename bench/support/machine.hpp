// What this program runs on, for reports: what is not known stays "unknown" or 0.
#pragma once

#include <cstdint>
#include <string>

namespace steady::bench {

struct machine {
  std::string processor = "unknown";
  // "family 25, model 17": what tells the processors of virtual machines apart, whose names do not.
  std::string processor_model = "unknown";
  unsigned cores = 0;  // that this process may use
  unsigned cores_in_all = 0;
  std::uint64_t memory_bytes = 0;
  std::string system = "unknown";
  std::string kernel = "unknown";
};

// Ask before the process is pinned to a core, or it has only that one.
machine read_machine();

// 2026-11-29 08:15 UTC
std::string current_time();

}  // namespace steady::bench
