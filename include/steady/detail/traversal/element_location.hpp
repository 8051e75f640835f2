// An element location: where an element is, as lookups, insertions and iterators have it.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/array/bucket.hpp>
#include <steady/detail/base/config.hpp>

namespace steady::detail {

// An element's slot, and its byte in a header or an overflow bucket, both of which are 16 bytes
// long and aligned, so that it also tells the header. The slot is number `number` of those of
// several buckets in a row, from `first_bucket` on, whose headers begin with `tags`; or `tags` is
// the byte itself, and `number` 0.
template <class Slot, class Layout>
struct element_location {
  Slot* slot = nullptr;
  std::uint8_t* tags = nullptr;
  unsigned number = 0;
  bool in_new = false;
  bool in_overflow = false;
  // So many buckets of the old array, from `first_bucket` on, are visited with this one; 0:
  // unknown.
  std::uint8_t whole = 0;
  std::uint64_t first_bucket = 0;
  // The first of the numbered slots, and the occupied slots not visited yet. Valid while `shape`
  // equals the table's.
  Slot* slots = nullptr;
  std::uint64_t later = 0;  // 0 also if not computed
  std::uint64_t shape = 0;

  // One element, of which nothing else is known.
  static STEADY_ALWAYS_INLINE element_location one(Slot* slot, std::uint8_t* tag, bool in_new,
                                                   bool in_overflow,
                                                   std::uint64_t bucket) noexcept {
    return {slot, tag, 0, in_new, in_overflow, 0, bucket};
  }

  explicit operator bool() const noexcept { return slot != nullptr; }
  std::uint8_t* tag() const noexcept { return tags + tag_offset(number); }
  // Where the tag of a numbered slot is, from `tags` on.
  static std::size_t tag_offset(unsigned number) noexcept {
    return number + number / Layout::width * (sizeof(bucket_header) - Layout::width);
  }
  std::uint64_t bucket() const noexcept { return first_bucket + number / Layout::width; }
};

// The location of one element, and a flag, in three words: what functions return that are called
// out of line for what is rare. Each word is read as it was written. A location that comes through
// memory is copied on in wider pieces than it was written in, and each such copy waits for all
// stores before it (docs/dead-ends.md, "Building results from narrow stores").
template <class Slot, class Layout>
class packed_location {
 public:
  using location = element_location<Slot, Layout>;

  STEADY_ALWAYS_INLINE packed_location(const location& at, bool flag) noexcept
      : slot_(at.slot),
        tag_(at.tag()),
        rest_(at.bucket() << 3 | std::uint64_t{at.in_new} << 2 |
              std::uint64_t{at.in_overflow} << 1 | std::uint64_t{flag}) {}

  STEADY_ALWAYS_INLINE location at() const noexcept {
    return location::one(slot_, tag_, (rest_ & 4) != 0, (rest_ & 2) != 0, rest_ >> 3);
  }
  STEADY_ALWAYS_INLINE bool flag() const noexcept { return (rest_ & 1) != 0; }

 private:
  Slot* slot_;
  std::uint8_t* tag_;
  std::uint64_t rest_;  // a bucket's number has 48 bits
};

}  // namespace steady::detail
