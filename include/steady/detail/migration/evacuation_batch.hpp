// An evacuation batch: the elements that one step of a migration takes from old buckets, and their
// moving to slots claimed before. Every way of moving on stands on it: evacuation.hpp, where the
// elements of an interval go to the same interval, and reseed_step.hpp, where they go anywhere.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/array/overflow_chain.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/slot_set.hpp>
#include <steady/detail/memory/small_list.hpp>
#include <steady/detail/migration/table_handle.hpp>

namespace steady::detail {

template <class Storage>
class evacuation_batch {
 public:
  using array = bucket_array<Storage>;
  using memory_type = map_memory<Storage>;

  // Of elements in `source`.
  evacuation_batch(const table_handle<Storage>& of, const array& source,
                   memory_type& memory) noexcept
      : of_(of), source_(source), elements_(memory) {}

  evacuation_batch(const evacuation_batch&) = delete;
  evacuation_batch& operator=(const evacuation_batch&) = delete;

  // Adds the elements of `bucket` whose hash positions under `seed` lie from `first` to `last`.
  // Throws what the hash throws, and the allocator.
  void gather(std::uint64_t bucket, const line_seed& seed, std::uint64_t first = 0,
              std::uint64_t last = ~std::uint64_t{0}) {
    const array_layout& layout = of_.layout();
    gather_from(source_.header(bucket)->tags, source_.full_slots(bucket, layout),
                source_.slots(bucket, layout), seed, first, last);
    for (overflow_bucket<Storage>* link : source_.overflow_of(bucket, layout)) {
      ++overflow_buckets_;
      gather_from(link->tags, overflow_chain<Storage>::full_slots(link, layout),
                  overflow_slots<Storage>(link, layout), seed, first, last);
    }
  }

  std::size_t size() const noexcept { return elements_.size(); }
  moving_element& operator[](std::size_t number) noexcept { return elements_[number]; }
  moving_element* begin() noexcept { return elements_.begin(); }
  moving_element* end() noexcept { return elements_.end(); }

  // Overflow buckets that elements were gathered from.
  std::size_t overflow_buckets() const noexcept { return overflow_buckets_; }

  // Moves all to their destinations. Throws what copying and moving elements throw; all are where
  // they were then.
  void relocate_all() {
    of_.kind.relocate(of_.table, elements_.begin(), elements_.size());
    of_.state.recorder.moved(elements_.size());
  }

  // Tells walkers where the elements are now.
  void tell_walkers() {
    of_.state.each_walker([this](walker_base& walker) {
      for (const moving_element& element : elements_) {
        walker.moved(element.slot, element.destination);
      }
    });
  }

 private:
  void gather_from(std::uint8_t* tags, slot_set full, std::byte* slots, const line_seed& seed,
                   std::uint64_t first, std::uint64_t last) {
    for (const std::uint64_t number : full) {
      std::byte* const slot = slots + number * of_.layout().slot_bytes;
      const std::uint64_t position = of_.position(slot, seed);
      if (position - first > last - first) continue;
      moving_element& element = elements_.add();
      element.slot = slot;
      element.tag = tags + number;
      element.position = position;
    }
  }

  const table_handle<Storage>& of_;
  const array& source_;
  std::size_t overflow_buckets_ = 0;
  small_list<moving_element, Storage> elements_;
};

}  // namespace steady::detail
