// A publisher's side of a connection to Redis, without the types: commands in their order, and what
// their answers say. docs/formats.md has what stands in Redis.
//
//   1. Every write is a script that refuses to leave a gap, and to write for a publisher whose
//      term is over. So whatever a broken connection has done or not done, the next one finds a
//      stream that ends with a known change, and goes on there.
//   2. Entries of a snapshot are kept until they are answered, and sent again after a break.
//
//   Memory   what is sent and not answered: window_bytes, and an entry.
//   Bound    as redis_line. Throws std::bad_alloc.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <steady/codec.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/follow/redis_line.hpp>
#include <steady/detail/follow/redis_stream.hpp>
#include <steady/detail/line/random_seed.hpp>

namespace steady {

// A consumer group of a stream, which a follower has.
struct redis_group {
  std::string name;
  std::uint64_t acknowledged = 0;    // the follower has all changes up to this one, or more
  std::uint64_t unacknowledged = 0;  // entries that it was sent
};

namespace detail {

class redis_writer {
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

 public:
  struct limits {
    std::size_t window_bytes;
    std::uint64_t max_entries;
    milliseconds silence;
  };

  // `key` and `value`: the names of the types.
  redis_writer(redis_login login, const std::string& name, std::uint64_t feed, std::string key,
               std::string value, const limits& most)
      : line_(std::move(login), max_reply_bytes),
        keys_(name),
        feed_(detail::feed_text(feed)),
        key_(std::move(key)),
        value_(std::move(value)),
        limits_(most) {}

  bool is_open() const noexcept { return line_.is_open(); }
  const std::string& trouble() const noexcept { return line_.trouble(); }
  follow_refusal why() const noexcept { return line_.why(); }
  bool was_replaced() const noexcept { return was_replaced_; }
  int descriptor() const noexcept { return line_.descriptor(); }
  bool has_room() const noexcept { return waiting_bytes_ < limits_.window_bytes; }

  bool open() {
    forget();
    if (!line_.open()) return false;
    heard_ = clock::now();
    if (term_ == 0) name_ = detail::random_in_public() >> 24;  // Lua counts exactly up to 2^53
    std::vector<std::string> words{std::to_string(term_), key_, value_,
                                   std::to_string(redis_format), std::to_string(name_)};
    words.insert(words.end(), source_fields.begin(), source_fields.end());
    call(redis_scripts::claim, words, {command::claim});
    return true;
  }
  // The next one begins a term.
  void close() noexcept {
    line_.close();
    forget();
    term_ = 0;
    was_replaced_ = false;
  }
  void fail(const std::string& why, follow_refusal refusal) { line_.fail(why, refusal); }

  // Sends and takes answers; waits up to `wait` for them. False once the connection is broken.
  bool move(milliseconds wait) {
    if (!asked_.empty()) wait = detail::until_silent(wait, heard(), limits_.silence);
    if (!line_.move(wait)) return false;
    while (const redis_reply reply = line_.next()) {
      heard_ = clock::now();
      if (!asked_.empty()) take(*reply);
      if (!line_.is_open()) return false;
    }
    if (line_.is_open() && !asked_.empty() && clock::now() - heard() > limits_.silence) {
      line_.fail("Redis has not answered for too long");
    }
    return line_.is_open();
  }
  // What was found, once after each open().
  std::optional<source_state> take_claimed() { return std::exchange(claimed_, std::nullopt); }
  // Whether the stream ends where its source says: somebody else may have removed it.
  static bool is_whole(const source_state& state, const stream_id& last) noexcept {
    const bool is_empty = last == stream_id();
    return is_empty ? state.newest == state.begin : last.position == state.newest;
  }
  const stream_id& last_entry() const noexcept { return last_entry_; }

  // ---- what Redis has said ----

  // The changes up to here are in the stream; none before that is known.
  const std::optional<std::uint64_t>& written() const noexcept { return written_; }
  std::uint64_t changed_bytes() const noexcept { return changed_bytes_; }
  // Writes of this publisher, of any kind.
  std::uint64_t acknowledged() const noexcept { return acknowledged_; }
  // Of snapshots that are whole.
  std::uint64_t snapshots() const noexcept { return snapshots_; }
  bool has_snapshot() const noexcept { return has_snapshot_; }
  std::uint64_t snapshot_position() const noexcept { return snapshot_; }
  std::uint64_t snapshot_bytes() const noexcept { return snapshot_bytes_; }
  const std::vector<redis_group>& groups() const noexcept { return groups_; }
  // Of records, and entries, since it was made.
  std::uint64_t bytes() const noexcept { return bytes_; }
  std::uint64_t entries() const noexcept { return entries_; }

  // ---- what to do ----

  void go_on(const source_state& from) {
    written_ = from.newest;
    changed_bytes_ = from.changed_bytes;
    has_snapshot_ = from.has_snapshot;
    snapshot_ = from.snapshot;
    snapshot_bytes_ = from.snapshot_bytes;
  }
  void begin(std::uint64_t position) {
    go_on({});
    written_.reset();
    call_in_term(redis_scripts::begin,
                 {std::to_string(redis_format), feed_, key_, value_, std::to_string(position)},
                 {command::changes, position});
  }
  void append_changes(std::uint64_t before, std::uint64_t last, const byte_buffer& records) {
    count(records);
    call_in_term(redis_scripts::append_changes,
                 {feed_, std::to_string(before), std::to_string(last),
                  std::to_string(limits_.max_entries), text_of(records)},
                 {command::changes, last, records.size()});
  }

  // Entries 1, 2, ... of the snapshot of a position.
  void begin_snapshot(std::uint64_t position) {
    parts_.clear();
    run_ = detail::random_in_public();
    saving_ = {position, 0};
    saving_bytes_ = 0;
    changed_before_ = changed_bytes_;
    is_ending_ = false;
  }
  void append_snapshot(const byte_buffer& records) {
    count(records);
    ++saving_.part;
    saving_bytes_ += records.size();
    parts_.push_back({saving_, std::string(text_of(records))});
    send(parts_.back());
  }
  // `floor`: the changes after it stay in the stream.
  void end_snapshot(std::uint64_t floor) {
    is_ending_ = true;
    floor_ = floor;
    send_end();
  }
  // After a break: whether the snapshot can go on from what Redis has of it.
  bool resume_snapshot(const source_state& from) {
    const bool has_ended = from.has_snapshot && from.partial.empty();
    if (has_ended && from.snapshot == saving_.position && is_ending_) {
      ++snapshots_;  // only the answer was lost
      parts_.clear();
      return true;
    }
    const std::uint64_t first = parts_.empty() ? saving_.part + 1 : parts_.front().id.part;
    std::uint64_t had = 0;
    const std::string run = detail::feed_text(run_) + "-";
    if (from.partial.starts_with(run)) {
      detail::read_number(std::string_view(from.partial).substr(run.size()), had);
    }
    if (had + 1 < first || had > saving_.part) return false;
    while (!parts_.empty() && parts_.front().id.part <= had) parts_.pop_front();
    for (const part& one : parts_) send(one);
    if (is_ending_) send_end();
    return true;
  }
  // A sign of life: when all changes were appended.
  void beat() { call_in_term(redis_scripts::beat, {}, {command::beat}); }
  void look_at_groups() {
    if (std::exchange(is_looking_, true)) return;
    line_.send({"XINFO", "GROUPS", keys_.changes});
    expect({command::groups});
  }

 private:
  enum class command { claim, changes, part, end, beat, groups, pending };
  struct asked {
    command kind;
    std::uint64_t number = 0;  // changes: the last one; parts and their end: the run
    std::size_t bytes = 0;
  };
  struct part {
    stream_id id;
    std::string records;
  };

  clock::time_point heard() const noexcept { return detail::max_of(heard_, line_.moved()); }
  static bool is_write(command kind) noexcept {
    return kind == command::changes || kind == command::part || kind == command::end ||
           kind == command::beat;
  }

  // Answers without entries are short.
  static constexpr std::size_t max_reply_bytes = std::size_t{16} << 20;

  static std::string_view text_of(const byte_buffer& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  void forget() noexcept {
    asked_.clear();
    waiting_bytes_ = 0;
    is_looking_ = false;
    claimed_.reset();
  }
  void count(const byte_buffer& records) noexcept {
    bytes_ += records.size();
    ++entries_;
  }

  // ---- commands ----

  void expect(const asked& one) {
    if (asked_.empty()) heard_ = clock::now();
    waiting_bytes_ += one.bytes;
    asked_.push_back(one);
  }
  template <class Words>
  void call(std::string_view script, const Words& words, const asked& one) {
    words_ = {"EVAL", script, "4", keys_.source, keys_.changes, keys_.snapshot, keys_.partial};
    words_.insert(words_.end(), words.begin(), words.end());
    line_.send(words_);
    expect(one);
  }
  void call_in_term(std::string_view script, std::initializer_list<std::string_view> words,
                    const asked& one) {
    script_ = redis_scripts::only_with_term;
    script_ += script;
    const std::string term = std::to_string(term_);
    std::vector<std::string_view> all{term};
    all.insert(all.end(), words.begin(), words.end());
    call(script_, all, one);
  }
  void send(const part& one) {
    const std::string before = one.id.part == 1 ? "" : mark_of(one.id.part - 1);
    call_in_term(redis_scripts::append_snapshot,
                 {feed_, before, mark_of(one.id.part), detail::text_of(one.id), one.records},
                 {command::part, run_, one.records.size()});
  }
  // What the source says of the snapshot that is being written: which one, and its last entry.
  std::string mark_of(std::uint64_t number) const {
    return detail::feed_text(run_) + "-" + std::to_string(number);
  }
  void send_end() {
    call_in_term(
        redis_scripts::end_snapshot,
        {mark_of(saving_.part), std::to_string(saving_.position), std::to_string(saving_bytes_),
         std::to_string(changed_before_), std::to_string(floor_)},
        {command::end, run_});
  }

  // ---- answers ----

  void take(const ::redisReply& reply) {
    const asked one = asked_.front();
    asked_.pop_front();
    waiting_bytes_ -= one.bytes;
    if (is_error(reply) && one.kind != command::groups && one.kind != command::pending) {
      return be_refused(detail::text_of(reply));
    }
    if (is_write(one.kind)) ++acknowledged_;
    switch (one.kind) {
      case command::claim:
        return take_claim(reply);
      case command::changes:
        written_ = one.number;
        changed_bytes_ += one.bytes;
        return;
      case command::part:
        if (one.number == run_ && !parts_.empty()) parts_.pop_front();
        return;
      case command::end:
        if (one.number == run_) note_snapshot();
        return;
      case command::groups:
        return take_groups(reply);
      case command::pending:
        return take_pending(reply, as_size(one.number));
      case command::beat:
        if (detail::text_of(reply) == "LOST") has_snapshot_ = false;
        return;
    }
  }
  void be_refused(std::string_view text) {
    was_replaced_ = was_replaced_ || text.starts_with("REPLACED");
    const stream_refusal refusal = detail::refusal_of(text);
    line_.fail(refusal.text, refusal.why);
  }
  void take_claim(const ::redisReply& reply) {
    source_state state;
    const bool is_good = is_array(reply, 3) && read_source(*reply.element[1], state) &&
                         detail::read_number(detail::text_of(*reply.element[0]), term_);
    if (!is_good) {
      return line_.fail("what is at " + keys_.source + " was not written by a publisher");
    }
    last_entry_ = {};
    detail::read_id(detail::text_of(*reply.element[2]), last_entry_);
    claimed_ = std::move(state);
  }
  void note_snapshot() {
    ++snapshots_;
    has_snapshot_ = true;
    snapshot_ = saving_.position;
    snapshot_bytes_ = saving_bytes_;
    changed_bytes_ -= detail::min_of(changed_bytes_, changed_before_);
    parts_.clear();
  }

  // [name, ..., consumers, ..., pending, ..., last-delivered-id, ...] for each group; an error
  // where there is no stream yet.
  void take_groups(const ::redisReply& reply) {
    looked_at_.clear();
    if (is_array(reply, 0)) {
      for (const ::redisReply* const one : std::span(reply.element, reply.elements)) {
        if (is_array(*one, 8)) looked_at_.push_back(read_group(*one));
      }
    }
    pending_left_ = 0;
    for (std::size_t n = 0; n < looked_at_.size(); ++n) {
      if (looked_at_[n].unacknowledged == 0) continue;
      line_.send({"XPENDING", keys_.changes, looked_at_[n].name});
      expect({command::pending, n});
      ++pending_left_;
    }
    if (pending_left_ == 0) end_look();
  }
  void end_look() {
    is_looking_ = false;
    groups_.swap(looked_at_);
  }
  static redis_group read_group(const ::redisReply& reply) {
    redis_group group;
    for (std::size_t n = 0; n + 1 < reply.elements; n += 2) {
      const std::string_view name = detail::text_of(*reply.element[n]);
      const ::redisReply& value = *reply.element[n + 1];
      stream_id id;
      if (name == "name") group.name = detail::text_of(value);
      if (name == "pending") group.unacknowledged = static_cast<std::uint64_t>(value.integer);
      if (name == "last-delivered-id" && detail::read_id(detail::text_of(value), id)) {
        group.acknowledged = id.position;
      }
    }
    return group;
  }
  // [how many, the first, the last, by whom].
  void take_pending(const ::redisReply& reply, std::size_t group) {
    stream_id first;
    redis_group& one = looked_at_[group];
    if (is_array(reply, 2))
      one.unacknowledged = static_cast<std::uint64_t>(reply.element[0]->integer);
    if (is_array(reply, 2) && detail::read_id(detail::text_of(*reply.element[1]), first)) {
      one.acknowledged = detail::min_of(one.acknowledged, first.position - 1);
    }
    if (--pending_left_ == 0) end_look();
  }

  redis_line line_;
  stream_keys keys_;
  std::string feed_;
  std::string key_;
  std::string value_;
  limits limits_;
  std::uint64_t term_ = 0;
  std::uint64_t name_ = 0;  // as long as the term goes on, or rises for want of data
  bool was_replaced_ = false;
  std::deque<asked> asked_;
  std::size_t waiting_bytes_ = 0;
  clock::time_point heard_;
  bool is_looking_ = false;
  std::optional<source_state> claimed_;
  stream_id last_entry_;
  std::optional<std::uint64_t> written_;
  std::uint64_t changed_bytes_ = 0;
  std::uint64_t acknowledged_ = 0;
  bool has_snapshot_ = false;
  std::uint64_t snapshot_ = 0;
  std::uint64_t snapshot_bytes_ = 0;
  std::uint64_t snapshots_ = 0;
  std::vector<redis_group> groups_;
  std::vector<redis_group> looked_at_;  // until all is known of them
  std::size_t pending_left_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t entries_ = 0;
  // The snapshot that is being written: its last entry, and those that are not answered.
  std::uint64_t run_ = 0;  // a random number: two snapshots may have the same position
  stream_id saving_;
  std::deque<part> parts_;
  std::uint64_t saving_bytes_ = 0;
  std::uint64_t changed_before_ = 0;
  bool is_ending_ = false;
  std::uint64_t floor_ = 0;
  std::string script_;
  std::vector<std::string_view> words_;
};

}  // namespace detail

}  // namespace steady
