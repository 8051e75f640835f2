// What the library that parses options would take otherwise than it is meant: a value that is
// empty, because a variable is not set, say, must not do as if the option were not there, and none
// must take the next word in its place.
#pragma once

#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace steady::cli {

// Throws CLI::ParseError where the first word should be a command, and is none.
void require_command(const CLI::App& app, int argc, const char* const* argv);

// What app.parse() takes, the last one first. Throws CLI::ParseError for an option that ends with
// "=".
std::vector<std::string> arguments_of(int argc, const char* const* argv);

// Call after parsing. Throws CLI::ParseError where an option or a path that was given is empty, or
// where an option's value is another option's name.
void require_values(const CLI::App& app);

}  // namespace steady::cli
