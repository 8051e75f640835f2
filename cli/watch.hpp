// `steady watch`: a live picture of a map while it grows, shrinks, is attacked and takes another
// seed.
//
// Returns the exit status: 0; 1 when there is no terminal or a file could not be written, which
// standard error names; 128 + the signal's number when stopped by a signal. In that case, too, what
// was recorded is complete.
#pragma once

#include <cstdint>
#include <string>

#include "cli/watched_map.hpp"

namespace steady::cli {

struct watch_options {
  watch_settings map;
  std::uint64_t frames = 0;       // end after so many; 0: none, or what is usual
  std::uint64_t every = 1;        // of --plain: show each so many
  std::uint64_t per_second = 20;  // frames, in a terminal
  bool plain = false;             // text frames, without a terminal
  bool tour = false;              // keys by themselves
  std::string keys;               // one before each frame, '_' for none
  std::string record_path;        // "" for none
  std::string animation_path;     // likewise
};

// Why these keys cannot be pressed, in words; "" if they can.
std::string check_keys(const std::string& keys);

int run_watch(const watch_options& options);

}  // namespace steady::cli
