// `steady log`: what is in the directory of a durable map; whether all of it is whole; and, on
// request, saving what can be read of a damaged one, or writing a snapshot so that the log is
// short.
//
// Inspecting and verifying take no lock and change nothing, and know every type; salvaging and
// compacting open the map, which must be one of texts and numbers (u64).
//
// Returns the exit status: 0; 1 when there is damage, or something could not be done; 128 + the
// signal's number.
#pragma once

#include <string>

namespace steady::cli {

enum class log_action { inspect, verify, salvage, compact };

struct log_options {
  std::string directory;
  log_action action = log_action::inspect;
};

int run_log(const log_options& options);

}  // namespace steady::cli
