// Finding intervals that have not moved although all have been taken on: somebody had a bucket
// locked when a helper came by, or a thread has lost its processor. Helpers find them, too, but
// look at one interval after the other; this passes the rest of a chunk that has moved. For callers
// whose business it is that a migration ends, such as trim().
//
// Bound: 8 looks, at a chunk or an interval, for each interval asked for, and no more in a row that
// find nothing to move than there are intervals. Every look is a claim, so that calls, and helpers,
// go on where others have stopped, and none passes what nobody looked at.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/concurrent/evacuation.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

template <class Sync, class Layout>
class left_intervals {
  using array = shared_array<Sync, Layout>;

 public:
  left_intervals(shared_state<Sync, Layout>& state, array& from, array& to) noexcept
      : from_(from), moving_(state, from, to) {}

  // Evacuates at most `most`; returns how many. None before all have been taken on.
  // `array_is_empty` is set if these were the last buckets to move.
  std::size_t evacuate(std::size_t most, bool& array_is_empty) noexcept {
    const std::uint64_t intervals = moving_.intervals();
    if (from_.claimed() < intervals) return 0;
    const std::uint64_t in_chunk = moving_.intervals_in_chunk();
    const std::uint64_t wanted = min_of<std::uint64_t>(most, intervals);
    std::size_t moved = 0;
    std::uint64_t in_vain = 0;  // looks since one was moved
    for (std::uint64_t looks = 0; looks < 8 * wanted && moved < wanted && !array_is_empty;
         ++looks) {
      if (in_vain++ == intervals) break;  // what is left is locked
      const std::uint64_t at = from_.claim(1);
      const std::uint64_t interval = at & (intervals - 1);
      if (moving_.has_chunk_moved(interval)) {
        from_.pass(at + 1, (at | (in_chunk - 1)) + 1);
      } else if (moving_.evacuate(interval, false, array_is_empty) == evacuated::now) {
        ++moved;
        in_vain = 0;
      }
    }
    return moved;
  }

 private:
  array& from_;
  evacuation<Sync, Layout> moving_;
};

}  // namespace steady::detail
