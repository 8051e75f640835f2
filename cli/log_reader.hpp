// Reads the files of a durable map's directory, without a lock, and tells what each holds, or where
// it is broken.
#pragma once

#include <algorithm>
#include <cerrno>
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
#include <steady/detail/durable/room.hpp>
#include <steady/detail/durable/torn_end.hpp>
#include <steady/detail/follow/tail_reader.hpp>
#include <steady/durable_error.hpp>
#include <steady/records.hpp>

#include "cli/log.hpp"
#include "cli/progress.hpp"
#include "cli/stop_signal.hpp"

namespace steady::cli {

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

inline std::string name_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }

// The end of the last segment may be torn, or is being written: opening cuts it.
inline bool is_torn_end(const std::vector<file_facts>& files, const file_facts& file) {
  return file.is_torn && &file == &files.back();
}

// A program may have the map open meanwhile: where a file is gone or broken, and the names are
// others now, or the broken place is whole now, all is read again.
class log_reader {
  using tail_reader = detail::tail_reader;

 public:
  explicit log_reader(const log_options& options)
      : room_(*options.files, options.directory), verifies_(options.action == log_action::verify) {}

  // False where a signal stopped it.
  bool read() {
    for (int looks = 0; looks < most_looks; ++looks) {
      const detail::room::content found = room_.look();
      read(found);
      if (stop_requested() || (is_good() && !has_missed_)) break;
      const detail::room::content now = room_.look();
      if (!has_moved_ && now.logs == found.logs && now.snapshots == found.snapshots) break;
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
    has_missed_ = has_moved_ = false;
    for (const std::uint64_t at : found.snapshots) add(room_.snapshot_path(at), at, false);
    for (const std::uint64_t at : found.logs) add(room_.log_path(at), at, true);
    newest_whole_ = 0;
    for (file_facts& file : files_) {
      read(file);
      if (!file.is_log && file.damage.empty()) newest_whole_ = file.number;
    }
    find_strangers();
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
  // All files are of the map that the newest has: what is opened is refused otherwise.
  void find_strangers() {
    const file_facts* newest = nullptr;
    for (const file_facts& file : files_) {
      if (file.header && (newest == nullptr || file.number >= newest->number)) newest = &file;
    }
    for (file_facts& file : files_) {
      if (!file.header) continue;
      const record_header& one = *file.header;
      const record_header& other = *newest->header;
      const bool has_types = one.key == other.key && one.value == other.value;
      if (has_types && one.map_id == other.map_id) continue;
      note_whole(file, fmt::format("it is of another map, {:016x}, than {}; take it away, or that",
                                   one.map_id, name_of(newest->path)));
    }
  }
  // Each segment goes on where the one before ends, or behind a snapshot. One whose end, or header,
  // is torn is opened, too.
  void find_gaps() {
    std::uint64_t reached = newest_whole_;
    for (file_facts& file : files_) {
      if (!file.is_log) continue;
      const bool is_read = (file.header && file.damage.empty()) || file.is_torn;
      if (is_read && file.number > reached + 1) {
        note_whole(file, fmt::format("changes {} to {} are missing in front of it", reached + 1,
                                     file.number - 1));
      }
      reached = std::max(reached, file.last);
    }
  }
  static void note_whole(file_facts& file, std::string what) {
    file.damage = std::move(what);
    file.damaged_at = 0;
    file.is_torn = false;
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
  bool may_be_synced(const file_facts& file, std::uint64_t last) {
    try {
      detail::frame_reader at_damage(room_, file.path);
      at_damage.go_to(file.damaged_at);
      if (detail::torn_end(at_damage, last, newest_whole_).may_be_synced()) {
        note_if_mended(file);
        return true;
      }
    } catch (const durable_error& error) {
      if (error.error_number() != ENOENT) throw;
      has_missed_ = true;
    }
    return false;
  }
  // Whoever was writing the record has completed it, and may have synced others, meanwhile.
  void note_if_mended(const file_facts& file) {
    detail::frame_reader again(room_, file.path);
    again.go_to(file.damaged_at);
    std::span<const unsigned char> payload;
    if (again.next(payload) == detail::frame_reader::result::frame) has_moved_ = true;
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
  bool has_moved_ = false;   // a file that seemed broken is being written
  std::vector<file_facts> files_;
  std::uint64_t newest_whole_ = 0;  // position of a snapshot
  std::uint64_t bytes_in_all_ = 0;
  std::uint64_t bytes_done_ = 0;
  progress_line progress_;
};

}  // namespace steady::cli
