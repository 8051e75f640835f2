// The options of `steady replay`.
#pragma once

#include <string>

#include <CLI/App.hpp>

#include "cli/replay.hpp"

namespace steady::cli {

// Must live as long as the App parses.
class replay_arguments {
 public:
  explicit replay_arguments(CLI::App& app);
  replay_arguments(const replay_arguments&) = delete;
  replay_arguments& operator=(const replay_arguments&) = delete;

  // Call after parsing: what depends on more than one option. Throws CLI::ParseError.
  void settle(const std::string& command_line);

  const replay_options& options() const { return options_; }

 private:
  void add_columns(CLI::App& command);
  void add_words(CLI::App& command);
  void add_timing(CLI::App& command);
  void add_runs(CLI::App& command);

  replay_options options_;
  std::string separator_ = ",";
  std::string time_unit_ = "s";
  std::string keys_;
  std::string hash_ = "same";
  std::string reads_;  // as given: words with commas; "" for the usual ones
  std::string writes_;
  std::string erases_;
  std::string maps_;
  bool no_head_ = false;
  CLI::Option* speed_ = nullptr;
};

}  // namespace steady::cli
