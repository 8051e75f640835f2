// What stands in Redis for one source (docs/formats.md): the keys, the numbers of entries, the
// state of the source, and the scripts that change all of it in one step each.
//
//   Bound   O(bytes).   Throws   std::bad_alloc.   Threads   any.
#pragma once

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include <steady/detail/base/config.hpp>
#include <steady/detail/base/debug.hpp>
#include <steady/detail/follow/messages.hpp>
#include <steady/detail/follow/redis_line.hpp>

namespace steady::detail {

inline constexpr std::uint64_t redis_format = 1;

// In a cluster all of them must be in one slot: then the name has {}.
struct stream_keys {
  explicit stream_keys(const std::string& name)
      : changes(name),
        snapshot(name + ":snapshot"),
        partial(name + ":snapshot.partial"),
        source(name + ":source") {}

  std::string changes;
  std::string snapshot;
  std::string partial;  // a snapshot that is being written
  std::string source;
};

inline const std::string& require_stream_name(const std::string& name) {
  if (name.empty()) {
    STEADY_THROW(std::invalid_argument("steady: a stream needs a name, and this one is empty"));
  }
  return name;
}

// ---- numbers ----

inline bool read_number(std::string_view text, std::uint64_t& number, int base = 10) noexcept {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number, base);
  return error == std::errc() && stop == end && !text.empty();
}

// The number of an entry: 12-3. Changes: the position of the last one in the entry, and 0. A
// snapshot: its position, and which of its entries this is, from 1 on.
struct stream_id {
  std::uint64_t position = 0;
  std::uint64_t part = 0;

  friend bool operator==(const stream_id&, const stream_id&) = default;
};

inline constexpr std::uint64_t last_part = (std::numeric_limits<std::uint64_t>::max)();

inline std::string text_of(const stream_id& id) {
  return std::to_string(id.position) + "-" + std::to_string(id.part);
}
inline bool read_id(std::string_view text, stream_id& id) noexcept {
  const std::size_t dash = text.find('-');
  return dash != std::string_view::npos && detail::read_number(text.substr(0, dash), id.position) &&
         detail::read_number(text.substr(dash + 1), id.part);
}

inline std::string feed_text(std::uint64_t feed) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t n = 16; n > 0; feed >>= 4) text[--n] = digits[feed & 15];
  return text;
}

// ---- the source's state ----

struct source_state {
  std::uint64_t format = 0;  // 0: there is none
  std::uint64_t feed = 0;
  std::uint64_t term = 0;           // of the publisher that may write
  std::uint64_t beat = 0;           // changes while it is alive
  std::uint64_t begin = 0;          // the stream has the changes after this one, or had them
  std::uint64_t newest = 0;         // the stream's last change
  std::uint64_t changed_bytes = 0;  // of changes since the last whole snapshot
  std::uint64_t snapshot = 0;       // position of the last whole one
  std::uint64_t snapshot_bytes = 0;
  bool has_snapshot = false;
  std::string partial;  // which snapshot is being written, and its last part; empty: none
  std::string key;      // names of codecs
  std::string value;
  std::string publisher;  // which one has this term; empty: it is not known
};

inline constexpr std::array<std::string_view, 13> source_fields = {
    "format",   "feed",           "term",    "beat", "begin", "newest",   "changed_bytes",
    "snapshot", "snapshot_bytes", "partial", "key",  "value", "publisher"};

// Of a reply to HMGET of these fields. False if it is none. Of another format, only which one.
inline bool read_source(const ::redisReply& reply, source_state& state) {
  if (!is_array(reply, source_fields.size())) return false;
  state = {};
  const auto at = [&](std::size_t n) { return text_of(*reply.element[n]); };
  if (is_nil(*reply.element[0])) return true;
  if (detail::read_number(at(0), state.format) && state.format != redis_format) return true;
  const std::array<std::uint64_t*, 9> numbers = {
      &state.format, &state.feed,          &state.term,     &state.beat,          &state.begin,
      &state.newest, &state.changed_bytes, &state.snapshot, &state.snapshot_bytes};
  state.has_snapshot = !at(7).empty();
  for (std::size_t n = 0; n < numbers.size(); ++n) {
    const bool may_lack = (n == 7 || n == 8) && !state.has_snapshot;
    if (!may_lack && !detail::read_number(at(n), *numbers[n], n == 1 ? 16 : 10)) return false;
  }
  state.partial = at(9);
  state.key = at(10);
  state.value = at(11);
  state.publisher = at(12);
  return true;
}

// Why a publisher or a follower of these types has nothing to do with what is there.
struct stream_refusal {
  follow_refusal why = follow_refusal::none;
  std::string text;
};
inline stream_refusal refusal_of(const source_state& state, const std::string& key,
                                 const std::string& value) {
  if (state.format != redis_format) {
    return {follow_refusal::other_version, "the stream has format " + std::to_string(state.format) +
                                               ", and this knows format " +
                                               std::to_string(redis_format)};
  }
  if (state.key != key || state.value != value) {
    return {follow_refusal::other_types, "the stream has " + state.key + " to '" + state.value +
                                             "', and this is " + key + " to '" + value + "'"};
  }
  return {};
}
// Of an error of Redis.
inline stream_refusal refusal_of(std::string_view error) {
  const bool is_password = error.starts_with("NOAUTH") || error.starts_with("WRONGPASS");
  return {is_password ? follow_refusal::wrong_secret : follow_refusal::none,
          "Redis says: " + std::string(error)};
}

// ---- entries ----

struct stream_entry {
  stream_id id;
  std::string_view feed;
  std::span<const unsigned char> records;
};

// False if the reply is no such entry: [number, ["feed", its text, "records", frames]].
inline bool read_entry(const ::redisReply& reply, stream_entry& entry) noexcept {
  if (!is_array(reply, 2) || !is_array(*reply.element[1], 4)) return false;
  const std::span<::redisReply*> fields(reply.element[1]->element, reply.element[1]->elements);
  if (fields.size() != 4 || text_of(*fields[0]) != "feed" || text_of(*fields[2]) != "records") {
    return false;
  }
  entry.feed = text_of(*fields[1]);
  const std::string_view records = text_of(*fields[3]);
  entry.records = {reinterpret_cast<const unsigned char*>(records.data()), records.size()};
  return detail::read_id(text_of(*reply.element[0]), entry.id);
}
// Of a reply to XREAD of one stream; empty where there are none.
inline std::span<::redisReply*> entries_of(const ::redisReply& reply) noexcept {
  if (!is_array(reply, 1) || !is_array(*reply.element[0], 2)) return {};
  const ::redisReply& entries = *reply.element[0]->element[1];
  if (!is_array(entries, 0)) return {};
  return {entries.element, entries.elements};
}

// ---- scripts ----

// Each is one step, and none does anything for a publisher whose term is over. KEYS: source,
// changes, snapshot, partial. ARGV[1]: the publisher's term.
namespace redis_scripts {

inline constexpr std::string_view only_with_term =
    "local term = redis.call('HGET', KEYS[1], 'term')\n"
    "if not term then return redis.error_reply('GONE the stream was removed') end\n"
    "if term ~= ARGV[1] then "
    "return redis.error_reply('REPLACED another publisher has taken this stream over') end\n";

// Begins a term, or goes on with one: ARGV[1] is 0, or the term. ARGV[2], [3] and [4]: the names of
// the types, and the format; where the stream has others, nothing is done. ARGV[5]: a random number
// of the publisher, with which terms begin, too: none is that of a stream which was removed.
// ARGV[6] and so on: source_fields, whose values are told, with the term, and the number of the
// last entry of changes.
inline constexpr std::string_view claim =
    "local mine = tonumber(ARGV[1])\n"
    "local first = mine == 0 and ARGV[5] or '0'\n"
    "local term = tonumber(redis.call('HGET', KEYS[1], 'term') or first)\n"
    "if mine ~= 0 and term > mine then "
    "return redis.error_reply('REPLACED another publisher has taken this stream over') end\n"
    "local format = redis.call('HGET', KEYS[1], 'format')\n"
    "local is_same = not format or "
    "(format == ARGV[4] and redis.call('HGET', KEYS[1], 'key') == ARGV[2] and "
    "redis.call('HGET', KEYS[1], 'value') == ARGV[3])\n"
    "if is_same and (mine == 0 or term < mine) then\n"
    "  term = math.max(term, mine) + 1\n"
    "  redis.call('HSET', KEYS[1], 'term', string.format('%d', term), "
    "'publisher', ARGV[5])\n"
    "end\n"
    "local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)\n"
    "return {string.format('%d', term), redis.call('HMGET', KEYS[1], unpack(ARGV, 6)), "
    "last[1] and last[1][1] or ''}\n";

// A stream without changes. ARGV: term, format, feed, key, value, begin.
inline constexpr std::string_view begin =
    "redis.call('DEL', KEYS[2], KEYS[3], KEYS[4])\n"
    "redis.call('HDEL', KEYS[1], 'snapshot', 'snapshot_bytes')\n"
    "redis.call('HSET', KEYS[1], 'format', ARGV[2], 'feed', ARGV[3], 'key', ARGV[4], "
    "'value', ARGV[5], 'begin', ARGV[6], 'newest', ARGV[6], 'changed_bytes', '0', "
    "'partial', '')\n"
    "redis.call('HINCRBY', KEYS[1], 'beat', 1)\n"
    "return 'OK'\n";

// ARGV: term, feed, the change before, the last one of the entry, most entries, records.
inline constexpr std::string_view append_changes =
    "if redis.call('HGET', KEYS[1], 'newest') ~= ARGV[3] then "
    "return redis.error_reply('GAP these changes do not come next') end\n"
    "redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], ARGV[4] .. '-0', "
    "'feed', ARGV[2], 'records', ARGV[6])\n"
    "redis.call('HSET', KEYS[1], 'newest', ARGV[4])\n"
    "redis.call('HINCRBY', KEYS[1], 'changed_bytes', #ARGV[6])\n"
    "return 'OK'\n";

// ARGV: term, feed, the part before, this one, its entry's number, records. The first part has none
// before it. Where somebody has removed those before it, the snapshot is begun anew.
inline constexpr std::string_view append_snapshot =
    "if ARGV[3] == '' then\n"
    "  redis.call('DEL', KEYS[4])\n"
    "elseif redis.call('EXISTS', KEYS[4]) == 0 then\n"
    "  redis.call('HSET', KEYS[1], 'partial', '')\n"
    "  return redis.error_reply('GAP the parts of this snapshot were removed')\n"
    "elseif redis.call('HGET', KEYS[1], 'partial') ~= ARGV[3] then\n"
    "  return redis.error_reply('GAP this part of a snapshot does not come next')\n"
    "end\n"
    "redis.call('XADD', KEYS[4], ARGV[5], 'feed', ARGV[2], 'records', ARGV[6])\n"
    "redis.call('HSET', KEYS[1], 'partial', ARGV[4])\n"
    "return 'OK'\n";

// ARGV: term, the last part, the snapshot's position, its bytes, bytes of changes before it, the
// change up to which the stream is trimmed, which stays.
inline constexpr std::string_view end_snapshot =
    "if redis.call('HGET', KEYS[1], 'partial') ~= ARGV[2] then "
    "return redis.error_reply('GAP this snapshot is not whole') end\n"
    "if redis.call('EXISTS', KEYS[4]) == 0 then\n"
    "  redis.call('HSET', KEYS[1], 'partial', '')\n"
    "  return redis.error_reply('GAP the parts of this snapshot were removed')\n"
    "end\n"
    "redis.call('RENAME', KEYS[4], KEYS[3])\n"
    "redis.call('HSET', KEYS[1], 'partial', '', 'snapshot', ARGV[3], 'snapshot_bytes', ARGV[4])\n"
    "if ARGV[5] ~= '0' then "
    "redis.call('HINCRBY', KEYS[1], 'changed_bytes', '-' .. ARGV[5]) end\n"
    "redis.call('XTRIM', KEYS[2], 'MINID', '=', ARGV[6] .. '-0')\n"
    "return 'OK'\n";

// Everything that the source has is in the stream. Tells whether somebody has removed the snapshot,
// or the changes behind it.
inline constexpr std::string_view beat =
    "redis.call('HINCRBY', KEYS[1], 'beat', 1)\n"
    "local snapshot = redis.call('HGET', KEYS[1], 'snapshot')\n"
    "local is_newest = snapshot == redis.call('HGET', KEYS[1], 'newest')\n"
    "if snapshot and (redis.call('EXISTS', KEYS[3]) == 0 or "
    "(not is_newest and redis.call('EXISTS', KEYS[2]) == 0)) then return 'LOST' end\n"
    "return 'OK'\n";

}  // namespace redis_scripts

}  // namespace steady::detail
