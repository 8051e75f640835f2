// Visiting what lies on an interval of the hash line, bucket by bucket, chains by a loop. The
// intervals that were visited stay the same whatever migrates between two visits, so a position is
// all that has to be remembered. Only under a reseeding there are two lines, and positions of one
// say nothing about the other: then all() goes through both.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/pointers.hpp>
#include <steady/detail/traversal.hpp>

namespace steady::detail {

inline constexpr std::uint64_t last_position = std::numeric_limits<std::uint64_t>::max();

template <class Table>
class line_visit {
 public:
  explicit line_visit(const Table& table) noexcept : table_(table), arrays_(table.arrays()) {}

  // Calls `visit(position)` for the elements that lie in the bucket that owns `first`, from `first`
  // to `last`; not under a reseeding. Returns up to where all were visited. Bound: the bucket with
  // its overflow. Throws what the visitor throws, and the hash where a bucket is cut.
  template <class Visit>
  std::uint64_t bucket(std::uint64_t first, std::uint64_t last, const Visit& visit) const {
    return bucket_of(first < arrays_.frontier(), first, last, visit);
  }

  // The same in the one array or the other, by positions on its line.
  template <class Visit>
  std::uint64_t bucket_of(bool in_new, std::uint64_t first, std::uint64_t last,
                          const Visit& visit) const {
    const std::uint64_t frontier = arrays_.frontier();
    const array& within = arrays_.array_of(in_new);
    const std::uint64_t number = within.line().bucket_at(first);
    const std::uint64_t begin = within.line().first_of(number);
    std::uint64_t end = within.line().last_of(number);
    if (in_new && !arrays_.reseeding()) end = std::min(end, frontier - 1);
    prefetch_after(within, number, in_new);

    // What was evacuated from the bucket at the frontier is in it no more.
    const bool cut = (first != begin && first != frontier) || last < end;
    const interval wanted{first, std::min(last, end), cut};
    slots(wanted, within.header(number)->tags, slots_mask(layout::width), within.slots(number),
          position::one(nullptr, nullptr, in_new, false, number), visit);
    for (overflow* chain = within.overflow_of(number); chain; chain = to_raw(chain->next)) {
      slots(wanted, chain->tags, slots_mask(layout::overflow_width), array::overflow_slots(chain),
            position::one(nullptr, nullptr, in_new, true, number), visit);
    }
    return wanted.last;
  }

  // The same for all that lies from `first` to `last`, on whatever line.
  template <class Visit>
  void all(std::uint64_t first, std::uint64_t last, const Visit& visit) const {
    const std::uint64_t frontier = arrays_.frontier();
    if (arrays_.reseeding()) {
      if (frontier != 0) all_of(true, first, last, visit);
      if (frontier <= last) all_of(false, std::max(first, frontier), last, visit);
      return;
    }
    std::uint64_t visited = bucket(first, last, visit);
    while (visited < last) visited = bucket(visited + 1, last, visit);
  }

  // The same in the one array or the other, by positions on its line.
  template <class Visit>
  void all_of(bool in_new, std::uint64_t first, std::uint64_t last, const Visit& visit) const {
    std::uint64_t visited = bucket_of(in_new, first, last, visit);
    while (visited < last) visited = bucket_of(in_new, visited + 1, last, visit);
  }

 private:
  using arrays_type = typename Table::arrays_type;
  using array = typename arrays_type::array;
  using layout = typename array::layout;
  using overflow = typename array::overflow;
  using group = typename layout::group;
  using slot_type = typename Table::slot_type;
  using position = typename Table::position;

  struct interval {
    std::uint64_t first;
    std::uint64_t last;
    bool cut;  // elements of the bucket may lie outside
  };

  // `at` is the bucket, or its overflow.
  template <class Visit>
  void slots(const interval& wanted, std::uint8_t* tags, std::uint32_t mask, slot_type* first,
             position at, const Visit& visit) const {
    for (std::uint32_t full = ~group::match_empty(tags) & mask; full != 0; full &= full - 1) {
      const auto slot = static_cast<unsigned>(lowest_bit(full));
      if (wanted.cut) {
        const std::uint64_t there = table_.line_position(first[slot], at.in_new);
        if (there < wanted.first || there > wanted.last) continue;
      }
      at.slot = first + slot;
      at.tags = tags;
      at.number = slot;
      visit(std::as_const(at));
    }
  }

  // Visits go along the line, so what the next ones read is known now. Where slots are more than
  // the nearest cache holds, asks for them.
  static constexpr std::uint64_t buckets_ahead = 2;

  STEADY_ALWAYS_INLINE void prefetch_after(const array& within, std::uint64_t number,
                                           bool in_new) const noexcept {
    const std::uint64_t ahead = number + buckets_ahead;
    const std::uint64_t end = in_new ? arrays_.new_in_use() : within.line().buckets();
    if (ahead < end && end > layout::buckets_nearby) {
      prefetch_lines<std::min(layout::bucket_bytes, 16 * cache_line_bytes)>(within.slots(ahead));
    }
  }

  const Table& table_;
  const arrays_type& arrays_;
};

}  // namespace steady::detail
