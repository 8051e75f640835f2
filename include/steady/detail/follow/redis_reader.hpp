// A follower's side of a connection to Redis, without the types: what it asks for, and the answers
// in their order. docs/formats.md has what stands in Redis.
//
//   Bound    as redis_line. Throws std::bad_alloc.   Threads  one at a time.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/follow/redis_line.hpp>
#include <steady/detail/follow/redis_stream.hpp>

namespace steady::detail {

enum class asked_for { nothing, source, entries, new_group, group, pending };

struct redis_answer {
  asked_for what = asked_for::nothing;
  redis_reply reply;
};

class redis_reader {
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

 public:
  static constexpr std::size_t acknowledged_at_once = 1000;

  // `group`: of consumers; empty: none.
  redis_reader(redis_login login, const std::string& name, std::string group,
               std::size_t max_reply_bytes, milliseconds silence)
      : line_(std::move(login), max_reply_bytes),
        keys_(name),
        group_(std::move(group)),
        silence_(silence) {}

  bool is_open() const noexcept { return line_.is_open(); }
  const std::string& trouble() const noexcept { return line_.trouble(); }
  follow_refusal why() const noexcept { return line_.why(); }
  int descriptor() const noexcept { return line_.descriptor(); }
  const stream_keys& keys() const noexcept { return keys_; }
  bool has_group() const noexcept { return !group_.empty(); }
  // Whether every question was answered.
  bool is_idle() const noexcept { return asked_.empty(); }

  bool open() {
    asked_.clear();
    heard_ = clock::now();
    return line_.open();
  }
  void close() noexcept {
    asked_.clear();
    line_.close();
  }
  void fail(const std::string& why, follow_refusal refusal) {
    asked_.clear();
    line_.fail(why, refusal);
  }

  // The next answer; waits for it up to `wait`. Null where none came; the line may be closed then.
  redis_answer next(milliseconds wait) {
    redis_reply reply = line_.next();
    if (reply == nullptr && line_.move(until_silent(wait))) reply = line_.next();
    if (reply != nullptr && !asked_.empty()) {
      heard_ = clock::now();
      const asked_for what = asked_.front();
      asked_.pop_front();
      return {what, std::move(reply)};
    }
    if (line_.is_open() && !asked_.empty() && clock::now() - heard() > silence_) {
      line_.fail("Redis has not answered for too long");
    }
    return {};
  }

  // ---- questions ----

  void ask_for_source() {
    std::vector<std::string_view> words{"HMGET", keys_.source};
    words.insert(words.end(), source_fields.begin(), source_fields.end());
    ask(asked_for::source, words);
  }
  void ask_for_snapshot(const stream_id& after, std::size_t count) {
    ask(asked_for::entries, {"XREAD", "COUNT", std::to_string(count), "STREAMS", keys_.snapshot,
                             detail::text_of(after)});
  }
  // Redis waits so long for the first, but never for ever, as it would for 0. With a group, unless
  // it is to be passed over, they come after what the group was given.
  void ask_for_changes(std::uint64_t after, std::size_t count, milliseconds block,
                       bool past_group) {
    const std::string most = std::to_string(count);
    const std::string time = std::to_string(detail::max_of<milliseconds::rep>(block.count(), 1));
    if (has_group() && !past_group) {
      ask(asked_for::entries, {"XREADGROUP", "GROUP", group_, consumer, "COUNT", most, "BLOCK",
                               time, "STREAMS", keys_.changes, ">"});
    } else {
      ask(asked_for::entries,
          {"XREAD", "COUNT", most, "BLOCK", time, "STREAMS", keys_.changes, behind(after)});
    }
  }
  // The group goes on there, wherever it was before.
  void join_group(std::uint64_t after) {
    ask(asked_for::new_group,
        {"XGROUP", "CREATE", keys_.changes, group_, behind(after), "MKSTREAM"});
    ask(asked_for::group, {"XGROUP", "SETID", keys_.changes, group_, behind(after)});
  }
  // Entries up to there that were not acknowledged: acknowledged_at_once of them.
  void ask_for_pending(std::uint64_t until) {
    ask(asked_for::pending, {"XPENDING", keys_.changes, group_, "-", behind(until),
                             std::to_string(acknowledged_at_once)});
  }
  void acknowledge(std::span<const std::string> ids) {
    if (ids.empty()) return;
    std::vector<std::string_view> words{"XACK", keys_.changes, group_};
    words.insert(words.end(), ids.begin(), ids.end());
    ask(asked_for::nothing, words);
  }

 private:
  static constexpr std::string_view consumer = "follower";

  static std::string behind(std::uint64_t position) {
    return detail::text_of(stream_id{position, last_part});
  }
  clock::time_point heard() const noexcept { return detail::max_of(heard_, line_.moved()); }
  milliseconds until_silent(milliseconds wait) const {
    return asked_.empty() ? wait : detail::until_silent(wait, heard(), silence_);
  }
  // Answers come in the order of questions, so both are noted or none.
  void ask(asked_for what, std::span<const std::string_view> words) {
    if (asked_.empty()) heard_ = clock::now();
    asked_.push_back(what);
    STEADY_TRY { line_.send(words); }
    STEADY_CATCH_ALL {
      asked_.pop_back();
      STEADY_RETHROW;
    }
  }
  void ask(asked_for what, std::initializer_list<std::string_view> words) {
    ask(what, std::span(words.begin(), words.size()));
  }

  redis_line line_;
  stream_keys keys_;
  std::string group_;
  milliseconds silence_;
  std::deque<asked_for> asked_;
  clock::time_point heard_;
};

}  // namespace steady::detail
