// Visiting what lies on an interval of the hash line, bucket by bucket, chains by a loop. The
// intervals that were visited stay the same whatever migrates between two visits, so a hash
// position is all that has to be remembered. Only under a reseeding there are two lines, and
// positions of one say nothing about the other: then all() goes through both.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/occupancy.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/state/table_state.hpp>
#include <steady/detail/traversal/element_location.hpp>

namespace steady::detail {

inline constexpr std::uint64_t last_position = ~std::uint64_t{0};

// Both arrays of a table, and what is where.
template <class Storage>
struct line_arrays {
  bucket_array<Storage> old_array;
  bucket_array<Storage> new_array;
  std::uint64_t frontier = 0;
  std::uint64_t new_in_use = 0;
  bool reseeding = false;

  explicit line_arrays(const table_state<Storage>& state) noexcept
      : old_array(state.old_array()), new_array(state.new_array()) {
    if (state.cold_link != nullptr) note(*state.cold());
  }
  explicit line_arrays(const cold_block<Storage>& cold) noexcept
      : old_array(cold.old_array()), new_array(cold.new_array()) {
    note(cold);
  }

  const bucket_array<Storage>& array_of(bool in_new) const noexcept {
    return in_new ? new_array : old_array;
  }

 private:
  void note(const cold_block<Storage>& cold) noexcept {
    frontier = cold.frontier;
    reseeding = cold.reseeding;
    new_in_use = cold.new_in_use();
  }
};

// `Layout` and `Slot` are the elements'; `PositionOf` gives a slot's hash position in the old or
// the new array: `position_of(slot, in_new)`.
template <class Slot, class Layout, class PositionOf>
class line_visit {
 public:
  using storage = typename Layout::storage;
  using location = element_location<Slot, Layout>;

  line_visit(const line_arrays<storage>& arrays, const PositionOf& position_of) noexcept
      : arrays_(arrays), position_of_(position_of) {}

  // Calls `visit(location)` for the elements from `first` to `last` that lie in the first bucket
  // with elements; not under a reseeding. Returns up to where all were visited, `first` or beyond.
  // Bound: the bucket with its overflow. Throws what the visitor throws, and the hash where a
  // bucket is cut.
  template <class Visit>
  std::uint64_t bucket(std::uint64_t first, std::uint64_t last, const Visit& visit) const {
    return bucket_of(first < arrays_.frontier, first, last, visit);
  }

  // The same in the one array or the other, by hash positions on its line. Empty buckets in front
  // of the one that is visited count as visited.
  template <class Visit>
  std::uint64_t bucket_of(bool in_new, std::uint64_t first, std::uint64_t last,
                          const Visit& visit) const {
    const bucket_array<storage>& within = arrays_.array_of(in_new);
    const occupied next = find_occupied_in(in_new, first);
    if (!next.exists || next.first > last) return min_of(last, last_of_array(in_new));
    first = next.first;
    const std::uint64_t number = within.line().bucket_at(first);
    const std::uint64_t end = min_of(within.line().last_of(number), last_of_array(in_new));
    prefetch_after(within, number, in_new);

    // What was evacuated from the bucket at the frontier is in it no more.
    const bool starts_inside = first != within.line().first_of(number) && first != arrays_.frontier;
    const interval wanted{first, min_of(last, end), starts_inside || last < end};
    slots(wanted, within.header(number)->tags, within.full_slots(number, Layout::value),
          within.slots(number, Layout::value),
          location::one(nullptr, nullptr, in_new, false, number), visit);
    for (overflow_bucket<storage>* link : within.overflow_of(number, Layout::value)) {
      slots(wanted, link->tags, overflow_chain<storage>::full_slots(link, Layout::value),
            detail::overflow_slots<storage>(link, Layout::value),
            location::one(nullptr, nullptr, in_new, true, number), visit);
    }
    return wanted.last;
  }

  // The first hash position from `first` on that falls into a bucket with elements of that array.
  struct occupied {
    std::uint64_t first;
    bool exists;
  };
  occupied find_occupied_in(bool in_new, std::uint64_t first) const noexcept {
    const bucket_array<storage>& within = arrays_.array_of(in_new);
    const std::uint64_t end = in_new ? arrays_.new_in_use : within.line().buckets();
    const std::uint64_t number = within.line().bucket_at(first);
    const std::uint64_t found = occupancy<storage>(within, Layout::value).next(number, end);
    if (found >= end) return {last_position, false};
    return {found == number ? first : within.line().first_of(found), true};
  }
  // The same in the arrays of a line: under a reseeding each has its own, otherwise both share one.
  occupied find_occupied(bool of_new_line, std::uint64_t first) const noexcept {
    if (of_new_line) return find_occupied_in(true, first);
    if (first < arrays_.frontier && !arrays_.reseeding) {
      if (const occupied found = find_occupied_in(true, first); found.exists) return found;
    }
    return find_occupied_in(false, max_of(first, arrays_.frontier));
  }
  // The last position of the bucket that has `position`, in the arrays of a line as above.
  std::uint64_t last_of_bucket(bool of_new_line, std::uint64_t position) const noexcept {
    const bool in_new = of_new_line || (position < arrays_.frontier && !arrays_.reseeding);
    const line_partition line = arrays_.array_of(in_new).line();
    return min_of(line.last_of(line.bucket_at(position)), last_of_array(in_new));
  }
  // The last position of that array.
  std::uint64_t last_of_array(bool in_new) const noexcept {
    return in_new && !arrays_.reseeding ? arrays_.frontier - 1 : last_position;
  }

  // The same for all that lies from `first` to `last`, on whatever line.
  template <class Visit>
  void all(std::uint64_t first, std::uint64_t last, const Visit& visit) const {
    const std::uint64_t frontier = arrays_.frontier;
    if (arrays_.reseeding) {
      if (frontier != 0) all_of(true, first, last, visit);
      if (frontier <= last) all_of(false, max_of(first, frontier), last, visit);
      return;
    }
    std::uint64_t visited = bucket(first, last, visit);
    while (visited < last) visited = bucket(visited + 1, last, visit);
  }

  // The same in the one array or the other, by hash positions on its line.
  template <class Visit>
  void all_of(bool in_new, std::uint64_t first, std::uint64_t last, const Visit& visit) const {
    std::uint64_t visited = bucket_of(in_new, first, last, visit);
    while (visited < last) visited = bucket_of(in_new, visited + 1, last, visit);
  }

 private:
  struct interval {
    std::uint64_t first;
    std::uint64_t last;
    bool cut;  // elements of the bucket may lie outside
  };

  // `at` is the bucket, or its overflow.
  template <class Visit>
  void slots(const interval& wanted, std::uint8_t* tags, slot_set full, std::byte* first,
             location at, const Visit& visit) const {
    for (const std::uint64_t number : full) {
      Slot* const slot = reinterpret_cast<Slot*>(first) + number;
      if (wanted.cut) {
        const std::uint64_t there = position_of_(*slot, at.in_new);
        if (there < wanted.first || there > wanted.last) continue;
      }
      at.slot = slot;
      at.tags = tags + number;
      const location& found = at;
      visit(found);
    }
  }

  // Visits go along the line, so what the next ones read is known now. Where slots are more than
  // the nearest cache holds, prefetches them.
  static constexpr std::uint64_t buckets_ahead = 2;

  STEADY_ALWAYS_INLINE void prefetch_after(const bucket_array<storage>& within,
                                           std::uint64_t number, bool in_new) const noexcept {
    const std::uint64_t ahead = number + buckets_ahead;
    const std::uint64_t end = in_new ? arrays_.new_in_use : within.line().buckets();
    if (ahead < end && end > Layout::buckets_nearby) {
      detail::prefetch_lines<min_of<std::size_t>(Layout::bucket_bytes, 16 * cache_line_bytes)>(
          within.slots(ahead, Layout::value));
    }
  }

  const line_arrays<storage> arrays_;
  const PositionOf& position_of_;
};

}  // namespace steady::detail
