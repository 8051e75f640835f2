// Where the frames of `steady watch` go besides the screen: a file of JSON lines, one frame a line;
// and a page that plays them, at most 20,000, which needs nothing but a browser.
//
// What goes wrong is named on standard error, and the function returns false.
#pragma once

#include <cstddef>
#include <cstdio>
#include <string>

#include "cli/output.hpp"
#include "cli/watch_frame.hpp"

namespace steady::cli {

class watch_record {
 public:
  watch_record() = default;
  ~watch_record();
  watch_record(const watch_record&) = delete;
  watch_record& operator=(const watch_record&) = delete;

  // Before the first frame; "" for no such file. Files that exist are replaced, if both can be.
  bool open(const std::string& lines_path, const std::string& page_path);

  void add(const watch_frame& frame);
  // Whether lines could not be written; close() names it.
  bool has_failed() const { return error_ != 0; }

  // After the last frame.
  bool close();

 private:
  bool close_lines();

  std::string lines_path_;
  std::FILE* lines_ = nullptr;
  int error_ = 0;  // errno, of the first line that could not be written
  bool has_page_ = false;
  output_file page_;
  std::string played_;     // the frames of the page, as JSON
  std::size_t count_ = 0;  // of these
};

// An element that plays these frames, which are the members of a JSON array, with its script.
std::string player_markup(const std::string& frames);

}  // namespace steady::cli
