// The options of `steady log`, `steady serve` and `steady follow`.
#pragma once

#include <optional>

#include <CLI/App.hpp>

#include "cli/follow.hpp"
#include "cli/log.hpp"
#include "cli/serve.hpp"

namespace steady::cli {

// Must live as long as the App parses.
class durable_arguments {
 public:
  explicit durable_arguments(CLI::App& app);
  durable_arguments(const durable_arguments&) = delete;
  durable_arguments& operator=(const durable_arguments&) = delete;

  // Call after parsing: what depends on more than one option. Throws CLI::ParseError where an
  // option goes with another source, or another destination, than the one that is given.
  void settle() const;

  // Runs the command, if it is one of these, and returns its exit status.
  std::optional<int> run();

 private:
  void add_log();
  void add_serve();
  void add_follow();
  void settle_serve() const;
  void settle_follow() const;
  std::optional<int> run_chosen();
  void tell_how_to_salvage() const;

  CLI::App* app_;
  CLI::App* serve_command_ = nullptr;
  CLI::App* follow_command_ = nullptr;
  log_options log_;
  type_names log_types_{"", ""};  // empty: the files say it
  serve_options serve_;
  CLI::Option* listen_ = nullptr;
  follow_command_options follow_;
  bool verify_ = false;
  bool salvage_ = false;
  bool compact_ = false;
};

}  // namespace steady::cli
