// Follows what a redis_publisher writes: the newest whole snapshot first, then the stream of
// changes.
//
//   1. A snapshot takes its position's place; the changes are read strictly behind it. What was
//      applied is read no more.
//   2. Where the change that comes next is gone, or the source is another one, a snapshot is taken
//      that is newer than what is there: content never goes back in time, unless the source did.
//   3. A snapshot that is replaced while it is read is begun anew, with the newer one.
//   4. What stands in Redis is trusted in nothing: an entry that is none, or does not fit, ends the
//      connection, and a newer snapshot is waited for. After one of another feed it pauses.
//
//   Memory   a reply: read_entries entries.
//   Bound    poll(): `max` records, and the wait. Throws what the replica throws.
//   Threads  one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/follow/bounded_time.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/follow/redis_entries.hpp>
#include <steady/detail/follow/redis_line.hpp>
#include <steady/detail/follow/redis_reader.hpp>
#include <steady/detail/follow/redis_stream.hpp>
#include <steady/detail/follow/retry_wait.hpp>
#include <steady/records.hpp>

namespace steady::detail {

struct redis_tail_settings {
  std::string group;  // empty: none
  bool acknowledges_applied;
  std::size_t read_entries;
  std::size_t max_reply_bytes;
  std::chrono::milliseconds look_time;
  std::chrono::milliseconds first_wait;
  std::chrono::milliseconds longest_wait;
  std::chrono::milliseconds silence_time;
};

template <class Replica>
class redis_tail {
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;
  using payload_type = std::span<const unsigned char>;

 public:
  redis_tail(redis_login login, const std::string& name, redis_tail_settings settings,
             Replica& into)
      : settings_(std::move(settings)),
        line_(std::move(login), name, settings_.group, settings_.max_reply_bytes,
              settings_.silence_time),
        wait_(settings_.first_wait, settings_.longest_wait),
        into_(&into) {}

  connection_state state() const noexcept { return state_; }
  const std::string& trouble() const noexcept { return trouble_; }
  follow_refusal why() const noexcept { return why_; }
  const std::string& obstacle() const noexcept { return obstacle_; }
  std::uint64_t restarts() const noexcept { return restarts_; }
  std::uint64_t connections() const noexcept { return connections_; }
  int descriptor() const noexcept { return line_.descriptor(); }

  // True if there are records left.
  bool poll(std::size_t max, milliseconds wait) {
    const clock::time_point until = detail::end_of(wait);
    while (state_ != connection_state::refused && require_line(until)) {
      if (!entries_.empty()) {
        if (max == 0) return true;
        read_entry(max);
      } else if (!move(until)) {
        break;
      }
    }
    return false;
  }
  void close() {
    line_.close();
    into_->abandon_loading();
    forget();
    state_ = connection_state::stopped;
  }
  // Tells Redis that the follower has kept what it has.
  void acknowledge() {
    acknowledged_ = into_->position();
    wants_acknowledging_ = line_.has_group();
  }

  // `visitor(why, text)`.
  std::function<void(follow_refusal, const std::string&)> on_trouble;

 private:
  enum class place {
    none,      // the source is looked at
    snapshot,  // is read
    changes    // are read
  };

  // ---- the connection ----

  bool require_line(clock::time_point until) {
    if (line_.is_open()) return true;
    if (state_ == connection_state::waiting && !wait_.sleep(until)) return false;
    state_ = connection_state::connecting;
    forget();
    if (line_.open()) return true;
    break_off();
    return false;
  }
  // Of a connection: a snapshot that is loading goes on with the next one.
  void forget() {
    pause_until_ = {};
    has_baseline_ = was_missing_ = false;
    if (into_->is_loading()) return;
    entries_.drop();
    place_ = place::none;
  }
  void be_following() {
    if (std::exchange(state_, connection_state::following) == connection_state::following) return;
    ++connections_;
    begun_ = clock::now();
  }
  void fail(follow_refusal why, const std::string& text) {
    line_.fail(text, why);
    break_off();
  }
  void break_off() {
    if (state_ == connection_state::following) wait_.reset_if_lasted(begun_);
    forget();
    trouble_ = line_.trouble();
    why_ = line_.why();
    state_ = is_final(why_) ? connection_state::refused : connection_state::waiting;
    wait_.begin();
    if (on_trouble) on_trouble(why_, trouble_);
  }
  // False where there is nothing to do before `until`.
  bool move(clock::time_point until) {
    if (line_.is_idle() && clock::now() >= pause_until_) ask();
    clock::time_point next = until;
    if (line_.is_idle()) next = detail::min_of(next, pause_until_);
    const auto now = clock::now();
    redis_answer answer =
        line_.next(now >= next ? milliseconds(0) : std::chrono::ceil<milliseconds>(next - now));
    if (answer.reply != nullptr) {
      take(std::move(answer));
    } else if (!line_.is_open()) {
      break_off();
    } else {
      return clock::now() < until;
    }
    return true;
  }
  void ask() {
    if (wants_acknowledging_ && place_ == place::changes) {
      wants_acknowledging_ = false;
      return line_.ask_for_pending(*acknowledged_);
    }
    if (place_ == place::snapshot) return line_.ask_for_snapshot(last_, settings_.read_entries);
    if (place_ == place::changes) {
      line_.ask_for_changes(into_->position(), settings_.read_entries, settings_.look_time,
                            is_past_group_);
    }
    line_.ask_for_source();
  }
  void join() {
    place_ = place::changes;
    if (!line_.has_group() || is_past_group_) return;
    line_.join_group(into_->position());
    if (settings_.acknowledges_applied || !acknowledged_) acknowledged_ = into_->position();
    wants_acknowledging_ = true;
  }

  // ---- what is answered ----

  void take(redis_answer answer) {
    const ::redisReply& reply = *answer.reply;
    if (is_error(reply) && answer.what != asked_for::nothing) {
      return be_refused(answer.what, text_of(reply));
    }
    switch (answer.what) {
      case asked_for::source:
        return take_source(reply);
      case asked_for::entries:
        return take_entries(std::move(answer.reply));
      case asked_for::pending:
        return take_pending(reply);
      case asked_for::nothing:
      case asked_for::new_group:
      case asked_for::group:
        return;
    }
  }
  void be_refused(asked_for what, std::string_view text) {
    if (what == asked_for::new_group && text.starts_with("BUSYGROUP")) return;  // it is there
    if (text.starts_with("NOGROUP")) return pause("the group was removed");
    if (text.starts_with("UNBLOCKED")) return look_again("the stream was begun anew");
    const stream_refusal refusal = detail::refusal_of(text);
    fail(refusal.why, refusal.text);
  }
  // [number, consumer, ...] for each entry.
  void take_pending(const ::redisReply& reply) {
    std::vector<std::string> ids;
    for (std::size_t n = 0; is_array(reply, 0) && n < reply.elements; ++n) {
      if (is_array(*reply.element[n], 1)) ids.emplace_back(text_of(*reply.element[n]->element[0]));
    }
    line_.acknowledge(ids);
    if (ids.size() == redis_reader::acknowledged_at_once) wants_acknowledging_ = true;
  }

  void take_source(const ::redisReply& reply) {
    source_state found;
    if (!read_source(reply, found)) {
      return fail(follow_refusal::bad_bytes,
                  "what is at " + line_.keys().source + " was not written by a publisher");
    }
    if (found.format == 0) return pause("there is no stream " + line_.keys().changes + " yet");
    const stream_refusal refusal =
        detail::refusal_of(found, Replica::key_name(), Replica::value_name());
    if (refusal.why != follow_refusal::none) return fail(refusal.why, refusal.text);
    hear(found);
    if (place_ == place::none) return choose(found);
    if (place_ == place::changes) check(found);
  }
  // A publisher that has died leaves a state behind that says nothing of the source.
  void hear(const source_state& found) {
    const bool is_alive = has_baseline_ && found.beat != beat_;
    beat_ = found.beat;
    has_baseline_ = true;
    const bool is_same = into_->has_content() && found.feed == into_->feed();
    const bool is_older = is_same && found.newest < into_->position();
    // From the same publisher: by a replica that lags, or by Redis that has lost what comes again.
    if (is_older && !found.publisher.empty() && found.publisher == publisher_) return;
    if (is_alive || !is_same || found.newest > into_->position()) {
      into_->heard_of(found.feed, found.newest);
    }
    if (is_older && is_alive) is_anew_ = true;
    if (is_same && !is_older) publisher_ = found.publisher;
  }
  void choose(const source_state& found) {
    be_following();
    obstacle_.clear();
    feed_ = feed_text(found.feed);
    const bool is_same = into_->has_content() && found.feed == into_->feed() && !is_anew_;
    if (is_same && !needs_snapshot_) return join();
    if (!found.has_snapshot) return pause("no snapshot is whole yet");
    if (is_same && found.snapshot <= into_->position()) {
      return pause("the change that comes next is gone, and there is no newer snapshot yet");
    }
    if (into_->has_content()) ++restarts_;
    place_ = place::snapshot;
    last_ = {};
  }
  void check(const source_state& found) {
    if (is_anew_ || found.feed != into_->feed()) return look_again("the source is another one");
    // The last two XREADs were empty, and already before the second the source was further.
    const bool is_missing = was_empty_ && found.newest > into_->position();
    if (is_missing && was_missing_) return lose();
    was_missing_ = is_missing;
  }
  void look_again(const std::string& why) {
    obstacle_ = why;
    place_ = place::none;
  }
  void pause(const std::string& why) {
    look_again(why);
    pause_until_ = clock::now() + settings_.look_time;
    be_following();
  }
  // The change that comes next is not there.
  void lose() {
    was_missing_ = false;
    entries_.drop();
    place_ = place::none;
    // Another one that uses the group may have been given it: look without the group.
    if (line_.has_group() && !std::exchange(is_past_group_, true)) return;
    is_past_group_ = false;
    needs_snapshot_ = true;
    why_ = follow_refusal::fell_behind;
    trouble_ = "change " + std::to_string(into_->position() + 1) +
               " is no longer in the stream: a snapshot comes next";
    if (on_trouble) on_trouble(why_, trouble_);
  }

  // ---- entries ----

  void take_entries(redis_reply reply) {
    was_empty_ = entries_of(*reply).empty();
    if (place_ == place::none || was_empty_) {
      if (place_ == place::snapshot) {
        into_->abandon_loading();
        pause("the snapshot was removed while it was read");
      }
      return;
    }
    be_following();
    entries_.take(std::move(reply));
  }
  // Records of the entry that is open, or comes next.
  void read_entry(std::size_t& max) {
    if (entries_.is_read() && !open_entry()) return;
    while (max > 0 && !entries_.empty() && !entries_.is_read()) {
      const parsed_frame frame = entries_.next_record();
      if (frame.state != frame_state::whole) return refuse_entry("it is made of no whole records");
      --max;
      take_record(frame.payload);
      into_->counts().bytes += frame.bytes;
    }
    if (!entries_.empty() && entries_.is_read()) close_entry();
  }
  bool open_entry() {
    if (!entries_.open()) {
      refuse_entry("it has not the form of a publisher's");
    } else if (entries_.entry().feed != feed_) {
      drop_entries("the source is another one");
    } else if (place_ == place::snapshot && is_of_another_snapshot()) {
      drop_entries("the snapshot was replaced while it was read");
    } else if (place_ == place::snapshot && !comes_next()) {
      refuse_entry("those of the snapshot before it are missing");
    } else {
      return true;
    }
    return false;
  }
  bool is_of_another_snapshot() const {
    return last_.part != 0 && entries_.entry().id.position != last_.position;
  }
  bool comes_next() {
    const stream_id before = std::exchange(last_, entries_.entry().id);
    return last_.part == before.part + 1;
  }
  void close_entry() {
    if (place_ == place::changes) {
      const stream_id& id = entries_.entry().id;
      if (id.position != last_read_) {
        return refuse_entry("it does not end with the change that its number says");
      }
      if (line_.has_group()) read_ids_.push_back(detail::text_of(id));
    }
    entries_.close();
    if (!entries_.empty()) return;
    if (settings_.acknowledges_applied) line_.acknowledge(read_ids_);
    read_ids_.clear();
    const bool was_past_group = std::exchange(is_past_group_, false);
    if (was_past_group && place_ == place::changes) place_ = place::none;  // back to the group
  }
  void drop_entries(const char* why) {
    into_->abandon_loading();
    entries_.drop();
    pause(why);  // they may stay as they are
  }
  void refuse_entry(const char* why) {
    const std::string where =
        place_ == place::snapshot ? line_.keys().snapshot : line_.keys().changes;
    const std::string number = entries_.number();
    needs_snapshot_ = needs_snapshot_ || place_ == place::changes;
    into_->abandon_loading();
    fail(follow_refusal::bad_bytes, "entry " + number + " of " + where + " is refused: " + why);
  }

  // Where something has thrown, a change that was not made comes again, and so does a snapshot.
  void take_record(payload_type payload) {
    const bool is_change = place_ == place::changes;
    const std::uint64_t snapshots = into_->counts().snapshots;
    STEADY_TRY { return is_change ? take_change(payload) : take_of_snapshot(payload); }
    STEADY_CATCH_ALL {
      if (!is_change) {
        if (into_->counts().snapshots != snapshots) note_snapshot();  // it was a visitor
        drop_entries("a snapshot could not be taken");
      } else if (last_read_ != into_->position()) {
        entries_.go_back();
      }
      STEADY_RETHROW;
    }
  }
  void take_of_snapshot(payload_type payload) {
    const record_tag tag = steady::tag_of(payload);
    const bool is_first = last_.part == 1 && !into_->is_loading();
    const bool fits =
        is_first ? tag == record_tag::header : tag == record_tag::element || tag == record_tag::end;
    if (!fits) return refuse_entry("a record that does not come next in a snapshot");
    if (is_first && !is_header_of_entry(payload)) return refuse_entry("another snapshot's header");
    if (const char* const why = into_->take(payload); why != nullptr) return refuse_entry(why);
    if (tag != record_tag::end) return;
    if (!entries_.is_read()) return refuse_entry("records behind the end of a snapshot");
    note_snapshot();
    entries_.drop();
    place_ = place::none;  // the source may have gone on, or be another one
  }
  void note_snapshot() noexcept {
    is_anew_ = needs_snapshot_ = false;
    wait_.reset();
  }
  bool is_header_of_entry(payload_type payload) const {
    record_header header;
    return read_header(payload, header) == header_state::good &&
           header.position == entries_.entry().id.position &&
           detail::feed_text(header.map_id) == feed_;
  }
  void take_change(payload_type payload) {
    std::uint64_t position = 0;
    if (!read_position(payload, position)) return refuse_entry("a record that is no change");
    last_read_ = position;
    if (position <= into_->position()) return;
    if (position != into_->position() + 1) return lose();
    if (const char* const why = into_->take(payload); why != nullptr) return refuse_entry(why);
    wait_.reset();
  }

  redis_tail_settings settings_;
  redis_reader line_;
  retry_wait wait_;
  Replica* into_;
  connection_state state_ = connection_state::stopped;
  place place_ = place::none;
  std::string trouble_;
  std::string obstacle_;
  follow_refusal why_ = follow_refusal::none;
  clock::time_point pause_until_;
  clock::time_point begun_;  // the connection
  std::string feed_;
  std::string publisher_;  // that was known to have what is there
  std::uint64_t beat_ = 0;
  bool has_baseline_ = false;    // beat_ is of this connection
  bool is_anew_ = false;         // what is there is of another history
  bool needs_snapshot_ = false;  // a change is missing
  bool was_empty_ = false;       // the last reply
  bool was_missing_ = false;
  bool is_past_group_ = false;
  std::optional<std::uint64_t> acknowledged_;
  bool wants_acknowledging_ = false;
  redis_entries entries_;        // that are not read to their end
  stream_id last_;               // entry of the snapshot
  std::uint64_t last_read_ = 0;  // change
  std::vector<std::string> read_ids_;
  std::uint64_t restarts_ = 0;
  std::uint64_t connections_ = 0;
};

}  // namespace steady::detail
