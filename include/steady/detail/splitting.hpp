// Splitting: the usual step of a migration. A whole old bucket goes to one or two new ones, its
// targets, to which nothing was written yet. Every element of the bucket itself keeps the number of
// its slot, so nothing is searched or counted, and the new headers are the old one, divided; what
// was in overflow fills the gaps.
//
// Which target an element goes to is random, and so is which slots are filled; neither is branched
// on where elements are copied as bytes: all slots, filled or not, are hashed and copied to both
// targets, and only the headers tell what of that is there.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/evacuation_plan.hpp>
#include <steady/detail/gathering.hpp>
#include <steady/detail/group.hpp>
#include <steady/detail/pointers.hpp>
#include <steady/detail/poison.hpp>

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
  void put(std::uint64_t number, std::uint8_t byte) noexcept {
    const std::uint64_t shifted = std::uint64_t{byte} << byte_shift(number % 8);
    (number < 8 ? low : high) |= shifted;
  }
  // These without `part`, which are some of them.
  header_words without(const header_words& part) const noexcept {
    return {low ^ part.low, high ^ part.high};
  }
  bool all_zero() const noexcept { return (low | high) == 0; }

  // Where byte i of a word in memory is.
  static constexpr std::uint64_t byte_shift(std::uint64_t byte) noexcept {
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

  // The bucket `from` of `source`, to the bucket `to` of `target` and, if `two`, the next one.
  STEADY_ALWAYS_INLINE splitting(Array& source, std::uint64_t from, Array& target, std::uint64_t to,
                                 bool two, Memory& memory) noexcept
      : memory_(memory),
        header_(source.header(from)),
        from_(source.slots(from)),
        target_header_(target.header(to)),
        to_(target.slots(to)),
        two_(two),
        across_(two ? layout::width : 0),
        bits_above_(two ? target.line().log2_buckets() - 1 : 0) {}

  static constexpr bool applies_to(const evacuation_plan& plan) noexcept {
    return plan.targets <= 2 && plan.fresh && plan.empties_source;
  }

  // With what overflows into `chain`, which may be null. Throws what `position_of` throws. False if
  // the overflow is of an unusual kind, or does not fit the targets' own slots. Nothing has changed
  // then.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE bool run(overflow* chain, const PositionOf& position_of) {
    if constexpr (copies_bytes<PositionOf>) {
      return run_on_bytes(chain, position_of);
    } else {
      if (chain != nullptr) [[unlikely]]
        return run_with_overflow(*chain, position_of);
      run_without_overflow(position_of);
      return true;
    }
  }

 private:
  using group = typename layout::group;
  using allocator_type = typename Memory::allocator_type;

  static constexpr std::uint32_t all_slots = slots_mask(layout::width);
  static constexpr std::uint32_t all_overflow_slots = slots_mask(layout::overflow_width);

  template <class PositionOf>
  static constexpr bool copies_bytes =
      PositionOf::takes_any_bytes&& Elements::template is_copied_as_bytes<allocator_type>() &&
      layout::has_short_buckets && !poisons<allocator_type> && !unwritten_bytes_are_watched;

  // ---- elements that are copied as bytes ----

  template <class PositionOf>
  STEADY_ALWAYS_INLINE bool run_on_bytes(overflow* chain, const PositionOf& position_of) {
    const std::uint32_t full = occupied();
    const std::uint32_t upper = copy_to_both(position_of) & full;
    const header_words words = header_words::of(header_).bytes_of(all_slots);  // less the filter
    header_words second = words.bytes_of(upper);
    header_words first = words.without(second);
    std::size_t arrived = 0;
    if (chain != nullptr) [[unlikely]] {
      const std::uint32_t gaps = (all_slots & ~upper) << 16 | (all_slots & ~(full & ~upper));
      target_tags targets{{first.low, first.high, second.low, second.high}};
      arrived = fill_gaps_on_bytes(targets, gaps, chain, position_of);
      if (arrived == too_many) return false;
      first = {targets.words[0], targets.words[1]};
      second = {targets.words[2], targets.words[3]};
    }
    write_headers(first, second);
    memory_.recorder.hashed_and_moved(full, arrived);
    memory_.recorder.evacuated();
    return true;
  }

  // Copies all slots. Returns those whose bytes, if they are an element, belong to the second
  // target.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE std::uint32_t copy_to_both(const PositionOf position_of) noexcept {
    // Locals, because what is copied might be anything else.
    const slot_type* const from = from_;
    slot_type* const first = to_;
    slot_type* const second = two_ ? to_ + layout::width : to_;
    const unsigned bits_below = 63 - bits_above_;
    std::uint32_t upper = 0;
    for (unsigned number = layout::width; number-- > 0;) {
      const slot_bytes bytes = load_slot(from + number);
      upper = 2 * upper +
              static_cast<std::uint32_t>(position_of.of_bytes(from[number]) >> bits_below & 1u);
      store_slot(first + number, bytes);
      store_slot(second + number, bytes);
    }
    return two_ ? upper : 0;
  }

  struct slot_bytes {
    std::byte bytes[sizeof(slot_type)];
  };
  static STEADY_ALWAYS_INLINE slot_bytes load_slot(const slot_type* from) noexcept {
    slot_bytes loaded;
    std::memcpy(&loaded, static_cast<const void*>(from), sizeof loaded);
    return loaded;
  }
  static STEADY_ALWAYS_INLINE void store_slot(slot_type* to, const slot_bytes& bytes) noexcept {
    std::memcpy(static_cast<void*>(to), &bytes, sizeof bytes);
  }

  static constexpr std::size_t too_many = std::numeric_limits<std::size_t>::max();

  // The headers of both targets, low and high word of each.
  struct target_tags {
    std::uint64_t words[4];
  };

  // Copies what is in overflow to the slots that are in `gaps`, the second target's 16 bits up.
  // Returns how many elements these are; too_many if they do not all fit.
  template <class PositionOf>
  STEADY_NOINLINE std::size_t fill_gaps_on_bytes(target_tags& targets, std::uint32_t gaps,
                                                 overflow* chain, const PositionOf& position_of) {
    std::size_t arrived = 0;
    std::size_t passed = 0;
    for (; chain != nullptr; chain = to_raw(chain->next), ++passed) {
      const slot_type* const slots = Array::overflow_slots(chain);
      std::uint32_t full = ~group::match_empty(chain) & all_overflow_slots;
      for (; full != 0; full &= full - 1, ++arrived) {
        const auto from = lowest_bit(full);
        const std::uint64_t side = side_of(position_of.of_bytes(slots[from]));
        const auto base = static_cast<unsigned>(side & 16u);
        const std::uint32_t own_gaps = gaps >> base & all_slots;
        if (own_gaps == 0) return too_many;
        const auto number = lowest_bit(own_gaps);
        gaps &= ~(std::uint32_t{1} << (base + number));
        store_slot(slot_on(side, number), load_slot(slots + from));
        targets.words[(base + number) / 8] |= std::uint64_t{chain->tags[from]}
                                              << header_words::byte_shift(number % 8);
      }
    }
    memory_.overflow_buckets -= passed;  // the source's chunk takes them along
    return arrived;
  }

  // ---- other elements ----

  // Where `position_of` does not throw, elements are hashed and moved in one go.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE void run_without_overflow(const PositionOf& position_of) {
    const std::uint32_t upper = move_bucket(position_of);
    const header_words words = header_words::of(header_);
    const header_words second = words.bytes_of(upper);
    write_headers(words.without(second), second);
    memory_.recorder.evacuated();
  }

  template <class PositionOf>
  STEADY_NOINLINE bool run_with_overflow(overflow& chain, const PositionOf& position_of) {
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

  // The elements of the bucket itself. Returns the slots of those that go to the second target.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE std::uint32_t move_bucket(const PositionOf& position_of) {
    if constexpr (noexcept(position_of(*from_))) {
      return move_to_sides(
          [&](std::uint64_t number) { return side_of(position_of(from_[number])); });
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
      const auto number = lowest_bit(rest);
      upper |= static_cast<std::uint32_t>(side_of(position_of(slots[number])) & 1u) << number;
    }
    return upper;
  }
  static auto side_from(std::uint32_t upper) noexcept {
    return [upper](std::uint64_t number) { return -std::uint64_t{upper >> number & 1}; };
  }

  // Moves the elements `arriving` from overflow to the slots of one side that `taken` leaves.
  void fill_gaps(header_words& tags, std::uint32_t taken, std::uint64_t side, const overflow& chain,
                 slot_type* from, std::uint32_t arriving) noexcept {
    std::uint32_t gaps = all_slots & ~taken;
    for (; arriving != 0; arriving &= arriving - 1, gaps &= gaps - 1) {
      const auto arrival = lowest_bit(arriving);
      const auto number = lowest_bit(gaps);
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
      const auto number = lowest_bit(rest);
      const std::uint64_t mask = side(number);
      upper |= (rest ^ next) & static_cast<std::uint32_t>(mask);
      relocate<Elements>(memory_.allocator(), slot_on(mask, number), from_ + number);
    }
    memory_.recorder.moved(moved);
    return upper;
  }

  // ---- both ----

  // The slots of the source bucket that hold elements.
  std::uint32_t occupied() const noexcept { return ~group::match_empty(header_) & all_slots; }

  // All ones for what goes to the second target, else 0.
  STEADY_ALWAYS_INLINE std::uint64_t side_of(std::uint64_t position) const noexcept {
    if (!two_) return 0;
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(position << bits_above_) >> 63);
  }

  // The second target's slots follow the first one's, because they are in one chunk.
  slot_type* slot_on(std::uint64_t side, std::uint64_t number) const noexcept {
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
