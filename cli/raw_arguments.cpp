#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "cli/arguments.hpp"
#include "cli/raw_arguments.hpp"

namespace steady::cli {

namespace {

void require_behind_equals_sign(std::string_view argument) {
  if (!argument.starts_with("--") || argument.find('=') + 1 != argument.size()) return;
  const std::string_view name = argument.substr(0, argument.size() - 1);
  throw CLI::ParseError(fmt::format("{0} has nothing behind its '='; give {0}=VALUE, or leave {0} "
                                    "out",
                                    name),
                        wrong_options);
}

// Of count and compare. The library takes a list in brackets for its elements.
void make_plain_path(std::string& path) {
  if (path.starts_with('[')) path = "./" + path;
}

std::string kind_of_value(const CLI::Option& option) {
  const std::string kind = option.get_type_name();
  return kind.empty() ? "a value" : kind;
}

void require_value(const CLI::App& command, const CLI::Option& option, const std::string& value) {
  const std::string name = option.get_name();
  if (value.empty()) {
    throw CLI::ParseError(option.get_positional()
                              ? fmt::format("{} is an empty text; give a path", name)
                              : fmt::format("{} is given an empty text; give {}, or leave {} out",
                                            name, kind_of_value(option), name),
                          wrong_options);
  }
  if (option.get_positional() || !value.starts_with("--")) return;
  if (command.get_option_no_throw(value) == nullptr) return;
  throw CLI::ParseError(fmt::format("{0} is given {1}, which is an option, where {2} should be; a "
                                    "file of that name is ./{1}",
                                    name, value, kind_of_value(option)),
                        wrong_options);
}

}  // namespace

void require_command(const CLI::App& app, int argc, const char* const* argv) {
  if (argc < 2) return;
  const std::string word = argv[1];
  const auto has_this_name = [&](const CLI::App* command) { return command->get_name() == word; };
  if (word.starts_with('-') || !app.get_subcommands(has_this_name).empty()) return;
  throw CLI::ParseError(fmt::format("there is no command '{}'", word), wrong_options);
}

// Where count and compare have a PATH in front of "--", CLI11 takes what is behind it for the
// program's own: that gets another form.
std::vector<std::string> arguments_of(int argc, const char* const* argv) {
  std::vector<std::string> arguments(argv + std::min(argc, 1), argv + argc);
  const bool has_paths =
      !arguments.empty() && (arguments.front() == "count" || arguments.front() == "compare");
  auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  std::for_each(arguments.begin(), dashes, require_behind_equals_sign);
  if (has_paths) {
    std::for_each(arguments.begin(), arguments.end(), make_plain_path);
    if (dashes != arguments.end()) {
      std::for_each(arguments.erase(dashes), arguments.end(), [](std::string& path) {
        if (path.starts_with('-')) path = "./" + path;
      });
    }
  }
  std::reverse(arguments.begin(), arguments.end());
  return arguments;
}

void require_values(const CLI::App& app) {
  for (const CLI::App* const command : app.get_subcommands()) {
    for (const CLI::Option* const option : command->get_options()) {
      for (const std::string& value : option->results()) require_value(*command, *option, value);
    }
  }
}

}  // namespace steady::cli
