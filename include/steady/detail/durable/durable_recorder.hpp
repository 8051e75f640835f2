// The recorder of durable containers (detail/feed/recorded_container.hpp): each change becomes a
// record in the log, and a change of the feed; now and then the container is saved in steps.
//
//   Container  what is recorded; View: steady::snapshot of it.
//   Bound      a change: its record; the time that the sync policy asks for; while a snapshot is
//              written, the elements of so many buckets as the options say. Where copies come near
//              their limit a change waits for the disk, and writes 64 buckets more.
//   Threads    the map's, but for what log_writer allows.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <steady/change.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/durable/feed_mark.hpp>
#include <steady/detail/durable/log_writer.hpp>
#include <steady/detail/durable/posix_files.hpp>
#include <steady/detail/durable/recovery.hpp>
#include <steady/detail/durable/room.hpp>
#include <steady/detail/durable/snapshot_writer.hpp>
#include <steady/detail/feed/feed_core.hpp>
#include <steady/detail/line/random_seed.hpp>

namespace steady {

struct durable_options {
  sync_policy sync = sync_policy::each_change;
  // Of sync_policy::interval. With `never`, what is pending is written, not synced, as often.
  std::chrono::milliseconds interval{1000};

  // A new segment of the log begins when the last one has so many bytes.
  std::uint64_t segment_bytes = std::uint64_t{64} << 20;
  // Not with each_change: records are written when there are so many bytes of them; with more than
  // pending_bytes that the disk has not taken yet, a change waits. (Twice as many bytes of
  // addresses are reserved; they become memory when they are needed.) No flush_bytes are as one.
  std::size_t flush_bytes = std::size_t{256} << 10;
  std::size_t pending_bytes = std::size_t{32} << 20;

  // A snapshot begins by itself when the log has grown by so many bytes since the last one, and by
  // as many as that one has. 0: only when asked for.
  std::uint64_t snapshot_after_bytes = std::uint64_t{256} << 20;
  // While one is written, a change writes so many buckets of it.
  std::size_t snapshot_buckets_per_change = 8;
  // It makes the map copy no more than this: from 7/8 of it on changes wait for the disk. 0: a
  // twelfth of the map's memory, at least 1 MiB.
  std::size_t snapshot_copied_bytes = 0;

  // Threads write, sync and remove files. Otherwise the calls of the map do, all in one order.
  bool background = true;

  // Opening passes over what is damaged; durable_container::report() tells what that was. The files
  // are put aside, and a whole snapshot is written at once. A damaged value may hold bytes that are
  // taken for changes: docs/formats.md.
  bool salvage = false;

  // Changes kept in memory for subscribers; none by default.
  std::size_t feed_changes = 0;
  std::size_t feed_bytes = std::size_t{64} << 20;

  // Called now and then while the map is opened.
  std::function<void(const recovery_progress&)> progress;

  // null: those of the system. They must outlive the map.
  file_operations* files = nullptr;
};

namespace detail {

template <class Container, class View, class Key, class T>
class durable_recorder {
 public:
  using core_type = feed_core<Key, T>;

  durable_recorder(const std::string& path, const durable_options& options)
      : options_(options),
        room_(options.files != nullptr ? *options.files : system_files(), path),
        log_(room_, settings_of(options)),
        saver_(room_) {}
  ~durable_recorder() {
    const bool is_safe = log_.finish();
    if (is_safe && feed_ && keeps_changes() && !is_marked_) mark_feed();
  }

  void open(Container& container) {
    container_ = &container;
    room_.enter();
    recovery<Container, Key, T> recovered(container, room_, options_.salvage, options_.progress);
    recovered.run(random_in_public() | 1);
    const recovery_state& found = recovered.state();
    report_ = found.report;
    header_ = found.header;
    last_snapshot_bytes_ = recovered.snapshot_bytes();
    replayed_bytes_ = recovered.replayed_bytes();
    std::vector<std::uint64_t>& segments = recovered.segments();
    if (found.has_gaps) save_what_is_left(found);
    for (const std::string& path : found.damaged_files) {
      room_.put_aside(path);
      std::erase_if(segments, [&](std::uint64_t first) { return room_.log_path(first) == path; });
    }
    if (found.has_gaps) room_.complete_salvage(report_.position);
    const std::uint64_t feed = id_of_feed(found);
    start_log(segments, recovered.may_continue(), recovered.unsynced_from());
    feed_.emplace(feed, options_.feed_changes, options_.feed_bytes, log_.last());
    if (keeps_changes() && is_told_when_safe() && !is_marked_) mark_feed();
  }

  // ---- what recorded_container asks for ----

  void require_writable() { log_.require_writable(); }

  template <class Value>
  void stage(change_kind kind, const Key* key, const Value* value) {
    if (!steady::append_change(log_.stage(), log_.last() + 1, kind, key, value)) {
      log_.unstage();
      throw_durable(durable_trouble::too_large, "a key and its value take more than " +
                                                    std::to_string(max_payload_bytes) +
                                                    " bytes as a record; the change was not made");
    }
    feed_->stage(kind, key, value);
  }
  void publish() {
    STEADY_TRY { log_.publish(); }
    STEADY_CATCH_ALL {
      feed_->unstage();
      STEADY_RETHROW;
    }
    log_.unstage();
    feed_->publish();
  }
  void applied() noexcept {
    feed_->applied();
    if (saver_.is_active()) {
      save_more(options_.snapshot_buckets_per_change, false);
    } else if (is_snapshot_due()) {
      STEADY_TRY { start_snapshot(); }
      STEADY_CATCH_ALL { bytes_at_snapshot_ = log_.bytes(); }  // and later again
    }
  }
  // Changes until end_group() are told before they are safe.
  void begin_group() {
    log_.require_own_process();
    if (is_marked_) feed_mark(room_).remove();
    is_marked_ = false;
    log_.begin_group();
  }
  bool is_shown() const noexcept { return saver_.is_active() || feed_->is_shown(); }
  void moved() noexcept {
    feed_->moved();
    limit_copies();
  }
  core_type& feed() noexcept { return *feed_; }
  const core_type& feed() const noexcept { return *feed_; }

  // ---- snapshots ----

  void start_snapshot() {
    log_.require_own_process();
    if (saver_.is_active()) return;
    bytes_at_snapshot_ = log_.bytes();
    replayed_bytes_ = 0;
    header_.position = log_.last();
    copies_limit_ = options_.snapshot_copied_bytes != 0
                        ? options_.snapshot_copied_bytes
                        : detail::max_of(container_->stats().bytes / 12, std::size_t{1} << 20);
    saver_.begin(*container_, header_, room_.snapshot_path(header_.position), options_.background,
                 [this, position = header_.position] { forget_before(position); });
  }
  void save_more(std::size_t buckets, bool wait) noexcept {
    if (!log_.is_own_process()) return;
    saver_.step(buckets, wait);
    limit_copies();
  }
  // Near the limit by 64 buckets, so that no call has to do all that a full limit asks for.
  void limit_copies() noexcept {
    for (int n = 0; n < 8 && is_copying_more_than(copies_limit_ / 8 * 7); ++n) saver_.step(8, true);
    while (is_copying_more_than(copies_limit_)) saver_.step(8, true);
  }
  // One that is under way is completed first: it does not show what is there now.
  void save_all() {
    log_.require_own_process();
    while (saver_.is_active()) saver_.step(1024, true);
    start_snapshot();
    finish_saving();
  }
  const auto& saver() const noexcept { return saver_; }

  log_writer& log() noexcept { return log_; }
  const log_writer& log() const noexcept { return log_; }
  const recovery_report& report() const noexcept { return report_; }

 private:
  // After a salvage positions go on so much later: those of changes that were lost are not used
  // again, for followers that have heard of them.
  static constexpr std::uint64_t positions_lost = std::uint64_t{1} << 32;

  static log_settings settings_of(const durable_options& options) {
    // A year is as good as never, and can be added to any time.
    const std::chrono::milliseconds longest = std::chrono::hours(24 * 365);
    const auto interval =
        detail::min_of(detail::max_of(options.interval, std::chrono::milliseconds(1)), longest);
    return {options.sync,
            static_cast<std::uint64_t>(std::chrono::nanoseconds(interval).count()),
            detail::max_of(options.flush_bytes, std::size_t{1}),
            options.pending_bytes,
            options.segment_bytes,
            options.background};
  }

  // ---- what followers were told ----

  // Without, there are no changes to go on with: each opening has an id of its own.
  bool keeps_changes() const noexcept { return options_.feed_changes != 0; }
  bool is_told_when_safe() const noexcept { return options_.sync == sync_policy::each_change; }
  void mark_feed() noexcept {
    feed_mark(room_).write({header_.map_id, feed_->id(), log_.last()});
    is_marked_ = true;
  }
  // The one that followers know, if all is there that they were told under it (feed_mark.hpp).
  std::uint64_t id_of_feed(const recovery_state& found) {
    if (found.report.is_new) return header_.map_id;
    const std::uint64_t fresh = random_in_public() | 1;
    if (!found.has_feed_mark) return fresh;
    const feed_mark mark(room_);
    const std::optional<record_feed> told = mark.read();
    const bool is_valid = told && !found.has_gaps && told->map_id == header_.map_id &&
                          told->position <= report_.position;
    if (!is_valid || (keeps_changes() && !is_told_when_safe())) mark.remove();
    if (!is_valid || !keeps_changes()) return fresh;
    is_marked_ = is_told_when_safe();
    return told->feed;
  }

  bool is_copying_more_than(std::size_t bytes) const noexcept {
    return saver_.copied_bytes() > bytes && !saver_.has_failed();
  }
  bool is_snapshot_due() const noexcept {
    const std::uint64_t grown = replayed_bytes_ + log_.bytes() - bytes_at_snapshot_;
    return options_.snapshot_after_bytes != 0 && grown > options_.snapshot_after_bytes &&
           grown > detail::max_of(last_snapshot_bytes_, saver_.safe_bytes());
  }

  // Goes on in the last segment, or in one of its own. What was recovered is made safe: it may be
  // in the system's cache only, also after a sync of it that has failed.
  void start_log(const std::vector<std::uint64_t>& segments, bool continues,
                 std::uint64_t unsynced_from) {
    file_handle last;
    std::uint64_t size = 0;
    if (!segments.empty()) {
      const std::string path = room_.log_path(segments.back());
      last = room_.open(path, file_mode::change);
      size = room_.size_of(last, path);
      room_.write_again(last, path, unsynced_from, size);
      const int safe = uninterrupted([&] { return room_.files().sync(last.number()); });
      if (safe < 0) throw_system("sync", path, safe);
      if (!continues) last.close();
    }
    const int safe = room_.sync();
    if (safe < 0) throw_system("sync", room_.path(), safe);
    log_.start(header_, report_.position, segments, std::move(last), size);
  }

  // What was salvaged becomes a snapshot, so that the next opening needs none of the damaged files.
  // It is not called so before these are put aside: an opening in between goes on with that.
  void save_what_is_left(const recovery_state& found) {
    report_.position = detail::max_of(report_.position, found.must_reach) + positions_lost;
    header_.position = report_.position;
    saver_.begin(*container_, header_, room_.salvaged_path(), false, {});
    finish_saving();
  }
  void finish_saving() {
    while (saver_.is_active()) saver_.step(1024, true);
    if (!saver_.has_failed()) return;
    const int error = saver_.failure_error();
    throw_durable(trouble_of(error), saver_.failure(), room_.partial_path(), 0, error);
  }

  // A snapshot at `position` is safe. Maybe on another thread.
  void forget_before(std::uint64_t position) {
    log_.remove_up_to(position);
    for (const std::uint64_t older : room_.look().snapshots) {
      if (older < position) room_.remove(room_.snapshot_path(older));
    }
  }

  durable_options options_;
  room room_;
  log_writer log_;
  snapshot_writer<View, Key, T> saver_;
  Container* container_ = nullptr;
  record_header header_;
  recovery_report report_;
  std::uint64_t last_snapshot_bytes_ = 0;  // of the one that was loaded
  std::uint64_t replayed_bytes_ = 0;
  std::uint64_t bytes_at_snapshot_ = 0;
  std::size_t copies_limit_ = 0;
  std::optional<core_type> feed_;
  bool is_marked_ = false;  // the file is there, maybe
};

}  // namespace detail

}  // namespace steady
