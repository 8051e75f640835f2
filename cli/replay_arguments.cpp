#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/arguments.hpp"
#include "cli/replay_arguments.hpp"

namespace steady::cli {

namespace {

constexpr auto details =
    "A trace is a file of comma-separated values with a head that names its columns; each line is\n"
    "a request with a time, an operation, a key and a size. Every request is issued at its own\n"
    "time, whether or not the map kept up with those before. Its service time is what the map\n"
    "took; its response time counts from when it was due, so that waiting behind a slow request "
    "is\n"
    "in it. A write inserts the key or changes its value, a read looks it up, an erasure erases "
    "it.\n"
    "\n"
    "Examples:\n"
    "  steady replay trace.csv                       as fast as it was recorded\n"
    "  steady replay trace.csv --speed 60 --spread   a minute in a second, from a coarse clock\n"
    "  steady replay - --duration 10 <trace.csv      from standard input, in ten seconds\n"
    "  steady replay io.csv --key-column lbn --operation-column op --fill --duration 5\n"
    "  steady replay trace.csv --report report.html  the result as a page with plots too\n";

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    std::string word = text.substr(at, end - at);
    for (char& c : word) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!word.empty()) words.push_back(std::move(word));
    at = end + 1;
  }
  return words;
}

std::string check_maps(const std::string& names) {
  if (words_of(names).empty()) {
    return fmt::format("'{}' names no map; the maps are {}", names, names_of_maps());
  }
  std::set<std::string> named;
  for (const std::string& name : words_of(names)) {
    if (std::string wrong = check_map(name); !wrong.empty()) return wrong;
    if (!named.insert(name).second) return fmt::format("'{}' names {} twice", names, name);
  }
  return "";
}

std::string check_separator(const std::string& text) {
  if (text == "tab" || (text.size() == 1 && text != "\"" && text != "\n")) return "";
  return fmt::format("'{}' is neither one character nor the word tab", text);
}

std::string check_unit(const std::string& text) {
  if (text == "s" || text == "ms" || text == "us" || text == "ns") return "";
  return fmt::format("'{}' is none of s, ms, us, ns", text);
}

std::uint64_t ns_per(const std::string& unit) {
  if (unit == "s") return 1'000'000'000;
  if (unit == "ms") return 1'000'000;
  return unit == "us" ? 1'000 : 1;
}

}  // namespace

replay_arguments::replay_arguments(CLI::App& app) {
  CLI::App* command = app.add_subcommand(
      "replay", "Replay a recorded trace through the maps, each request at its own time");
  command->footer(details);
  command->add_option("TRACE", options_.input.path, "The trace; - means standard input")
      ->type_name("")
      ->required();
  add_columns(*command);
  add_words(*command);
  add_timing(*command);
  add_runs(*command);
  add_json(*command, options_.json_path);
  add_report(*command, options_.report_path);
}

void replay_arguments::add_columns(CLI::App& command) {
  trace_columns& columns = options_.input.columns;
  const auto add = [&](const std::string& name, std::string& target, const std::string& about) {
    command.add_option("--" + name + "-column", target, about)->type_name("COLUMN");
  };
  add("time", columns.time, "Name or number, from 1, of the times' column (time)");
  add("operation", columns.operation,
      "The same of the operations, or none (operation, if it is there); without it all are writes");
  add("key", columns.key, "The same of the keys (key)");
  add("size", columns.size, "The same of the sizes, or none (size, if it is there)");
  command.add_flag("--no-head", no_head_,
                   "There is no head: the columns are time, operation, key, size unless chosen");
  command.add_option("--separator", separator_, "Between columns: a character, or tab")
      ->check(CLI::Validator(check_separator, ""))
      ->type_name("C")
      ->capture_default_str();
  command.add_option("--time-unit", time_unit_, "Of the times: s, ms, us or ns")
      ->check(CLI::Validator(check_unit, ""))
      ->type_name("UNIT")
      ->capture_default_str();
  command.add_option("--keys", keys_, "u64 or string (by the first line)")
      ->check(one_of("u64", "string"))
      ->type_name("KIND");
  command.add_flag("--skip-bad-lines", options_.input.skip_bad_lines,
                   "Pass over lines that are no requests, and say how many there were");
}

void replay_arguments::add_words(CLI::App& command) {
  const auto add = [&](const std::string& name, std::string& target,
                       const std::vector<std::string>& usual) {
    command
        .add_option(
            "--" + name, target,
            fmt::format("Operations that are {}, with commas ({})", name, fmt::join(usual, ",")))
        ->type_name("WORDS");
  };
  const operation_words usual;
  add("reads", reads_, usual.reads);
  add("writes", writes_, usual.writes);
  add("erases", erases_, usual.erases);
}

void replay_arguments::add_timing(CLI::App& command) {
  speed_ = command.add_option("--speed", options_.speed, "Times as fast as recorded (1)")
               ->check(positive_number())
               ->type_name("X");
  command.add_option("--duration", options_.duration, "As fast as makes it last S seconds")
      ->check(positive_number())
      ->type_name("S")
      ->excludes(speed_);
  command.add_flag("--spread", options_.spread,
                   "Spread requests of one time evenly up to the next time");
  command.add_flag("--fill", options_.fill,
                   "A read of a key that is missing inserts it, as in a cache");
}

void replay_arguments::add_runs(CLI::App& command) {
  command.add_option("--map", maps_, "Only these maps, with commas: " + names_of_maps())
      ->check(CLI::Validator(check_maps, ""))
      ->type_name("MAPS");
  command.add_option("--hash", hash_, "same: steady::hash in every map; own: each its default")
      ->check(one_of("same", "own"))
      ->type_name("WHICH")
      ->capture_default_str();
  command.add_option("--rounds", options_.rounds, "How often to run everything")
      ->transform(whole_number(1, 100))
      ->type_name("R")
      ->capture_default_str();
}

void replay_arguments::settle(const std::string& command_line) {
  trace_options& input = options_.input;
  input.has_head = !no_head_;
  input.separator = separator_ == "tab" ? '\t' : separator_.front();
  input.ns_per_unit = ns_per(time_unit_);
  if (!keys_.empty()) input.keys = keys_ == "u64" ? key_kind::numbers : key_kind::texts;
  if (!reads_.empty()) input.words.reads = words_of(reads_);
  if (!writes_.empty()) input.words.writes = words_of(writes_);
  if (!erases_.empty()) input.words.erases = words_of(erases_);
  options_.maps = words_of(maps_);
  options_.hash = hash_ == "own" ? hash_choice::own : hash_choice::same;
  options_.command_line = command_line;
}

}  // namespace steady::cli
