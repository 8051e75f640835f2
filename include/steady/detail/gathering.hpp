// Gathering: the elements that one step of a migration takes from an old bucket, and their moving
// to slots claimed before. Both ways of going on stand on it: evacuation.hpp, where the elements of
// an interval go to the same interval, and scattering.hpp, where they go anywhere.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/elements.hpp>
#include <steady/detail/group.hpp>
#include <steady/detail/pointers.hpp>
#include <steady/detail/poison.hpp>
#include <steady/detail/small_list.hpp>

namespace steady::detail {

// Destroys what is in a slot.
template <class Elements, class Allocator>
STEADY_ALWAYS_INLINE void vacate(Allocator& allocator,
                                 typename Elements::slot_type* slot) noexcept {
  Elements::destroy(allocator, slot);
  poison<Allocator>(slot, sizeof(typename Elements::slot_type));
}

// Moves an element to an empty slot, where moving does not throw.
template <class Elements, class Allocator>
STEADY_ALWAYS_INLINE void relocate(Allocator& allocator, typename Elements::slot_type* to,
                                   typename Elements::slot_type* from) noexcept {
  unpoison<Allocator>(to, sizeof(typename Elements::slot_type));
  Elements::move(allocator, to, from);
  vacate<Elements>(allocator, from);
}

template <class Elements, class Array, class Memory>
class gathering {
 public:
  using slot_type = typename Elements::slot_type;
  using layout = typename Array::layout;
  using overflow = typename Array::overflow;

  // Calls `tell(from, to)` for every element that was moved.
  template <class Tell>
  void each_moved(const Tell& tell) {
    for (const moving& element : moving_) tell(element.slot, element.destination);
  }

  gathering(const gathering&) = delete;
  gathering& operator=(const gathering&) = delete;

 protected:
  using allocator_type = typename Memory::allocator_type;
  using group = typename layout::group;

  struct moving {
    slot_type* slot;
    std::uint8_t* tag;
    std::uint64_t position;  // on the line of the array that it goes to
    slot_type* destination;
    std::uint8_t* destination_tag;  // only kept where claims may have to be undone
  };

  static constexpr std::uint32_t all_slots = slots_mask(layout::width);
  static constexpr std::uint32_t all_overflow_slots = slots_mask(layout::overflow_width);

  gathering(Array& source, Array& target, Memory& memory) noexcept
      : source_(source), target_(target), memory_(memory), moving_(memory) {}
  ~gathering() = default;

  // Lists the elements of `bucket` whose positions lie from `first` to `last`. Throws what
  // `position_of` throws, and the allocator.
  template <class PositionOf>
  void gather(std::uint64_t bucket, std::uint64_t first, std::uint64_t last,
              const PositionOf& position_of) {
    gather_from(source_.header(bucket), all_slots, source_.slots(bucket), first, last, position_of);
    gather_overflow(bucket, first, last, position_of);
  }

  template <class PositionOf>
  void gather_overflow(std::uint64_t bucket, std::uint64_t first, std::uint64_t last,
                       const PositionOf& position_of) {
    for (overflow* chain = source_.overflow_of(bucket); chain != nullptr;
         chain = to_raw(chain->next)) {
      ++source_overflow_;
      gather_from(chain, all_overflow_slots, Array::overflow_slots(chain), first, last,
                  position_of);
    }
  }

  // Moves all to their destinations. What can be copied is copied where moving may throw, so that a
  // throwing copy leaves all originals. A type that can only be moved, and whose move throws, is
  // moved back.
  void relocate_all() {
    if constexpr (Elements::nothrow_movable()) {
      for (const moving& element : moving_) {
        relocate<Elements>(memory_.allocator(), element.destination, element.slot);
      }
    } else {
      std::size_t done = 0;
      try {
        for (; done < moving_.size(); ++done) {
          const moving& element = moving_[done];
          slot_opening<allocator_type, slot_type> opening(element.destination);
          Elements::transfer(memory_.allocator(), element.destination, element.slot);
          opening.keep();
        }
      } catch (...) {
        while (done > 0) undo(moving_[--done]);
        throw;
      }
      for (const moving& element : moving_) vacate<Elements>(memory_.allocator(), element.slot);
    }
    memory_.recorder.moved(moving_.size());
  }

  Array& source_;
  Array& target_;
  Memory& memory_;
  std::size_t source_overflow_ = 0;  // overflow buckets gathered from
  small_list<moving, Memory> moving_;

 private:
  template <class PositionOf>
  void gather_from(void* header, std::uint32_t slots, slot_type* begin, std::uint64_t first,
                   std::uint64_t last, const PositionOf& position_of) {
    auto* const tags = static_cast<std::uint8_t*>(header);
    for (std::uint32_t full = ~group::match_empty(header) & slots; full != 0; full &= full - 1) {
      const auto number = lowest_bit(full);
      const std::uint64_t position = position_of(begin[number]);
      if (position - first > last - first) continue;
      moving& element = moving_.add();
      element.slot = begin + number;
      element.tag = tags + number;
      element.position = position;
    }
  }

  // A second exception in here would lose the element; it ends the program instead.
  void undo(moving& element) noexcept {
    auto& allocator = memory_.allocator();
    if constexpr (!Elements::copyable()) {
      Elements::destroy(allocator, element.slot);
      Elements::transfer(allocator, element.slot, element.destination);
    }
    vacate<Elements>(allocator, element.destination);
  }
};

}  // namespace steady::detail
