// steady::durable_error: what goes wrong with the files of a durable map: which file, where in it,
// and what to do.
//
//   Threads  a plain exception.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace steady {

enum class durable_trouble {
  locked,        // another map has the directory
  no_space,      // the disk is full: nothing was changed; later writes may succeed
  input_output,  // an operation on a file failed; durable_error::error_number() has its errno
  failed,     // an earlier sync failed, so nothing can be acknowledged until the map is opened anew
  damaged,    // bytes in the middle of a file are not what was written
  foreign,    // files of another format, of other types, or of another map
  too_large,  // a key and its value take more than max_payload_bytes
  unsupported  // this system has no such files
};

class durable_error : public std::runtime_error {
 public:
  durable_error(durable_trouble trouble, const std::string& what, std::string file = {},
                std::uint64_t offset = 0, int error_number = 0)
      : std::runtime_error("steady: " + what),
        trouble_(trouble),
        file_(std::move(file)),
        offset_(offset),
        error_number_(error_number) {}

  durable_trouble trouble() const noexcept { return trouble_; }
  // Empty where no file is to blame.
  const std::string& file() const noexcept { return file_; }
  // Where in the file; only if it is damaged.
  std::uint64_t offset() const noexcept { return offset_; }
  // Of the system; 0 if it has reported nothing.
  int error_number() const noexcept { return error_number_; }

 private:
  durable_trouble trouble_;
  std::string file_;
  std::uint64_t offset_;
  int error_number_;
};

}  // namespace steady
