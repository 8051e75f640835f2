// One line on a terminal that says how far the work is, rewritten in place at most ten times a
// second. When standard error is no terminal, or a dumb one, nothing is ever written.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace steady::cli {

class progress_line {
 public:
  progress_line() noexcept;
  ~progress_line() { clear(); }
  progress_line(const progress_line&) = delete;
  progress_line& operator=(const progress_line&) = delete;

  // Shows the text now.
  void show(std::string_view text);

  // Whether there is a terminal, and the last time this was true is long enough ago.
  bool is_due() noexcept;

  // Shows a bar of `done` of `total` bytes and the rate so far; does nothing when called too soon.
  void show_bytes(std::uint64_t done, std::uint64_t total);

  // Removes the line, so that something else can be written.
  void clear() noexcept;

 private:
  using clock = std::chrono::steady_clock;

  bool terminal_;
  bool visible_ = false;
  clock::time_point started_ = clock::now();
  clock::time_point next_ = started_;
};

}  // namespace steady::cli
