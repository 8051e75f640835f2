// Evacuation: one step of a migration. It moves the elements of one interval of the hash line from
// the old array (the source) into the new one (the target).
//
// The interval begins at the frontier and ends with the source bucket, or earlier, where it has
// filled as many target buckets as one step may write: an old bucket feeds the new buckets of its
// interval, be they a part of one, one, two or eight, and a step stays small whichever the sizes.
//
// A step either happens or does not. Everything that can throw comes first, or can be undone:
//
//   1. gather   hash the source's elements and list those in the interval        hash may throw
//   2. prepare  memory for the target buckets and for what will overflow         allocator may
//   throw
//   3. transfer the elements, each to a slot claimed in private memory
//                                                            copies may throw, then they are undone
//   4. commit   write each target header once; now the frontier may pass
//
// Nearly all steps are splits of a bucket with little overflow, by moves that do not throw: those
// are splitting.hpp's.
//
// Bound: one source bucket with its overflow, at most max_targets target buckets, at most one
// chunk.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/evacuation_plan.hpp>
#include <steady/detail/gathering.hpp>
#include <steady/detail/group.hpp>
#include <steady/detail/pointers.hpp>
#include <steady/detail/splitting.hpp>

namespace steady::detail {

template <class Elements, class Array, class Memory>
class evacuation : private gathering<Elements, Array, Memory> {
  using base = gathering<Elements, Array, Memory>;
  using base::all_overflow_slots;
  using base::all_slots;
  using base::memory_;
  using base::moving_;
  using base::source_;
  using base::source_overflow_;
  using base::target_;
  using typename base::group;
  using typename base::moving;

 public:
  using typename base::layout;
  using typename base::overflow;
  using typename base::slot_type;

  evacuation(const evacuation_plan& plan, Array& source, Array& target, Memory& memory) noexcept
      : base(source, target, memory), plan_(plan) {}

  using base::each_moved;

  // `position_of(element)` gives the element's place on the line. Throws what it, the allocator and
  // the copying of elements throw; nothing has changed then.
  template <class PositionOf>
  void run(const PositionOf& position_of) {
    this->gather(plan_.source, plan_.first, plan_.last, position_of);
    target_.provide(memory_, plan_.target + plan_.targets - 1);
    open_targets();
    try {
      stock_overflow();
      transfer();
    } catch (...) {
      for (unsigned t = 0; t < plan_.targets; ++t) give_back(t, to_raw(targets_[t].stock));
      throw;
    }
    commit();
  }

 private:
  using overflow_link = typename Array::overflow_link;

  // A target bucket while it is filled: its header in two words, written back once.
  struct target_bucket {
    bucket_header* header;
    slot_type* slots;
    std::uint64_t words[2];
    std::uint32_t free;          // a bit for each empty slot
    std::uint32_t arriving;      // elements
    overflow* partial;           // an overflow bucket that the target has already, with room
    std::uint64_t partial_tags;  // its first word
    std::uint32_t partial_free;
    overflow_link stock;  // overflow buckets for what `free` cannot take, chained
    overflow* filling;    // the one in use
    unsigned filled;      // its slots in use
  };

  target_bucket& target_of(const moving& element) noexcept {
    return targets_[target_.line().bucket_at(element.position) - plan_.target];
  }

  void open_targets() noexcept {
    for (unsigned t = 0; t < plan_.targets; ++t) {
      target_bucket& bucket = targets_[t];
      bucket.header = target_.header(plan_.target + t);
      bucket.slots = target_.slots(plan_.target + t);
      bucket.arriving = 0;
      bucket.partial = nullptr;
      bucket.partial_free = 0;
      bucket.stock = nullptr;
      bucket.filling = nullptr;
      bucket.filled = 0;
      if (t == 0 && !plan_.fresh) {
        std::memcpy(bucket.words, bucket.header, sizeof bucket.words);
        bucket.free = group::match_empty(bucket.header) & all_slots;
        open_partial(bucket);
      } else {
        bucket.words[0] = bucket.words[1] = 0;
        bucket.free = all_slots;
      }
    }
  }

  // Where many old buckets feed one new bucket, each must fill what the one before began.
  void open_partial(target_bucket& bucket) noexcept {
    overflow* chain = target_.overflow_of(plan_.target);
    for (; chain != nullptr; chain = to_raw(chain->next)) {
      bucket.partial_free = group::match_empty(chain) & all_overflow_slots;
      if (bucket.partial_free == 0) continue;
      bucket.partial = chain;
      std::memcpy(&bucket.partial_tags, static_cast<void*>(chain), sizeof bucket.partial_tags);
      return;
    }
  }

  // Takes the overflow buckets that will be needed, still linked to no bucket.
  void stock_overflow() {
    for (const moving& element : moving_) ++target_of(element).arriving;
    for (unsigned t = 0; t < plan_.targets; ++t) {
      target_bucket& bucket = targets_[t];
      const auto room = static_cast<std::uint32_t>(std::popcount(bucket.free) +
                                                   std::popcount(bucket.partial_free));
      for (std::uint32_t placed = room; placed < bucket.arriving;
           placed += layout::overflow_width) {
        overflow* const taken = target_.take_overflow(memory_, plan_.target + t);
        taken->next = bucket.stock;
        bucket.stock = to_stored<overflow_link>(taken);
      }
      bucket.filling = to_raw(bucket.stock);
    }
  }

  // Claims a slot of the element's target bucket.
  slot_type* assign(const moving& element) noexcept {
    target_bucket& bucket = target_of(element);
    const std::uint64_t tag = *element.tag;
    if (bucket.free != 0) [[likely]] {
      const auto number = lowest_bit(bucket.free);
      bucket.free &= bucket.free - 1;
      bucket.words[number / 8] |= tag << byte_shift(number % 8);
      target_.remember(bucket.slots, target_.line().bucket_at(element.position), number,
                       element.position);
      return bucket.slots + number;
    }
    bucket.words[1] |= std::uint64_t{filter_bit(element.position)} << filter_shift;
    if (bucket.partial_free != 0) {
      const auto number = lowest_bit(bucket.partial_free);
      bucket.partial_free &= bucket.partial_free - 1;
      bucket.partial_tags |= tag << byte_shift(number);
      return Array::overflow_slots(bucket.partial) + number;
    }
    if (bucket.filled == layout::overflow_width) {
      bucket.filling = to_raw(bucket.filling->next);
      bucket.filled = 0;
    }
    bucket.filling->tags[bucket.filled] = static_cast<std::uint8_t>(tag);
    return Array::overflow_slots(bucket.filling) + bucket.filled++;
  }

  void transfer() {
    for (moving& element : moving_) element.destination = assign(element);
    this->relocate_all();
  }

  void commit() noexcept {
    for (unsigned t = 0; t < plan_.targets; ++t) {
      target_bucket& bucket = targets_[t];
      if (bucket.partial != nullptr) {
        std::memcpy(static_cast<void*>(bucket.partial), &bucket.partial_tags,
                    sizeof bucket.partial_tags);
      }
      if (bucket.stock != nullptr) link_stock(t);
      std::memcpy(bucket.header, bucket.words, sizeof bucket.words);
      if ((bucket.words[0] | bucket.words[1]) == 0) memory_.recorder.zeroed(sizeof bucket.words);
    }
    if (plan_.empties_source) {
      memory_.overflow_buckets -= source_overflow_;
    } else {
      for (const moving& element : moving_) *element.tag = empty_tag;
    }
    memory_.recorder.evacuated();
  }

  // Puts the filled overflow buckets in front of those that the target already has.
  void link_stock(unsigned t) noexcept {
    target_bucket& bucket = targets_[t];
    overflow_link& first = Array::first_overflow(target_.root(), plan_.target + t);
    overflow* const rest = t == 0 && !plan_.fresh ? target_.overflow_of(plan_.target) : nullptr;
    std::size_t length = 1;
    overflow* last = to_raw(bucket.stock);
    for (; last->next != nullptr; last = to_raw(last->next)) ++length;
    for (overflow* older = rest; older != nullptr; older = to_raw(older->next)) ++length;
    last->next = to_stored<overflow_link>(rest);
    std::construct_at(&first, bucket.stock);
    memory_.longest_chain = std::max(memory_.longest_chain, length);
  }

  void give_back(unsigned t, overflow* stock) noexcept {
    while (stock != nullptr) {
      overflow* const next = to_raw(stock->next);
      target_.give_overflow(memory_, plan_.target + t, stock);
      stock = next;
    }
  }

  // Where byte i of a word in memory is.
  static constexpr std::uint64_t byte_shift(std::uint64_t byte) noexcept {
    return std::endian::native == std::endian::little ? 8 * byte : 56 - 8 * byte;
  }

  // Where the filter is in the header's second word.
  static constexpr unsigned filter_shift = std::endian::native == std::endian::little ? 48 : 0;

  const evacuation_plan& plan_;
  target_bucket targets_[max_targets];
};

}  // namespace steady::detail
