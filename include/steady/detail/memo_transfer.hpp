// Memos on their way from a bucket that is split to its targets, in arrays that keep some: what
// they tell of its elements, and what the targets get of them. In other arrays there is nothing to
// do.
//
// A target's slots, and so its memos, have the numbers that they have in the source; memos of empty
// slots may be anything, and so may those of targets that own nothing yet.
#pragma once

#include <cstdint>
#include <cstring>

#include <steady/detail/bucket.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/hash_line.hpp>

namespace steady::detail {

template <class Array, bool = Array::layout::keeps_memos>
class memo_transfer {
 public:
  using slot_type = typename Array::slot_type;

  // From the bucket `from` of `source` to the bucket `to` of `target` and, if there are `two`, the
  // next one; beside each its slots.
  STEADY_ALWAYS_INLINE memo_transfer(const Array& source, slot_type* from_slots, std::uint64_t from,
                                     const Array& target, slot_type* to_slots, std::uint64_t to,
                                     bool two) noexcept
      : from_(Array::memos(from_slots, from)),
        target_(target),
        to_slots_(to_slots),
        to_(to),
        two_(two),
        bit_(source.memo().half_bit(target.line().log2_buckets() - 1)),
        stays_valid_(source.memo() == target.memo()) {}

  // Whether the memos tell of all slots in `full` to which target they go.
  STEADY_ALWAYS_INLINE bool tell_all(std::uint32_t full) const noexcept {
    if (!two_) return true;
    return bit_ < line_memo::known_bit &&
           (full & ~group::bits_of(from_, line_memo::known_bit)) == 0;
  }
  // The slots that go to the second target, where memos tell.
  STEADY_ALWAYS_INLINE std::uint32_t upper() const noexcept {
    return two_ ? group::bits_of(from_, bit_) : 0;
  }

  // Gives the targets the memos of the source; where theirs are others, none.
  STEADY_ALWAYS_INLINE void pass_on() const noexcept {
    pass_on_to(0);
    if (two_) pass_on_to(1);
  }

  // Makes the memo of an element anew, on both sides or on one.
  void renew(std::uint64_t number, std::uint64_t position) const noexcept {
    renew_one(0, number, position);
    if (two_) renew_one(1, number, position);
  }
  void renew_one(std::uint64_t side, std::uint64_t number, std::uint64_t position) const noexcept {
    const std::uint64_t next = side & 1;
    target_.remember(to_slots_ + next * Array::layout::width, to_ + next, number, position);
  }

 private:
  using group = typename Array::layout::group;

  STEADY_ALWAYS_INLINE void pass_on_to(std::uint64_t next) const noexcept {
    std::uint8_t* const to = Array::memos(to_slots_ + next * Array::layout::width, to_ + next);
    if (stays_valid_) [[likely]] {
      std::memcpy(to, from_, sizeof(bucket_header));
    } else {
      std::memset(to, line_memo::unknown, sizeof(bucket_header));
    }
  }

  const std::uint8_t* from_;
  const Array& target_;
  slot_type* to_slots_;
  std::uint64_t to_;
  bool two_;
  unsigned bit_;
  bool stays_valid_;
};

template <class Array>
class memo_transfer<Array, false> {
 public:
  template <class Slot>
  STEADY_ALWAYS_INLINE memo_transfer(const Array&, Slot*, std::uint64_t, const Array&, Slot*,
                                     std::uint64_t, bool) noexcept {}
  void renew(std::uint64_t, std::uint64_t) const noexcept {}
  void renew_one(std::uint64_t, std::uint64_t, std::uint64_t) const noexcept {}
};

}  // namespace steady::detail
