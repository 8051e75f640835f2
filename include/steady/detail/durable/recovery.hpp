// What opening a durable map does: load the newest whole snapshot, then replay the log behind it.
//
//   1. A snapshot under its final name was whole once. If the newest is damaged, the one before it
//      is taken, and the log from there to the position of the newest has to be there.
//   2. The log has no gaps, and only its end may be torn (log_replayer.hpp).
//   3. With `salvage`, what is damaged is passed over, and reported.
//   4. A salvage that did not get to its end is completed: all but what it has kept is put aside.
//
//   Bound   O(bytes of the files that it reads); memory: the map's, and a few MiB.
//   Throws  durable_error, and what the container and the codecs throw; the files are as before,
//           but for what was cut, a partial snapshot, which is removed, and a salvage that is
//           completed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <steady/codec.hpp>
#include <steady/detail/durable/feed_mark.hpp>
#include <steady/detail/durable/frame_reader.hpp>
#include <steady/detail/durable/log_replayer.hpp>
#include <steady/detail/durable/recovery_state.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/detail/durable/snapshot_loader.hpp>
#include <steady/records.hpp>

namespace steady::detail {

template <class Container, class Key, class T>
class recovery {
 public:
  recovery(Container& into, const room& from, bool salvage,
           const recovery_state::progress_function& tell)
      : into_(&into), state_{&from, salvage, tell}, loader_(into, state_), replayer_(into, state_) {
    state_.header.key = codec<Key>::name();
    if constexpr (!std::is_void_v<T>) state_.header.value = codec<T>::name();
  }
  recovery(const recovery&) = delete;
  recovery& operator=(const recovery&) = delete;

  // `new_id`: for a map that is new, or no file of which has a whole header.
  void run(std::uint64_t new_id) {
    found_ = state_.files->look();
    if (found_.has_salvaged) {
      go_on_with_salvage();
      found_ = state_.files->look();
    }
    state_.has_feed_mark = found_.has_feed;
    if (found_.has_partial) state_.files->remove(state_.files->partial_path());
    state_.report.is_new = found_.logs.empty() && found_.snapshots.empty();
    if (state_.report.is_new) state_.files->sync_parent();
    count_bytes();
    load_newest_snapshot();
    state_.report.snapshot_position = state_.position;
    replay();
    if (!state_.knows_id) state_.know_id(new_id);
    state_.report.position = state_.position;
    state_.tell_now();
  }

  recovery_state& state() noexcept { return state_; }
  std::uint64_t snapshot_bytes() const noexcept { return loader_.bytes(); }
  std::uint64_t replayed_bytes() const noexcept { return replayer_.bytes(); }
  std::vector<std::uint64_t>& segments() noexcept { return found_.logs; }
  // Whether the last segment was read to its end, or to where it was cut.
  bool may_continue() const noexcept { return !state_.has_gaps && !replayer_.is_last_gone(); }
  // From where on the last segment may be in the system's cache only.
  std::uint64_t unsynced_from() const noexcept {
    return may_continue() ? replayer_.unsynced_from() : 0;
  }

 private:
  // Which of the files were damaged is not known any more.
  void go_on_with_salvage() {
    const room& files = *state_.files;
    const std::string path = files.salvaged_path();
    std::uint64_t position = 0;
    if (!read_position_of(path, position)) {
      state_.damaged({path, 0, 0, "no header of a snapshot"});
      files.put_aside(path);
      state_.damaged_files.clear();
      return;
    }
    feed_mark(files).remove();
    for (const std::uint64_t first : found_.logs) files.put_aside(files.log_path(first));
    for (const std::uint64_t at : found_.snapshots) files.put_aside(files.snapshot_path(at));
    files.complete_salvage(position);
  }
  bool read_position_of(const std::string& path, std::uint64_t& position) {
    frame_reader reader(*state_.files, path);
    recovery_state::payload_type payload;
    record_header found;
    if (reader.next(payload) != frame_reader::result::frame) return false;
    if (!state_.accept_header(path, payload, record_stream::snapshot, found)) return false;
    position = found.position;
    return true;
  }

  void count_bytes() {
    const room& files = *state_.files;
    const auto add = [&](const std::string& path) {
      state_.progress.bytes_in_all += files.size_of(files.open(path, file_mode::read), path);
    };
    for (const std::uint64_t first : found_.logs) add(files.log_path(first));
    if (!found_.snapshots.empty()) add(files.snapshot_path(found_.snapshots.back()));
  }

  void load_newest_snapshot() {
    for (std::size_t n = found_.snapshots.size(); n-- > 0;) {
      const std::uint64_t position = found_.snapshots[n];
      state_.begin_file();
      std::optional<lost_bytes> lost =
          loader_.load(state_.files->snapshot_path(position), position);
      if (!lost) {
        state_.position = position;
        return;
      }
      const bool others = n > 0 || (!found_.logs.empty() && found_.logs[0] == 1);
      if (!others && !state_.salvage) state_.throw_damaged(*lost);
      if (state_.must_reach < position) state_.must_reach = position;
      state_.note_damage(*std::move(lost));
      if (!others && into_->size() != 0) {  // better than nothing
        state_.has_gaps = true;
        state_.position = position;
        return;
      }
      into_->clear();
      state_.report.elements = state_.progress.elements = 0;
    }
  }

  void replay() {
    std::vector<std::uint64_t>& logs = found_.logs;
    std::size_t n = logs.size();
    while (n > 0 && logs[n - 1] > state_.position + 1) --n;
    if (n > 0) --n;  // the first segment that may have something new
    for (; n < logs.size(); ++n) {
      const std::string path = state_.files->log_path(logs[n]);
      if (logs[n] > state_.position + 1) {
        state_.damaged({path, 0, 0,
                        "the changes from " + std::to_string(state_.position + 1) + " to " +
                            std::to_string(logs[n] - 1) + " are missing in front of it"});
        state_.position = logs[n] - 1;
      }
      const std::uint64_t before = logs[n] == 0 ? 0 : logs[n] - 1;
      replayer_.replay(path, before, n + 1 == logs.size());
    }
    if (replayer_.is_last_gone()) logs.pop_back();
    if (state_.position >= state_.must_reach) return;
    state_.damaged({state_.files->snapshot_path(state_.must_reach), 0, 0,
                    "the log ends before the position of this snapshot, which is damaged, too"});
  }

  Container* into_;
  recovery_state state_;
  snapshot_loader<Container, Key, T> loader_;
  log_replayer<Container, Key, T> replayer_;
  typename room::content found_;
};

}  // namespace steady::detail
