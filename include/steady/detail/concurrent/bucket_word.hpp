// The word of a bucket: the only truth about it. Everything else, tags, slots and overflow, means
// what the word says when it is read again and has not changed (docs/concurrent.md).
//
//   bit 0        locked: one thread may write the bucket
//   bit 1        changing: something that readers may be reading is being overwritten
//   bit 2        moved: the bucket's elements are in the next array; for ever
//   bits 3-18    occupancy: which slots hold an element
//   bits 19-63   version: counts up whenever something that readers may have read is changed or
//                taken away. An element in a slot that was empty does not count
//
// Only the thread that has the lock writes the word. (Threads that wait for it sleep at a place of
// their own, see bucket_lock.hpp: unlocking is a plain store.) The version does not come back
// before 2^45 changes of one bucket.
#pragma once

#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/line/slot_set.hpp>

namespace steady::detail {

class bucket_word {
 public:
  static constexpr unsigned max_width = 16;

  constexpr bucket_word() noexcept = default;
  constexpr explicit bucket_word(std::uint64_t bits) noexcept : bits_(bits) {}

  constexpr std::uint64_t bits() const noexcept { return bits_; }

  constexpr bool is_locked() const noexcept { return (bits_ & locked) != 0; }
  // Neither changing nor moved: what is read now may be true.
  constexpr bool is_readable() const noexcept { return (bits_ & (changing | moved)) == 0; }
  // Readable, and not locked.
  constexpr bool is_at_rest() const noexcept { return (bits_ & (locked | changing | moved)) == 0; }
  constexpr bool is_changing() const noexcept { return (bits_ & changing) != 0; }
  constexpr bool is_moved() const noexcept { return (bits_ & moved) != 0; }
  constexpr slot_set occupied() const noexcept {
    return slot_set(static_cast<std::uint32_t>(bits_ >> occupancy_shift & 0xffff));
  }

  constexpr bucket_word with_lock() const noexcept { return bucket_word(bits_ | locked); }
  constexpr bucket_word in_change() const noexcept { return bucket_word(bits_ | changing); }
  constexpr bucket_word with_moved() const noexcept { return bucket_word(bits_ | moved); }
  constexpr bucket_word with_slot(std::uint64_t slot) const noexcept {
    return bucket_word(bits_ | slot_bit(slot));
  }
  constexpr bucket_word with_slots(slot_set slots) const noexcept {
    return bucket_word(bits_ | std::uint64_t{slots.bits()} << occupancy_shift);
  }
  constexpr bucket_word without_slots(slot_set slots) const noexcept {
    return bucket_word(bits_ & ~(std::uint64_t{slots.bits()} << occupancy_shift));
  }
  // With the next version, and not changing.
  constexpr bucket_word changed() const noexcept {
    return bucket_word((bits_ & ~changing) + version_unit);
  }

  // Whether what was read of the bucket under this word is still true under `now`. Elements may
  // have been added to empty slots.
  constexpr bool still_true_under(bucket_word now) const noexcept {
    return ((bits_ ^ now.bits_) & ~(locked | occupancy)) == 0;
  }

  friend constexpr bool operator==(bucket_word, bucket_word) noexcept = default;

 private:
  static constexpr std::uint64_t locked = 1;
  static constexpr std::uint64_t changing = 2;
  static constexpr std::uint64_t moved = 4;
  static constexpr unsigned occupancy_shift = 3;
  static constexpr std::uint64_t occupancy = std::uint64_t{0xffff} << occupancy_shift;
  static constexpr std::uint64_t version_unit = std::uint64_t{1} << 19;

  static constexpr std::uint64_t slot_bit(std::uint64_t slot) noexcept {
    return std::uint64_t{1} << (slot + occupancy_shift);
  }

  std::uint64_t bits_ = 0;
};

}  // namespace steady::detail
