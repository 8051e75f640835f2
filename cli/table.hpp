// text_table: rows of cells in aligned columns; the first column to the left, the others to the
// right.
#pragma once

#include <string>
#include <vector>

namespace steady::cli {

class text_table {
 public:
  // Rows may have different numbers of cells.
  void add_row(std::vector<std::string> cells);

  // One line per row, two blanks between columns, none at a line's end.
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace steady::cli
