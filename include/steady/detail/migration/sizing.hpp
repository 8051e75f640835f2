// Sizing: how many buckets a table should have, and whether to migrate for it. Decisions only; the
// engine carries them out. `now` is log2 of the number of buckets it has.
//
//   grow      above the load limit, or for a reservation: by up to a factor of 8 at a time, because
//             an evacuation reaches no further
//   shrink    on request, to what fits, however small; or below Policy::shrink_below of the load
//             limit, but then only above a chunk, and never below what was reserved. Neither where
//             elements lie so densely that buckets would be too full (dense_ends.hpp)
//   compact   on request, or when there is far too much overflow: to as many buckets
//   reseed    on request, or when a chain is too long for chance: to as many buckets, or, if one of
//             the others is due as well, to as many as that one says
//
// Shrinking leaves room for 8/9 of the elements and of 1/128 of the old number of buckets: for most
// of the insertions that come meanwhile (docs/design.md). The rest goes into overflow until the map
// grows. Where that is more than what fits, a request stays for the next migration. That one begins
// with far fewer buckets: the room is for more than the elements only if these are fewer than N/16
// in N buckets, and then the new array has N/16 buckets at most, and N/128 at the default load
// limit. So all of them together take hardly more steps than the first.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/array/array_layout.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/state/cold_block.hpp>

namespace steady::detail {

class sizing {
 public:
  // The requests: a size to have room for, and kinds of migration.
  sizing(const array_layout& layout, double shrink_part, std::uint64_t reserved = 0,
         requested_kinds asked = {}) noexcept
      : layout_(layout), shrink_part_(shrink_part), reserved_(reserved), asked_(asked) {}

  // Elements lie so densely that it takes 2^densest buckets lest some are too full.
  STEADY_COLD bool wants_migration(unsigned now, std::uint64_t size,
                                   unsigned densest) const noexcept {
    return asked_.any() || max_of(size, reserved_) > room(now) ||
           (size < shrink_below(now) && wanted(now, size, densest) != now);
  }

  // The number of buckets to migrate to; `now`: nothing to do, unless compacting is requested.
  STEADY_COLD unsigned wanted(unsigned now, std::uint64_t size, unsigned densest) const {
    const unsigned fitting = layout_.log2_buckets_for(max_of(size, reserved_));
    if (fitting > now) return min_of(fitting, now + 3);
    if (!asked_.shrink) {
      // A single bucket may be filled to the brim, and so hold more than two with a low load limit.
      if (max_of(size, reserved_) > room(now)) return now + 1;
      if (size >= shrink_below(now)) return now;
    }
    const std::uint64_t soon = size + (std::uint64_t{1} << now) / 128;
    const std::uint64_t room_for = max_of(max_of(size, soon - soon / 9), reserved_);
    return min_of(now, max_of(layout_.log2_buckets_for(room_for), densest));
  }
  bool must_start(unsigned now, unsigned next) const noexcept {
    return next != now || asked_.compact || asked_.reseed;
  }

  // The idle range: from `shrink_below` to `room`, insertions and erasures have no migration work
  // to do.
  std::uint64_t room(unsigned now) const noexcept { return layout_.load_limit(now); }
  // Whether the size alone does not rule out that it shrinks by itself.
  bool may_shrink(unsigned now, std::uint64_t size) const noexcept {
    return size < shrink_below(now);
  }
  // Whether it shrinks, by itself or on request, unless elements lie too densely.
  STEADY_COLD bool shrinks_if_sparse(unsigned now, std::uint64_t size) const noexcept {
    return (asked_.shrink || may_shrink(now, size)) && max_of(size, reserved_) <= room(now) &&
           wanted(now, size, 0) < now;
  }
  STEADY_COLD std::uint64_t shrink_below(unsigned now) const noexcept {
    if (now <= layout_.log2_chunk_buckets || reserved_ > room(now - 1)) return 0;
    return static_cast<std::uint64_t>(static_cast<double>(room(now)) * shrink_part_);
  }

 private:
  const array_layout& layout_;
  double shrink_part_;
  std::uint64_t reserved_;
  requested_kinds asked_;
};

}  // namespace steady::detail
