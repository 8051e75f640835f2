// A reseed step: moves the elements of some old buckets to wherever in the new array their new hash
// positions are; those new buckets have memory and headers already. It is the step of a migration
// to another line, and of any growth that is done at once.
//
// As with evacuation, a step either happens or does not: hashing and claiming come first, and what
// was claimed can be given up.
//
// Bound: the old buckets with their overflow; as many new buckets as they have elements.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/tag_group.hpp>
#include <steady/detail/migration/evacuation_batch.hpp>
#include <steady/detail/migration/slot_claim.hpp>

namespace steady::detail {

template <class Storage>
class reseed_step {
 public:
  using array = bucket_array<Storage>;
  using memory_type = map_memory<Storage>;

  reseed_step(const table_handle<Storage>& of, const array& source, const array& target,
              memory_type& memory) noexcept
      : of_(of), source_(source), target_(target), memory_(memory), batch_(of, source, memory) {}

  // Empties `buckets` buckets from `first` on, elements going to their positions under `seed`.
  // Throws what hash, allocator and the copying of elements throw; nothing has changed then.
  void run(std::uint64_t first, std::uint64_t buckets, const line_seed& seed) {
    const array_layout& layout = of_.layout();
    for (std::uint64_t n = 0; n < buckets; ++n) batch_.gather(first + n, seed);
    std::size_t claimed = 0;
    try {
      for (; claimed < batch_.size(); ++claimed) claim_for(batch_[claimed], layout);
      batch_.relocate_all();
    } catch (...) {
      while (claimed > 0) *batch_[--claimed].destination_tag = empty_tag;
      throw;
    }
    batch_.tell_walkers();
    for (const moving_element& element : batch_) *element.tag = empty_tag;
    for (std::uint64_t n = 0; n < buckets; ++n) source_.header(first + n)->filter = 0;
    memory_.overflow_given_back(batch_.overflow_buckets());
    memory_.recorder().evacuated(buckets);
  }

 private:
  void claim_for(moving_element& element, const array_layout& layout) {
    const tagged_slot claimed = claim_slot(
        target_, memory_, target_.line().bucket_at(element.position), element.position, layout);
    *claimed.tag = tag_of(element.position);
    element.destination = claimed.slot;
    element.destination_tag = claimed.tag;
  }

  const table_handle<Storage>& of_;
  const array& source_;
  const array& target_;
  memory_type& memory_;
  evacuation_batch<Storage> batch_;
};

}  // namespace steady::detail
