// Evacuation: one step of a migration. It moves the elements of one interval of the hash line from
// the old array (the source) into the new one (the target).
//
// The interval begins at the frontier and ends with the source bucket, or earlier, where it has
// filled as many target buckets as one step may write: an old bucket feeds the new buckets of its
// interval, be they a part of one, one, two or eight, and a step stays small whichever the sizes.
//
// A step either happens or does not. Everything that can throw comes first, or can be undone:
//
//   1. gather    hash the source's elements and list those in the interval     the hash may throw
//   2. prepare   memory for the target buckets and for what will overflow      the allocator may
//   3. transfer  the elements, each to a slot claimed in private memory        copies may, and are
//                                                                              undone then
//   4. commit    write each target header once; now the frontier may pass
//
// Nearly all steps are splits of a bucket with little overflow, by moves that do not throw: those
// are split.hpp's.
//
// Bound: one source bucket with its overflow, at most max_targets target buckets, at most one
// chunk.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/base/pointers.hpp>
#include <steady/detail/line/overflow_filter.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/line/tag_group.hpp>
#include <steady/detail/migration/evacuation_batch.hpp>
#include <steady/detail/migration/evacuation_plan.hpp>

namespace steady::detail {

template <class Storage>
class evacuation {
 public:
  using array = bucket_array<Storage>;
  using memory_type = map_memory<Storage>;

  evacuation(const table_handle<Storage>& of, const evacuation_plan& plan, const array& source,
             array& target, memory_type& memory) noexcept
      : layout_(of.layout()),
        plan_(plan),
        target_(target),
        memory_(memory),
        batch_(of, source, memory) {}

  // Throws what hash, allocator and the copying of elements throw; nothing has changed then.
  void run(const line_seed& seed) {
    batch_.gather(plan_.source, seed, plan_.first, plan_.last);
    target_.provide(memory_, layout_, plan_.target + plan_.targets - 1);
    open_targets();
    try {
      stock_overflow();
      for (moving_element& element : batch_) element.destination = assign(element);
      batch_.relocate_all();
    } catch (...) {
      for (unsigned t = 0; t < plan_.targets; ++t) give_back(t, targets_[t].stock);
      throw;
    }
    commit();
    batch_.tell_walkers();
  }

 private:
  using overflow = overflow_bucket<Storage>;
  using chain_type = overflow_chain<Storage>;
  using overflow_link = typename overflow::link;

  // A target bucket while it is filled: its header in two words, written back once.
  struct target_bucket {
    bucket_header* header;
    std::byte* slots;
    std::uint64_t words[2];
    slot_set free;
    std::size_t arriving;        // elements
    overflow* partial;           // an overflow bucket that the target has already, with room
    std::uint64_t partial_tags;  // its first word
    slot_set partial_free;
    overflow* stock;    // overflow buckets for what `free` cannot take, chained
    overflow* filling;  // the one in use
    unsigned filled;    // its slots in use
  };

  target_bucket& target_of(const moving_element& element) noexcept {
    return targets_[target_.line().bucket_at(element.position) - plan_.target];
  }

  void open_targets() noexcept {
    for (unsigned t = 0; t < plan_.targets; ++t) {
      target_bucket& bucket = targets_[t] = target_bucket{};
      bucket.header = target_.header(plan_.target + t);
      bucket.slots = target_.slots(plan_.target + t, layout_);
      bucket.free = slot_set::first(layout_.width);
      if (t == 0 && !plan_.fresh) open_used_target(bucket);
    }
  }
  // Where many old buckets feed one new bucket, each must fill what the one before began.
  void open_used_target(target_bucket& bucket) noexcept {
    std::memcpy(bucket.words, bucket.header, sizeof bucket.words);
    bucket.free = target_.empty_slots(plan_.target, layout_);
    bucket.partial = target_.overflow_of(plan_.target, layout_).with_room(layout_);
    if (bucket.partial == nullptr) return;
    bucket.partial_free = chain_type::empty_slots(bucket.partial, layout_);
    std::memcpy(&bucket.partial_tags, static_cast<void*>(bucket.partial),
                sizeof bucket.partial_tags);
  }

  // Takes the overflow buckets that will be needed, still linked to no bucket.
  void stock_overflow() {
    for (const moving_element& element : batch_) ++target_of(element).arriving;
    for (unsigned t = 0; t < plan_.targets; ++t) {
      target_bucket& bucket = targets_[t];
      const std::size_t room = bucket.free.size() + bucket.partial_free.size();
      for (std::size_t placed = room; placed < bucket.arriving; placed += layout_.overflow_width) {
        overflow* const taken = target_.take_overflow(memory_, plan_.target + t, layout_);
        taken->next = to_stored<overflow_link>(bucket.stock);
        bucket.stock = taken;
      }
      bucket.filling = bucket.stock;
    }
  }

  // Claims a slot of the element's target bucket.
  std::byte* assign(const moving_element& element) noexcept {
    target_bucket& bucket = target_of(element);
    const std::uint64_t tag = *element.tag;
    if (!bucket.free.empty()) [[likely]] {
      const std::uint64_t number = bucket.free.lowest();
      bucket.free.remove_lowest();
      bucket.words[number / 8] |= tag << byte_shift(number % 8);
      target_.cache_hash(bucket.slots, target_.line().bucket_at(element.position), number,
                         element.position, layout_);
      return bucket.slots + number * layout_.slot_bytes;
    }
    bucket.words[1] |= std::uint64_t{filter_bit(element.position)} << filter_shift;
    if (!bucket.partial_free.empty()) {
      const std::uint64_t number = bucket.partial_free.lowest();
      bucket.partial_free.remove_lowest();
      bucket.partial_tags |= tag << byte_shift(number);
      return overflow_slots<Storage>(bucket.partial, layout_) + number * layout_.slot_bytes;
    }
    if (bucket.filled == layout_.overflow_width) {
      bucket.filling = to_raw(bucket.filling->next);
      bucket.filled = 0;
    }
    bucket.filling->tags[bucket.filled] = static_cast<std::uint8_t>(tag);
    return overflow_slots<Storage>(bucket.filling, layout_) + bucket.filled++ * layout_.slot_bytes;
  }

  void commit() noexcept {
    for (unsigned t = 0; t < plan_.targets; ++t) {
      target_bucket& bucket = targets_[t];
      if (bucket.partial != nullptr) {
        std::memcpy(static_cast<void*>(bucket.partial), &bucket.partial_tags,
                    sizeof bucket.partial_tags);
      }
      if (bucket.stock != nullptr) link_stock(t);
      std::memcpy(static_cast<void*>(bucket.header), bucket.words, sizeof bucket.words);
      if ((bucket.words[0] | bucket.words[1]) == 0) memory_.recorder().zeroed(sizeof bucket.words);
    }
    if (plan_.empties_source) {
      memory_.overflow_given_back(batch_.overflow_buckets());
    } else {
      for (const moving_element& element : batch_) *element.tag = empty_tag;
    }
    memory_.recorder().evacuated(1);
  }

  // Puts the filled overflow buckets in front of those that the target already has.
  void link_stock(unsigned t) noexcept {
    const std::uint64_t bucket = plan_.target + t;
    const chain_type rest =
        t == 0 && !plan_.fresh ? target_.overflow_of(bucket, layout_) : chain_type(nullptr);
    memory_.saw_chain(chain_type(targets_[t].stock).length() + rest.length());
    chain_type::put_in_front(targets_[t].stock, target_.first_overflow(bucket, layout_),
                             rest.first());
  }

  void give_back(unsigned t, overflow* stock) noexcept {
    const auto chunk = target_.chunk_of(plan_.target + t, layout_);
    while (stock != nullptr) {
      overflow* const next = to_raw(stock->next);
      chunk.give_overflow(memory_, stock);
      stock = next;
    }
  }

  // Where byte i of a word in memory is.
  static constexpr std::uint64_t byte_shift(std::uint64_t byte) noexcept {
    return std::endian::native == std::endian::little ? 8 * byte : 56 - 8 * byte;
  }
  // Where the filter is in the header's second word.
  static constexpr unsigned filter_shift = std::endian::native == std::endian::little ? 48 : 0;

  const array_layout& layout_;
  const evacuation_plan& plan_;
  array& target_;
  memory_type& memory_;
  evacuation_batch<Storage> batch_;
  target_bucket targets_[max_targets];
};

}  // namespace steady::detail
