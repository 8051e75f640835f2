// steady::redis_publisher: writes a fed_map, a durable_map, or their sets, to Redis, for
// steady::redis_followers to read there: a snapshot, and every change after it, as entries of Redis
// Streams. Needs hiredis (libhiredis-dev, link hiredis), and Redis 6.2 or later, with Lua.
//
//   steady::fed_map<std::string, int> stock;
//   steady::redis_publisher publisher(stock, "127.0.0.1:6379", "stock");
//   publisher.poll();                 // again and again, whenever there is time
//   publisher.flush(1s);              // or until Redis has everything
//
//   1. The stream NAME has the changes in entries whose number is a position; NAME:snapshot has all
//      elements as of one position. What else there is: docs/formats.md.
//   2. A change is in the stream once, and in its place, whatever breaks: each write says which
//      change is before it, and Redis refuses any other. After a break the publisher goes on from
//      what the stream has. Where the source no longer keeps what is missing, the stream begins
//      anew with a snapshot.
//   3. Once snapshot_after_bytes of changes were written, and twice as many as the last snapshot
//      had, the next one is written beside the changes. When it is whole it takes the place of the
//      one before, and the changes before it are trimmed, but for those that keep_changes and
//      keep_for_groups say.
//   4. A stream has one publisher: one that begins takes it over from one that is there, whose
//      state() is `refused` then. A stream of other types, or of another format, is not taken over.
//      Where somebody has removed all keys, the stream begins anew; where the snapshot, or the
//      changes behind it, there is a new snapshot.
//   5. The source's writers never wait. A durable_map must keep changes, see
//      durable_options::feed_changes.
//
//   Memory   window_bytes twice, an entry or two, and two subscribers (steady/feed.hpp).
//   Bound    poll(): window_bytes of records, freeing copies of 64 buckets where a snapshot was
//            given up, and the waiting that it was allowed. Looking up a host's name, when it
//            connects, may take longer. close() and the destructor free all copies.
//   Throws   the constructor std::invalid_argument for a wrong address or an empty name; poll()
//            and flush() std::bad_alloc, and what codecs throw; they may be called again.
//   Threads  the map's.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <steady/codec.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/feed/left_subscribers.hpp>
#include <steady/detail/feed/recorded_container.hpp>
#include <steady/detail/follow/address.hpp>
#include <steady/detail/follow/bounded_time.hpp>
#include <steady/detail/follow/element_records.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/follow/redis_line.hpp>
#include <steady/detail/follow/redis_stream.hpp>
#include <steady/detail/follow/redis_writer.hpp>
#include <steady/detail/follow/retry_wait.hpp>
#include <steady/feed.hpp>
#include <steady/records.hpp>

namespace steady {

struct redis_publisher_options {
  std::string user{};
  std::string password{};
  // An entry ends with the record that reaches this; in a snapshot, with the elements of a bucket.
  std::size_t entry_bytes = std::size_t{32} << 10;
  // Sent and not answered yet.
  std::size_t window_bytes = std::size_t{4} << 20;
  // Changes until the next snapshot.
  std::uint64_t snapshot_after_bytes = std::uint64_t{64} << 20;
  // So many of the newest changes stay when the stream is trimmed, ...
  std::uint64_t keep_changes = 65'536;
  // ... and those that a consumer group has not acknowledged, up to so many.
  std::uint64_t keep_for_groups = 1'000'000;
  // The stream never has more entries than these, and some, whether there is a snapshot or not.
  std::uint64_t max_entries = 1'000'000;
  std::chrono::milliseconds first_wait{100};
  std::chrono::milliseconds longest_wait{10'000};
  // A connection on which an answer is missing, and no byte moves, for so long is given up.
  std::chrono::milliseconds silence_time{10'000};
  // How often followers get a sign of life.
  std::chrono::milliseconds beat_time{500};
  subscriber_options subscriber{};
};

struct redis_publisher_counts {
  std::uint64_t connections = 0;  // on which the stream was taken over, or gone on with
  std::uint64_t begun = 0;        // how often the stream began anew
  std::uint64_t snapshots = 0;    // whole ones
  std::uint64_t entries = 0;      // sent
  std::uint64_t bytes = 0;        // of records, sent
};

enum class publisher_state {
  stopped,     // before the first poll(), or after close()
  connecting,  // and finding out how far the stream is
  publishing,
  waiting,  // after a connection that broke, for the next one
  refused   // for good: see trouble(), and close()
};

template <class Fed>
class redis_publisher {
  using records = detail::element_records<typename Fed::container_type>;
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

 public:
  // `address`: HOST:PORT, [IPV6]:PORT, HOST, or unix:PATH.
  redis_publisher(Fed& of, const std::string& address, const std::string& name,
                  redis_publisher_options options = {})
      : of_(&of),
        options_(bounded(std::move(options))),
        wait_(options_.first_wait, options_.longest_wait),
        snapshot_wait_(options_.first_wait, options_.longest_wait),
        writer_({detail::parse_redis_address(address), options_.user, options_.password},
                detail::require_stream_name(name), core().id(), records::key_name(),
                records::value_name(),
                {options_.window_bytes, options_.max_entries, options_.silence_time}) {}
  redis_publisher(const redis_publisher&) = delete;
  redis_publisher& operator=(const redis_publisher&) = delete;

  // Sends what there is, and takes answers; waits up to `wait` where there are none, but no longer
  // than until the next sign of life, and not at all while copies are to be freed.
  publisher_state poll(milliseconds wait = milliseconds(0)) {
    STEADY_TRY { turn(detail::end_of(wait)); }
    STEADY_CATCH_ALL {  // the next connection finds out what was done
      abandon_snapshot();
      writer_.fail("a change or an element could not be written", follow_refusal::none);
      break_off();
      STEADY_RETHROW;
    }
    return state_;
  }
  // Polls until Redis has all changes that there are, and a snapshot before them; false if that
  // takes longer.
  bool flush(milliseconds longest) {
    const clock::time_point until = detail::end_of(longest);
    while (!has_written_all()) {
      if (state_ == publisher_state::refused || clock::now() >= until) return false;
      poll(left(until));
    }
    return true;
  }
  bool has_written_all() const noexcept {
    return state_ == publisher_state::publishing && writer_.written() == of_->position() &&
           writer_.has_snapshot();
  }
  // Ends the connection; poll() makes a new one, also where it was refused.
  void close() noexcept {
    abandon_snapshot();
    left_.clear();
    writer_.close();
    state_ = publisher_state::stopped;
  }

  publisher_state state() const noexcept { return state_; }
  // Why the last connection ended; empty if none has.
  const std::string& trouble() const noexcept { return trouble_; }
  follow_refusal why_refused() const noexcept { return why_; }
  // The changes up to here are in the stream; 0 before it is known.
  std::uint64_t written() const noexcept { return writer_.written().value_or(0); }
  // Begins one now, or as soon as there is a connection, unless one is under way.
  void start_snapshot() noexcept { wants_snapshot_ = true; }
  bool is_saving() const noexcept { return snapshot_.has_value(); }
  // Of the whole one in Redis; none before the first.
  std::optional<std::uint64_t> snapshot_position() const noexcept {
    if (!writer_.has_snapshot()) return std::nullopt;
    return writer_.snapshot_position();
  }
  // How far each follower is that has a group, as of the last sign of life.
  const std::vector<redis_group>& groups() const noexcept { return writer_.groups(); }
  redis_publisher_counts counts() const noexcept {
    return {connections_, begun_, writer_.snapshots(), writer_.entries(), writer_.bytes()};
  }
  // For an event loop to wait on, until it can be read; -1 without a connection.
  int descriptor() const noexcept { return writer_.descriptor(); }

 private:
  // Also so that each entry has something, and one of them may be sent.
  static redis_publisher_options bounded(redis_publisher_options options) {
    for (std::size_t* const bytes : {&options.entry_bytes, &options.window_bytes}) {
      *bytes = detail::max_of<std::size_t>(*bytes, 1);
    }
    return detail::with_bounded(std::move(options), &redis_publisher_options::first_wait,
                                &redis_publisher_options::longest_wait,
                                &redis_publisher_options::silence_time,
                                &redis_publisher_options::beat_time);
  }
  const auto& core() const { return detail::recorded_access::recorder_of(*of_).feed(); }
  static milliseconds left(clock::time_point until) {
    const auto now = clock::now();
    return now >= until ? milliseconds(0) : std::chrono::ceil<milliseconds>(until - now);
  }

  // ---- the connection ----

  void turn(clock::time_point until) {
    left_.free_some();
    if (left_.any()) until = clock::now();
    if (state_ == publisher_state::refused || !require_line(until)) return;
    if (state_ == publisher_state::publishing) fill();
    if (!writer_.is_open()) return;
    if (state_ == publisher_state::publishing) {  // there is something to do then
      until = detail::min_of(until, beaten_ + options_.beat_time);
    }
    const std::uint64_t before = writer_.acknowledged();
    const bool is_open = writer_.move(left(until));
    if (writer_.acknowledged() != before) wait_.reset();
    if (!is_open) break_off();
    if (const auto claimed = writer_.take_claimed(); claimed) go_on(*claimed);
  }
  bool require_line(clock::time_point until) {
    if (writer_.is_open()) return true;
    if (state_ == publisher_state::waiting && !wait_.sleep(until)) return false;
    state_ = publisher_state::connecting;
    if (writer_.open()) return true;
    break_off();
    return false;
  }
  void break_off() {
    trouble_ = writer_.trouble();
    why_ = writer_.why();
    state_ = writer_.was_replaced() || is_final(why_) ? publisher_state::refused
                                                      : publisher_state::waiting;
    wait_.begin();
  }
  void refuse(follow_refusal why, const std::string& text) {
    writer_.fail(text, why);
    break_off();
  }

  // ---- where the stream goes on ----

  void go_on(const detail::source_state& found) {
    if (found.format != 0) {
      const detail::stream_refusal refusal =
          detail::refusal_of(found, records::key_name(), records::value_name());
      if (refusal.why != follow_refusal::none) return refuse(refusal.why, refusal.text);
    }
    ++connections_;
    state_ = publisher_state::publishing;
    batch_.clear();
    if (!resume(found)) begin_stream();
  }
  // False where the stream does not end in a change from which the source can go on.
  bool resume(const detail::source_state& found) {
    if (found.format == 0 || !detail::redis_writer::is_whole(found, writer_.last_entry())) {
      return false;
    }
    changes_.emplace(*of_, feed_position{found.feed, found.newest});
    if (changes_->start() != feed_start::resumed) return false;
    writer_.go_on(found);
    if (snapshot_ && !writer_.resume_snapshot(found)) {
      abandon_snapshot();
      wants_snapshot_ = true;
    }
    return true;
  }
  void begin_stream() {
    ++begun_;
    abandon_snapshot();
    changes_.emplace(*of_, feed_position{core().id(), of_->position()});
    writer_.begin(of_->position());
  }

  // ---- records ----

  void fill() {
    if (changes_->state() == feed_state::cut) {
      return refuse(follow_refusal::fell_behind,
                    "Redis fell behind: the change that comes next is no longer kept");
    }
    if (snapshot_ && writer_.snapshots() != snapshots_before_) note_snapshot();
    if (!snapshot_ && is_snapshot_due()) begin_snapshot();
    bool goes_on = true;
    while (goes_on && writer_.has_room()) {
      const bool wrote = write_changes();
      goes_on = write_snapshot() || wrote;
      if (state_ != publisher_state::publishing) return;
    }
    if (clock::now() - beaten_ < options_.beat_time) return;
    beaten_ = clock::now();
    writer_.look_at_groups();
    if (changes_->state() == feed_state::caught_up) writer_.beat();
  }
  // One entry; false where there are no changes.
  bool write_changes() {
    bool fits = true;
    if (batch_.empty()) batch_after_ = changes_->position();
    while (fits && batch_.size() < options_.entry_bytes) {
      const std::uint64_t before = changes_->position();
      changes_->step(
          1, [](const auto&) {},
          [&](const auto& one) { fits = append_change(batch_, one) && fits; });
      if (changes_->position() == before) break;
    }
    if (!fits) {
      refuse(follow_refusal::too_large, "a key and its value do not fit into a frame");
      return false;
    }
    if (batch_.empty()) return false;
    writer_.append_changes(batch_after_, changes_->position(), batch_);
    batch_.clear();
    return true;
  }

  // ---- snapshots ----

  bool is_snapshot_due() const {
    if (!snapshot_wait_.sleep({})) return false;
    if (!writer_.has_snapshot()) return true;
    if (writer_.snapshot_position() == of_->position()) return false;
    return wants_snapshot_ ||
           writer_.changed_bytes() >=
               detail::max_of(options_.snapshot_after_bytes, 2 * writer_.snapshot_bytes());
  }
  void begin_snapshot() {
    snapshot_.emplace(*of_, options_.subscriber);
    snapshots_before_ = writer_.snapshots();
    wants_snapshot_ = false;
    elements_ = 0;
    has_all_ = false;
    writer_.begin_snapshot(snapshot_->position());
    part_.clear();
    records::append_header(part_, core().id(), snapshot_->position(), of_->size());
  }
  void abandon_snapshot() noexcept {
    left_.take(snapshot_);
    part_.clear();
  }
  void note_snapshot() {
    abandon_snapshot();
    snapshot_wait_.reset();
  }
  // One entry; false where there is nothing to write.
  bool write_snapshot() {
    if (!snapshot_ || has_all_) return false;
    bool fits = true;
    const auto on_element = [&](const auto& element) {
      fits = records::append(part_, element) && fits;
      ++elements_;
    };
    while (fits && snapshot_->state() == feed_state::snapshot &&
           part_.size() < options_.entry_bytes) {
      snapshot_->step(1, on_element, [](const auto&) {});
    }
    if (!fits) {
      abandon_snapshot();  // it would lack that element
      refuse(follow_refusal::too_large, "a key and its value do not fit into a frame");
      return false;
    }
    if (snapshot_->state() == feed_state::cut) {  // later again
      snapshot_wait_.begin();
      abandon_snapshot();
      return false;
    }
    has_all_ = snapshot_->state() != feed_state::snapshot;
    if (has_all_) append_end(part_, elements_);
    writer_.append_snapshot(part_);
    part_.clear();
    if (has_all_) writer_.end_snapshot(floor());
    return true;
  }
  // The changes after this one stay in the stream when the snapshot is whole.
  std::uint64_t floor() const {
    const auto before = [](std::uint64_t position, std::uint64_t count) {
      return position > count ? position - count : 0;
    };
    const std::uint64_t newest = changes_->position();
    std::uint64_t floor =
        detail::min_of(snapshot_->position(), before(newest, options_.keep_changes));
    const std::uint64_t least = detail::min_of(floor, before(newest, options_.keep_for_groups));
    for (const redis_group& one : writer_.groups()) floor = detail::min_of(floor, one.acknowledged);
    return detail::max_of(floor, least);
  }

  Fed* of_;
  redis_publisher_options options_;
  detail::retry_wait wait_;
  detail::retry_wait snapshot_wait_;
  detail::redis_writer writer_;
  publisher_state state_ = publisher_state::stopped;
  std::string trouble_;
  follow_refusal why_ = follow_refusal::none;
  clock::time_point beaten_;
  std::uint64_t connections_ = 0;
  std::uint64_t begun_ = 0;
  std::optional<subscriber<Fed>> changes_;
  byte_buffer batch_;  // changes that are not sent
  std::uint64_t batch_after_ = 0;
  detail::left_subscribers<subscriber<Fed>> left_;
  detail::held_subscriber<subscriber<Fed>> snapshot_;
  byte_buffer part_;  // elements that are not sent
  std::uint64_t elements_ = 0;
  bool has_all_ = false;
  bool wants_snapshot_ = false;
  std::uint64_t snapshots_before_ = 0;
};

}  // namespace steady
