// Destroying a container in steps that nobody uses any longer: what steady::retire() has taken. In
// this order:
//
//   1. nodes that were erased, and still waited for their end
//   2. the elements in nodes, bucket by bucket
//   3. memory, the oldest array first
//
// How far it has come is noted in the arrays, so that what is left can be moved. After the first
// step no element is to be looked for.
//
// Bound of a step: 16 erased nodes, or the elements of one bucket with its overflow, or 64 buckets
// without any, or a block or 64 KiB of pages (two blocks at the end of an array). Needs no memory.
// Throws: nothing.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/concurrent/line_walk.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

template <class Sync, class Layout>
class shared_destruction {
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;

 public:
  static constexpr std::size_t nodes_per_step = 16;

  explicit shared_destruction(state_type& state) noexcept : state_(state) {}

  // Calls `destroy` with copies of the slots of the next bucket that holds elements, or passes 64
  // buckets that hold none. False if there are no more buckets.
  template <class Destroy>
  bool empty_bucket(Destroy&& destroy) noexcept {
    for (array* at = state_.first_array(); at != nullptr; at = at->next()) {
      if (at->buckets_emptied == at->buckets()) continue;
      const std::uint64_t end = min_of(at->buckets_emptied + most_passed, at->buckets());
      while (at->buckets_emptied < end) {
        if (detail::visit_bucket_at_rest(*at, at->buckets_emptied++, destroy)) break;
      }
      return true;
    }
    return false;
  }

  // Buckets whose elements or memory are left, each counted for both; 0 when nothing is.
  std::uint64_t pending(bool in_nodes) const noexcept {
    std::uint64_t left = 0;
    const array* at = state_.oldest.load(std::memory_order_acquire);
    for (; at != nullptr; at = at->next()) left += at->buckets_to_release();
    if (!in_nodes) return left;
    for (at = state_.first_array(); at != nullptr; at = at->next()) {
      left += at->buckets() - at->buckets_emptied;
    }
    return left;
  }

 private:
  static constexpr std::uint64_t most_passed = 64;

  state_type& state_;
};

}  // namespace steady::detail
