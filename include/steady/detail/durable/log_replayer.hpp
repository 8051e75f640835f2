// Replays segments of a log on a container; a batch of changes is decoded ahead, as in
// snapshot_loader.hpp.
//
//   1. Changes up to the position of the snapshot are passed over; behind it positions rise by one.
//   2. A broken place at the end of the last segment is torn, unless what is behind it says that it
//      was synced (torn_end.hpp): the file is cut there.
//   3. All else is damage.
//
//   Bound   O(bytes of the files).
//   Throws  durable_error where there is damage and nothing is salvaged, and where a file cannot be
//           read, or is of another map or type; what the container and the codecs throw.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <steady/change.hpp>
#include <steady/detail/durable/feed_mark.hpp>
#include <steady/detail/durable/frame_reader.hpp>
#include <steady/detail/durable/recovery_state.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/detail/durable/torn_end.hpp>
#include <steady/records.hpp>

namespace steady::detail {

template <class Container, class Key, class T>
class log_replayer {
  static constexpr bool is_map = !std::is_void_v<T>;
  using payload_type = recovery_state::payload_type;
  using change_type = change<Key, T>;

 public:
  log_replayer(Container& into, recovery_state& of) : into_(&into), of_(&of) {}

  // `before`: the position in front of its first change, as its name says.
  void replay(const std::string& path, std::uint64_t before, bool is_last) {
    frame_reader reader(*of_->files, path);
    bytes_ += reader.size();
    of_->begin_file();
    has_misfits_ = false;
    unsynced_from_ = 0;
    read_up_to_ = before;
    payload_type payload;
    record_header found;
    const bool has_header = reader.next(payload) == frame_reader::result::frame &&
                            of_->accept_header(path, payload, record_stream::log, found);
    if (!has_header) {
      reader.go_to(0);
      if (!pass_damage(reader, is_last, "no header of a log")) return;
    }
    while (replay_more(reader, is_last)) {
    }
  }

  // Of the segments that were read.
  std::uint64_t bytes() const noexcept { return bytes_; }
  // All in front of this place of the segment that was read last was synced when it was written.
  std::uint64_t unsynced_from() const noexcept { return unsynced_from_; }
  // The last segment had not even a header, so it is gone.
  bool is_last_gone() const noexcept { return is_last_gone_; }

 private:
  struct decoded {
    std::uint64_t at = 0;  // where in the file
    change_type change;
  };

  // False if there is nothing more to be read of the segment.
  bool replay_more(frame_reader& reader, bool is_last) {
    const std::uint64_t at = reader.offset();
    payload_type payload;
    const frame_reader::result result = reader.next(payload);
    const bool is_whole = result == frame_reader::result::frame;
    if (is_whole && steady::read_change(payload, batch_[count_].change)) {
      batch_[count_++].at = at;
      if (steady::is_after_sync(payload)) unsynced_from_ = at;
      if (count_ == batch_.size()) apply_batch(reader);
      return true;
    }
    apply_batch(reader);
    if (result == frame_reader::result::end) return false;
    reader.go_to(at);
    // A whole record that is no change of these types cannot be torn.
    return pass_damage(reader, is_last && !is_whole,
                       is_whole ? "a record that does not belong there" : "no whole record there");
  }

  void apply_batch(const frame_reader& reader) {
    for (std::size_t n = 0; n < count_; ++n) take(reader, batch_[n]);
    count_ = 0;
    of_->progress.changes = of_->report.changes;
    of_->reach(reader.offset());
  }
  void take(const frame_reader& reader, decoded& one) {
    const std::uint64_t position = one.change.position;
    read_up_to_ = position;
    const bool is_old = position <= of_->position;
    if (is_old && of_->report.changes == 0) return;
    const bool comes_next = position == of_->position + 1;
    const bool fits = !is_old && (comes_next || of_->salvage) && apply(one.change);
    if (!fits || !comes_next) misfit(reader, one.at);
    if (is_old) return;
    of_->position = position;
    ++of_->report.changes;
  }
  // Told once for each file: behind damage there may be many.
  void misfit(const frame_reader& reader, std::uint64_t at) {
    if (has_misfits_) return;
    has_misfits_ = true;
    of_->damaged({reader.path(), at, 0, "a change that does not follow those before"});
  }
  // False if the change does not fit to what is there.
  bool apply(change_type& one) {
    switch (one.kind) {
      case change_kind::clear:
        into_->clear();
        return true;
      case change_kind::erase:
        return into_->erase(*one.key) == 1;
      case change_kind::insert:
      case change_kind::assign:
        break;
    }
    if constexpr (is_map) {
      const bool is_new =
          into_->insert_or_assign(*std::move(one.key), *std::move(one.value)).second;
      return is_new == (one.kind == change_kind::insert);
    } else {
      return into_->insert(*std::move(one.key)).second;
    }
  }

  // At a broken place. False if there is nothing more to be read of the segment.
  bool pass_damage(frame_reader& reader, bool may_be_torn, const char* why) {
    const std::uint64_t at = reader.offset();
    lost_bytes lost{reader.path(), at, reader.size() - at, why};
    if (may_be_torn && of_->position >= of_->must_reach &&
        !torn_end(reader, read_up_to_, of_->position).may_be_synced()) {
      cut(lost);
      return false;
    }
    reader.go_to(at + 1);
    const bool more = of_->salvage && find_change_behind(reader, of_->position);
    if (more) lost.bytes = reader.offset() - at;
    of_->damaged(std::move(lost));
    return more;
  }
  // A write that did not finish. A segment without a header goes as a whole. Followers may know of
  // it: a last record that was damaged looks the same.
  void cut(const lost_bytes& torn) {
    feed_mark(*of_->files).remove();
    of_->has_feed_mark = false;
    of_->report.cut = torn;
    int done = 0;
    if (torn.offset == 0) {
      done = of_->files->remove(torn.file);
      is_last_gone_ = true;
    } else {
      const file_handle file = of_->files->open(torn.file, file_mode::change);
      done =
          uninterrupted([&] { return of_->files->files().truncate(file.number(), torn.offset); });
    }
    if (done < 0) throw_system("cut", torn.file, done);
  }

  Container* into_;
  recovery_state* of_;
  std::uint64_t bytes_ = 0;
  std::uint64_t unsynced_from_ = 0;
  std::uint64_t read_up_to_ = 0;  // the position of the last change, also of one that was there
  bool is_last_gone_ = false;
  bool has_misfits_ = false;  // in this file
  std::vector<decoded> batch_ = std::vector<decoded>(64);
  std::size_t count_ = 0;
};

}  // namespace steady::detail
