// A recorded stream of requests to a map, read from a file of comma-separated values: each line has
// a time, and a key; perhaps an operation and a size.
//
// 1. Requests are in the order of the file, whose times never go back.
// 2. Times count from the first request, in nanoseconds, without rounding.
// 3. Empty lines are passed over. Any other line that is no request is an error, or, on request,
//    skipped and counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace steady::cli {

enum class request_kind : std::uint8_t { read, write, erase };

struct request {
  std::uint64_t due_ns = 0;  // since the first request
  std::uint64_t key = 0;     // a number, or where in trace::texts it begins
  std::uint64_t size = 0;
  std::uint32_t length = 0;  // of a text
  request_kind kind = request_kind::write;
};

struct trace {
  std::vector<request> requests;
  bool holds_texts = false;
  std::string texts;  // one after the other
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t erases = 0;
  std::uint64_t at_once = 0;  // requests that have the time of the one before
  std::uint64_t skipped = 0;
  std::string first_skipped;  // "line 7: what is wrong"

  std::string_view text_of(const request& of) const {
    return std::string_view(texts).substr(of.key, of.length);
  }
  std::uint64_t span_ns() const { return requests.empty() ? 0 : requests.back().due_ns; }
};

enum class key_kind { by_first_line, numbers, texts };

// What the operations are called, in lower case; case does not matter. 28, 88, 2a and 8a are SCSI's
// commands for reading and writing blocks.
struct operation_words {
  std::vector<std::string> reads{"get", "gets", "read", "r", "lookup", "find", "28", "88"};
  std::vector<std::string> writes{"put", "set",    "write",   "w",  "insert",
                                  "add", "update", "replace", "2a", "8a"};
  std::vector<std::string> erases{"erase", "e", "delete", "del", "d", "remove"};
};

// A column is named as in the head, or by its number from 1. Those of operations and sizes may be
// missing unless they were asked for ("" means not asked for), and "none" says that they do: then
// all requests are writes, of size 0.
struct trace_columns {
  std::string time = "time";
  std::string operation;
  std::string key = "key";
  std::string size;
};

struct trace_options {
  std::string path;  // "-": standard input
  trace_columns columns;
  bool has_head = true;  // without one, the columns are time, operation, key, size unless chosen
  char separator = ',';
  std::uint64_t ns_per_unit = 1'000'000'000;  // of the times
  key_kind keys = key_kind::by_first_line;
  operation_words words;
  bool skip_bad_lines = false;
};

// What is wrong with the file, where, and what would be right.
class trace_error : public std::runtime_error {
  using runtime_error::runtime_error;
};

// Throws trace_error.
trace read_trace(const trace_options& options);

// Requests of one time are moved apart, evenly up to the next time: for traces whose clock is
// coarse. Those of the last time get as much room as those of the time before them.
void spread_times(trace& of);

}  // namespace steady::cli
