// What `steady follow` does with any follower: prints changes, shows the lag, knows when to end.
//
//   1. With --until no change behind that position is taken: none is printed, and the checkpoint
//      has none.
//   2. A checkpoint is written only if all output was: what was not printed comes again the next
//      time.
//   3. What was received before something failed is printed, and in the checkpoint.
#pragma once

#include <cstdint>
#include <exception>
#include <new>
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

// Thrown by visitors, out of the call that receives records: no more are to be taken.
struct last_position_reached {};

template <class Follower>
class followed {
 public:
  followed(Follower& follower, const follow_command_options& options)
      : follower_(&follower), options_(&options) {
    if (!options.checkpoint_path.empty()) {
      require_writable_checkpoint(options.checkpoint_path);
      follower.load_checkpoint(options.checkpoint_path);
    }
    follower.on_snapshot([this](const auto& content) {
      if (!options_->quiet) print_elements(content);
      stop_at_last_position();
    });
    follower.on_change([this](const auto& one) {
      if (!options_->quiet) print(line_of(one));
      stop_at_last_position();
    });
  }

  // Makes the call, which receives records, unless the position of --until is reached already, and
  // ends it there. False where it is reached. Throws what the call does.
  template <class Call>
  bool receive(const Call& call) {
    if (has_reached_last()) return false;
    try {
      call();
    } catch (const last_position_reached&) {
    } catch (const std::bad_alloc&) {
      throw;  // maybe of what should print a change: no checkpoint has that
    } catch (const std::exception&) {
      end_after_failure();
      throw;
    }
    return !has_reached_last();
  }
  // `has_all`: nothing is known to be missing now.
  bool is_done(bool has_all) {
    flush();
    if (has_failed() || stop_requested()) return true;
    return follower_->has_content() && options_->once && has_all;
  }
  // Whether something could not be printed.
  bool has_failed() const { return !failure_.empty(); }
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
    if (options_->quiet) print_summary();
    flush();
    progress_.clear();
    if (has_failed()) {
      write_error("cannot write to standard output: " + failure_);
      return status_of_failure();
    }
    if (!options_->checkpoint_path.empty()) follower_->save_checkpoint(options_->checkpoint_path);
    return stop_requested() ? 128 + stop_signal() : 0;
  }

 private:
  void end_after_failure() {
    try {
      end();
    } catch (const std::exception& error) {
      write_error(without_name(error.what()));
    }
  }
  bool has_reached_last() const {
    return options_->until != 0 && follower_->has_content() &&
           follower_->position() >= options_->until;
  }
  void stop_at_last_position() const {
    if (has_reached_last()) throw last_position_reached();
  }
  template <class Content>
  void print_elements(const Content& content) {
    for (const auto& [key, value] : content) {
      print(fmt::format("{}\thas\t{}\t{}\n", follower_->position(), shown(key), shown(value)));
    }
  }
  void print_summary() {
    const follow_counts& counts = follower_->counts();
    print(
        fmt::format("position {}, {} elements; received {} elements in {} snapshots, {} changes, "
                    "{} bytes\n",
                    follower_->position(), follower_->content().size(), counts.elements,
                    counts.snapshots, counts.changes, counts.bytes));
  }
  void print(const std::string& line) {
    lines_ += line;
    if (lines_.size() > (std::size_t{64} << 10)) flush();
  }
  void flush() {
    if (lines_.empty()) return;
    progress_.clear();
    if (!has_failed()) failure_ = write_output(lines_);
    lines_.clear();
  }

  Follower* follower_;
  const follow_command_options* options_;
  progress_line progress_;
  std::string lines_;
  std::string failure_;
};

}  // namespace steady::cli
