// `steady follow`: follows the directory of a durable map, or a server, and prints every change.
//
// Returns the exit status: 0 when what was asked for was reached; 1 when something failed or was
// refused, which standard error names; 128 + the signal's number when a signal stopped it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/text_or_number.hpp"

namespace steady::cli {

struct follow_command_options {
  std::string source;  // a directory, an address, or redis://ADDRESS/NAME
  std::string secret_path;
  std::string tls_authority_path;
  std::string tls_pinned_path;
  std::string tls_name;
  std::string checkpoint_path;
  std::string group;  // of consumers, in Redis
  std::string redis_password_path;
  type_names types;         // of a server; a directory says its own
  std::uint64_t until = 0;  // end at this position, or a later snapshot's; 0: never
  bool once = false;        // end when all is there
  bool quiet = false;       // no changes, only the summary
};

int run_follow(const follow_command_options& options);

// The first line of a file, without the \r of an editor on Windows; throws std::runtime_error where
// it cannot be read or is empty. `what`: that it should be.
std::string read_line(const std::string& path, std::string_view what);
// Call before the work: throws std::runtime_error where a checkpoint could not be written. Leaves
// what is there as it is.
void require_writable_checkpoint(const std::string& path);
// The first line as a secret; throws also where there are no secrets without OpenSSL.
std::string read_secret(const std::string& path);

}  // namespace steady::cli
