// Demolition: the stepwise end of a pair of bucket arrays that nobody looks into any more. Elements
// are destroyed bucket by bucket along the line, and memory is given back behind.
//
// Bound of a step: one bucket with its overflow, and at most one chunk (four with the last of all);
// where elements need no destroying, only the chunk.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/pointers.hpp>

namespace steady::detail {

template <class Elements, class Arrays>
class demolition {
 public:
  // Begins; nobody changes the arrays from now on but the steps. O(1).
  explicit demolition(const Arrays& arrays) noexcept : in_new_(arrays.new_written() != 0) {}

  // Does at most `most` buckets; returns how many. All memory is given back with the last.
  std::size_t step(Arrays& arrays, std::size_t most) noexcept {
    std::size_t done = 0;
    for (; done < most && arrays.has_memory(); ++done) demolish_bucket(arrays);
    return done;
  }

  // Elements destroyed so far, those that need no destroying not counted.
  std::size_t destroyed() const noexcept { return destroyed_; }

  // Buckets that are left.
  std::size_t pending(const Arrays& arrays) const noexcept {
    if (!arrays.has_memory()) return 0;
    const std::uint64_t old = arrays.old_array().line().buckets();
    const std::uint64_t first = first_old(arrays);
    if (!in_new_) return static_cast<std::size_t>(old - (old_begun_ ? bucket_ : first));
    return static_cast<std::size_t>(end_of_new(arrays) - bucket_ + old - first);
  }

 private:
  using array = typename Arrays::array;
  using layout = typename array::layout;
  using overflow = typename array::overflow;
  using group = typename layout::group;
  using slot_type = typename Elements::slot_type;

  // Whether destroying an element is doing nothing.
  static constexpr bool destroying_is_nothing =
      Elements::template trivially_destructible<typename Arrays::memory_type::allocator_type>();

  static std::uint64_t first_old(const Arrays& arrays) noexcept {
    return arrays.old_array().line().bucket_at(arrays.frontier());
  }
  static std::uint64_t end_of_new(const Arrays& arrays) noexcept { return arrays.new_written(); }

  void demolish_bucket(Arrays& arrays) noexcept {
    if (!in_new_ && !old_begun_) {
      bucket_ = first_old(arrays);
      old_begun_ = true;
    }
    array& within = arrays.array_of(in_new_);
    if (arrays.snapshots.any()) [[unlikely]] {
      const auto line = within.line();
      arrays.announce(in_new_, line.first_of(bucket_), line.last_of(bucket_));
    } else if constexpr (destroying_is_nothing) {
      bucket_ |= layout::chunk_buckets - 1;  // the rest of the chunk needs no looking at
    }
    if constexpr (!destroying_is_nothing) {
      const std::size_t before = destroyed_;
      destroy_elements(arrays, within);
      arrays.memory.recorder.demolished(destroyed_ - before);
    }
    ++bucket_;
    const std::uint64_t end = in_new_ ? end_of_new(arrays) : within.line().buckets();
    within.release_below(arrays.memory, std::min(bucket_, end));
    if (bucket_ < end) return;
    if (!in_new_) arrays.destroy();
    in_new_ = false;
  }

  void destroy_elements(Arrays& arrays, array& within) noexcept {
    const bucket_header* const header = within.header(bucket_);
    destroy_slots(arrays, header->tags, slots_mask(layout::width), within.slots(bucket_));
    for (overflow* chain = within.overflow_of(bucket_); chain; chain = to_raw(chain->next)) {
      destroy_slots(arrays, chain->tags, slots_mask(layout::overflow_width),
                    array::overflow_slots(chain));
    }
  }

  void destroy_slots(Arrays& arrays, const std::uint8_t* tags, std::uint32_t slots,
                     slot_type* first) noexcept {
    for (std::uint32_t full = ~group::match_empty(tags) & slots; full != 0; full &= full - 1) {
      Elements::destroy(arrays.memory.allocator(), first + lowest_bit(full));
      ++destroyed_;
    }
  }

  std::uint64_t bucket_ = 0;
  std::size_t destroyed_ = 0;
  bool in_new_;
  bool old_begun_ = false;
};

}  // namespace steady::detail
