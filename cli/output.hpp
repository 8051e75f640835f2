// Where results go: standard output, standard error, and the files of --json and --report.
//
// Work may take long, so whether its result can be delivered is asked before it starts, and every
// write is checked. Functions that return a string return the reason for a failure in words, or "".
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace steady::cli {

// Call once, before anything is opened: writing to a closed pipe, or beyond the limit for files,
// becomes an error instead of the program's end, and no file that is opened later can become
// standard output or standard error. Returns why standard output cannot be used.
std::string prepare_standard_streams();

std::string write_output(std::string_view text);

// With '?' for what would control a terminal, in the name of a file, say; line ends and tabs stay.
std::string harmless(std::string_view text);

// "steady: <message>" and a line's end: harmless, and of a long message its first 4 KiB. Needs no
// memory.
void write_error(std::string_view message) noexcept;

// That many bytes of it, or some fewer, so that no character of UTF-8 is cut.
std::string_view beginning_of(std::string_view text, std::size_t bytes) noexcept;

// What the library says begins with its name, as every line of the command does: the rest of it.
std::string_view without_name(std::string_view message) noexcept;

// A file that gets a result in the end.
class output_file {
 public:
  output_file() = default;
  output_file(const output_file&) = delete;
  output_file& operator=(const output_file&) = delete;
  ~output_file();

  // Call before the work: a wrong path is noticed at once. A file that exists is left as it is, and
  // one that does not is not there, until there is something to write. "" for no file. What goes
  // wrong, here and in write(), is named on standard error, and the function returns false.
  bool open(const std::string& path);

  // Replaces what is in the file: a regular one stays as it was where that fails.
  bool write(std::string_view text);

 private:
  std::string try_to_open();
  std::string replace_with(std::string_view text);

  std::string path_;
  int descriptor_ = -1;
};

// Where a command delivers its result: the text for people to standard output, and on request the
// same as JSON to a file. With the path "-" the JSON takes standard output and the text is left
// out. What goes wrong is named on standard error, and the function returns false.
class result_sink {
 public:
  // Call before the work, as output_file::open. "" for no JSON.
  bool open(const std::string& json_path);

  bool deliver(std::string_view text, const nlohmann::json& document);

 private:
  bool wants_json() const { return !json_path_.empty(); }
  bool json_takes_output() const { return json_path_ == "-"; }
  bool write_json(const nlohmann::json& document);

  std::string json_path_;
  output_file json_file_;
};

}  // namespace steady::cli
