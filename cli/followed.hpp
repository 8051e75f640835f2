// What `steady follow` does with any follower: prints changes, shows the lag, knows when to end.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include <fmt/format.h>

#include <steady/change.hpp>
#include <steady/follower.hpp>

#include "cli/follow.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signal.hpp"
#include "cli/text_or_number.hpp"

namespace steady::cli {

// "12 set apples<TAB>3": position, what, key, value.
template <class Change>
std::string line_of(const Change& one) {
  switch (one.kind) {
    case change_kind::clear:
      return fmt::format("{}\tclear\n", one.position);
    case change_kind::erase:
      return fmt::format("{}\terase\t{}\n", one.position, shown(*one.key));
    default:
      return fmt::format("{}\tset\t{}\t{}\n", one.position, shown(*one.key), shown(*one.value));
  }
}

template <class Follower>
class followed {
 public:
  followed(Follower& follower, const follow_command_options& options)
      : follower_(&follower), options_(&options) {
    if (!options.checkpoint_path.empty()) follower.load_checkpoint(options.checkpoint_path);
    if (options.quiet) return;
    follower.on_snapshot([this](const auto& content) {
      for (const auto& [key, value] : content) {
        print(fmt::format("{}\thas\t{}\t{}\n", follower_->position(), shown(key), shown(value)));
      }
    });
    follower.on_change([this](const auto& one) { print(line_of(one)); });
  }

  // `has_all`: nothing is known to be missing now.
  bool is_done(bool has_all) {
    flush();
    if (!failure_.empty() || stop_requested()) return true;
    if (!follower_->has_content()) return false;
    if (options_->until != 0 && follower_->position() >= options_->until) return true;
    return options_->once && has_all;
  }
  void show(const std::string& state) {
    if (!progress_.is_due()) return;
    const follow_lag lag = follower_->lag();
    progress_.show(fmt::format("{}: position {}, {} elements, behind by {} changes, {} ms", state,
                               follower_->position(), follower_->content().size(), lag.positions,
                               lag.age.count()));
  }
  void warn(const std::string& message) {
    flush();
    progress_.clear();
    write_error(message);
  }
  // The exit status.
  int end() {
    flush();
    progress_.clear();
    if (!options_->checkpoint_path.empty()) follower_->save_checkpoint(options_->checkpoint_path);
    const follow_counts& counts = follower_->counts();
    if (options_->quiet) {
      print(
          fmt::format("position {}, {} elements; received {} elements in {} snapshots, {} "
                      "changes, {} bytes\n",
                      follower_->position(), follower_->content().size(), counts.elements,
                      counts.snapshots, counts.changes, counts.bytes));
      flush();
    }
    if (!failure_.empty()) {
      write_error("cannot write to standard output: " + failure_);
      return 1;
    }
    return stop_requested() ? 128 + stop_signal() : 0;
  }

 private:
  void print(const std::string& line) {
    lines_ += line;
    if (lines_.size() > (std::size_t{64} << 10)) flush();
  }
  void flush() {
    if (lines_.empty()) return;
    progress_.clear();
    if (failure_.empty()) failure_ = write_output(lines_);
    lines_.clear();
  }

  Follower* follower_;
  const follow_command_options* options_;
  progress_line progress_;
  std::string lines_;
  std::string failure_;
};

}  // namespace steady::cli
