// Where an element is, as lookups, insertions and iterators have it.
#pragma once

#include <cstdint>

#include <steady/detail/bucket.hpp>
#include <steady/detail/config.hpp>

namespace steady::detail {

// A slot and its tag.
template <class Slot>
struct tagged_slot {
  Slot* slot;
  std::uint8_t* tag;
};

// Where an element is: its slot, and its byte in a header or an overflow bucket, both of which are
// 16 bytes long and aligned, so that it also tells the header. The slot is number `number` of those
// of several buckets in a row, from `first_bucket` on, whose headers begin with `tags`; or `tags`
// is the byte itself, and `number` 0.
template <class Slot, class Layout>
struct located {
  Slot* slot = nullptr;
  std::uint8_t* tags = nullptr;
  unsigned number = 0;
  bool in_new = false;
  bool in_overflow = false;
  // For the next ones: so many buckets of the old array, from `first_bucket` on, were looked at. 0:
  // unknown.
  std::uint8_t whole = 0;
  std::uint64_t first_bucket = 0;
  // For the next ones: the first of the slots that are numbered, and the numbers of those behind
  // this one that held elements when the table had seen so many erasures.
  Slot* slots = nullptr;
  std::uint64_t later = 0;  // 0 also where nobody looked
  std::uint64_t erasures = 0;

  // One element, of which nothing else is known.
  static STEADY_ALWAYS_INLINE located one(Slot* slot, std::uint8_t* tag, bool in_new,
                                          bool in_overflow, std::uint64_t bucket) noexcept {
    return {slot, tag, 0, in_new, in_overflow, 0, bucket};
  }

  explicit operator bool() const noexcept { return slot != nullptr; }
  std::uint8_t* tag() const noexcept {
    return tags + number + number / Layout::width * (sizeof(bucket_header) - Layout::width);
  }
  std::uint64_t bucket() const noexcept { return first_bucket + number / Layout::width; }
};

inline std::uint8_t* header_around(std::uint8_t* tag) noexcept {
  return tag - (reinterpret_cast<std::uintptr_t>(tag) % sizeof(bucket_header));
}

// The position of one element, and a flag, in three words: what functions return that are called
// out of line for what is rare. Each word is read as it was written. A position that comes through
// memory is copied on in wider pieces than it was written in, also where nothing was called, and
// each such copy waits for all stores before it (docs/dead-ends.md, "Building results from narrow
// stores").
template <class Slot, class Layout>
class packed_position {
 public:
  using position = located<Slot, Layout>;

  STEADY_ALWAYS_INLINE packed_position(const position& at, bool flag) noexcept
      : slot_(at.slot),
        tag_(at.tag()),
        rest_(at.bucket() << 3 | std::uint64_t{at.in_new} << 2 |
              std::uint64_t{at.in_overflow} << 1 | std::uint64_t{flag}) {}

  STEADY_ALWAYS_INLINE position at() const noexcept {
    return position::one(slot_, tag_, (rest_ & 4) != 0, (rest_ & 2) != 0, rest_ >> 3);
  }
  STEADY_ALWAYS_INLINE bool flag() const noexcept { return (rest_ & 1) != 0; }

 private:
  Slot* slot_;
  std::uint8_t* tag_;
  std::uint64_t rest_;  // a bucket's number has 48 bits
};

}  // namespace steady::detail
