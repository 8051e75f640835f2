// Where the command is built without ncurses.
#include "cli/watch_terminal.hpp"

namespace steady::cli {

std::string watch_terminal_reason() {
  return "built without ncurses: install libncurses-dev and build again";
}

watch_terminal::watch_terminal() = default;
watch_terminal::~watch_terminal() = default;
screen_size watch_terminal::size() const { return {}; }
void watch_terminal::show(const std::vector<screen_line>&) {}
char watch_terminal::key_within(int) { return 0; }

}  // namespace steady::cli
