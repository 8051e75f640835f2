// What the options of several subcommands share: checks that say what would be right, and --json
// and
// --report.
#pragma once

#include <charconv>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <string>
#include <system_error>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "bench/adapters/all.hpp"

namespace steady::cli {

// Exit status.
inline constexpr int wrong_options = 2;

inline std::string names_of_maps() {
  std::string names;
  for (const bench::known_map& map : bench::hash_maps)
    names += fmt::format("{}{}", names.empty() ? "" : ", ", map.name);
  return names;
}

// Nothing for a map's name that this build can use, or the reason why not.
inline std::string check_map(const std::string& name) {
  for (const bench::known_map& map : bench::hash_maps) {
    if (map.name == name && map.available) return "";
    if (map.name == name) {
      return fmt::format("built without {}: install {} and build again", name, map.package);
    }
  }
  return fmt::format("there is no map '{}'; the maps are {}", name, names_of_maps());
}

// The same for a map that has to hold texts.
inline std::string check_map_of_texts(const std::string& name) {
  for (const bench::known_map& map : bench::hash_maps) {
    if (map.name == name && !map.texts)
      return fmt::format("{} holds no texts; take another of {}", name, names_of_maps());
  }
  return check_map(name);
}

inline CLI::Validator one_of(std::string first, std::string second) {
  return CLI::Validator(
      [=](const std::string& word) {
        if (word == first || word == second) return std::string();
        return fmt::format("'{}' is neither {} nor {}", word, first, second);
      },
      "");
}

// For transform(), not check(). The library's own conversion would take -1 for the largest number,
// and 010 for 8: it gets the number without zeros in front.
inline CLI::Validator whole_number(std::uint64_t least, std::uint64_t most) {
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        std::uint64_t number = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        const bool whole = error == std::errc() && stop == end;
        if (!whole || number < least || number > most) {
          return fmt::format("'{}' is not a whole number from {} to {}", text, least, most);
        }
        text = std::to_string(number);
        return "";
      },
      "");
}

inline CLI::Validator positive_number() {
  return CLI::Validator(
      [](const std::string& text) -> std::string {
        double number = 0;
        const char* const end = text.data() + text.size();
        const auto [stop, error] = std::from_chars(text.data(), end, number);
        const bool whole = error == std::errc() && stop == end;
        if (whole && number > 0 && number <= std::numeric_limits<double>::max()) return "";
        return fmt::format("'{}' is not a number above 0", text);
      },
      "");
}

inline constexpr std::uint64_t trillion = 1'000'000'000'000;

// Of two files one would be lost where both have the same path. What is no regular file, such as
// /dev/null, takes both.
inline void require_different_files(const CLI::App& command, const char* one, const char* other) {
  const CLI::Option* const first = command.get_option(one);
  const CLI::Option* const second = command.get_option(other);
  if (first->count() == 0 || second->count() == 0) return;
  namespace fs = std::filesystem;
  const auto path_of = [](const CLI::Option& option) {
    std::error_code error;
    const fs::path path = option.as<std::string>();
    const fs::path whole = fs::weakly_canonical(fs::absolute(path, error), error);
    return error ? path : whole;
  };
  std::error_code error;
  const fs::path path = path_of(*first);
  if (path != path_of(*second) || (fs::exists(path, error) && !fs::is_regular_file(path, error))) {
    return;
  }
  throw CLI::ParseError(fmt::format("{} and {} both are {}; give each a file of its own", one,
                                    other, first->as<std::string>()),
                        wrong_options);
}

// What is read must not be replaced by what is found in it. "-" is standard input, or output.
inline void require_input_is_kept(const CLI::App& command, const char* input, const char* output) {
  const CLI::Option* const written = command.get_option(output);
  if (written->count() == 0 || written->results().front() == "-") return;
  const std::string& path = written->results().front();
  for (const std::string& read : command.get_option(input)->results()) {
    std::error_code error;
    namespace fs = std::filesystem;
    if (!fs::equivalent(read == "-" ? "/dev/stdin" : read, path, error)) continue;
    if (error || !fs::is_regular_file(path, error)) continue;
    throw CLI::ParseError(
        fmt::format("{} {} would replace what is read, {}; give a file of its own", output, path,
                    read == "-" ? "standard input" : read),
        wrong_options);
  }
}

inline void add_json(CLI::App& command, std::string& path) {
  command.add_option("--json", path, "Write the result as JSON too; - means standard output")
      ->type_name("FILE");
}

inline void add_report(CLI::App& command, std::string& path) {
  command
      .add_option("--report", path,
                  "Write an HTML page with plots too; it needs no network. Takes one more run of "
                  "each map, for its memory")
      ->type_name("FILE");
}

}  // namespace steady::cli
