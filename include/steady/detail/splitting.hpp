// Splitting: the usual step of a migration. A whole old bucket goes to one or two new ones, its
// targets, to which nothing was written yet. Every element of the bucket itself keeps the number of
// its slot, so nothing is searched or counted, and the new headers are the old one, divided.
//
// Which target an element goes to is random; so it is worked out as a mask, never branched on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/evacuation_plan.hpp>
#include <steady/detail/gathering.hpp>

namespace steady::detail {

// A header's 16 bytes, in registers.
struct header_words {
  std::uint64_t low;
  std::uint64_t high;

  static header_words of(const bucket_header* header) noexcept {
    header_words words;
    std::memcpy(&words, header, sizeof words);
    return words;
  }
  void write_to(bucket_header* header) const noexcept { std::memcpy(header, this, sizeof *this); }

  // The bytes whose bits are set in `slots`.
  header_words bytes_of(std::uint32_t slots) const noexcept {
    return {low & little_endian(bytes_of_bits(slots & 0xff)),
            high & little_endian(bytes_of_bits(slots >> 8 & 0xff))};
  }
  // These without `part`, which are some of them.
  header_words without(const header_words& part) const noexcept {
    return {low ^ part.low, high ^ part.high};
  }
  bool all_zero() const noexcept { return (low | high) == 0; }
};

static_assert(sizeof(header_words) == sizeof(bucket_header));

template <class Elements, class Array, class Memory>
class splitting {
 public:
  using layout = typename Array::layout;
  using slot_type = typename Elements::slot_type;

  static constexpr bool applies_to(const evacuation_plan& plan) noexcept {
    return plan.targets <= 2 && plan.fresh && plan.empties_source;
  }

  splitting(const evacuation_plan& plan, Array& source, Array& target, Memory& memory) noexcept
      : memory_(memory),
        header_(source.header(plan.source)),
        from_(source.slots(plan.source)),
        to_(target.slots(plan.target)),
        target_header_(target.header(plan.target)),
        two_(plan.targets == 2),
        bits_above_(two_ ? target.line().log2_buckets() - 1 : 0) {}

  // The slots of the source bucket that hold elements.
  std::uint32_t occupied() const noexcept { return ~group::match_empty(header_) & all_slots; }

  // All of a split where the source bucket has no overflow and hashing does not throw: each element
  // is hashed and moved in one go.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE void run(const PositionOf& position_of) noexcept {
    const std::uint32_t upper =
        move_to_sides([&](unsigned number) { return side_of(position_of(from_[number])); });
    const header_words words = header_words::of(header_);
    const header_words second = words.bytes_of(upper);
    write(target_header_, words.without(second));
    if (two_) write(target_header_ + 1, second);
    memory_.recorder.evacuated();
  }

  // The slots whose elements go to the second target. Throws what `position_of` throws.
  template <class PositionOf>
  std::uint32_t find_sides(const PositionOf& position_of) const {
    std::uint32_t upper = 0;
    for (std::uint32_t rest = occupied(); rest != 0; rest &= rest - 1) {
      const unsigned number = lowest_bit(rest);
      upper |= static_cast<std::uint32_t>(side_of(position_of(from_[number])) & 1u) << number;
    }
    return two_ ? upper : 0;
  }

  // Moves the source bucket's elements. `side(number)` is 0 for those that go to the first target,
  // all ones for the second. Returns the slots of the latter.
  template <class Side>
  STEADY_ALWAYS_INLINE std::uint32_t move_to_sides(const Side& side) noexcept {
    // The second target's slots follow the first one's, because they are in one chunk.
    const std::uint64_t across = two_ ? layout::width : 0;
    std::uint32_t upper = 0;
    std::size_t moved = 0;
    for (std::uint32_t rest = occupied(), next = 0; rest != 0; rest = next, ++moved) {
      next = rest & (rest - 1);
      const unsigned number = lowest_bit(rest);
      const std::uint64_t mask = side(number);
      upper |= (rest ^ next) & static_cast<std::uint32_t>(mask);
      relocate<Elements>(memory_.allocator(), to_ + number + (mask & across), from_ + number);
    }
    memory_.recorder.moved(moved);
    return two_ ? upper : 0;
  }

 private:
  using group = typename layout::group;

  static constexpr std::uint32_t all_slots = slots_mask(layout::width);

  // All ones if the bit that tells the two targets apart is set.
  std::uint64_t side_of(std::uint64_t position) const noexcept {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(position << bits_above_) >> 63);
  }

  void write(bucket_header* header, const header_words& words) noexcept {
    words.write_to(header);
    if (words.all_zero()) memory_.recorder.zeroed(sizeof words);
  }

  Memory& memory_;
  bucket_header* header_;
  slot_type* from_;
  slot_type* to_;  // slots and header of the first target
  bucket_header* target_header_;
  bool two_;
  unsigned bits_above_;
};

}  // namespace steady::detail
