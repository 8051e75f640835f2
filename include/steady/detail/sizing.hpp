// Sizing: how many buckets a table should have, and whether to migrate for it. Decisions only; the
// table carries them out. `now` is log2 of the number of buckets it has.
//
//   grow      above the load limit, or for what was reserved: by up to a factor of 8 at a time,
//             because an evacuation reaches no further
//   shrink    below Policy::shrink_below of the load limit, or when asked to: to what fits, however
//             small. By itself never what is small, and never below what was reserved
//   compact   when asked to, or when there is far too much overflow: to as many buckets
//   reseed    when asked to, or when a chain is too long for chance: to as many buckets, or, where
//             one of the others is due as well, to as many as that says
//
// Shrinking leaves room for 8/9 of what is there and of 1/128 of the old number of buckets: for
// most of the insertions that come meanwhile (docs/design.md); the rest goes into overflow until it
// grows.
#pragma once

#include <algorithm>
#include <cstddef>

namespace steady::detail {

enum class wish : unsigned char { none, shrink, compact };

// Sizes at which a table at rest has nothing to do, for an insertion or erasure to test at once.
struct calm_sizes {
  // One less than the first of them: so an insertion, which asks for one more than there are, need
  // not add.
  std::size_t below = 0;
  std::size_t count = 0;

  constexpr bool contains(std::size_t size) const noexcept { return size - 1 - below < count; }
};

template <class Layout, class Policy>
class sizing {
 public:
  // ---- what was asked for ----

  void reserve(std::size_t size) noexcept { reserved_ = std::max(reserved_, size); }
  void withdraw_reservation() noexcept { reserved_ = 0; }
  // Up to this size insertions must not migrate, once there is room.
  std::size_t reserved() const noexcept { return reserved_; }

  void ask_for(wish asked) noexcept { wish_ = asked; }
  // The next migration is to another seed as well.
  void ask_for_reseeding() noexcept { reseeding_ = true; }
  bool reseeding() const noexcept { return reseeding_; }
  void forget() noexcept { *this = sizing(); }

  // ---- what follows ----

  bool wants_migration(unsigned now, std::size_t size) const noexcept {
    return wish_ != wish::none || reseeding_ || std::max(size, reserved_) > room(now) ||
           size < shrink_below(now);
  }

  // The number of buckets to migrate to; `now` with nothing to do, unless compacting was asked for.
  unsigned wanted(unsigned now, std::size_t size) const {
    const unsigned fitting = Layout::log2_buckets_for(std::max(size, reserved_));
    if (fitting > now) return std::min(fitting, now + 3);
    if (wish_ == wish::shrink) return fitting;
    if (size >= shrink_below(now)) return now;
    const std::size_t soon = size + (std::size_t{1} << now) / 128;
    return std::min(now, Layout::log2_buckets_for(std::max({size, soon - soon / 9, reserved_})));
  }

  bool must_start(unsigned now, unsigned next) const noexcept {
    return next != now || wish_ == wish::compact || reseeding_;
  }
  // A migration to `next` has begun, or need not.
  void started(unsigned now, unsigned next) noexcept {
    if (next <= now) wish_ = wish::none;
    reseeding_ = false;
  }

  calm_sizes calm(unsigned now) const noexcept {
    if (wish_ != wish::none || reseeding_ || reserved_ > room(now)) return {};
    const std::size_t from = shrink_below(now);
    return {from - 1, room(now) - from + 1};
  }

 private:
  static std::size_t room(unsigned now) noexcept { return Layout::load_limit(now); }

  std::size_t shrink_below(unsigned now) const noexcept {
    if (now <= Layout::log2_chunk_buckets || reserved_ > room(now - 1)) return 0;
    return static_cast<std::size_t>(static_cast<double>(room(now)) * Policy::shrink_below);
  }

  std::size_t reserved_ = 0;
  wish wish_ = wish::none;
  bool reseeding_ = false;
};

}  // namespace steady::detail
