// `steady log`: what is in the directory of a durable map; whether all of it is whole; and, on
// request, saving what can be read of a damaged one, or writing a snapshot so that the log is
// short.
//
// Inspecting and verifying take no lock and change nothing, and know every type; salvaging and
// compacting open the map, which must be one of texts and numbers (u64). Which it is, the header of
// a file says; where none is whole, salvaging takes what the caller says.
//
// Returns the exit status: 0; 1 when there is damage, or something could not be done; 128 + the
// signal's number.
#pragma once

#include <optional>
#include <string>

#include <steady/detail/durable/posix_files.hpp>
#include <steady/file_operations.hpp>

#include "cli/text_or_number.hpp"

namespace steady::cli {

enum class log_action { inspect, verify, salvage, compact };

struct log_options {
  std::string directory;
  log_action action = log_action::inspect;
  std::optional<type_names> types;  // of a map that is salvaged, where no header tells
  file_operations* files = &detail::system_files();
};

int run_log(const log_options& options);

}  // namespace steady::cli
