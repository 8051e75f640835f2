#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <steady/detail/durable/frame_reader.hpp>
#include <steady/detail/durable/torn_end.hpp>
#include <steady/durable_map.hpp>

#include "cli/log.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signal.hpp"
#include "cli/text_or_number.hpp"
#include "cli/units.hpp"

namespace steady::cli {

namespace {

using detail::tail_reader;

// What one file holds, or where it is broken.
struct file_facts {
  std::string path;
  bool is_log = false;
  std::uint64_t number = 0;  // in its name
  std::uint64_t bytes = 0;
  std::optional<record_header> header;
  std::uint64_t records = 0;  // elements or changes; only where all was read
  std::uint64_t last = 0;     // position of the last change
  std::string damage;         // "" for none
  std::uint64_t damaged_at = 0;
  bool is_torn = false;  // that is the end: nothing whole is behind it
};

// The end of the last segment may be torn, or is being written: opening cuts it.
bool is_torn_end(const std::vector<file_facts>& files, const file_facts& file) {
  return file.is_torn && &file == &files.back();
}

// A program may have the map open meanwhile: where a file is gone or broken, and the names are
// others now, all is read again.
class log_reader {
 public:
  explicit log_reader(const log_options& options)
      : room_(detail::system_files(), options.directory),
        verifies_(options.action == log_action::verify) {}

  // False where a signal stopped it.
  bool read() {
    for (int looks = 0; looks < most_looks; ++looks) {
      const detail::room::content found = room_.look();
      read(found);
      if (stop_requested() || (is_good() && !has_missed_)) break;
      const detail::room::content now = room_.look();
      if (now.logs == found.logs && now.snapshots == found.snapshots) break;
    }
    progress_.clear();
    return !stop_requested();
  }
  const std::vector<file_facts>& files() const { return files_; }
  bool is_good() const {
    return std::all_of(files_.begin(), files_.end(), [this](const file_facts& file) {
      return file.damage.empty() || is_torn_end(files_, file);
    });
  }

 private:
  static constexpr int most_looks = 8;

  void read(const detail::room::content& found) {
    files_.clear();
    bytes_in_all_ = bytes_done_ = 0;
    has_missed_ = false;
    for (const std::uint64_t at : found.snapshots) add(room_.snapshot_path(at), at, false);
    for (const std::uint64_t at : found.logs) add(room_.log_path(at), at, true);
    newest_whole_ = 0;
    for (file_facts& file : files_) {
      read(file);
      if (!file.is_log && file.damage.empty()) newest_whole_ = file.number;
    }
    if (verifies_) find_gaps();
  }
  // Whatever else has such a name: opening a pipe would wait for whoever writes to it.
  static bool is_other_than_file(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status);
  }
  // False where a newer snapshot has replaced the file meanwhile.
  bool open(tail_reader& reader, const std::string& path) {
    const bool is_there = reader.open(room_, path);
    if (!is_there) has_missed_ = true;
    return is_there;
  }
  void add(std::string path, std::uint64_t number, bool is_log) {
    file_facts file;
    file.path = std::move(path);
    file.number = number;
    file.is_log = is_log;
    tail_reader reader;
    if (is_other_than_file(file.path)) {
      file.damage = "it is no regular file; take it away";
    } else if (open(reader, file.path)) {
      file.bytes = reader.size();
    } else {
      return;
    }
    bytes_in_all_ += file.bytes;
    files_.push_back(std::move(file));
  }
  void read(file_facts& file) {
    tail_reader reader;
    if (!file.damage.empty() || !open(reader, file.path)) return;
    std::span<const unsigned char> payload;
    record_header header;
    const bool has_frame = reader.next(payload) == tail_reader::result::frame;
    const header_state state = has_frame ? read_header(payload, header) : header_state::not_steady;
    const bool fits = (header.stream == record_stream::log) == file.is_log;
    if (state != header_state::good || !fits) {
      const bool is_other = state == header_state::other_version;
      note(file, 0, is_other ? "the format has another version" : "it has no header");
      // Whoever was making it was ended.
      file.is_torn = file.is_log && !is_other && !may_be_synced(file, file.number - 1);
      return;
    }
    file.header = header;
    file.last = header.position;
    if (!file.is_log && header.position != file.number) {
      file.damage = "its header has another position than its name";
    }
    if (!verifies_ || !file.damage.empty()) return;
    if (file.is_log) {
      read_log(file, reader);
    } else {
      read_snapshot(file, reader);
    }
    bytes_done_ += file.bytes;
  }
  // Each segment goes on where the one before ends, or behind a snapshot.
  void find_gaps() {
    std::uint64_t reached = newest_whole_;
    for (file_facts& file : files_) {
      if (!file.is_log) continue;
      if (file.header && file.damage.empty() && file.number > reached + 1) {
        file.damage = fmt::format("changes {} to {} are missing in front of it", reached + 1,
                                  file.number - 1);
      }
      reached = std::max(reached, file.last);
    }
  }
  static void note(file_facts& file, std::uint64_t at, const char* what) {
    file.damage = what;
    file.damaged_at = at;
  }
  void advance(const tail_reader& reader) {
    progress_.show_bytes(bytes_done_ + reader.offset(), bytes_in_all_);
  }

  void read_log(file_facts& file, tail_reader& reader) {
    std::span<const unsigned char> payload;
    while (!stop_requested()) {
      const std::uint64_t at = reader.offset();
      const tail_reader::result result = reader.next(payload);
      if (result == tail_reader::result::end) return;
      std::uint64_t position = 0;
      if (result == tail_reader::result::partial) {
        note(file, at, "no whole record there");
        file.is_torn = !may_be_synced(file, file.last);
        return;
      }
      if (!read_position(payload, position)) return note(file, at, "a record that is no change");
      if (!comes_next(position, file.last)) {
        return note(file, at, "a change that does not come next");
      }
      ++file.records;
      file.last = position;
      advance(reader);
    }
  }
  // Or what is between them only the snapshot has: the log was not written so far when its writer
  // was ended, and the next one went on behind the snapshot.
  bool comes_next(std::uint64_t position, std::uint64_t last) const {
    return position == last + 1 || (position > last && position <= newest_whole_ + 1);
  }
  // As recovery asks it. If not, what is broken was never acknowledged, and opening cuts it.
  // `last`: the position of the change in front of it.
  bool may_be_synced(const file_facts& file, std::uint64_t last) const {
    detail::frame_reader at_damage(room_, file.path);
    at_damage.go_to(file.damaged_at);
    return detail::torn_end(at_damage, std::max(last, newest_whole_)).may_be_synced();
  }
  void read_snapshot(file_facts& file, tail_reader& reader) {
    std::span<const unsigned char> payload;
    while (!stop_requested()) {
      const std::uint64_t at = reader.offset();
      if (reader.next(payload) != tail_reader::result::frame) {
        return note(file, at, "no whole record there");
      }
      std::uint64_t elements = 0;
      if (read_end(payload, elements)) {
        if (elements != file.records) return note(file, at, "another number of elements");
        if (reader.offset() != file.bytes) return note(file, at, "bytes behind its end");
        return;
      }
      if (steady::tag_of(payload) != record_tag::element) {
        return note(file, at, "a record that is no element");
      }
      ++file.records;
      advance(reader);
    }
  }

  detail::room room_;
  bool verifies_;
  bool has_missed_ = false;  // a file that was there
  std::vector<file_facts> files_;
  std::uint64_t newest_whole_ = 0;  // position of a snapshot
  std::uint64_t bytes_in_all_ = 0;
  std::uint64_t bytes_done_ = 0;
  progress_line progress_;
};

std::string size_of(std::uint64_t bytes) { return format_bytes(static_cast<double>(bytes)); }

std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string line_of(const file_facts& file, bool verified) {
  std::string line = fmt::format("{:32} {:>10}", name_of(file.path), size_of(file.bytes));
  if (file.header && verified) {
    line += file.is_log ? fmt::format("  {} changes, up to {}", file.records, file.last)
                        : fmt::format("  {} elements as of {}", file.records, file.number);
  } else if (file.header && !file.is_log) {
    line += fmt::format("  {} elements as of {}", file.header->elements, file.number);
  } else if (file.header) {
    line += fmt::format("  changes after {}", file.header->position);
  }
  return line + "\n";
}

int deliver(const std::string& text, bool is_good) {
  if (const std::string failed = write_output(harmless(text)); !failed.empty()) {
    write_error("cannot write to standard output: " + failed);
    return 1;
  }
  return is_good ? 0 : 1;
}

int show_files(const log_options& options) {
  log_reader reader(options);
  if (!reader.read()) return 128 + stop_signal();
  const std::vector<file_facts>& files = reader.files();
  if (files.empty()) {
    write_error(options.directory + " has no files of a durable map");
    return 1;
  }
  const bool verified = options.action == log_action::verify;
  std::string text;
  for (const file_facts& file : files) {
    if (text.empty() && file.header) {
      text = fmt::format("{} to {}, map {:016x}\n", file.header->key,
                         file.header->value.empty() ? "nothing (a set)" : file.header->value,
                         file.header->map_id);
    }
    text += line_of(file, verified);
    if (file.damage.empty()) continue;
    text += fmt::format("  {} at byte {}: {}\n",
                        is_torn_end(files, file) ? "torn or being written" : "DAMAGED",
                        file.damaged_at, file.damage);
  }
  const bool is_good = reader.is_good();
  if (verified) text += is_good ? "All records are whole.\n" : "There is damage; see --salvage.\n";
  return deliver(text, is_good);
}

std::uint64_t bytes_in(const std::string& directory) {
  log_reader reader({directory, log_action::inspect});
  reader.read();
  std::uint64_t bytes = 0;
  for (const file_facts& file : reader.files()) bytes += file.bytes;
  return bytes;
}

// After a compaction: removes the segments of which the snapshot has every change. The last one is
// among them, so that the log begins anew. False where a signal stopped it before.
bool remove_old_logs(const std::string& directory) {
  detail::room room(detail::system_files(), directory);
  room.enter();  // nobody has the map open
  log_reader reader({directory, log_action::verify});
  if (!reader.read()) return false;
  std::uint64_t reached = 0;
  for (const file_facts& file : reader.files()) {
    if (!file.damage.empty()) continue;
    if (!file.is_log) {
      reached = std::max(reached, file.number);
    } else if (file.last <= reached) {
      const int removed = room.remove(file.path);
      if (removed < 0) detail::throw_system("remove", file.path, removed);
    }
  }
  const int safe = room.sync();
  if (safe < 0) detail::throw_system("sync", directory, safe);
  return true;
}

// What was done to the damage.
std::string words_for(const recovery_report& report) {
  std::string text;
  for (const lost_bytes& lost : report.damage) {
    const std::string bytes =
        lost.bytes == 0 ? "" : fmt::format("{} bytes passed over: ", lost.bytes);
    text += fmt::format("{} at byte {}: {}{}\n", name_of(lost.file), lost.offset, bytes, lost.why);
  }
  if (const auto& cut = report.cut) {
    text += fmt::format("{} at byte {}: {} bytes of a write that did not finish, cut\n",
                        name_of(cut->file), cut->offset, cut->bytes);
  }
  return text;
}

// Thrown where a signal is to stop the opening of a map; nothing has been changed then.
struct opening_stopped {};

void stop_if_requested() {
  if (stop_requested()) throw opening_stopped();
}

// Opens the map, with `how`, and gives what is to be said of it.
template <class Types>
std::string open_and_save(const log_options& options, const durable_options& how) {
  durable_map<typename Types::key, typename Types::value> map(options.directory, how);
  if (options.action == log_action::compact) {
    stop_if_requested();
    map.save_snapshot();
  }
  return words_for(map.report()) +
         fmt::format("{} elements as of position {}", map.size(), map.position());
}

template <class Types>
int open_and_rewrite(const log_options& options) {
  progress_line progress;
  durable_options how;
  how.salvage = options.action == log_action::salvage;
  how.progress = [&](const recovery_progress& now) {
    stop_if_requested();
    progress.show_bytes(now.bytes_read, now.bytes_in_all);
  };
  const std::uint64_t before = bytes_in(options.directory);
  std::string text;
  try {
    text = open_and_save<Types>(options, how);
  } catch (const opening_stopped&) {
    return 128 + stop_signal();
  }
  progress.clear();
  if (options.action == log_action::compact && !remove_old_logs(options.directory)) {
    write_error(
        "stopped by a signal: the snapshot is written, and the log before it is still there");
    return 128 + stop_signal();
  }
  text += fmt::format("; {} were {}\n", size_of(bytes_in(options.directory)), size_of(before));
  return deliver(text, true);
}

// No file says what types it has.
int rewrite_nothing(const std::string& directory) {
  log_reader reader({directory, log_action::inspect});
  if (!reader.read()) return 128 + stop_signal();
  if (!reader.files().empty() && reader.is_good()) {
    return deliver(directory + " has no changes yet; its next writer begins it anew\n", true);
  }
  write_error(directory + " has no file with the header of a durable map");
  return 1;
}

int rewrite(const log_options& options) {
  type_names names;
  if (!find_types(options.directory, names)) return rewrite_nothing(options.directory);
  int status = 1;
  const bool known =
      with_types(names, [&](auto types) { status = open_and_rewrite<decltype(types)>(options); });
  if (!known) write_error(options.directory + ": " + unknown_types(names));
  return status;
}

}  // namespace

int run_log(const log_options& options) {
  const stop_signal_guard guard;
  const bool only_reads =
      options.action == log_action::inspect || options.action == log_action::verify;
  return only_reads ? show_files(options) : rewrite(options);
}

}  // namespace steady::cli
