// Opening a durable map, which may take long where it is large: tells how far it is, and stops for
// a signal.
#pragma once

#include <steady/durable_map.hpp>

#include "cli/progress.hpp"
#include "cli/stop_signal.hpp"

namespace steady::cli {

// Thrown where a signal is to stop the opening of a map; nothing has been changed then.
struct opening_stopped {};

inline void stop_if_requested() {
  if (stop_requested()) throw opening_stopped();
}

// For durable_options::progress. `line` must live as long as the map is opened.
inline auto opening_progress(progress_line& line) {
  return [&line](const recovery_progress& now) {
    stop_if_requested();
    line.show_bytes(now.bytes_read, now.bytes_in_all);
  };
}

}  // namespace steady::cli
