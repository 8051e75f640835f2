// Splitting: the usual step of a migration. A whole old bucket goes to one or two new ones, its
// targets, to which nothing was written yet. Every element of the bucket itself keeps the number of
// its slot, so nothing is searched or counted, and the new headers are the old one, divided; what
// was in overflow fills the gaps.
//
// Which target an element goes to is random, and so is which slots are filled; neither is branched
// on where elements are copied as bytes: all slots, filled or not, are hashed and copied to both
// targets, and only the headers tell what of that is there. Where elements are dear to hash, their
// memos tell for all of a bucket at once which target they go to.
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
#include <steady/detail/memo_transfer.hpp>
#include <steady/detail/pointers.hpp>
#include <steady/detail/poison.hpp>

namespace steady::detail {

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
        memos_(source, from_, from, target, to_, to, two),
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
    write_headers(upper);
    std::size_t arrived = 0;
    if (chain != nullptr) [[unlikely]] {
      const std::uint32_t gaps = (all_slots & ~upper) << 16 | (all_slots & ~(full & ~upper));
      // A copy is asked, so that this need not be in memory for every step.
      arrived = splitting(*this).fill_gaps_on_bytes(gaps, chain, position_of);
      if (arrived == too_many) return false;
    }
    memory_.recorder.hashed_and_moved(full, arrived);
    finish();
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
    const auto side_first = position_of.without_highest(bits_above_);
    std::uint32_t upper = 0;
    for (unsigned number = layout::width; number-- > 0;) {
      const slot_bytes bytes = load_slot(from + number);
      upper = 2 * upper + static_cast<std::uint32_t>(side_first.of_bytes(from[number]) >> 63);
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

  // Copies what is in overflow to the slots that are in `gaps`, the second target's 16 bits up.
  // Returns how many elements these are; too_many if they do not all fit.
  template <class PositionOf>
  STEADY_NOINLINE std::size_t fill_gaps_on_bytes(std::uint32_t gaps, overflow* chain,
                                                 const PositionOf& position_of) {
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
        header_on(side)->tags[number] = chain->tags[from];
      }
    }
    memory_.overflow_buckets -= passed;  // the source's chunk takes them along
    return arrived;
  }

  // ---- other elements ----

  // Where `position_of` does not throw, elements are hashed and moved in one go.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE void run_without_overflow(const PositionOf& position_of) {
    write_headers(move_bucket(position_of));
    finish();
  }

  template <class PositionOf>
  STEADY_NOINLINE bool run_with_overflow(overflow& chain, const PositionOf& position_of) {
    if (chain.next != nullptr) return false;
    slot_type* const slots = Array::overflow_slots(&chain);
    const std::uint32_t arriving = ~group::match_empty(&chain) & all_overflow_slots;
    std::uint64_t positions[layout::overflow_width];
    const std::uint32_t arriving_upper =
        find_upper(slots, arriving, position_of,
                   [&](unsigned number, std::uint64_t position) { positions[number] = position; });
    const std::uint32_t full = occupied();
    const std::uint32_t upper = find_upper_of_bucket(position_of);
    const auto gaps_fit = [](std::uint32_t taken, std::uint32_t more) {
      return std::popcount(taken) + std::popcount(more) <= static_cast<int>(layout::width);
    };
    if (!gaps_fit(full & ~upper, arriving & ~arriving_upper) || !gaps_fit(upper, arriving_upper))
      return false;

    move_to_sides(side_from(upper));
    write_headers(upper);
    fill_gaps(full & ~upper, 0, chain, slots, positions, arriving & ~arriving_upper);
    fill_gaps(upper, ~std::uint64_t{0}, chain, slots, positions, arriving_upper);
    memory_.recorder.moved(static_cast<std::size_t>(std::popcount(arriving)));
    --memory_.overflow_buckets;  // the source's chunk takes it along
    finish();
    return true;
  }

  // The elements of the bucket itself. Returns the slots of those that go to the second target.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE std::uint32_t move_bucket(const PositionOf& position_of) {
    if constexpr (layout::keeps_memos) {
      return move_to_sides(side_from(find_upper_of_bucket(position_of)));
    } else if constexpr (noexcept(position_of(*from_))) {
      return move_to_sides(
          [&](std::uint64_t number) { return side_of(position_of(from_[number])); });
    } else {
      return move_to_sides(side_from(find_upper_of_bucket(position_of)));
    }
  }

  // Those elements of the bucket itself that go to the second target. The targets get their memos
  // here, whatever comes of it: those of a bucket that owns nothing may be anything.
  template <class PositionOf>
  STEADY_ALWAYS_INLINE std::uint32_t find_upper_of_bucket(const PositionOf& position_of) const {
    const std::uint32_t full = occupied();
    if constexpr (layout::keeps_memos) {
      if (memos_.tell_all(full)) [[likely]] {
        memos_.pass_on();
        return memos_.upper() & full;
      }
    }
    return find_upper(from_, full, position_of, [this](unsigned number, std::uint64_t position) {
      memos_.renew(number, position);
    });
  }

  // Those of the elements in `full` that go to the second target. Calls `seen(number, position)`
  // for each element.
  template <class PositionOf, class Seen>
  std::uint32_t find_upper(const slot_type* slots, std::uint32_t full,
                           const PositionOf& position_of, const Seen& seen) const {
    std::uint32_t upper = 0;
    for (std::uint32_t rest = full; rest != 0; rest &= rest - 1) {
      const auto number = static_cast<unsigned>(lowest_bit(rest));
      const std::uint64_t position = position_of(slots[number]);
      upper |= static_cast<std::uint32_t>(side_of(position) & 1u) << number;
      seen(number, position);
    }
    return upper;
  }
  static auto side_from(std::uint32_t upper) noexcept {
    return [upper](std::uint64_t number) { return -std::uint64_t{upper >> number & 1}; };
  }

  // Moves the elements `arriving` from overflow, which are at `positions`, to the slots of one side
  // that `taken` leaves.
  void fill_gaps(std::uint32_t taken, std::uint64_t side, const overflow& chain, slot_type* from,
                 const std::uint64_t* positions, std::uint32_t arriving) noexcept {
    std::uint32_t gaps = all_slots & ~taken;
    for (; arriving != 0; arriving &= arriving - 1, gaps &= gaps - 1) {
      const auto arrival = lowest_bit(arriving);
      const auto number = lowest_bit(gaps);
      header_on(side)->tags[number] = chain.tags[arrival];
      memos_.renew_one(side, number, positions[arrival]);
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

  bucket_header* header_on(std::uint64_t side) const noexcept {
    return target_header_ + (side & 1);
  }

  // The tags of the old header, those in `upper` to the second target; not the filter.
  STEADY_ALWAYS_INLINE void write_headers(std::uint32_t upper) noexcept {
    if (two_) {
      group::divide(header_, upper, target_header_ + 1, target_header_);
    } else {
      *target_header_ = *header_;
    }
    target_header_->filter = 0;
  }

  void finish() noexcept {
    for (unsigned target = 0; target < (two_ ? 2u : 1u); ++target) {
      const std::uint32_t empty = group::match_empty(target_header_ + target);
      if ((empty & all_slots) == all_slots) memory_.recorder.zeroed(sizeof(bucket_header));
    }
    memory_.recorder.evacuated();
  }

  Memory& memory_;
  bucket_header* header_;
  slot_type* from_;
  bucket_header* target_header_;  // header and slots of the first target
  slot_type* to_;
  [[no_unique_address]] memo_transfer<Array> memos_;
  bool two_;
  std::uint64_t across_;  // slots from the first target to the second
  unsigned bits_above_;
};

}  // namespace steady::detail
