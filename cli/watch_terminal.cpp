#include <unistd.h>

#include <clocale>
#include <cstdlib>
#include <cstring>

#include <langinfo.h>

#include "cli/watch_terminal.hpp"

#define NCURSES_NOMACROS 1
#define NCURSES_WIDECHAR 1
#include <curses.h>

namespace steady::cli {

namespace {

// Pairs of colours; people tell blue from orange whatever their eyes.
enum pair : short { pair_old = 1, pair_new, pair_mark, pair_warning };

attr_t attributes_of(style look) {
  switch (look) {
    case style::plain:
      return A_NORMAL;
    case style::strong:
      return A_BOLD;
    case style::faint:
      return A_DIM;
    case style::old_array:
      return static_cast<attr_t>(COLOR_PAIR(pair_old));
    case style::new_array:
      return static_cast<attr_t>(COLOR_PAIR(pair_new));
    case style::mark:
      return static_cast<attr_t>(COLOR_PAIR(pair_mark)) | A_BOLD;
    case style::warning:
      return static_cast<attr_t>(COLOR_PAIR(pair_warning)) | A_BOLD;
  }
  return A_NORMAL;
}

void choose_colours() {
  if (!has_colors() || std::getenv("NO_COLOR") != nullptr) return;
  start_color();
  use_default_colors();
  const short blue = COLORS >= 256 ? short{75} : short{COLOR_CYAN};
  const short orange = COLORS >= 256 ? short{214} : short{COLOR_YELLOW};
  init_pair(pair_old, blue, -1);
  init_pair(pair_new, orange, -1);
  init_pair(pair_mark, COLOR_GREEN, -1);
  init_pair(pair_warning, COLOR_RED, -1);
}

}  // namespace

std::string watch_terminal_reason() {
  if (::isatty(STDIN_FILENO) != 1) return "standard input is no terminal";
  if (::isatty(STDOUT_FILENO) != 1) return "standard output is no terminal";
  const char* const kind = std::getenv("TERM");
  if (kind == nullptr || *kind == 0) return "the variable TERM does not name the terminal";
  if (std::strcmp(kind, "dumb") == 0) return "the terminal is dumb: it cannot place the cursor";
  return "";
}

watch_terminal::watch_terminal() {
  std::setlocale(LC_CTYPE, "");
  ascii_ = std::strcmp(::nl_langinfo(CODESET), "UTF-8") != 0;
  initscr();
  cbreak();
  noecho();
  curs_set(0);
  choose_colours();
}
watch_terminal::~watch_terminal() { endwin(); }

screen_size watch_terminal::size() const {
  return {static_cast<std::size_t>(getmaxx(stdscr)), static_cast<std::size_t>(getmaxy(stdscr)),
          ascii_};
}

void watch_terminal::show(const std::vector<screen_line>& lines) {
  werase(stdscr);
  int row = 0;
  for (const screen_line& line : lines) {
    wmove(stdscr, row++, 0);
    for (const styled_text& each : line) {
      wattrset(stdscr, static_cast<int>(attributes_of(each.look)));
      // What is too wide would go on in the next line.
      const int room = getmaxx(stdscr) - getcurx(stdscr);
      const std::string cut =
          first_columns(each.text, room > 0 ? static_cast<std::size_t>(room) : 0);
      waddnstr(stdscr, cut.c_str(), static_cast<int>(cut.size()));
      if (cut.size() < each.text.size()) break;
    }
  }
  wrefresh(stdscr);
}

char watch_terminal::key_within(int milliseconds) {
  wtimeout(stdscr, milliseconds);
  const int key = wgetch(stdscr);
  return key > 0 && key < 127 ? static_cast<char>(key) : '\0';
}

}  // namespace steady::cli
