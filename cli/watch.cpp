#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>

#include <fmt/format.h>

#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signal.hpp"
#include "cli/units.hpp"
#include "cli/watch.hpp"
#include "cli/watch_keys.hpp"
#include "cli/watch_record.hpp"
#include "cli/watch_screen.hpp"
#include "cli/watch_terminal.hpp"

namespace steady::cli {

namespace {

constexpr char no_key = '_';
constexpr std::uint64_t usual_frames = 100;  // without a terminal
constexpr std::size_t recorded_parts = 96;

// Where frames are shown: nowhere, as text, or in the terminal.
class watch_view {
 public:
  virtual ~watch_view() = default;
  virtual std::size_t parts() const { return recorded_parts; }
  // Returns the key that was pressed, 0 for none. Waits for the time of the next frame.
  virtual char show(const watch_frame& frame) = 0;

  std::string failed;  // why nothing can be shown any more
};

class no_view : public watch_view {
 public:
  char show(const watch_frame&) override { return 0; }
};

class plain_view : public watch_view {
 public:
  explicit plain_view(std::uint64_t every) : every_(every) {}

  char show(const watch_frame& frame) override {
    if ((frame.number - 1) % every_ != 0 && frame.note.empty()) return 0;
    const std::string reason = write_output(in_words(frame) + "\n");
    if (!reason.empty()) failed = "cannot write to standard output: " + reason;
    return 0;
  }

 private:
  std::uint64_t every_;
};

class terminal_view : public watch_view {
 public:
  explicit terminal_view(std::uint64_t per_second)
      : frame_time_(std::chrono::microseconds(1'000'000 / per_second)) {}

  std::size_t parts() const override { return parts_for(terminal_.size()); }

  char show(const watch_frame& frame) override {
    terminal_.show(helping_ ? help_screen(terminal_.size()) : screen_of(frame, terminal_.size()));
    const char key = wait();
    const bool was_helping = helping_;
    if (key != 0) helping_ = key == help_key && !helping_;
    return was_helping ? '\0' : key;
  }

 private:
  using clock = std::chrono::steady_clock;

  char wait() {
    next_ = std::max(next_ + frame_time_, clock::now());
    while (!stop_requested()) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(next_ - clock::now());
      const char key = terminal_.key_within(std::max(0, static_cast<int>(left.count())));
      if (key != 0 || clock::now() >= next_) return key;
    }
    return 0;
  }

  watch_terminal terminal_;
  clock::duration frame_time_;
  clock::time_point next_ = clock::now();
  bool helping_ = false;
};

bool records(const watch_options& options) {
  return !options.record_path.empty() || !options.animation_path.empty();
}

// Why frames cannot be shown where they should; "" if they can.
std::string missing_view(const watch_options& options) {
  if (options.plain || records(options)) return "";
  const std::string reason = watch_terminal_reason();
  if (reason.empty()) return "";
  return fmt::format("{}; without a terminal: --plain, --record FILE, --animation FILE", reason);
}

std::unique_ptr<watch_view> make_view(const watch_options& options) {
  if (options.plain) return std::make_unique<plain_view>(options.every);
  if (!watch_terminal_reason().empty()) return std::make_unique<no_view>();
  return std::make_unique<terminal_view>(options.per_second);
}

std::uint64_t last_frame(const watch_options& options, const watch_view& view) {
  if (options.frames != 0) return options.frames;
  const bool in_terminal = dynamic_cast<const terminal_view*>(&view) != nullptr;
  return in_terminal || options.tour ? ~std::uint64_t{0} : usual_frames;
}

// Tells on the terminal how far the map is filled; a signal ends it.
std::function<bool(std::uint64_t)> filling(const watch_settings& settings) {
  return [&settings, progress = std::make_shared<progress_line>()](std::uint64_t done) {
    if (done != 0) {
      progress->show(
          fmt::format("filling: {} of {}", format_count(done), format_count(settings.elements)));
    }
    return !stop_requested();
  };
}

// Presses keys, shows and records frames, until the last one, a quit or a signal.
class watch_session {
 public:
  watch_session(const watch_options& options, watched_map& map, watch_view& view,
                watch_record& record)
      : options_(options), map_(map), view_(view), record_(record) {}

  void run() {
    const std::uint64_t last = last_frame(options_, view_);
    for (std::uint64_t number = 0; number < last && !ended(); ++number) {
      if (number < options_.keys.size()) press(options_.keys[number]);
      if (quits_) return;
      map_.set_parts(view_.parts());
      const watch_frame frame = once_ ? map_.advance_once() : map_.advance();
      once_ = false;
      record_.add(frame);
      press(view_.show(frame));
      if (options_.tour) press(tour_.next(frame));
    }
  }

 private:
  bool ended() const {
    return quits_ || stop_requested() || !view_.failed.empty() || record_.has_failed();
  }

  void press(char key) {
    if (key == quit_key) quits_ = true;
    if (key == frame_key) once_ = true;
    cli::press(map_, key);
  }

  const watch_options& options_;
  watched_map& map_;
  watch_view& view_;
  watch_record& record_;
  watch_tour tour_;
  bool quits_ = false;
  bool once_ = false;
};

}  // namespace

std::string check_keys(const std::string& keys) {
  for (const char key : keys) {
    if (key == no_key || find_key(key) != nullptr) continue;
    return fmt::format("there is no key '{}'; the keys are: {}; and _ for none", key, key_line());
  }
  return "";
}

int run_watch(const watch_options& options) {
  if (const std::string missing = missing_view(options); !missing.empty()) {
    write_error(missing);
    return 1;
  }
  watch_record record;
  if (!record.open(options.record_path, options.animation_path)) return 1;
  const stop_signal_guard guard;
  std::string failed;
  {
    watched_map map(options.map, filling(options.map));
    const std::unique_ptr<watch_view> view = make_view(options);
    watch_session(options, map, *view, record).run();
    failed = view->failed;
  }
  if (!failed.empty()) write_error(failed);
  if (!record.close() || !failed.empty()) return status_of_failure();
  return stop_signal() == 0 ? 0 : 128 + stop_signal();
}

}  // namespace steady::cli
