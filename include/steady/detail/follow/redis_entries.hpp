// The entries of one reply to XREAD, record by record.
//
//   Bound   O(bytes).   Throws   nothing.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include <steady/detail/follow/redis_line.hpp>
#include <steady/detail/follow/redis_stream.hpp>
#include <steady/records.hpp>

namespace steady::detail {

class redis_entries {
 public:
  bool empty() const noexcept { return reply_ == nullptr; }
  // A reply with an entry at least.
  void take(redis_reply reply) noexcept {
    reply_ = std::move(reply);
    next_ = 0;
    records_ = before_ = {};
  }
  void drop() noexcept {
    reply_.reset();
    records_ = before_ = {};
  }

  // Begins the entry that comes next; false if it is none.
  bool open() noexcept {
    if (!detail::read_entry(*entries_of(*reply_)[next_], entry_)) return false;
    records_ = entry_.records;
    return !records_.empty();
  }
  // Whether all records of the open entry were taken.
  bool is_read() const noexcept { return records_.empty(); }
  const stream_entry& entry() const noexcept { return entry_; }
  // The next record. One that is not whole is not passed over.
  parsed_frame next_record() noexcept {
    before_ = records_;
    const parsed_frame frame = parse_frame(records_);
    if (frame.state == frame_state::whole) records_ = records_.subspan(frame.bytes);
    return frame;
  }
  // Right after a record: it comes again.
  void go_back() noexcept { records_ = before_; }
  // Behind the open entry; empty() after the last one.
  void close() noexcept {
    records_ = {};
    if (++next_ == entries_of(*reply_).size()) reply_.reset();
  }
  // Of the entry that comes next, or is open, as Redis says it.
  std::string number() const {
    const ::redisReply& entry = *entries_of(*reply_)[next_];
    return is_array(entry, 1) ? std::string(text_of(*entry.element[0])) : "";
  }

 private:
  redis_reply reply_;
  std::size_t next_ = 0;
  stream_entry entry_;
  std::span<const unsigned char> records_;  // of the entry, that are left
  std::span<const unsigned char> before_;   // as they were before the last one was taken
};

}  // namespace steady::detail
