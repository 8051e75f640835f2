// What opening a durable map does: load the newest whole snapshot, then the changes after it.
//
//   1. A snapshot under its final name was whole once. If the newest is damaged, the one before it
//      is taken, and the log from there to the position of the newest has to be there.
//   2. Positions in the log rise by one; a gap is damage.
//   3. Only the end of the last segment may be broken off: a write that did not finish. It is cut.
//   It
//      counts as damage if a whole record behind it says that everything before was synced.
//   4. With `salvage`, what is damaged is passed over, and reported.
//
//   Bound   O(bytes of the files that it reads); memory: the map's, and a few MiB.
//   Throws  durable_error, and what the container and the codecs throw; the files are as before,
//   but
//           for what was cut.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <steady/detail/base/config.hpp>
#include <steady/detail/durable/frame_reader.hpp>
#include <steady/detail/durable/room.hpp>
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

template <class Container, class Key, class T>
class recovery {
  static constexpr bool is_map = !std::is_void_v<T>;
  using payload_type = std::span<const unsigned char>;

 public:
  using progress_function = std::function<void(const recovery_progress&)>;

  recovery(Container& into, const room& from, bool salvage, const progress_function& tell)
      : into_(&into), room_(&from), salvage_(salvage), tell_(tell) {
    header_.key = codec<Key>::name();
    if constexpr (is_map) header_.value = codec<T>::name();
  }

  // `new_id`: for a map that is new.
  void run(std::uint64_t new_id) {
    found_ = room_->look();
    if (found_.has_partial) room_->remove(room_->partial_path());
    report_.is_new = found_.logs.empty() && found_.snapshots.empty();
    header_.map_id = report_.is_new ? new_id : 0;
    count_bytes();
    load_newest_snapshot();
    report_.snapshot_position = position_;
    replay();
    report_.position = position_;
    if (tell_) tell_(progress_);
  }

  const recovery_report& report() const noexcept { return report_; }
  recovery_report& report() noexcept { return report_; }
  const record_header& header() const noexcept { return header_; }
  std::uint64_t snapshot_bytes() const noexcept { return snapshot_bytes_; }
  std::uint64_t replayed_bytes() const noexcept { return replayed_bytes_; }
  // The segments that are left, and the last one, to be continued.
  std::vector<std::uint64_t>& segments() noexcept { return found_.logs; }
  // Whether the last segment was read to its end, or to where it was cut.
  bool may_continue() const noexcept { return !has_gaps_ && !is_last_gone_; }
  // Whether something is not there that may have been acknowledged.
  bool has_gaps() const noexcept { return has_gaps_; }
  const std::vector<std::string>& damaged_files() const noexcept { return damaged_files_; }

 private:
  void count_bytes() {
    const auto add = [this](const std::string& path) {
      progress_.bytes_in_all += room_->size_of(room_->open(path, file_mode::read), path);
    };
    for (const std::uint64_t first : found_.logs) add(room_->log_path(first));
    if (!found_.snapshots.empty()) add(room_->snapshot_path(found_.snapshots.back()));
  }
  void advance(std::uint64_t bytes) {
    progress_.bytes_read += bytes;
    told_ += bytes;
    if (!tell_ || told_ < (std::uint64_t{4} << 20)) return;
    told_ = 0;
    tell_(progress_);
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
    if (std::find(damaged_files_.begin(), damaged_files_.end(), lost.file) ==
        damaged_files_.end()) {
      damaged_files_.push_back(lost.file);
    }
    report_.damage.push_back(std::move(lost));
  }
  // Ends recovery, unless it salvages.
  void damaged(lost_bytes lost) {
    if (!salvage_) throw_damaged(lost);
    has_gaps_ = true;
    note_damage(std::move(lost));
  }

  // ---- headers ----

  // False: the file is not one of ours, or broken. Throws if it is one of another map or type.
  bool accept_header(const std::string& path, payload_type payload, record_stream stream,
                     record_header& found) {
    const header_state state = read_header(payload, found);
    if (state == header_state::other_version) {
      throw_durable(durable_trouble::foreign,
                    path + " is of another version of the format; this one reads version 1", path);
    }
    if (state != header_state::good || found.stream != stream) return false;
    if (found.key != header_.key || found.value != header_.value) {
      throw_durable(durable_trouble::foreign,
                    path + " holds " + types_of(found) + ", and this map " + types_of(header_),
                    path);
    }
    if (header_.map_id == 0) header_.map_id = found.map_id;
    if (header_.map_id != found.map_id) {
      throw_durable(durable_trouble::foreign,
                    path + " is of another map than the other files; take it away", path);
    }
    return true;
  }
  static std::string types_of(const record_header& of) {
    return of.value.empty() ? "a set of " + of.key : "a map of " + of.key + " to " + of.value;
  }

  // ---- the snapshot ----

  void load_newest_snapshot() {
    for (std::size_t n = found_.snapshots.size(); n-- > 0;) {
      const std::string path = room_->snapshot_path(found_.snapshots[n]);
      std::optional<lost_bytes> lost = load_snapshot(path);
      if (!lost) {
        position_ = found_.snapshots[n];
        return;
      }
      const bool may_go_on = salvage_ || n > 0 || (!found_.logs.empty() && found_.logs[0] == 1);
      if (!may_go_on) throw_damaged(*lost);
      must_reach_ = std::max(must_reach_, found_.snapshots[n]);
      note_damage(*std::move(lost));
      if (salvage_ && n == 0 && into_->size() != 0) {  // better than nothing
        has_gaps_ = true;
        position_ = found_.snapshots[n];
        return;
      }
      into_->clear();
      report_.elements = progress_.elements = 0;
    }
  }

  std::optional<lost_bytes> load_snapshot(const std::string& path) {
    frame_reader reader(*room_, path);
    snapshot_bytes_ = reader.size();
    payload_type payload;
    record_header found;
    if (reader.next(payload) != frame_reader::result::frame ||
        !accept_header(path, payload, record_stream::snapshot, found)) {
      return lost_bytes{path, 0, reader.size(), "no header of a snapshot"};
    }
    into_->reserve(static_cast<std::size_t>(
        std::min<std::uint64_t>(found.elements, reader.size() / (frame_head_bytes + 1))));
    std::optional<lost_bytes> lost;
    std::uint64_t at = reader.offset();
    while (true) {
      const frame_reader::result result = reader.next(payload);
      std::uint64_t elements = 0;
      if (result == frame_reader::result::frame && read_end(payload, elements)) {
        if (elements == report_.elements && reader.offset() == reader.size()) return lost;
        return lost ? lost : lost_bytes{path, at, reader.size() - at, "another end was expected"};
      }
      if (result == frame_reader::result::frame && load_element(payload)) {
        advance(reader.offset() - at);
        at = reader.offset();
        continue;
      }
      lost_bytes here{
          path, at, reader.size() - at,
          result == frame_reader::result::end ? "it has no end" : "no whole element there"};
      if (!lost) lost = here;
      if (!salvage_ || !reader.find([](payload_type candidate) {
            return candidate[0] == static_cast<unsigned char>(record_tag::element) ||
                   candidate[0] == static_cast<unsigned char>(record_tag::end);
          })) {
        return lost;
      }
      at = reader.offset();
    }
  }
  bool load_element(payload_type payload) {
    Key key{};
    bool inserted = false;
    if constexpr (is_map) {
      T value{};
      if (!read_element<Key, T>(payload, key, std::addressof(value))) return false;
      inserted = into_->try_emplace(std::move(key), std::move(value)).second;
    } else {
      if (!read_element<Key, void>(payload, key, nullptr)) return false;
      inserted = into_->insert(std::move(key)).second;
    }
    if (inserted) progress_.elements = ++report_.elements;
    return inserted;
  }

  // ---- the log ----

  void replay() {
    std::vector<std::uint64_t>& logs = found_.logs;
    std::size_t n = logs.size();
    while (n > 0 && logs[n - 1] > position_ + 1) --n;
    if (n > 0) --n;  // the first segment that may have something new
    for (; n < logs.size(); ++n) {
      const std::string path = room_->log_path(logs[n]);
      if (logs[n] > position_ + 1) {
        damaged({path, 0, 0,
                 "the changes from " + std::to_string(position_ + 1) + " to " +
                     std::to_string(logs[n] - 1) + " are missing in front of it"});
        position_ = logs[n] - 1;
      }
      replay_segment(path, n + 1 == logs.size());
    }
    if (position_ >= must_reach_) return;
    damaged({room_->snapshot_path(must_reach_), 0, 0,
             "the log ends before the position of this snapshot, which is damaged, too"});
  }

  void replay_segment(const std::string& path, bool is_last) {
    frame_reader reader(*room_, path);
    replayed_bytes_ += reader.size();
    payload_type payload;
    record_header found;
    const bool has_header = reader.next(payload) == frame_reader::result::frame &&
                            accept_header(path, payload, record_stream::log, found);
    if (!has_header) {
      reader.go_to(0);
      if (!pass_damage(reader, is_last, "no header of a log")) return;
    }
    while (true) {
      const std::uint64_t at = reader.offset();
      const frame_reader::result result = reader.next(payload);
      if (result == frame_reader::result::end) return;
      if (result == frame_reader::result::frame && replay_change(path, at, payload)) {
        advance(reader.offset() - at);
        continue;
      }
      const bool is_whole = result == frame_reader::result::frame;
      reader.go_to(at);
      // A whole record that does not fit cannot be torn.
      const char* const why =
          is_whole ? "a record that does not follow the one before" : "no whole record there";
      if (!pass_damage(reader, is_last && !is_whole, why)) return;
    }
  }

  // False if the record is none of these types, or does not come next. Those of before the snapshot
  // are passed over. A salvage takes what does not come next all the same.
  bool replay_change(const std::string& path, std::uint64_t at, payload_type payload) {
    if (!read_change(payload, change_)) return false;
    const bool is_old = change_.position <= position_;
    if (is_old && report_.changes == 0) return true;
    const bool comes_next = change_.position == position_ + 1 && apply();
    if (comes_next) {
      position_ = change_.position;
      progress_.changes = ++report_.changes;
      return true;
    }
    if (!salvage_) return false;
    take_misfit(path, at, is_old);
    return true;
  }
  // Told once for each file: after damage there may be many.
  void take_misfit(const std::string& path, std::uint64_t at, bool is_old) {
    if (misfits_in_ != path) {
      misfits_in_ = path;
      has_gaps_ = true;
      note_damage({path, at, 0, "from here on, changes that do not follow those before"});
    }
    if (is_old) return;
    if (change_.position != position_ + 1) apply();  // otherwise it was applied
    position_ = change_.position;
    progress_.changes = ++report_.changes;
  }
  // False if the change does not fit to what is there.
  bool apply() {
    switch (change_.kind) {
      case change_kind::clear:
        into_->clear();
        return true;
      case change_kind::erase:
        return into_->erase(*change_.key) == 1;
      default:
        break;
    }
    if constexpr (is_map) {
      const bool is_new =
          into_->insert_or_assign(*std::move(change_.key), *std::move(change_.value)).second;
      return is_new == (change_.kind == change_kind::insert);
    } else {
      return into_->insert(*std::move(change_.key)).second;
    }
  }

  // At a broken place. False if there is nothing more to be read of the segment.
  bool pass_damage(frame_reader& reader, bool may_be_torn, const char* why) {
    const std::uint64_t at = reader.offset();
    lost_bytes lost{reader.path(), at, reader.size() - at, why};
    if (may_be_torn && position_ >= must_reach_ && !is_synced_behind(reader)) {
      cut(lost);
      return false;
    }
    reader.go_to(at);
    if (!salvage_) throw_damaged(lost);
    const bool more = reader.find([this, &reader](payload_type candidate) {
      return is_later_change(candidate, reader.size());
    });
    if (more) lost.bytes = reader.offset() - at;
    has_gaps_ = true;
    note_damage(std::move(lost));
    return more;
  }
  // A change after the last one, and no more of them than there are bytes: what is not checked yet
  // looks so by chance only once in 2^30 places.
  bool is_later_change(payload_type candidate, std::uint64_t bytes) const noexcept {
    std::uint64_t position = 0;
    return read_position(candidate, position) && position > position_ &&
           position - position_ <= bytes;
  }
  // Whether a whole record behind the broken place says that the place was synced.
  bool is_synced_behind(frame_reader& reader) {
    payload_type payload;
    while (reader.find([this, &reader](payload_type candidate) {
      return is_later_change(candidate, reader.size());
    })) {
      while (reader.next(payload) == frame_reader::result::frame) {
        if (is_after_sync(payload)) return true;
      }
      if (reader.offset() == reader.size()) return false;
    }
    return false;
  }
  // A write that did not finish. A segment without a header goes as a whole.
  void cut(const lost_bytes& torn) {
    report_.cut = torn;
    int done = 0;
    if (torn.offset == 0) {
      done = room_->remove(torn.file);
      found_.logs.pop_back();
      is_last_gone_ = true;
    } else {
      const file_handle file = room_->open(torn.file, file_mode::change);
      done = uninterrupted([&] { return room_->files().truncate(file.number(), torn.offset); });
    }
    if (done < 0) throw_system("cut", torn.file, done);
  }

  Container* into_;
  const room* room_;
  bool salvage_;
  const progress_function& tell_;
  record_header header_;
  typename room::content found_;
  recovery_report report_;
  recovery_progress progress_;
  std::uint64_t told_ = 0;
  std::uint64_t position_ = 0;
  std::uint64_t must_reach_ = 0;  // a snapshot of this position was whole once
  std::uint64_t snapshot_bytes_ = 0;
  std::uint64_t replayed_bytes_ = 0;
  change<Key, T> change_;
  bool has_gaps_ = false;
  bool is_last_gone_ = false;
  std::string misfits_in_;
  std::vector<std::string> damaged_files_;
};

}  // namespace detail

}  // namespace steady
