// The command line of a benchmark that takes nothing but numbers: how many elements, how many
// rounds. All are optional, and in a fixed order.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <limits>
#include <string>

#include <CLI/CLI.hpp>

namespace steady::bench {

struct number_asked {
  std::uint64_t& value;  // what it is where nobody says otherwise
  std::string name;
  std::string about;
  std::uint64_t least = 1;
};

// Ends the program after --help, and where a number is none, or too small: then with a message, and
// exit code 2.
inline void read_numbers(int count, const char* const* arguments, const std::string& about,
                         std::initializer_list<number_asked> wanted) {
  CLI::App app(about);
  for (const number_asked& each : wanted) {
    app.add_option(each.name, each.value, each.about)
        ->check(CLI::Range(each.least, std::numeric_limits<std::uint64_t>::max()))
        ->capture_default_str();
  }
  try {
    app.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    std::exit(app.exit(error) == 0 ? 0 : 2);
  }
}

}  // namespace steady::bench
