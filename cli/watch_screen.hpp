// A frame of `steady watch` as lines of styled text, for any terminal: both arrays over the same
// line, bars for how full each part is, the frontier between them.
//
// Nothing here depends on the library that draws, so that tests read what people see.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/watch_frame.hpp"

namespace steady::cli {

enum class style : unsigned char { plain, strong, faint, old_array, new_array, mark, warning };

struct styled_text {
  style look = style::plain;
  std::string text;  // UTF-8
};
using screen_line = std::vector<styled_text>;

struct screen_size {
  std::size_t columns = 80;
  std::size_t rows = 24;
  bool ascii = false;  // for terminals without UTF-8
};

// Smaller terminals get a line that says so.
inline constexpr std::size_t least_columns = 60;
inline constexpr std::size_t least_rows = 18;

// How many parts of the line fit: the frame should have been made with as many.
std::size_t parts_for(const screen_size& size);

// At most size.rows lines, none wider than size.columns.
std::vector<screen_line> screen_of(const watch_frame& frame, const screen_size& size);

// As much of a text as fits so many columns: every sign here is one column wide.
std::string first_columns(const std::string& text, std::size_t columns);

// What the keys do, instead of a frame.
std::vector<screen_line> help_screen(const screen_size& size);

}  // namespace steady::cli
