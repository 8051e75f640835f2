#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "cli/embedded.hpp"
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

std::string reason(const std::string& path) {
  return fmt::format("cannot write {}: {}", path, std::strerror(errno));
}

// Keeps the reason of the first failure.
void write(std::FILE* to, std::string_view text, const std::string& path, std::string& failed) {
  if (std::fwrite(text.data(), 1, text.size(), to) != text.size() && failed.empty()) {
    failed = reason(path);
  }
}
void finish(std::FILE*& file, const std::string& path, std::string& failed) {
  if (file == nullptr) return;
  if (std::fflush(file) != 0 && failed.empty()) failed = reason(path);
  if (std::fclose(file) != 0 && failed.empty()) failed = reason(path);
  file = nullptr;
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
  if (page_ != nullptr) std::fclose(page_);
}

std::string watch_record::open(const std::string& lines_path, const std::string& page_path) {
  lines_path_ = lines_path;
  page_path_ = page_path;
  if (!lines_path.empty() && (lines_ = std::fopen(lines_path.c_str(), "we")) == nullptr) {
    return reason(lines_path);
  }
  if (!page_path.empty() && (page_ = std::fopen(page_path.c_str(), "we")) == nullptr) {
    return reason(page_path);
  }
  return "";
}

void watch_record::add(const watch_frame& frame) {
  if (lines_ == nullptr && page_ == nullptr) return;
  const std::string line = to_json(frame).dump();
  // A full disk is noticed by close(): the stream remembers.
  if (lines_ != nullptr) {
    std::fwrite(line.data(), 1, line.size(), lines_);
    std::fputc('\n', lines_);
  }
  if (page_ != nullptr && count_ < most_played) {
    ++count_;
    if (!played_.empty()) played_ += ",\n";
    played_ += line;
  }
}

std::string watch_record::close() {
  std::string failed;
  if (lines_ != nullptr && std::ferror(lines_) != 0) failed = reason(lines_path_);
  if (page_ != nullptr) {
    write(page_, page_begin, page_path_, failed);
    write(page_, player_markup(played_), page_path_, failed);
    write(page_, page_end, page_path_, failed);
  }
  finish(lines_, lines_path_, failed);
  finish(page_, page_path_, failed);
  return failed;
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
