// Splitting: the usual step of a migration. A whole old bucket goes to one or two new ones, its
// targets, to which nothing was written yet. Every element of the bucket itself keeps the number of
// its slot, so nothing is searched or counted, and the new headers are the old one, divided; what
// was in overflow fills the gaps.
//
// Which target an element goes to is random; so it is worked out as a mask, never branched on.
#pragma once

#include <bit>
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
  // With `byte` where there was 0.
  void put(unsigned number, std::uint8_t byte) noexcept {
    const std::uint64_t shifted = std::uint64_t{byte} << byte_shift(number % 8);
    (number < 8 ? low : high) |= shifted;
  }
  // These without `part`, which are some of them.
  header_words without(const header_words& part) const noexcept {
    return {low ^ part.low, high ^ part.high};
  }
  bool all_zero() const noexcept { return (low | high) == 0; }

  // Where byte i of a word in memory is.
  static constexpr unsigned byte_shift(unsigned byte) noexcept {
    return std::endian::native == std::endian::little ? 8 * byte : 56 - 8 * byte;
  }
};

static_assert(sizeof(header_words) == sizeof(bucket_header));

template <class Elements, class Array, class Memory>
class splitting {
 public:
  using layout = typename Array::layout;
  using overflow = typename Array::overflow;
  using slot_type = typename Elements::slot_type;

  splitting(const evacuation_plan& plan, Array& source, Array& target, Memory& memory) noexcept
      : memory_(memory),
        header_(source.header(plan.source)),
        from_(source.slots(plan.source)),
        target_header_(target.header(plan.target)),
        to_(target.slots(plan.target)),
        two_(plan.targets == 2),
        across_(two_ ? layout::width : 0),
        bits_above_(two_ ? target.line().log2_buckets() - 1 : 0) {}

  static constexpr bool applies_to(const evacuation_plan& plan) noexcept {
    return plan.targets <= 2 && plan.fresh && plan.empties_source;
  }
  // Throws what `position_of` throws; nothing has changed then. Where that is nothing, elements are
  // hashed and moved in one go.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE void run_without_overflow(const PositionOf& position_of) {
    const std::uint32_t upper = move_bucket(position_of);
    const header_words words = header_words::of(header_);
    const header_words second = words.bytes_of(upper);
    write_headers(words.without(second), second);
    memory_.recorder.evacuated();
  }

  // The same where the source has overflow. False if that is more than one bucket, or does not fit
  // the targets' own slots; nothing has changed then.
  template <class PositionOf>
  bool run_with_overflow(overflow& chain, const PositionOf& position_of) {
    if (chain.next != nullptr) return false;
    slot_type* const slots = Array::overflow_slots(&chain);
    const std::uint32_t arriving = ~group::match_empty(&chain) & all_overflow_slots;
    const std::uint32_t arriving_upper = find_upper(slots, arriving, position_of);
    const std::uint32_t full = occupied();
    const std::uint32_t upper = find_upper(from_, full, position_of);
    const auto gaps_fit = [](std::uint32_t taken, std::uint32_t more) {
      return std::popcount(taken) + std::popcount(more) <= static_cast<int>(layout::width);
    };
    if (!gaps_fit(full & ~upper, arriving & ~arriving_upper) || !gaps_fit(upper, arriving_upper))
      return false;

    move_to_sides(side_from(upper));
    const header_words words = header_words::of(header_).bytes_of(all_slots);  // less the filter
    header_words second = words.bytes_of(upper);
    header_words first = words.without(second);
    fill_gaps(first, full & ~upper, 0, chain, slots, arriving & ~arriving_upper);
    fill_gaps(second, upper, ~std::uint64_t{0}, chain, slots, arriving_upper);
    write_headers(first, second);
    memory_.recorder.moved(static_cast<std::size_t>(std::popcount(arriving)));
    --memory_.overflow_buckets;  // the source's chunk takes it along
    memory_.recorder.evacuated();
    return true;
  }

 private:
  using group = typename layout::group;

  static constexpr std::uint32_t all_slots = slots_mask(layout::width);
  static constexpr std::uint32_t all_overflow_slots = slots_mask(layout::overflow_width);

  // The slots of the source bucket that hold elements.
  std::uint32_t occupied() const noexcept { return ~group::match_empty(header_) & all_slots; }

  // The elements of the bucket itself. Returns the slots of those that go to the second target.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE std::uint32_t move_bucket(const PositionOf& position_of) {
    if constexpr (noexcept(position_of(*from_))) {
      return move_to_sides([&](unsigned number) { return side_of(position_of(from_[number])); });
    } else {
      return move_to_sides(side_from(find_upper(from_, occupied(), position_of)));
    }
  }

  // Those of the elements in `full` that go to the second target.
  template <class PositionOf>
  std::uint32_t find_upper(const slot_type* slots, std::uint32_t full,
                           const PositionOf& position_of) const {
    std::uint32_t upper = 0;
    for (std::uint32_t rest = full; rest != 0; rest &= rest - 1) {
      const unsigned number = lowest_bit(rest);
      upper |= static_cast<std::uint32_t>(side_of(position_of(slots[number])) & 1u) << number;
    }
    return two_ ? upper : 0;
  }
  static auto side_from(std::uint32_t upper) noexcept {
    return [upper](unsigned number) { return -std::uint64_t{upper >> number & 1}; };
  }

  // Moves the elements `arriving` from overflow to the slots of one side that `taken` leaves.
  void fill_gaps(header_words& tags, std::uint32_t taken, std::uint64_t side, const overflow& chain,
                 slot_type* from, std::uint32_t arriving) noexcept {
    std::uint32_t gaps = all_slots & ~taken;
    for (; arriving != 0; arriving &= arriving - 1, gaps &= gaps - 1) {
      const unsigned arrival = lowest_bit(arriving);
      const unsigned number = lowest_bit(gaps);
      tags.put(number, chain.tags[arrival]);
      relocate<Elements>(memory_.allocator(), slot_on(side, number), from + arrival);
    }
  }

  // `side(number)` is 0 for what goes to the first target, all ones for the second.
  template <class Side>
  STEADY_ALWAYS_INLINE std::uint32_t move_to_sides(const Side& side) noexcept {
    std::uint32_t upper = 0;
    std::size_t moved = 0;
    for (std::uint32_t rest = occupied(), next = 0; rest != 0; rest = next, ++moved) {
      next = rest & (rest - 1);
      const unsigned number = lowest_bit(rest);
      const std::uint64_t mask = side(number);
      upper |= (rest ^ next) & static_cast<std::uint32_t>(mask);
      relocate<Elements>(memory_.allocator(), slot_on(mask, number), from_ + number);
    }
    memory_.recorder.moved(moved);
    return two_ ? upper : 0;
  }

  // All ones if the bit that tells the two targets apart is set.
  std::uint64_t side_of(std::uint64_t position) const noexcept {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(position << bits_above_) >> 63);
  }

  // The second target's slots follow the first one's, because they are in one chunk.
  slot_type* slot_on(std::uint64_t side, unsigned number) const noexcept {
    return to_ + number + (side & across_);
  }

  void write_headers(const header_words& first, const header_words& second) noexcept {
    write(target_header_, first);
    if (two_) write(target_header_ + 1, second);
  }
  void write(bucket_header* header, const header_words& words) noexcept {
    words.write_to(header);
    if (words.all_zero()) memory_.recorder.zeroed(sizeof words);
  }

  Memory& memory_;
  bucket_header* header_;
  slot_type* from_;
  bucket_header* target_header_;  // header and slots of the first target
  slot_type* to_;
  bool two_;
  std::uint64_t across_;  // slots from the first target to the second
  unsigned bits_above_;
};

}  // namespace steady::detail
