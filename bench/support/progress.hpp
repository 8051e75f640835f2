// What a long run is at, for somebody who waits for it at a terminal. In a file or a pipe: nothing.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

namespace steady::bench {

// Replaces what it showed before. An empty text clears the line.
inline void show_progress(const std::string& text) {
  if (::isatty(STDERR_FILENO) != 0) std::fprintf(stderr, "\r%-70s", text.c_str());
}

}  // namespace steady::bench
