// find_files(roots): every regular file under the given paths, in an order that depends on names
// only.
//
// A path that was given may be a symbolic link; links found on the way are not followed, neither to
// directories nor to files, so that loops and doubles cannot arise. What is neither a regular file
// nor a directory is passed over, unless it was given. Whatever cannot be read becomes a problem
// with its reason, and the walk goes on. Ends early when stop_requested().
//
// read_blocks(path, buffer, use): the bytes of a file, one buffer at a time; of standard input,
// from where it is, read_input_blocks().
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace steady::cli {

struct path_problem {
  std::string path;
  std::string reason;
};

struct found_file {
  std::string path;
  std::uint64_t bytes;
};

struct found_files {
  std::vector<found_file> files;
  std::uint64_t bytes = 0;  // of all files together
  std::vector<path_problem> problems;
};

found_files find_files(std::span<const std::string> roots);

// Calls use(block) until the file ends or stop_requested(). Returns the reason why it could not be
// read to its end, or "".
std::string read_blocks(const std::string& path, std::span<char> buffer,
                        const std::function<void(std::string_view)>& use);
std::string read_input_blocks(std::span<char> buffer,
                              const std::function<void(std::string_view)>& use);

}  // namespace steady::cli
