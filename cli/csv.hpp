// Lines of comma-separated values.
//
// split_csv: a line's fields. A field may be in double quotes, where "" means one; it must end on
// its line. Blanks around a field without quotes do not belong to it.
//
// line_splitter: cuts bytes into lines. How the bytes are cut into blocks does not change what is
// found; an end of line is \n or \r\n, and the last line needs none.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace steady::cli {

// Puts the fields into `fields`, whose strings it uses again. Returns what is wrong with the line,
// or "".
std::string split_csv(std::string_view line, char separator, std::vector<std::string>& fields);

class line_splitter {
 public:
  // Calls use(std::string_view) for each line that ended within this block.
  template <class Use>
  void feed(std::string_view block, Use&& use) {
    for (std::size_t end; (end = block.find('\n')) != std::string_view::npos;) {
      unfinished_.append(block.substr(0, end));
      give(use);
      block.remove_prefix(end + 1);
    }
    unfinished_.append(block);
  }

  template <class Use>
  void finish(Use&& use) {
    if (!unfinished_.empty()) give(use);
  }

 private:
  template <class Use>
  void give(Use& use) {
    if (unfinished_.ends_with('\r')) unfinished_.pop_back();
    use(std::string_view(unfinished_));
    unfinished_.clear();
  }

  std::string unfinished_;
};

}  // namespace steady::cli
