// Scattering: one step of a migration to another line, that is, under another seed. It moves the
// elements of one old bucket to wherever in the new array their new positions are; all new buckets
// have memory and headers already.
//
// As with evacuation, a step either happens or does not: hashing and claiming come first, and what
// was claimed can be given up.
//
// Bound: one old bucket with its overflow; as many new buckets as it has elements.
#pragma once

#include <cstdint>
#include <limits>

#include <steady/detail/bits.hpp>
#include <steady/detail/bucket.hpp>
#include <steady/detail/claim.hpp>
#include <steady/detail/gathering.hpp>

namespace steady::detail {

template <class Elements, class Array, class Memory>
class scattering : private gathering<Elements, Array, Memory> {
  using base = gathering<Elements, Array, Memory>;
  using base::memory_;
  using base::moving_;
  using base::source_;
  using base::source_overflow_;
  using base::target_;
  using typename base::moving;

 public:
  scattering(Array& source, Array& target, Memory& memory) noexcept
      : base(source, target, memory) {}

  using base::each_moved;

  // Empties `bucket`. `position_of(element)` gives the element's place on the new line. Throws what
  // it, the allocator and the copying of elements throw; nothing has changed then.
  template <class PositionOf>
  void run(std::uint64_t bucket, const PositionOf& position_of) {
    this->gather(bucket, 0, std::numeric_limits<std::uint64_t>::max(), position_of);
    std::size_t claimed = 0;
    try {
      for (; claimed < moving_.size(); ++claimed) claim_for(moving_[claimed]);
      this->relocate_all();
    } catch (...) {
      while (claimed > 0) *moving_[--claimed].destination_tag = empty_tag;
      throw;
    }
    for (const moving& element : moving_) *element.tag = empty_tag;
    source_.header(bucket)->filter = 0;
    memory_.overflow_buckets -= source_overflow_;
    memory_.recorder.evacuated();
  }

 private:
  void claim_for(moving& element) {
    const auto slot =
        claim<Array, Memory>::slot(target_, target_.root(), memory_,
                                   target_.line().bucket_at(element.position), element.position);
    *slot.tag = tag_of(element.position);
    element.destination = slot.slot;
    element.destination_tag = slot.tag;
  }
};

}  // namespace steady::detail
