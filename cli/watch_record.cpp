#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/embedded.hpp"
#include "cli/output.hpp"
#include "cli/watch_record.hpp"

namespace steady::cli {

namespace {

constexpr std::string_view page_begin =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n"
    "<title>steady watch</title>\n</head>\n"
    "<body style=\"margin: 1rem auto; max-width: 60rem; padding: 0 1rem\">\n"
    "<h1 style=\"font: 600 1.3rem sans-serif\">A hash map that grows in small steps</h1>\n";
constexpr std::size_t most_played = 20'000;
constexpr std::string_view page_end = "</body>\n</html>\n";

bool tell_failure(const std::string& path, int error) {
  write_error(fmt::format("cannot write {}: {}", path, std::strerror(error)));
  return false;
}

// Inside a script element nothing may look like its end.
std::string inside_script(std::string text) {
  for (std::size_t at = 0; (at = text.find("</", at)) != std::string::npos; at += 2) {
    text.replace(at, 2, "<\\/");
  }
  return text;
}

}  // namespace

watch_record::~watch_record() {
  if (lines_ != nullptr) std::fclose(lines_);
}

bool watch_record::open(const std::string& lines_path, const std::string& page_path) {
  lines_path_ = lines_path;
  has_page_ = !page_path.empty();
  if (!page_.open(page_path)) return false;
  if (lines_path.empty()) return true;
  lines_ = std::fopen(lines_path.c_str(), "we");  // loses what is there, so it comes last
  return lines_ != nullptr || tell_failure(lines_path, errno);
}

void watch_record::add(const watch_frame& frame) {
  if (lines_ == nullptr && !has_page_) return;
  const std::string line = to_json(frame).dump();
  if (lines_ != nullptr && !has_failed()) {
    const bool is_written = std::fwrite(line.data(), 1, line.size(), lines_) == line.size() &&
                            std::fputc('\n', lines_) != EOF;
    if (!is_written) error_ = errno;
  }
  if (has_page_ && count_ < most_played) {
    ++count_;
    if (!played_.empty()) played_ += ",\n";
    played_ += line;
  }
}

bool watch_record::close() {
  const bool has_lines = close_lines();
  if (!has_page_) return has_lines;
  return page_.write(fmt::format("{}{}{}", page_begin, player_markup(played_), page_end)) &&
         has_lines;
}

bool watch_record::close_lines() {
  if (lines_ == nullptr) return true;
  if (std::fflush(lines_) != 0 && !has_failed()) error_ = errno;
  if (std::fclose(std::exchange(lines_, nullptr)) != 0 && !has_failed()) error_ = errno;
  return !has_failed() || tell_failure(lines_path_, error_);
}

std::string player_markup(const std::string& frames) {
  return fmt::format(
      "<div class=\"steady-player\"></div>\n"
      "<script type=\"application/json\" class=\"steady-frames\">[{}]</script>\n"
      "<script>\n{}\n"
      "for (const element of document.querySelectorAll('.steady-player')) {{\n"
      "  if (element.childElementCount > 0) continue;\n"
      "  steady_player(element, JSON.parse(element.nextElementSibling.textContent));\n"
      "}}\n</script>\n",
      inside_script(frames), inside_script(std::string(embedded::watch_player)));
}

}  // namespace steady::cli
