// Whether a broken place in a log was synced, so that it is damage, or may be a write that did not
// finish.
//
// Whole changes behind the place tell, by after_sync. Values may hold bytes that look like changes,
// so where the broken one begins as the next change, and would end the file, those behind it count
// only if they go on behind it: it is the length then that is damaged. A header is synced before
// changes are written, so behind a broken one any change tells.
//
//   Bound   that of frame_reader::find().
//   Throws  as frame_reader.
#pragma once

#include <cstdint>
#include <span>

#include <steady/detail/durable/frame_reader.hpp>
#include <steady/records.hpp>

namespace steady::detail {

// Goes on to the next whole change behind a position, and no more of them than there are bytes:
// what is not checked yet looks so by chance once in 2^30 places.
inline bool find_change_behind(frame_reader& reader, std::uint64_t position) {
  return reader.find(max_payload_bytes, [&](std::span<const unsigned char> candidate) {
    std::uint64_t found = 0;
    return steady::read_position(candidate, found) && found > position &&
           found - position <= reader.size();
  });
}

class torn_end {
 public:
  // The reader is at a broken place, behind the change at `last`.
  torn_end(frame_reader& reader, std::uint64_t last) : reader_(&reader), last_(last) {}

  // True also where there is too much to be looked at, unless the broken change would end the file,
  // and no bit of its length is damaged. Leaves the reader anywhere.
  bool may_be_synced() {
    const std::uint64_t at = reader_->offset();
    if (at == 0) return find_change_behind(*reader_, last_) || reader_->has_passed_over();
    const bool ends_file = begins_change_that_ends_file();
    reader_->go_to(at + 1);
    if (!ends_file) return is_synced_behind() || reader_->has_passed_over();
    if (is_continued()) return true;
    if (!reader_->has_passed_over()) return false;
    reader_->go_to(at);
    return is_whole_but_for_a_bit_of_its_length();
  }

 private:
  using payload_type = std::span<const unsigned char>;

  bool begins_change_that_ends_file() {
    std::uint64_t length = 0;
    std::uint64_t position = 0;
    const payload_type payload = reader_->look_ahead(length);
    return !payload.empty() && length <= max_payload_bytes &&
           reader_->size() - reader_->offset() <= frame_head_bytes + length &&
           steady::read_position(payload, position) && position == last_ + 1;
  }
  bool is_synced_behind() {
    payload_type payload;
    while (find_change_behind(*reader_, last_)) {
      reader_->next(payload);
      if (steady::is_after_sync(payload)) return true;
    }
    return false;
  }
  // Whether the change after the broken one is there, and one behind a sync: that change, or one of
  // those that follow it without a gap.
  bool is_continued() {
    const std::uint64_t after = last_ + 2;
    std::uint64_t next = after;
    std::uint64_t next_at = 0;  // where the change at `next` begins
    const auto continues = [&](payload_type candidate) {
      std::uint64_t found = 0;
      return steady::read_position(candidate, found) &&
             (found == after || (found == next && reader_->offset() == next_at));
    };
    payload_type payload;
    while (reader_->find(max_payload_bytes, continues)) {
      reader_->next(payload);
      if (steady::is_after_sync(payload)) return true;
      steady::read_position(payload, next);
      ++next;
      next_at = reader_->offset();
    }
    return false;
  }

  bool is_whole_but_for_a_bit_of_its_length() {
    std::uint64_t length = 0;
    reader_->look_ahead(length);
    for (std::uint64_t bit = 1; bit <= max_payload_bytes; bit *= 2) {
      if (reader_->is_whole_with(length ^ bit)) return true;
    }
    return false;
  }

  frame_reader* reader_;
  std::uint64_t last_;
};

}  // namespace steady::detail
