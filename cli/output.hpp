// Where results go: standard output, standard error, and the file of --json.
//
// Work may take long, so whether its result can be delivered is asked before it starts, and every
// write is checked. Functions that return a string return the reason for a failure in words, or "".
#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

namespace steady::cli {

// Call once, before anything is opened: writing to a closed pipe becomes an error instead of the
// program's end, and no file that is opened later can become standard output or standard error.
// Returns why standard output cannot be used.
std::string prepare_standard_streams();

std::string write_output(std::string_view text);

// "steady: <message>" and a line's end. Needs no memory.
void write_error(std::string_view message) noexcept;

// Where a command delivers its result: the text for people to standard output, and on request the
// same as JSON to a file. With the path "-" the JSON takes standard output and the text is left
// out. What goes wrong is named on standard error, and the function returns false.
class result_sink {
 public:
  result_sink() = default;
  result_sink(const result_sink&) = delete;
  result_sink& operator=(const result_sink&) = delete;
  ~result_sink();

  // Call before the work: a wrong path is noticed at once. A file that exists is left as it is
  // until there is something to write. "" for no JSON.
  bool open(const std::string& json_path);

  bool deliver(std::string_view text, const nlohmann::json& document);

 private:
  bool wants_json() const { return !path_.empty(); }
  bool json_takes_output() const { return path_ == "-"; }
  std::string write_json(const nlohmann::json& document);

  std::string path_;
  int descriptor_ = -1;
};

}  // namespace steady::cli
