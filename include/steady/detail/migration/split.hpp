// Splitting: the usual step of a migration. A whole old bucket goes to two new ones, its
// targets, to which nothing was written yet. Every element of the bucket itself keeps the number of
// its slot, so nothing is searched or counted, and the new headers are the old one, divided; what
// was in overflow fills the gaps.
//
// Which target an element goes to is random, and so is which slots are filled. Where elements are
// copied as bytes, no branch depends on either: all slots, filled or not, are hashed and copied to
// both targets, and the headers say which slots hold elements. Where elements are slow to hash,
// their cached hash bits say for all of a bucket at once which target they go to.
//
// This is code for one type of table; the engine calls it through element_kind::split, for a few
// neighbouring buckets at once.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <type_traits>

#include <steady/detail/array/bucket.hpp>
#include <steady/detail/array/chunk.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/line/cached_hash.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/line/tag_group.hpp>
#include <steady/detail/migration/element_kind.hpp>

namespace steady::detail {

// `Table` has the types and functions of detail/table/table.hpp.
template <class Table>
class split {
 public:
  using storage = typename Table::storage_type;
  using steps_type = split_steps<storage>;

  // As element_kind::split.
  static STEADY_ALWAYS_INLINE void run(Table& table, steps_type& steps) {
    while (split(table, steps).run()) {
      ++steps.bucket;
      steps.header += 1;
      steps.slots += layout::bucket_bytes;
      steps.target_headers += 2;
      steps.target_slots += 2 * layout::bucket_bytes;
      if (steps.bucket == steps.end || !steps.has_filled_both()) return;
    }
  }

 private:
  using elements = typename Table::elements;
  using slot_type = typename Table::slot_type;
  using layout = typename Table::layout;
  using group = typename layout::tag_group;
  using overflow = overflow_bucket<storage>;

  static constexpr slot_set all_slots = slot_set::first(layout::width);
  static constexpr slot_set all_overflow_slots = slot_set::first(layout::overflow_width);

  static constexpr bool copies_bytes = Table::hashes_any_bytes && Table::is_copied_as_bytes &&
                                       layout::has_short_buckets && !storage::is_poisoned &&
                                       !unwritten_bytes_are_watched;

  split(Table& table, steps_type& steps) noexcept
      : table_(table),
        steps_(steps),
        seed_(steps.seed),
        from_(reinterpret_cast<slot_type*>(steps.slots)),
        to_(reinterpret_cast<slot_type*>(steps.target_slots)),
        tags_(group::load(steps.header)),
        bits_above_(steps.new_log2_buckets - 1u) {}

  // The next bucket. False if it is no usual one; nothing has changed then.
  STEADY_ALWAYS_INLINE bool run() {
    overflow* const link = steps_.header->filter == 0 ? nullptr : first_overflow();
    if constexpr (copies_bytes) {
      return run_on_bytes(link);
    } else {
      if (link != nullptr) [[unlikely]]
        return run_with_overflow(*link);
      const slot_set upper = move_bucket();
      write_headers(upper);
      note_targets(occupied() & ~upper, upper);
      return true;
    }
  }
  overflow* first_overflow() const noexcept {
    return detail::to_raw(Table::extras(from_, steps_.bucket).first_overflow);
  }

  // ---- elements that are copied as bytes ----

  STEADY_ALWAYS_INLINE bool run_on_bytes(overflow* link) {
    const slot_set full = occupied();
    const slot_set upper = copy_to_both() & full;
    write_headers(upper);
    std::size_t arrived = 0;
    note_targets(full & ~upper, upper);
    if (link != nullptr) [[unlikely]] {
      const std::uint32_t gaps =
          (all_slots & ~upper).bits() << 16 | (all_slots & ~(full & ~upper)).bits();
      arrived = fill_gaps_on_bytes(link, gaps);
      if (arrived == too_many) return false;
    }
    table_.recorder().hashed_and_moved(full.bits(), arrived);
    return true;
  }

  // Copies all slots. Returns those whose bytes, if they are an element, belong to the second
  // target.
  STEADY_ALWAYS_INLINE slot_set copy_to_both() const noexcept {
    // Locals, because the compiler assumes that the stores below may change members.
    const slot_type* const from = from_;
    slot_type* const first = to_;
    slot_type* const second = to_ + layout::width;
    const std::uint64_t key = seed_.key;
    // Positions are products, so it is enough to shift the factor.
    const std::uint64_t multiplier = seed_.multiplier() << bits_above_;
    std::uint32_t upper = 0;
    for (unsigned number = layout::width; number-- > 0;) {
      const slot_bytes bytes = load_slot(from + number);
      const std::uint64_t value = Table::hasher::number(elements::key_of(from[number]));
      upper = 2 * upper + static_cast<std::uint32_t>(fold(value + key, key) * multiplier >> 63);
      store_slot(first + number, bytes);
      store_slot(second + number, bytes);
    }
    return slot_set(upper);
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

  static constexpr std::size_t too_many = ~std::size_t{0};

  // Copies what is in overflow to the slots that are in `gaps`, the second target's 16 bits up.
  // Returns how many elements these are; too_many if they do not all fit.
  STEADY_NOINLINE std::size_t fill_gaps_on_bytes(overflow* link, std::uint32_t gaps) {
    std::size_t arrived = 0;
    std::size_t passed = 0;
    for (; link != nullptr; link = detail::to_raw(link->next), ++passed) {
      slot_type* const slots = overflow_slots_of(link);
      for (const std::uint64_t from : ~native_tag_group::load(link).empty() & all_overflow_slots) {
        const std::uint64_t value = Table::hasher::number(elements::key_of(slots[from]));
        const std::uint64_t side = side_of(position_of_number(value, seed_));
        const auto base = static_cast<unsigned>(side & 16u);
        const slot_set own_gaps = slot_set(gaps >> base) & all_slots;
        if (own_gaps.empty()) return too_many;
        const std::uint64_t number = own_gaps.lowest();
        gaps &= ~(std::uint32_t{1} << (base + number));
        note_target(side);
        store_slot(slot_on(side, number), load_slot(slots + from));
        header_on(side)->tags[number] = link->tags[from];
        ++arrived;
      }
    }
    steps_.overflow_passed += passed;
    return arrived;
  }

  // ---- other elements ----

  STEADY_NOINLINE bool run_with_overflow(overflow& link) {
    if (link.next != nullptr) return false;
    slot_type* const slots = overflow_slots_of(std::addressof(link));
    const slot_set arriving =
        ~native_tag_group::load(std::addressof(link)).empty() & all_overflow_slots;
    std::uint64_t positions[max_bucket_width];
    const slot_set arriving_upper = find_upper(slots, arriving, positions);
    const slot_set full = occupied();
    const slot_set upper = find_upper_of_bucket();
    slot_set gaps[2] = {all_slots & ~(full & ~upper), all_slots & ~upper};
    if ((arriving & ~arriving_upper).size() > gaps[0].size() ||
        arriving_upper.size() > gaps[1].size()) {
      return false;
    }
    move_to_sides(
        [upper](std::uint64_t number) { return -std::uint64_t{upper.bits() >> number & 1}; });
    write_headers(upper);
    note_targets(full & ~upper, upper);
    for (const std::uint64_t arrival : arriving) {
      const std::uint64_t side = arriving_upper.bits() >> arrival & 1;
      const std::uint64_t number = gaps[side].lowest();
      gaps[side].remove_lowest();
      header_on(side)->tags[number] = link.tags[arrival];
      if constexpr (layout::caches_hashes) cache_hash(side, number, positions[arrival]);
      relocate(slot_on(-side, number), slots + arrival);
      note_target(side);
    }
    table_.recorder().moved(arriving.size());
    ++steps_.overflow_passed;
    return true;
  }

  // The elements of the bucket itself. Returns the slots of those that go to the second target.
  STEADY_ALWAYS_INLINE slot_set move_bucket() {
    if constexpr (layout::caches_hashes || !Table::hashes_without_throwing) {
      const slot_set upper = find_upper_of_bucket();
      move_to_sides([upper](std::uint64_t number) STEADY_INLINE_LAMBDA {
        return -std::uint64_t{upper.bits() >> number & 1};
      });
      return upper;
    } else {
      // Where hashing does not throw, elements are hashed and moved in one go.
      return move_to_sides([&](std::uint64_t number) STEADY_INLINE_LAMBDA {
        return side_of(table_.position_of_slot(from_[number], seed_));
      });
    }
  }

  // Those elements of the bucket itself that go to the second target. The targets get their cached
  // hash bits here, even if the split fails: a bucket without elements may have any.
  STEADY_ALWAYS_INLINE slot_set find_upper_of_bucket() const {
    const slot_set full = occupied();
    std::uint64_t positions[max_bucket_width];
    if constexpr (layout::caches_hashes) {
      const cached_hash cached = cached_hash::of(steps_.old_log2_buckets);
      const unsigned bit = cached.half_bit(steps_.new_log2_buckets - 1u);
      if (knows_all(full, bit)) [[likely]] {
        pass_cached_hashes(cached);
        return group::with_bit(cached_hashes(), bit) & full;
      }
      const slot_set upper = find_upper(from_, full, positions);
      for (const std::uint64_t number : full) {
        cache_hash(0, number, positions[number]);
        cache_hash(1, number, positions[number]);
      }
      return upper;
    } else {
      return find_upper(from_, full, positions);
    }
  }

  // Those of the elements in `full` that go to the second target; and all their positions.
  STEADY_NOINLINE slot_set find_upper(const slot_type* slots, slot_set full,
                                      std::uint64_t* positions) const {
    std::uint32_t upper = 0;
    for (const std::uint64_t number : full) {
      const std::uint64_t position = table_.position_of_slot(slots[number], seed_);
      upper |= static_cast<std::uint32_t>(side_of(position) & 1u) << number;
      positions[number] = position;
    }
    return slot_set(upper);
  }

  // Out of line, because moving an element may take much code.
  STEADY_NOINLINE void relocate(slot_type* to, slot_type* from) noexcept {
    table_.relocate(to, from);
  }

  // `side(number)` is 0 for what goes to the first target, all ones for the second.
  template <class Side>
  STEADY_ALWAYS_INLINE slot_set move_to_sides(const Side& side) noexcept {
    std::uint32_t upper = 0;
    std::size_t moved = 0;
    for (std::uint32_t rest = occupied().bits(), next = 0; rest != 0; rest = next, ++moved) {
      next = rest & (rest - 1);
      const std::uint64_t number = lowest_bit(rest);
      const std::uint64_t mask = side(number);
      upper |= (rest ^ next) & static_cast<std::uint32_t>(mask);
      table_.relocate(slot_on(mask, number), from_ + number);
    }
    table_.recorder().moved(moved);
    return slot_set(upper);
  }

  // ---- cached hash bits ----

  STEADY_ALWAYS_INLINE const std::uint8_t* cached_hashes() const noexcept {
    return Table::cached_hashes(from_, steps_.bucket);
  }
  // The second target's lie in front of the first one's.
  STEADY_ALWAYS_INLINE std::uint8_t* target_cached_hashes(std::uint64_t target) const noexcept {
    return Table::cached_hashes(to_, 2 * steps_.bucket) - target * layout::value.extras_bytes;
  }

  // Whether the cached bits say for all slots in `full` which target their elements go to.
  STEADY_ALWAYS_INLINE bool knows_all(slot_set full, unsigned bit) const noexcept {
    return bit < cached_hash::known_bit &&
           (full & ~group::with_bit(cached_hashes(), cached_hash::known_bit)).empty();
  }
  // Copies them to the targets; if the new array caches other bits, marks those as unknown.
  STEADY_ALWAYS_INLINE void pass_cached_hashes(cached_hash cached) const noexcept {
    const bool stay_valid = cached == cached_hash::of(steps_.new_log2_buckets);
    for (unsigned target = 0; target < 2; ++target) {
      if (stay_valid) [[likely]] {
        std::memcpy(target_cached_hashes(target), cached_hashes(), sizeof(bucket_header));
      } else {
        std::memset(target_cached_hashes(target), cached_hash::unknown, sizeof(bucket_header));
      }
    }
  }
  void cache_hash(std::uint64_t target, std::uint64_t number,
                  std::uint64_t position) const noexcept {
    target_cached_hashes(target)[number] =
        cached_hash::of(steps_.new_log2_buckets).of_position(position);
  }

  // ---- both ----

  // The slots of the old bucket that hold elements.
  STEADY_ALWAYS_INLINE slot_set occupied() const noexcept { return ~tags_.empty() & all_slots; }

  // All ones for what goes to the second target, else 0.
  STEADY_ALWAYS_INLINE std::uint64_t side_of(std::uint64_t position) const noexcept {
    return static_cast<std::uint64_t>(static_cast<std::int64_t>(position << bits_above_) >> 63);
  }

  // The second target's slots follow the first one's, because they are in one chunk.
  STEADY_ALWAYS_INLINE slot_type* slot_on(std::uint64_t side, std::uint64_t number) const noexcept {
    return to_ + number + (side & layout::width);
  }
  STEADY_ALWAYS_INLINE bucket_header* header_on(std::uint64_t side) const noexcept {
    return steps_.target_headers + (side & 1);
  }
  static slot_type* overflow_slots_of(overflow* link) noexcept {
    return reinterpret_cast<slot_type*>(detail::overflow_slots<storage>(link, layout::value));
  }

  // The tags of the old header, those in `upper` to the second target; not the filter.
  STEADY_ALWAYS_INLINE void write_headers(slot_set upper) const noexcept {
    tags_.divide(upper, steps_.target_headers + 1, steps_.target_headers);
    steps_.target_headers->filter = 0;
  }

  // Notes which targets have elements; those that have none are headers written all the same.
  STEADY_ALWAYS_INLINE void note_targets(slot_set lower, slot_set upper) const noexcept {
    steps_.filled =
        static_cast<std::uint8_t>(unsigned{!lower.empty()} | unsigned{!upper.empty()} << 1);
    if constexpr (storage::counts_work) {
      const unsigned empty = unsigned{lower.empty()} + unsigned{upper.empty()};
      table_.recorder().zeroed(empty * sizeof(bucket_header));
    }
  }
  STEADY_ALWAYS_INLINE void note_target(std::uint64_t side) const noexcept {
    steps_.filled |= static_cast<std::uint8_t>(1u << (side & 1));
  }

  Table& table_;
  steps_type& steps_;
  const line_seed seed_;
  slot_type* const from_;
  slot_type* const to_;  // the first target's
  const group tags_;
  const unsigned bits_above_;
};

}  // namespace steady::detail
