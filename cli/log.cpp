#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
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

class log_reader {
 public:
  explicit log_reader(const log_options& options)
      : room_(detail::system_files(), options.directory),
        verifies_(options.action == log_action::verify) {}

  // False where a signal stopped it.
  bool read() {
    const detail::room::content found = room_.look();
    for (const std::uint64_t at : found.snapshots) add(room_.snapshot_path(at), at, false);
    for (const std::uint64_t at : found.logs) add(room_.log_path(at), at, true);
    for (file_facts& file : files_) read(file);
    progress_.clear();
    if (verifies_) find_gaps();
    return !stop_requested();
  }
  const std::vector<file_facts>& files() const { return files_; }

 private:
  void add(std::string path, std::uint64_t number, bool is_log) {
    tail_reader reader;
    if (!reader.open(room_, path)) return;  // a newer snapshot has replaced it meanwhile
    file_facts file;
    file.path = std::move(path);
    file.number = number;
    file.is_log = is_log;
    file.bytes = reader.size();
    bytes_in_all_ += file.bytes;
    files_.push_back(std::move(file));
  }
  void read(file_facts& file) {
    tail_reader reader;
    if (!reader.open(room_, file.path)) return;
    std::span<const unsigned char> payload;
    record_header header;
    const bool has_frame = reader.next(payload) == tail_reader::result::frame;
    const header_state state = has_frame ? read_header(payload, header) : header_state::not_steady;
    const bool fits = (header.stream == record_stream::log) == file.is_log;
    if (state != header_state::good || !fits) {
      file.damage = state == header_state::other_version ? "the format has another version"
                                                         : "it has no header";
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
    std::uint64_t reached = 0;
    for (file_facts& file : files_) {
      if (!file.is_log) {
        reached = std::max(reached, file.number);
      } else if (file.header && file.damage.empty() && file.number > reached + 1) {
        file.damage = fmt::format("changes {} to {} are missing in front of it", reached + 1,
                                  file.number - 1);
      }
      if (file.is_log) reached = std::max(reached, file.last);
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
        file.is_torn = !may_be_synced(file);
        return;
      }
      if (!read_position(payload, position)) return note(file, at, "a record that is no change");
      if (position != file.last + 1) return note(file, at, "a change that does not come next");
      ++file.records;
      file.last = position;
      advance(reader);
    }
  }
  // As recovery asks it. If not, what is broken was never acknowledged, and opening cuts it.
  bool may_be_synced(const file_facts& file) const {
    detail::frame_reader at_damage(room_, file.path);
    at_damage.go_to(file.damaged_at);
    return detail::torn_end(at_damage, file.last).may_be_synced();
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
  std::vector<file_facts> files_;
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

// The end of the last segment may be torn, or is being written: opening cuts it.
bool is_torn_end(const std::vector<file_facts>& files, const file_facts& file) {
  return file.is_torn && &file == &files.back();
}

int deliver(const std::string& text, bool is_good) {
  if (const std::string failed = write_output(text); !failed.empty()) {
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
  bool is_good = true;
  for (const file_facts& file : files) {
    if (text.empty() && file.header) {
      text = fmt::format("{} to {}, map {:016x}\n", file.header->key,
                         file.header->value.empty() ? "nothing (a set)" : file.header->value,
                         file.header->map_id);
    }
    text += line_of(file, verified);
    if (file.damage.empty()) continue;
    const bool is_torn = is_torn_end(files, file);
    is_good = is_good && is_torn;
    text += fmt::format("  {} at byte {}: {}\n", is_torn ? "torn or being written" : "DAMAGED",
                        file.damaged_at, file.damage);
  }
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
// among them, so that the log begins anew.
void remove_old_logs(const std::string& directory) {
  detail::room room(detail::system_files(), directory);
  room.enter();  // nobody has the map open
  log_reader reader({directory, log_action::verify});
  if (!reader.read()) return;
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

// Opens the map, with `how`, and gives what is to be said of it.
template <class Types>
std::string open_and_save(const log_options& options, const durable_options& how) {
  durable_map<typename Types::key, typename Types::value> map(options.directory, how);
  if (options.action == log_action::compact) map.save_snapshot();
  return words_for(map.report()) +
         fmt::format("{} elements as of position {}", map.size(), map.position());
}

template <class Types>
int open_and_rewrite(const log_options& options) {
  progress_line progress;
  durable_options how;
  how.salvage = options.action == log_action::salvage;
  how.progress = [&](const recovery_progress& now) {
    progress.show_bytes(now.bytes_read, now.bytes_in_all);
  };
  const std::uint64_t before = bytes_in(options.directory);
  std::string text = open_and_save<Types>(options, how);
  if (options.action == log_action::compact) remove_old_logs(options.directory);
  progress.clear();
  text += fmt::format("; {} were {}\n", size_of(bytes_in(options.directory)), size_of(before));
  return deliver(text, true);
}

int rewrite(const log_options& options) {
  type_names names;
  if (!find_types(options.directory, names)) {
    write_error(options.directory + " has no file with the header of a durable map");
    return 1;
  }
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
