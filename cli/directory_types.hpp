// What types a durable map has, as its files say.
#pragma once

#include <string>

#include "cli/text_or_number.hpp"

namespace steady::cli {

struct directory_types {
  bool are_known = false;  // some file has a whole header
  type_names names;        // of the newest such file
  std::string why_not;     // where there are files: what is wrong with their headers
  bool is_other_version = false;
};

// Throws durable_error where the directory, or a file in it, cannot be read.
directory_types types_of(const std::string& directory);

}  // namespace steady::cli
