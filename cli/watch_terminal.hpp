// The terminal of `steady watch`: ncurses draws, in the whole terminal, and reads keys.
//
// Where the command was built without it, watch_terminal_reason() says so and nothing else may be
// called.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/watch_screen.hpp"

namespace steady::cli {

// Why there can be no terminal; "" if there can. Standard input and output must be one.
std::string watch_terminal_reason();

class watch_terminal {
 public:
  watch_terminal();
  ~watch_terminal();  // the terminal is as it was before
  watch_terminal(const watch_terminal&) = delete;
  watch_terminal& operator=(const watch_terminal&) = delete;

  screen_size size() const;
  void show(const std::vector<screen_line>& lines);

  // Waits for a key, at most so long. 0: none came; other keys than those of text are passed over.
  char key_within(int milliseconds);

 private:
  [[maybe_unused]] bool ascii_ = false;
};

}  // namespace steady::cli
