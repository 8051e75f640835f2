// What the parts of a recovery share: what was found, and what is to be done about damage.
//
//   Throws   durable_error where damage ends the recovery, or a file is of another map or type.
//   Threads  one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <steady/detail/durable/room.hpp>
#include <steady/durable_error.hpp>
#include <steady/records.hpp>

namespace steady {

struct recovery_progress {
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_in_all = 0;
  std::uint64_t elements = 0;  // from the snapshot
  std::uint64_t changes = 0;   // from the log
};

// Bytes of a file that are not in the map.
struct lost_bytes {
  std::string file;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::string why;
};

struct recovery_report {
  bool is_new = false;                  // there was no map
  std::uint64_t snapshot_position = 0;  // 0: no snapshot
  std::uint64_t elements = 0;           // from the snapshot
  std::uint64_t changes = 0;            // from the log
  std::uint64_t position = 0;
  std::optional<lost_bytes> cut;   // a torn tail: never acknowledged, unless sync_policy said so
  std::vector<lost_bytes> damage;  // only where an older snapshot was taken, or with `salvage`
};

namespace detail {

class recovery_state {
 public:
  using payload_type = std::span<const unsigned char>;
  using progress_function = std::function<void(const recovery_progress&)>;

  void begin_file() noexcept { reached_ = 0; }
  // Of the file that is read.
  void reach(std::uint64_t offset) {
    if (offset <= reached_) return;
    progress.bytes_read += offset - reached_;
    untold_ += offset - reached_;
    reached_ = offset;
    if (untold_ < (std::uint64_t{4} << 20)) return;
    untold_ = 0;
    tell_now();
  }
  void tell_now() {
    if (tell) tell(progress);
  }

  [[noreturn]] void throw_damaged(const lost_bytes& lost) const {
    throw_durable(durable_trouble::damaged,
                  lost.file + " is damaged at byte " + std::to_string(lost.offset) + ": " +
                      lost.why +
                      "; restore the directory from a copy, or open it with "
                      "durable_options::salvage, which keeps what is still readable",
                  lost.file, lost.offset);
  }
  void note_damage(lost_bytes lost) {
    if (std::find(damaged_files.begin(), damaged_files.end(), lost.file) == damaged_files.end()) {
      damaged_files.push_back(lost.file);
    }
    report.damage.push_back(std::move(lost));
  }
  // Ends recovery, unless it salvages.
  void damaged(lost_bytes lost) {
    if (!salvage) throw_damaged(lost);
    has_gaps = true;
    note_damage(std::move(lost));
  }

  void know_id(std::uint64_t map_id) noexcept {
    header.map_id = map_id;
    knows_id = true;
  }
  // False: the file is not one of ours, or broken. Throws if it is one of another map or type.
  bool accept_header(const std::string& path, payload_type payload, record_stream stream,
                     record_header& found) {
    const header_state state = read_header(payload, found);
    if (state == header_state::other_version) {
      throw_durable(durable_trouble::foreign,
                    path + " is of another version of the format; this one reads version 1", path);
    }
    if (state != header_state::good || found.stream != stream) return false;
    if (found.key != header.key || found.value != header.value) {
      throw_durable(durable_trouble::foreign,
                    path + " holds " + types_of(found) + ", and this map " + types_of(header),
                    path);
    }
    if (!knows_id) {
      know_id(found.map_id);
      id_is_from_ = path;
    }
    if (header.map_id != found.map_id) {
      throw_durable(durable_trouble::foreign,
                    path + " and " + id_is_from_ +
                        " are of two maps: take away the one that does not belong there",
                    path);
    }
    return true;
  }
  static std::string types_of(const record_header& of) {
    return of.value.empty() ? "a set of " + of.key : "a map of " + of.key + " to " + of.value;
  }

  recovery_state(const room* in, bool salvages, const progress_function& told)
      : files(in), salvage(salvages), tell(told) {}

  const room* files;
  bool salvage;
  const progress_function& tell;
  bool has_feed_mark = false;
  record_header header;
  bool knows_id = false;  // header.map_id is that of the files
  recovery_report report;
  recovery_progress progress;
  std::uint64_t position = 0;    // of what is in the container
  std::uint64_t must_reach = 0;  // a snapshot of this position was whole once
  bool has_gaps = false;         // something is not there that may have been acknowledged
  std::vector<std::string> damaged_files;

 private:
  std::string id_is_from_;  // the file that has told it
  std::uint64_t reached_ = 0;
  std::uint64_t untold_ = 0;
};

}  // namespace detail

}  // namespace steady
