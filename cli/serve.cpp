#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <steady/detail/durable/room.hpp>
#include <steady/durable_error.hpp>
#include <steady/durable_map.hpp>
#include <steady/feed_server.hpp>

#include "cli/file_walk.hpp"
#include "cli/follow.hpp"
#include "cli/opening.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/serve.hpp"
#include "cli/serve_line.hpp"
#include "cli/serve_redis.hpp"
#include "cli/stop_signal.hpp"
#include "cli/text_or_number.hpp"
#include "cli/tls.hpp"

namespace steady::cli {

namespace {

constexpr auto turn_time = std::chrono::milliseconds(20);
constexpr std::size_t longest_line = std::size_t{1} << 20;

// Lines from bytes as they come. A change that fails is told of, and those that follow are tried:
// a disk that is full has room later.
template <class Map>
class line_input {
 public:
  // `shares_syncs`: all lines of one arrival are acknowledged by one sync, where that is possible.
  // `file`: named with what is wrong; empty for standard input.
  line_input(Map& map, bool shares_syncs, progress_line& progress, const std::string& file = {})
      : map_(&map),
        shares_syncs_(shares_syncs),
        progress_(&progress),
        place_(file.empty() ? "" : file + ": ") {}

  std::uint64_t wrong() const { return wrong_; }
  // Whether a change was not made, or may not be on the disk.
  bool has_failed() const { return failed_ != 0 || has_failed_to_sync_; }
  // Of standard output.
  const std::string& failure() const { return failure_; }

  // `is_end`: a last line may lack its end.
  void take(std::string_view bytes, bool is_end) {
    pending_ += bytes;
    if (pending_.empty()) return;
    if (shares_syncs_) {
      apply_together(is_end);
    } else {
      apply_lines(is_end);
    }
    if (pending_.size() > longest_line) pass_over_line();
    if (answer_.empty()) return;
    progress_->clear();
    if (failure_.empty()) failure_ = write_output(answer_);
    answer_.clear();
  }
  // What was made and is not on the disk yet.
  void end() {
    sync_by([this] { map_->sync(); });
    if (failed_ != 0) tell(fmt::format("{}{} changes were not made", place_, failed_));
  }

 private:
  void apply_together(bool is_end) {
    const std::uint64_t before = map_->position();
    bool has_begun = false;
    const bool is_synced = sync_by([&] {
      try {
        map_->group([&] {
          has_begun = in_group_ = true;
          apply_lines(is_end);
        });
      } catch (const durable_error& error) {
        if (has_begun) throw;
        tell_once(trouble_of_groups_, place_,
                  words_of(error) + "; each change is synced by itself");
      }
    });
    in_group_ = false;
    if (!has_begun) return apply_lines(is_end);
    trouble_of_groups_.clear();
    if (is_synced) note_success(before);
  }
  void apply_lines(bool is_end) {
    std::size_t begin = 0;
    for (std::size_t end = 0; (end = pending_.find('\n', begin)) != std::string::npos;) {
      apply(std::string_view(pending_).substr(begin, end - begin));
      begin = end + 1;
    }
    pending_.erase(0, begin);
    if (is_end && !pending_.empty()) apply(std::exchange(pending_, {}));
  }
  void apply(std::string_view line) {
    ++lines_;
    if (std::exchange(is_rest_of_long_line_, false)) return;
    // Some editors put a byte-order mark in front.
    if (lines_ == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    const std::uint64_t before = map_->position();
    try {
      if (const std::string why = apply_line(*map_, line, answer_); !why.empty()) complain(why);
    } catch (const durable_error& error) {
      ++failed_;
      tell_once(trouble_of_lines_, this_line(), words_of(error));
    }
    if (!in_group_) note_success(before);
  }
  template <class Sync>
  bool sync_by(const Sync& sync) {
    try {
      sync();
      has_failed_to_sync_ = false;
    } catch (const durable_error& error) {
      has_failed_to_sync_ = true;
      tell_once(trouble_of_syncs_, place_, words_of(error));
    }
    return !has_failed_to_sync_;
  }
  // If a change was made since that position.
  void note_success(std::uint64_t before) {
    if (trouble_of_lines_.empty() && trouble_of_syncs_.empty()) return;
    if (map_->position() == before) return;
    trouble_of_lines_.clear();
    trouble_of_syncs_.clear();
    tell(this_line() + "changes succeed again");
  }

  void complain(const std::string& why) {
    ++wrong_;
    tell(this_line() + why);
  }
  std::string this_line() const { return fmt::format("{}line {}: ", place_, lines_); }
  void tell(const std::string& what) {
    progress_->clear();
    write_error(what);
  }
  static std::string words_of(const durable_error& error) {
    return std::string(without_name(error.what()));
  }
  // The same trouble not for every line.
  void tell_once(std::string& told, const std::string& where, const std::string& what) {
    if (std::exchange(told, what) != what) tell(where + what);
  }
  // Its end is still to come.
  void pass_over_line() {
    if (!is_rest_of_long_line_) {
      ++lines_;
      complain("it is longer than a MiB");
      --lines_;
    }
    is_rest_of_long_line_ = true;
    pending_.clear();
  }

  Map* map_;
  bool shares_syncs_;
  progress_line* progress_;
  std::string place_;
  std::string pending_;
  std::string answer_;
  std::string failure_;
  std::string trouble_of_lines_;  // that was told of; "" since a change has succeeded
  std::string trouble_of_syncs_;
  std::string trouble_of_groups_;  // since one could begin
  std::uint64_t lines_ = 0;
  std::uint64_t wrong_ = 0;
  std::uint64_t failed_ = 0;
  bool has_failed_to_sync_ = false;
  bool is_rest_of_long_line_ = false;
  bool in_group_ = false;
};

// A directory that was made for a map that is not served after all goes again. What has anything in
// it stays.
class new_directory {
 public:
  explicit new_directory(const std::string& path) : path_(path) {
    std::error_code error;
    is_new_ = !std::filesystem::exists(path, error) && !error;
  }
  new_directory(const new_directory&) = delete;
  new_directory& operator=(const new_directory&) = delete;
  // The map must be closed.
  ~new_directory() {
    if (is_new_ && is_opened_ && !is_kept_) remove();
  }
  void note_opened() { is_opened_ = true; }
  void keep() { is_kept_ = true; }

 private:
  void remove() noexcept {
    try {
      detail::room room(detail::system_files(), path_);
      room.enter();  // nobody else has a map there
      for (const auto& entry : std::filesystem::directory_iterator(path_)) {
        const std::filesystem::path name = entry.path().filename();
        if (name != "lock" && name != "feed") return;
      }
      for (const char* const name : {"/feed", "/lock", ""}) {
        std::filesystem::remove(path_ + name);
      }
    } catch (const std::exception&) {
      // It stays: what went wrong in front of that is told.
    }
  }

  std::string path_;
  bool is_new_ = false;
  bool is_opened_ = false;
  bool is_kept_ = false;
};

template <class Map>
class served {
 public:
  served(Map& map, const serve_options& options, new_directory& directory)
      : map_(&map),
        options_(&options),
        directory_(&directory),
        lines_(map, shares_syncs(), progress_) {}

  // Reading makes standard input non-blocking, for whoever else has it, too.
  ~served() {
    if (input_flags_ >= 0) ::fcntl(STDIN_FILENO, F_SETFL, input_flags_);
  }
  served(const served&) = delete;
  served& operator=(const served&) = delete;

  int run() {
    feed_server_options how;
    if (!options_->secret_path.empty()) how.secret = read_secret(options_->secret_path);
    how.tls = tls_of_server(options_->tls_certificate_path, options_->tls_key_path);
    if (!options_->address.empty()) listen(how);  // in front of the loading, which may take long
    if (!options_->redis_address.empty()) redis_ = make_redis_output(*map_, *options_);
    if (!options_->load_path.empty() && !load()) return status_of_failure();
    directory_->keep();
    announce();
    listen_to_input();
    while (!stop_requested() && lines_.failure().empty() && !is_done()) {
      loop_.run_for(turn_time);
      publish();
      map_->step_snapshot(8);
      tell_of_snapshots();
      show_progress();
    }
    progress_.clear();
    lines_.end();
    tell_of_output(lines_);
    if (!lines_.failure().empty()) return status_of_failure();
    if (lines_.has_failed() || has_lost_input_) return 1;
    return stop_requested() ? 128 + stop_signal() : 0;
  }

 private:
  bool is_done() const {
    return has_ended_ && options_->ends_with_input && (redis_ == nullptr || redis_->has_all());
  }
  bool shares_syncs() const { return options_->sync == "each"; }
  void publish() {
    if (redis_ == nullptr) return;
    redis_->poll();
    const std::string trouble = redis_->take_trouble();
    if (trouble.empty()) return;
    progress_.clear();
    write_error(trouble);
  }

  void listen(const feed_server_options& how) {
    try {
      server_.emplace(loop_, *map_, options_->address, how);
    } catch (const boost::system::system_error& error) {
      // Its what() has places in Boost's sources.
      throw std::runtime_error(
          fmt::format("cannot listen at {}: {}", options_->address, error.code().message()));
    }
    server_->on_end([this](follow_refusal why, const std::string& text) {
      if (why == follow_refusal::none) return;
      progress_.clear();
      write_error("a follower was cut off: " + text);
    });
  }
  void tell_of_snapshots() {
    const std::string& now = map_->snapshot_failure();
    if (std::exchange(snapshot_trouble_, now) == now || now.empty()) return;
    progress_.clear();
    write_error(now + "; the log is kept, and the next snapshot is tried later");
  }
  // Not over a line that is being typed.
  void show_progress() {
    if (::isatty(STDIN_FILENO) == 1 || !progress_.is_due()) return;
    progress_.show(fmt::format("position {}, {} elements, {} followers", map_->position(),
                               map_->size(), server_ ? server_->followers() : 0));
  }
  bool load() {
    const std::string& path = options_->load_path;
    line_input loaded(*map_, shares_syncs(), progress_, path);
    std::vector<char> buffer(std::size_t{64} << 10);
    const std::string failed = read_blocks(path, buffer, [&](std::string_view block) {
      loaded.take(block, false);
      if (progress_.is_due()) progress_.show(fmt::format("loading: {} elements", map_->size()));
    });
    // A last line that may go on in what cannot be read is none.
    if (failed.empty() && !stop_requested()) loaded.take("", true);
    progress_.clear();
    loaded.end();
    if (!failed.empty()) write_error(fmt::format("cannot read {}: {}", path, failed));
    if (loaded.wrong() != 0) {
      write_error(
          fmt::format("{}: {} lines are wrong, and what the others say is done: give "
                      "--load only the wrong ones again, mended",
                      path, loaded.wrong()));
    }
    tell_of_output(loaded);
    return failed.empty() && loaded.failure().empty() && loaded.wrong() == 0 &&
           !loaded.has_failed() && !stop_requested();
  }
  static void tell_of_output(const line_input<Map>& lines) {
    if (lines.failure().empty()) return;
    write_error("cannot write to standard output: " + lines.failure());
  }
  std::string where() const {
    std::string place;
    if (server_ && server_->port() != 0) {
      place = options_->address.substr(0, options_->address.rfind(':')) + ":" +
              std::to_string(server_->port());
    } else if (server_) {
      place = options_->address;
    }
    if (redis_ == nullptr) return place;
    return fmt::format("{}{}redis://{}/{}", place, place.empty() ? "" : " and ",
                       options_->redis_address, options_->stream);
  }
  void announce() const {
    write_error(
        fmt::format("serving {} elements of {} at {}", map_->size(), options_->directory, where()));
  }

  void listen_to_input() {
    const int input = ::dup(STDIN_FILENO);
    has_ended_ = input < 0;  // it was closed
    if (has_ended_) return;
    input_.emplace(loop_, input);
    read_more();
  }
  void read_more() {
    input_->async_read_some(boost::asio::buffer(block_),
                            [this](const boost::system::error_code& error, std::size_t count) {
                              take(std::string_view(block_.data(), count), error);
                              if (server_) server_->wake();
                              publish();
                              if (!error) return read_more();
                              has_ended_ = true;
                            });
  }
  void take(std::string_view bytes, const boost::system::error_code& error) {
    const bool is_end = error == boost::asio::error::eof;
    lines_.take(bytes, is_end);
    if (!error || is_end) return;
    has_lost_input_ = true;
    progress_.clear();
    write_error("cannot read standard input: " + error.message());
  }

  Map* map_;
  const serve_options* options_;
  new_directory* directory_;
  progress_line progress_;
  line_input<Map> lines_;
  std::string snapshot_trouble_;
  boost::asio::io_context loop_;
  std::optional<feed_server<Map>> server_;
  std::unique_ptr<redis_output> redis_;
  std::optional<boost::asio::posix::stream_descriptor> input_;
  std::array<char, std::size_t{64} << 10> block_{};
  int input_flags_ = ::fcntl(STDIN_FILENO, F_GETFL);
  bool has_ended_ = false;
  bool has_lost_input_ = false;
};

template <class T>
int serve(const serve_options& options, new_directory& directory) {
  durable_options how;
  how.feed_changes = std::size_t{1} << 16;
  how.sync = options.sync == "each"       ? sync_policy::each_change
             : options.sync == "interval" ? sync_policy::interval
                                          : sync_policy::never;
  progress_line progress;
  how.progress = opening_progress(progress);
  durable_map<std::string, T> map(options.directory, how);
  progress.clear();
  directory.note_opened();
  if (const auto& cut = map.report().cut) {
    write_error(
        fmt::format("{}: {} bytes of a write that did not finish were cut", cut->file, cut->bytes));
  }
  return served(map, options, directory).run();
}

}  // namespace

int run_serve(const serve_options& options) {
  const stop_signal_guard guard;
  new_directory directory(options.directory);
  try {
    return options.value == "text" ? serve<std::string>(options, directory)
                                   : serve<std::uint64_t>(options, directory);
  } catch (const opening_stopped&) {
    return 128 + stop_signal();
  }
}

}  // namespace steady::cli
