// Follows the files of a durable map that another process writes: the newest snapshot, then the
// records of the log, segment by segment. Takes no lock, and writes nothing.
//
//   1. A segment is read to its end before the next one is opened: the writer completes one before
//      it makes the next.
//   2. Segments that a newer snapshot has made superfluous may vanish at any time. One that is
//      open is read to its end; if the next one is missing too, the newest snapshot is loaded.
//   3. Where no whole record is, the rest is waited for, unless a later segment or a newer
//      snapshot shows that nothing more will be written there.
//   4. A snapshot may be newer than what is written of the log: the writer has not got to it, or
//      was ended before. It is loaded if that stays so for `patience`, or if the log goes on
//      behind it.
//   5. Records that were read and then taken back (a full disk, a power failure) are noticed where
//      the place of the last ones (recent_frames.hpp) has other bytes then. All is read anew.
//   6. A snapshot that is damaged is passed over, and reported: the newest whole one is taken, or
//      the log from its beginning. Only where nothing goes on from here that is an error.
//
//   7. Another map in this place is known by the id in a header: of the log that would go on, or,
//      where there is none, of the newest snapshot.
//
//   Bound   poll(): `max` records; where nothing is left a look at the names of the files, and
//           where there is no log, at the header of the newest snapshot.
//   Throws  durable_error where files cannot be read, are damaged, or of other types; what the
//           replica throws.
#pragma once

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/durable/recovery_state.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/detail/follow/tail_reader.hpp>
#include <steady/records.hpp>

namespace steady::detail {

template <class Replica>
class directory_tail {
  using payload_type = std::span<const unsigned char>;

 public:
  enum class outcome {
    more,  // there are records left
    waits  // for the writer: all is read, or there is nothing that goes on from here
  };

  directory_tail(file_operations& files, std::string path, std::chrono::milliseconds patience,
                 Replica& into)
      : room_(files, std::move(path)), patience_(patience), into_(&into) {}

  // Why it waits, if it has not reached the end of the log.
  const std::string& obstacle() const noexcept { return obstacle_; }
  // How often it had to take a snapshot although it had all elements already.
  std::uint64_t restarts() const noexcept { return restarts_; }
  // Of snapshots that were passed over.
  const std::vector<lost_bytes>& damage() const noexcept { return damage_; }

  outcome poll(std::size_t max) {
    obstacle_.clear();
    for (int turns = 0; turns < most_turns; ++turns) {
      if (place_ == place::none && !choose_file()) return outcome::waits;
      if (place_ == place::log && !reader_.still_has_last()) {
        begin_anew();
        continue;
      }
      const step done = place_ == place::snapshot ? read_snapshot(max) : read_log(max);
      if (done == step::limit) return outcome::more;
      if (done == step::waits) {
        into_->free_more(max);
        return outcome::waits;
      }
    }
    return outcome::more;  // files vanish faster than they can be opened: later again
  }

 private:
  enum class place { none, snapshot, log };
  enum class step { limit, waits, next_file };

  static constexpr int most_turns = 16;
  static constexpr int looks_until_sure = 8;

  // ---- which file ----

  // False where there is none that goes on from here.
  bool choose_file() {
    const room::content found = look();
    forget_passed_over(found);
    if (into_->has_content() && !is_anew_ && open_log_at(found, into_->position() + 1)) return true;
    while (const auto newest = newest_whole(found)) {
      if (!is_wanted(*newest) && !is_of_another_map(*newest)) break;
      if (open_snapshot(*newest)) return true;
      if (!is_passed_over(*newest)) return false;  // it is gone: a newer one is there
    }
    if ((!into_->has_content() || is_anew_) && !found.logs.empty() && found.logs[0] == 1) {
      return open_first_log();
    }
    if (std::any_of(passed_over_.begin(), passed_over_.end(),
                    [this](std::uint64_t one) { return is_wanted(one); })) {
      passed_over_.clear();  // a file may be mended by the next time
      throw_damaged(damage_.back().file, damage_.back().offset, damage_.back().why.c_str());
    }
    explain(found);
    return false;
  }
  room::content look() const {
    room::content found;
    const int listed = room_.find(found);
    if (listed < 0 && listed != -ENOENT) throw_system("list", room_.path(), listed);
    return found;  // nothing where there is no directory: it may be made later
  }
  bool is_wanted(std::uint64_t snapshot) const noexcept {
    return !into_->has_content() || is_anew_ || snapshot > into_->position();
  }
  // Then all is read anew.
  bool is_of_another_map(std::uint64_t snapshot) {
    record_header header;
    const bool is_there = read_header_of(room_, room_.snapshot_path(snapshot), header);
    if (!is_there || header.map_id == into_->feed()) return false;
    begin_anew();
    return true;
  }
  void explain(const room::content& found) {
    if (found.logs.empty() && found.snapshots.empty()) {
      obstacle_ = room_.path() + " holds no durable map yet";
    } else if (!into_->has_content()) {
      obstacle_ = room_.path() + " has neither a snapshot nor the beginning of the log";
    } else if (!found.logs.empty() && found.logs[0] > into_->position() + 1) {
      obstacle_ =
          "no file of " + room_.path() + " has change " + std::to_string(into_->position() + 1);
    } else if (found.logs.empty() && found.snapshots.back() < into_->position()) {
      obstacle_ = room_.path() + " has only a snapshot of position " +
                  std::to_string(found.snapshots.back()) + ", although change " +
                  std::to_string(into_->position()) + " was there";
    }
  }

  // False where it is gone, or damaged.
  bool open_snapshot(std::uint64_t position) {
    first_ = position;
    if (!open(room_.snapshot_path(position), record_stream::snapshot)) return false;
    if (into_->has_content()) ++restarts_;
    place_ = place::snapshot;
    return true;
  }
  // The segment that has the change, or would have it next.
  bool open_log_at(const room::content& found, std::uint64_t position) {
    const auto after = std::upper_bound(found.logs.begin(), found.logs.end(), position);
    if (after == found.logs.begin()) return false;
    return open_log(*std::prev(after));
  }
  bool open_log(std::uint64_t first) {
    if (!open(room_.log_path(first), record_stream::log)) return false;
    if (header_.map_id != into_->feed()) {  // another map has taken the place of the one we knew
      begin_anew();
      return false;
    }
    first_ = first;
    place_ = place::log;
    return true;
  }
  bool open_first_log() {
    if (!open(room_.log_path(1), record_stream::log)) return false;
    into_->begin_empty(header_.map_id);
    is_anew_ = false;
    first_ = 1;
    place_ = place::log;
    return true;
  }
  // False where it is gone, or has no header yet, or where a snapshot has none.
  bool open(const std::string& path, record_stream stream) {
    if (!reader_.open(room_, path)) return false;
    payload_type payload;
    const tail_reader::result result = reader_.next(payload);
    if (result != tail_reader::result::frame && stream == record_stream::log) {
      obstacle_ = path + " has no header yet";
      reader_.close();
      return false;
    }
    const header_state state = result == tail_reader::result::frame ? read_header(payload, header_)
                                                                    : header_state::not_steady;
    if (state == header_state::other_version) {
      throw_durable(durable_trouble::foreign,
                    path + " is of another version of the format; this one reads version 1", path);
    }
    if (state != header_state::good || header_.stream != stream) {
      const char* const why = "no header of a durable map's file";
      if (stream == record_stream::log) throw_damaged(path, 0, why);
      pass_over_snapshot(0, why);
      return false;
    }
    if (header_.key != Replica::key_name() || header_.value != Replica::value_name()) {
      throw_durable(durable_trouble::foreign,
                    path + " holds keys of type " + header_.key + " and values of type '" +
                        header_.value + "', and this follower " + Replica::key_name() + " and '" +
                        Replica::value_name() + "'",
                    path);
    }
    if (stream == record_stream::snapshot && header_.position != first_) {
      pass_over_snapshot(0, "a header of another position than its name");
      return false;
    }
    if (stream == record_stream::snapshot) {
      into_->take(payload);
      into_->reserve(
          detail::min_of<std::uint64_t>(header_.elements, reader_.size() / (frame_head_bytes + 1)));
    }
    into_->counts().bytes += reader_.offset();
    return true;
  }
  [[noreturn]] static void throw_damaged(const std::string& path, std::uint64_t at,
                                         const char* why) {
    throw_durable(durable_trouble::damaged,
                  path + " is damaged at byte " + std::to_string(at) + ": " + why, path, at);
  }

  void leave_file() noexcept {
    reader_.close();
    place_ = place::none;
  }
  // What is there is of a map that is gone, or has changes that were taken back.
  void begin_anew() {
    into_->abandon_loading();
    leave_file();
    is_anew_ = true;
  }

  // ---- what is in it ----

  step read_snapshot(std::size_t& max) {
    for (; max > 0; --max) {
      payload_type payload;
      const std::uint64_t at = reader_.offset();
      if (reader_.next(payload) != tail_reader::result::frame) {
        pass_over_snapshot(at, "a snapshot without its end");
        return step::next_file;
      }
      const bool is_end = steady::tag_of(payload) == record_tag::end;
      into_->counts().bytes += reader_.offset() - at;
      if (const char* const why = take_of_snapshot(payload, is_end); why != nullptr) {
        pass_over_snapshot(at, why);
        return step::next_file;
      }
      if (!is_end) continue;
      is_anew_ = false;
      leave_file();
      return step::next_file;
    }
    return step::limit;
  }
  // A record that was not taken because something has thrown is read again, with all others.
  const char* take_of_snapshot(payload_type payload, bool is_end) {
    STEADY_TRY {
      const bool has_more = is_end && reader_.offset() != reader_.size();
      return has_more ? "a snapshot with something behind its end" : into_->take(payload);
    }
    STEADY_CATCH_ALL {
      if (!into_->is_loading()) is_anew_ = false;  // a visitor has thrown: the snapshot is taken
      into_->abandon_loading();
      leave_file();
      STEADY_RETHROW;
    }
    return nullptr;  // not reached
  }

  // ---- damaged snapshots ----

  void pass_over_snapshot(std::uint64_t at, const char* why) {
    lost_bytes lost{reader_.path(), at, reader_.size() - at, why};
    into_->abandon_loading();
    leave_file();
    passed_over_.push_back(first_);
    const auto is_known = [&](const lost_bytes& one) { return one.file == lost.file; };
    std::erase_if(damage_, is_known);
    damage_.push_back(std::move(lost));
  }
  bool is_passed_over(std::uint64_t snapshot) const noexcept {
    return std::find(passed_over_.begin(), passed_over_.end(), snapshot) != passed_over_.end();
  }
  // Those that are gone: another file may get the name.
  void forget_passed_over(const room::content& found) {
    std::erase_if(passed_over_, [&](std::uint64_t one) {
      return !std::binary_search(found.snapshots.begin(), found.snapshots.end(), one);
    });
  }
  std::optional<std::uint64_t> newest_whole(const room::content& found) const noexcept {
    const auto at = std::find_if(found.snapshots.rbegin(), found.snapshots.rend(),
                                 [this](std::uint64_t one) { return !is_passed_over(one); });
    if (at == found.snapshots.rend()) return std::nullopt;
    return *at;
  }

  // ---- the log ----

  step read_log(std::size_t& max) {
    for (; max > 0; --max) {
      payload_type payload;
      const std::uint64_t at = reader_.offset();
      const tail_reader::result result = reader_.next(payload);
      if (result != tail_reader::result::frame) return leave_log(result);
      const char* const why = take_of_log(payload);
      into_->counts().bytes += reader_.offset() - at;
      if (why == nullptr) continue;
      const room::content found = look();
      if (has_newer_snapshot(found)) {  // which has what is missing before the change
        return go_to_snapshot(found);
      }
      const std::string path = reader_.path();
      leave_file();
      throw_damaged(path, at, why);
    }
    return step::limit;
  }

  // A change that was not made because something has thrown comes again.
  const char* take_of_log(payload_type payload) {
    std::uint64_t position = 0;
    const bool is_change = read_position(payload, position);
    if (is_change && position <= into_->position()) return nullptr;
    doubts_ = 0;
    STEADY_TRY { return into_->take(payload); }
    STEADY_CATCH_ALL {
      if (into_->position() != position) reader_.go_back();
      STEADY_RETHROW;
    }
    return nullptr;  // not reached
  }

  // At the end of what is written of a segment.
  step leave_log(tail_reader::result result) {
    const room::content found = look();
    const auto later = std::upper_bound(found.logs.begin(), found.logs.end(), first_);
    const bool is_there = later != found.logs.begin() && *std::prev(later) == first_;
    if (is_there && later == found.logs.end()) {  // the last one: it is being written
      if (!reader_.open_again()) {
        begin_anew();
        return step::next_file;
      }
      if (has_newer_snapshot(found)) return wait_for_log(found);
      is_patient_ = false;
      into_->heard_of(into_->feed(), into_->position());
      if (result == tail_reader::result::partial) {
        obstacle_ = "the end of " + reader_.path() + " is being written, or torn";
      } else if (!passed_over_.empty() && passed_over_.front() > into_->position()) {
        obstacle_ = damage_.back().file + " is damaged, and the log does not reach to its position";
      }
      return step::waits;
    }
    // There was something more before the next one was made, or there will be nothing more.
    if (reader_.has_frame()) return step::next_file;
    const bool goes_on = later != found.logs.end() && *later <= into_->position() + 1;
    if (!goes_on && later != found.logs.end() && !has_newer_snapshot(found)) return doubt();
    // Without the snapshot, this segment would be the one to go on with, again and again.
    if (!goes_on && is_there) return go_to_snapshot(found);
    leave_file();
    // A torn record at the end was written once more there.
    if (goes_on && !open_log(*later)) return step::waits;
    return step::next_file;
  }
  // Something is missing. A list of files that was made while files came and went may lack some, so
  // that is believed only after a few looks.
  step doubt() {
    obstacle_ = "what follows on " + reader_.path() + " is missing";
    if (++doubts_ < looks_until_sure) return step::waits;
    const std::string path = reader_.path();
    const std::uint64_t at = reader_.offset();
    leave_file();
    throw_damaged(path, at, "no whole record there, and no snapshot to go on from");
  }
  bool has_newer_snapshot(const room::content& found) const noexcept {
    const auto newest = newest_whole(found);
    return newest && *newest > into_->position();
  }
  // Where it is damaged or gone, the log is looked at again. What is there stays until it is whole.
  step go_to_snapshot(const room::content& found) {
    leave_file();
    open_snapshot(*newest_whole(found));
    return step::next_file;
  }
  step wait_for_log(const room::content& found) {
    const auto now = std::chrono::steady_clock::now();
    if (!std::exchange(is_patient_, true)) patient_since_ = now;
    // In the same unit: the longest patience has no other one.
    using unit = std::chrono::milliseconds;
    if (std::chrono::duration_cast<unit>(now - patient_since_) < patience_) {
      obstacle_ = "a snapshot is newer than what is written of the log";
      return step::waits;
    }
    is_patient_ = false;
    return go_to_snapshot(found);
  }

  room room_;
  std::chrono::milliseconds patience_;
  Replica* into_;
  place place_ = place::none;
  bool is_anew_ = false;
  tail_reader reader_;
  record_header header_;
  std::uint64_t first_ = 0;  // in the name of the file that is read
  bool is_patient_ = false;
  std::chrono::steady_clock::time_point patient_since_;
  int doubts_ = 0;
  std::uint64_t restarts_ = 0;
  std::vector<std::uint64_t> passed_over_;  // snapshots that are damaged; the newest in front
  std::vector<lost_bytes> damage_;
  std::string obstacle_;
};

}  // namespace steady::detail
