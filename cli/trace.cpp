#include <algorithm>
#include <cctype>
#include <charconv>
#include <filesystem>
#include <limits>
#include <optional>
#include <system_error>

#include <fmt/format.h>

#include "cli/csv.hpp"
#include "cli/file_walk.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/trace.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

using fields = std::vector<std::string>;

std::optional<std::uint64_t> whole_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

bool has_only_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// Why that is no number below 2^64.
std::string no_whole_number(std::string_view what, std::string_view text) {
  return fmt::format(
      "the {} '{}' is {}", what, text,
      has_only_digits(text) ? "too large; it should be below 2^64" : "no whole number");
}

// Why that is no time, in the unit of the trace.
std::string no_time(std::string_view text, std::uint64_t ns_per_unit) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const std::string_view rest = text.substr(std::min(point + 1, text.size()));
  if (!has_only_digits(text.substr(0, point)) || !(rest.empty() || has_only_digits(rest))) {
    return fmt::format("the time '{}' is no number such as 12 or 12.5", text);
  }
  return fmt::format(
      "the time '{}' is too large: {} units, of {} ns each, are the most; --time-unit says what "
      "the "
      "unit is, s, ms, us or ns",
      text, std::numeric_limits<std::uint64_t>::max() / ns_per_unit / 2, ns_per_unit);
}

// "12.5" with a million ns per unit: 12,500,000. What is finer than a nanosecond is cut off.
std::optional<std::uint64_t> time_ns(std::string_view text, std::uint64_t ns_per_unit) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto whole = whole_number(text.substr(0, point));
  if (!whole || *whole > std::numeric_limits<std::uint64_t>::max() / ns_per_unit / 2) {
    return std::nullopt;
  }
  std::uint64_t ns = *whole * ns_per_unit;
  std::uint64_t unit = ns_per_unit;
  for (const char digit : text.substr(std::min(point + 1, text.size()))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    unit /= 10;
    ns += unit * static_cast<std::uint64_t>(digit - '0');
  }
  return ns;
}

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool is_among(const std::vector<std::string>& words, const std::string& word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

constexpr std::string_view no_column = "none";
constexpr std::size_t longest_shown = 1000;  // bytes of what is wrong with a line

// Where the columns are in a line, from 0.
struct column_places {
  std::size_t time = 0;
  std::optional<std::size_t> operation;
  std::size_t key = 0;
  std::optional<std::size_t> size;
};

class trace_reader {
 public:
  explicit trace_reader(const trace_options& options) : options_(options) {
    if (!options_.has_head) find_columns({});
  }

  void read_line(std::string_view line) {
    ++line_number_;
    if (line_number_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    if (line.find_first_not_of(" \t") == std::string_view::npos) return;
    std::string wrong = split_csv(line, options_.separator, fields_);
    if (!places_) {
      if (!wrong.empty()) fail(wrong);
      find_columns(fields_);
      return;
    }
    if (wrong.empty()) wrong = add_request();
    if (wrong.empty()) return;
    if (!options_.skip_bad_lines) fail(wrong + "; --skip-bad-lines passes over such lines");
    if (made_.skipped++ != 0) return;
    const std::string_view shown = beginning_of(wrong, longest_shown);
    made_.first_skipped = fmt::format("line {}: {}{}", line_number_, shown,
                                      shown.size() == wrong.size() ? "" : " ...");
  }

  trace finish() {
    if (made_.requests.empty()) {
      throw trace_error(fmt::format("{}: there are no requests in it{}", name(),
                                    made_.skipped == 0 ? "" : "; first " + made_.first_skipped));
    }
    return std::move(made_);
  }

  std::string name() const { return options_.path == "-" ? "standard input" : options_.path; }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw trace_error(fmt::format("{}: line {}: {}", name(), line_number_, what));
  }

  void find_columns(const fields& head) {
    const trace_columns& chosen = options_.columns;
    column_places found;
    if (head.empty()) {  // there is none
      found.time = number_of(chosen.time, "time", 1);
      if (chosen.operation != no_column) {
        found.operation = number_of(chosen.operation, "operation", 2);
      }
      found.key = number_of(chosen.key, "key", 3);
      if (chosen.size != no_column) found.size = number_of(chosen.size, "size", 4);
    } else {
      found.time = place_of(head, chosen.time, "time");
      found.operation = optional_place_of(head, chosen.operation, "operation");
      found.key = place_of(head, chosen.key, "key");
      found.size = optional_place_of(head, chosen.size, "size");
    }
    places_ = found;
  }

  std::size_t number_of(const std::string& chosen, std::string_view what, std::size_t usual) const {
    if (chosen.empty() || chosen == what) return usual - 1;
    if (const auto number = whole_number(chosen); number && *number > 0) return *number - 1;
    throw trace_error(
        fmt::format("{}: without a head columns have numbers from 1, but --{}-column is '{}'",
                    name(), what, chosen));
  }

  static std::optional<std::size_t> find(const fields& head, const std::string& chosen) {
    const auto found = std::find(head.begin(), head.end(), chosen);
    if (found != head.end()) return static_cast<std::size_t>(found - head.begin());
    const auto number = whole_number(chosen);
    if (number && *number > 0 && *number <= head.size()) return *number - 1;
    return std::nullopt;
  }

  std::size_t place_of(const fields& head, const std::string& chosen, std::string_view what) const {
    if (const auto found = find(head, chosen)) return *found;
    fail(fmt::format("there is no column '{}' but {}; choose one with --{}-column", chosen,
                     fmt::join(head, ", "), what));
  }

  std::optional<std::size_t> optional_place_of(const fields& head, const std::string& chosen,
                                               std::string_view what) const {
    if (chosen == no_column) return std::nullopt;
    if (chosen.empty()) return find(head, std::string(what));
    return place_of(head, chosen, what);
  }

  // Returns what is wrong with the line, or "".
  std::string add_request() {
    request made;
    const std::size_t needed = std::max(places_->time, places_->key);
    if (fields_.size() <= needed) {
      return fmt::format("there are {} fields, and time and key are in fields {} and {}",
                         fields_.size(), places_->time + 1, places_->key + 1);
    }
    const auto time = time_ns(fields_[places_->time], options_.ns_per_unit);
    if (!time) return no_time(fields_[places_->time], options_.ns_per_unit);
    if (const std::string wrong = set_kind(made); !wrong.empty()) return wrong;
    if (const std::string wrong = set_size(made); !wrong.empty()) return wrong;
    if (!made_.requests.empty() && *time < last_ns_) {
      return fmt::format("the time '{}' is before that of the line before", fields_[places_->time]);
    }
    if (const std::string wrong = set_key(made); !wrong.empty()) return wrong;
    if (made_.requests.empty()) first_ns_ = *time;
    if (!made_.requests.empty() && *time == last_ns_) ++made_.at_once;
    last_ns_ = *time;
    made.due_ns = *time - first_ns_;
    count(made.kind);
    made_.requests.push_back(made);
    return "";
  }

  std::string set_kind(request& made) const {
    if (!places_->operation) return "";
    if (fields_.size() <= *places_->operation) return "there is no operation";
    const std::string word = lower_case(fields_[*places_->operation]);
    const operation_words& known = options_.words;
    if (is_among(known.reads, word)) {
      made.kind = request_kind::read;
    } else if (is_among(known.writes, word)) {
      made.kind = request_kind::write;
    } else if (is_among(known.erases, word)) {
      made.kind = request_kind::erase;
    } else {
      return fmt::format(
          "the operation '{}' is not known; --reads, --writes and --erases say what it is",
          fields_[*places_->operation]);
    }
    return "";
  }

  std::string set_size(request& made) const {
    // Erasing needs none.
    if (!places_->size || fields_.size() <= *places_->size || fields_[*places_->size].empty()) {
      return "";
    }
    const auto size = whole_number(fields_[*places_->size]);
    if (!size) return no_whole_number("size", fields_[*places_->size]);
    made.size = *size;
    return "";
  }

  std::string set_key(request& made) {
    const std::string& key = fields_[places_->key];
    const auto number = whole_number(key);
    if (made_.requests.empty()) {
      made_.holds_texts =
          options_.keys == key_kind::texts || (options_.keys == key_kind::by_first_line && !number);
    }
    if (made_.holds_texts) {
      made.key = made_.texts.size();
      made.length = static_cast<std::uint32_t>(key.size());
      made_.texts += key;
      return "";
    }
    if (!number) return no_whole_number("key", key) + "; texts need --keys string";
    made.key = *number;
    return "";
  }

  void count(request_kind kind) {
    switch (kind) {
      case request_kind::read:
        ++made_.reads;
        break;
      case request_kind::write:
        ++made_.writes;
        break;
      case request_kind::erase:
        ++made_.erases;
        break;
    }
  }

  const trace_options& options_;
  trace made_;
  std::optional<column_places> places_;
  fields fields_;
  std::uint64_t line_number_ = 0;
  std::uint64_t first_ns_ = 0;
  std::uint64_t last_ns_ = 0;
};

// 0 where it is not known, of standard input, say.
std::uint64_t size_of(const std::string& path) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(path, error);
  return error ? 0 : bytes;
}

}  // namespace

trace read_trace(const trace_options& options) {
  trace_reader reader(options);
  line_splitter lines;
  std::vector<char> buffer(std::size_t{64} << 10);
  progress_line progress;
  const std::uint64_t size = size_of(options.path);
  std::uint64_t done = 0;
  const auto use = [&](std::string_view line) { reader.read_line(line); };
  const auto feed = [&](std::string_view block) {
    lines.feed(block, use);
    done += block.size();
    if (size != 0) {
      progress.show_bytes(done, size);
    } else if (progress.is_due()) {
      progress.show("reading the trace: " + format_bytes(static_cast<double>(done)));
    }
  };
  const std::string failed = options.path == "-" ? read_input_blocks(buffer, feed)
                                                 : read_blocks(options.path, buffer, feed);
  progress.clear();
  if (!failed.empty()) throw trace_error(fmt::format("{}: {}", reader.name(), failed));
  lines.finish(use);
  return reader.finish();
}

void spread_times(trace& of) {
  std::vector<request>& all = of.requests;
  std::uint64_t room = 0;
  for (std::size_t first = 0; first < all.size();) {
    const std::uint64_t time = all[first].due_ns;
    std::size_t end = first;
    while (end < all.size() && all[end].due_ns == time) ++end;
    if (end < all.size()) room = all[end].due_ns - time;
    const std::uint64_t count = end - first;
    for (std::uint64_t i = 0; i < count; ++i) {
      // Quotient and remainder apart: no overflow.
      all[first + i].due_ns = time + room / count * i + room % count * i / count;
    }
    first = end;
  }
  of.at_once = 0;
}

}  // namespace steady::cli
