// An element transfer: the elements of some old buckets, or of an interval of one, on their way to
// slots of a new array, in buckets that have memory and headers. It does every step of a migration
// and every growth at once, except the usual split of a bucket (split.hpp).
//
// All elements move or none: hashing and claiming slots come first, and claims can be given up;
// then elements move. Where moving may throw, elements that can be copied are copied.
//
// Bound: the old buckets with their overflow; as many new buckets as they have elements.
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
#include <steady/detail/line/tag_group.hpp>
#include <steady/detail/memory/small_list.hpp>
#include <steady/detail/migration/slot_claim.hpp>
#include <steady/detail/migration/table_handle.hpp>

namespace steady::detail {

template <class Storage>
class element_transfer {
 public:
  using array = bucket_array<Storage>;
  using memory_type = map_memory<Storage>;

  // From `source`, where elements have their hash positions under `seed`.
  element_transfer(const table_handle<Storage>& of, const array& source, array& target,
                   const line_seed& seed, memory_type& memory) noexcept
      : of_(of),
        layout_(of.layout()),
        source_(source),
        target_(target),
        seed_(seed),
        memory_(memory),
        elements_(memory) {}

  element_transfer(const element_transfer&) = delete;
  element_transfer& operator=(const element_transfer&) = delete;

  // Adds the elements of `bucket` whose hash positions lie from `first` to `last`. Throws what the
  // hash throws, and the allocator.
  STEADY_NOINLINE void gather(std::uint64_t bucket, std::uint64_t first = 0,
                              std::uint64_t last = ~std::uint64_t{0}) {
    gather_from(source_.header(bucket)->tags, source_.full_slots(bucket, layout_),
                source_.slots(bucket, layout_), first, last);
    for (overflow_bucket<Storage>* link : source_.overflow_of(bucket, layout_)) {
      ++overflow_buckets_;
      gather_from(link->tags, overflow_chain<Storage>::full_slots(link, layout_),
                  detail::overflow_slots<Storage>(link, layout_), first, last);
    }
  }

  // Moves all of them; the target has `written` headers, from the first bucket's on. Throws what
  // the allocator and the copying of elements throw; nothing has changed then.
  STEADY_NOINLINE void run(std::uint64_t written) {
    std::size_t claimed = 0;
    STEADY_TRY {
      for (; claimed < elements_.size(); ++claimed) claim_for(elements_[claimed]);
      of_.kind.relocate(of_.table, elements_.begin(), elements_.size());
    }
    STEADY_CATCH_ALL {
      give_up(claimed, written);
      STEADY_RETHROW;
    }
    for (const moving_element& element : elements_) *element.tag = empty_tag;
    tell_walkers();
    memory_.recorder().moved(elements_.size());
  }

  // After run(): nothing is left in `bucket`, all of whose elements were gathered.
  void emptied(std::uint64_t bucket) noexcept { source_.header(bucket)->filter = 0; }
  // The same for the overflow of all gathered buckets.
  void give_overflow_back() noexcept { memory_.overflow_given_back(overflow_buckets_); }

 private:
  STEADY_NOINLINE void gather_from(std::uint8_t* tags, slot_set full, std::byte* slots,
                                   std::uint64_t first, std::uint64_t last) {
    for (const std::uint64_t number : full) {
      std::byte* const slot = slots + number * layout_.slot_bytes;
      const std::uint64_t position = of_.position(slot, seed_);
      if (position - first > last - first) continue;
      moving_element& element = elements_.add();
      element.slot = slot;
      element.tag = tags + number;
      element.position = position;
    }
  }

  void claim_for(moving_element& element) {
    if (notes().note_filled(target_bucket(element))) has_noted_ = true;
    const tagged_slot claimed =
        claim_slot(target_, memory_, target_bucket(element), element.position, layout_);
    *claimed.tag = tag_of(element.position);
    element.destination = claimed.slot;
    element.destination_tag = claimed.tag;
  }
  std::uint64_t target_bucket(const moving_element& element) const noexcept {
    return target_.line().bucket_at(element.position);
  }

  STEADY_COLD void give_up(std::size_t claimed, std::uint64_t written) noexcept {
    for (std::size_t n = 0; n < claimed; ++n) *elements_[n].destination_tag = empty_tag;
    for (std::size_t n = 0; n < claimed; ++n) {
      const std::uint64_t bucket = target_bucket(elements_[n]);
      if (target_.header(bucket)->filter != 0) {
        target_.drop_empty_overflow(memory_, bucket, layout_);
      }
    }
    // The last one may have been noted, and its claim have failed.
    for (std::size_t n = 0; has_noted_ && n < min_of(claimed + 1, elements_.size()); ++n) {
      notes().note_emptied(target_bucket(elements_[n]), 0, written);
    }
  }
  occupancy_notes<Storage> notes() noexcept { return {target_, layout_}; }

  void tell_walkers() {
    of_.state.each_walker([this](walker_base& walker) {
      for (const moving_element& element : elements_) {
        walker.moved(element.slot, element.destination);
      }
    });
  }

  const table_handle<Storage>& of_;
  const array_layout& layout_;
  const array& source_;
  array& target_;
  const line_seed seed_;
  memory_type& memory_;
  std::size_t overflow_buckets_ = 0;  // that elements were gathered from
  bool has_noted_ = false;            // groups of the target as filled
  small_list<moving_element, Storage> elements_;
};

}  // namespace steady::detail
