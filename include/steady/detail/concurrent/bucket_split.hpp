// The usual step of a growth: one old bucket becomes two under the same seed. Every element keeps
// its position, so its tag and the quarter of a bucket that it prefers, and at first the number of
// its slot: nothing is searched, and the new headers are the old one, divided. Then elements that
// were displaced from the quarter that they prefer go there, if there is room now, and those in
// overflow fill the gaps.
//
// The old bucket is locked, so it stays as it is, and can be read, until it says that it has moved.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/new_bucket.hpp>
#include <steady/detail/concurrent/shared_bucket.hpp>
#include <steady/detail/concurrent/slot_layout.hpp>
#include <steady/detail/concurrent/spare_overflow.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/slot_set.hpp>

namespace steady::detail {

// `CodeOf` tells an element's hash code.
template <class Sync, class Layout, class CodeOf>
class bucket_split {
 public:
  using header = shared_header<Sync, Layout>;
  using overflow = shared_overflow<Sync, Layout>;
  using target = new_bucket<Sync, Layout>;
  using copy = typename Layout::copy;
  using spares = spare_overflow<Sync, Layout>;

  // `to` and `to_slots` are the first new bucket's; the second one's follow. `line` cuts the new
  // array.
  STEADY_ALWAYS_INLINE bucket_split(const header& from, const std::byte* slots, header* to,
                                    std::byte* to_slots, line_partition line, const line_seed& seed,
                                    CodeOf code_of) noexcept
      : from_(from),
        slots_(slots),
        targets_{{.of = to, .slots = to_slots},
                 {.of = to + 1, .slots = to_slots + Layout::bucket_bytes}},
        side_bit_(64 - line.log2_buckets()),
        seed_(seed),
        code_of_(code_of) {}

  // False if there were too few overflow buckets: then it can be done again.
  STEADY_ALWAYS_INLINE bool run(spares& overflow_buckets) noexcept {
    copy_tags();
    bring_home(divide());
    if (overflow* const chain = from_.first_overflow(); chain != nullptr) [[unlikely]] {
      if (!fill_gaps(chain, overflow_buckets)) return false;
    }
    targets_[0].finish();
    targets_[1].finish();
    return true;
  }

 private:
  STEADY_ALWAYS_INLINE std::uint64_t position_of(const copy& element) const noexcept {
    return position_of_number(code_of_(element), seed_);
  }
  STEADY_ALWAYS_INLINE std::uint64_t side_of(std::uint64_t position) const noexcept {
    return position >> side_bit_ & 1;
  }

  // [N1] stores, relaxed. Tags of empty slots may be any.
  STEADY_ALWAYS_INLINE void copy_tags() const noexcept {
    for (unsigned n = 0; n < 2; ++n) {
      const std::uint64_t tags = from_.tags[n].load(std::memory_order_acquire);  // [T1]
      for (const target& to : targets_) to.of->tags[n].store(tags, std::memory_order_relaxed);
    }
  }

  // Copies the elements of the bucket itself, each to the slot of the same number. Returns those
  // that are not in the quarter that they prefer.
  STEADY_ALWAYS_INLINE slot_set divide() noexcept {
    const slot_set occupied = from_.look().occupied();
    // Locals, because the compiler assumes that the stores below may change members.
    const std::byte* const from = slots_;
    std::byte* const to = targets_[0].slots;
    const std::uint64_t key = seed_.key;
    const std::uint64_t multiplier = seed_.multiplier();
    const unsigned side_bit = side_bit_;
    const CodeOf code_of = code_of_;
    std::uint32_t upper = 0;
    std::uint32_t displaced = 0;
    for (const std::uint64_t slot : occupied) {
      copy element;
      read_slot<Sync, Layout>(slot_at<Layout>(from, slot), element);
      const std::uint64_t position = fold(code_of(element) + key, key) * multiplier;
      const std::uint64_t side = position >> side_bit & 1;
      upper |= static_cast<std::uint32_t>(side) << slot;
      displaced |= std::uint32_t{!is_preferred(slot, position)} << slot;
      write_slot<Sync, Layout>(slot_at<Layout>(to + side * Layout::bucket_bytes, slot), element);
    }
    targets_[0].empty = ~(occupied & ~slot_set(upper)) & slot_set::first(Layout::width);
    targets_[1].empty = ~slot_set(upper) & slot_set::first(Layout::width);
    return slot_set(displaced);
  }

  // Moves displaced elements to the quarter that they prefer, where it has room.
  STEADY_ALWAYS_INLINE void bring_home(slot_set displaced) noexcept {
    for (const std::uint64_t slot : displaced) {
      copy element;
      read_slot<Sync, Layout>(slot_at<Layout>(slots_, slot), element);
      const std::uint64_t position = position_of(element);
      target& to = targets_[side_of(position)];
      const slot_set room = to.empty & preferred_quarter(position);
      if (room.empty()) continue;
      to.put_at(room.lowest(), element, tag_of(position));
      to.empty = to.empty | slot_set(1u << slot);
    }
  }

  STEADY_NOINLINE bool fill_gaps(const overflow* chain, spares& overflow_buckets) noexcept {
    for (; chain != nullptr; chain = chain->following()) {
      for (const std::uint64_t slot : chain->occupied()) {
        copy element;
        read_slot<Sync, Layout>(slot_at<Layout>(chain->slots, slot), element);
        const std::uint64_t position = position_of(element);
        if (!targets_[side_of(position)].put(element, position, overflow_buckets)) return false;
      }
    }
    return true;
  }

  const header& from_;
  const std::byte* const slots_;
  target targets_[2];
  const unsigned side_bit_;
  const line_seed seed_;
  const CodeOf code_of_;
};

}  // namespace steady::detail
