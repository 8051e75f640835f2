#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

constexpr std::string_view erase_line = "\r\x1b[K";
constexpr auto interval = std::chrono::milliseconds(100);

void write_terminal(std::string_view text) noexcept {
  // A progress line that cannot be shown is no reason to stop.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

std::size_t terminal_columns() {
  winsize size{};
  const bool known = ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1;
  return known ? size.ws_col : 80;
}

// A dumb terminal cannot erase a line.
bool is_able_terminal() noexcept {
  const char* const name = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && (name == nullptr || std::string_view(name) != "dumb");
}

}  // namespace

progress_line::progress_line() noexcept : terminal_(is_able_terminal()) {}

void progress_line::show(std::string_view text) {
  if (!terminal_) return;
  // A line that wraps could not be rewritten.
  write_terminal(fmt::format("{}{}", erase_line, harmless(text.substr(0, terminal_columns() - 1))));
  visible_ = true;
}

bool progress_line::is_due() noexcept {
  if (!terminal_) return false;
  const auto now = clock::now();
  if (now < next_) return false;
  next_ = now + interval;
  return true;
}

void progress_line::show_bytes(std::uint64_t done, std::uint64_t total) {
  if (!is_due()) return;

  // Files may have grown since they were found.
  const double part =
      total == 0 ? 1 : std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
  constexpr int width = 30;
  const auto filled = static_cast<std::size_t>(part * width);
  const double seconds = std::chrono::duration<double>(clock::now() - started_).count();
  const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
  show(fmt::format("[{:.<{}}] {:3.0f} %  {} of {}  {}/s", std::string(filled, '#'), width,
                   part * 100, format_bytes(static_cast<double>(done)),
                   format_bytes(static_cast<double>(total)), format_bytes(rate)));
}

void progress_line::clear() noexcept {
  if (!visible_) return;
  write_terminal(erase_line);
  visible_ = false;
}

}  // namespace steady::cli
