// Whether a broken place in a log was synced, so that it is damage, or may be a write that did not
// finish.
//
// Whole changes behind the place tell, by after_sync. Values may hold bytes that look like changes,
// so where the broken one begins as the next change, and would end the file, those behind it count
// only if they go on behind it: it is the length then that is damaged. A header is synced before
// changes are written, so behind a broken one any change tells.
//
// What a snapshot has makes no difference, but for which change may be the next one.
//
//   Bound   that of frame_reader::find().
//   Throws  as frame_reader.
#pragma once

#include <cstdint>
#include <span>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/durable/frame_reader.hpp>
#include <steady/records.hpp>

namespace steady::detail {

// Goes on to the next whole change behind a position, and behind `kept`, which is no less, by no
// more than there are bytes: what is not checked yet looks so by chance once in 2^30 places.
inline bool find_change_behind(frame_reader& reader, std::uint64_t position, std::uint64_t kept) {
  return reader.find(max_payload_bytes, [&](std::span<const unsigned char> candidate) {
    std::uint64_t found = 0;
    return steady::read_position(candidate, found) && found > position &&
           (found <= kept || found - kept <= reader.size());
  });
}
inline bool find_change_behind(frame_reader& reader, std::uint64_t position) {
  return find_change_behind(reader, position, position);
}

class torn_end {
 public:
  // The reader is at a broken place, behind the change at `last`. Changes up to `kept`, which a
  // snapshot has, may be missing there.
  torn_end(frame_reader& reader, std::uint64_t last, std::uint64_t kept)
      : reader_(&reader), last_(last), kept_(max_of(last, kept)) {}

  // True also where there is too much to be looked at, unless the broken change would end the file,
  // and no bit of its length is damaged. Leaves the reader anywhere.
  bool may_be_synced() {
    const std::uint64_t at = reader_->offset();
    if (at == 0) return find_behind() || reader_->has_passed_over();
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

  bool find_behind() { return find_change_behind(*reader_, last_, kept_); }

  bool begins_change_that_ends_file() {
    std::uint64_t length = 0;
    const payload_type payload = reader_->look_ahead(length);
    return !payload.empty() && length <= max_payload_bytes &&
           reader_->size() - reader_->offset() <= frame_head_bytes + length &&
           steady::read_position(payload, broken_) && broken_ > last_ && broken_ <= kept_ + 1;
  }
  bool is_synced_behind() {
    payload_type payload;
    while (find_behind()) {
      reader_->next(payload);
      if (steady::is_after_sync(payload)) return true;
    }
    return false;
  }
  // Whether the change after the broken one is there, and one behind a sync: that change, or one of
  // those that follow it without a gap.
  bool is_continued() {
    const std::uint64_t after = broken_ + 1;
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
  std::uint64_t kept_;
  std::uint64_t broken_ = 0;  // the position of the change that begins there
};

}  // namespace steady::detail
