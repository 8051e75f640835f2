// `steady serve`: a durable map of texts to numbers, or to texts, whose changes come as lines on
// standard input or from a file, and which followers can follow over a socket.
//
// A line is `set KEY VALUE`, `add KEY NUMBER` (to numbers), `erase KEY`, `clear` or `get KEY`, with
// blanks between the words, or, for keys with blanks, tabs. Whoever sends a line that is none is
// told on standard error, with its number.
//
// A change that fails (the disk is full, say) is told of, and the server goes on.
//
// Returns the exit status: 0 when standard input has ended with --end-with-input; 1 when the map
// or the socket cannot be had, a line of --load is wrong, or a change has failed; 128 + the
// signal's number.
#pragma once

#include <string>

namespace steady::cli {

struct serve_options {
  std::string directory;
  std::string address = "127.0.0.1:7411";
  std::string value = "u64";  // or text, of a new map
  std::string secret_path;
  std::string load_path;
  std::string sync = "each";
  bool ends_with_input = false;
};

int run_serve(const serve_options& options);

}  // namespace steady::cli
