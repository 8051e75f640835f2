// The old and the new bucket array of a map, and the frontier between them.
//
// Invariants:
//
//   1. Positions below the frontier belong to the new array, the others to the old one: every key
//      has one bucket, and a lookup goes there and nowhere else.
//   2. Not migrating: the frontier is 0, the new array does not exist, the old one owns everything.
//   3. New buckets that begin below the frontier have written headers; the others may be unwritten.
//   4. At most two arrays exist: a migration starts only when none is under way.
//
// A migration runs from any number of buckets to any other; its kind is only the name for how the
// two compare.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

#include <steady/detail/bucket_array.hpp>
#include <steady/detail/config.hpp>
#include <steady/detail/evacuation.hpp>
#include <steady/detail/hash_line.hpp>
#include <steady/detail/memory.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Elements, class Allocator, class Policy>
class array_pair {
 public:
  using slot_type = typename Elements::slot_type;
  using array = bucket_array<slot_type, Allocator, Policy>;
  using overflow = typename array::overflow;
  using memory_type = map_memory<Allocator, Policy::count_work>;
  using layout = typename array::layout;

  // A bucket, and all that is needed to look into it.
  struct place {
    typename array::root_type root;
    std::uint64_t bucket;
    bool in_new;
  };

  array_pair() = default;
  explicit array_pair(const Allocator& allocator) noexcept : memory(allocator) {}
  array_pair(const array_pair&) = delete;
  array_pair& operator=(const array_pair&) = delete;

  bool has_memory() const noexcept { return old_.exists(); }
  bool migrating() const noexcept { return new_.exists(); }
  std::uint64_t frontier() const noexcept { return frontier_; }
  const array& old_array() const noexcept { return old_; }
  const array& new_array() const noexcept { return new_; }
  // The array that will be kept.
  const array& kept_array() const noexcept { return migrating() ? new_ : old_; }

  // Who owns `position`, and in which bucket. Whether a migration is under way is predictable;
  // which side of the frontier a position falls on is not, so that is a selection of values, no
  // branch.
  STEADY_ALWAYS_INLINE place locate(std::uint64_t position) const noexcept {
    if (frontier_ == 0) [[likely]]
      return {old_.root(), old_.line().bucket_at(position), false};
    const bool in_new = position < frontier_;
    const auto root = select(in_new, new_.root(), old_.root());
    const auto shift = select(in_new, new_.line().shift, old_.line().shift);
    return {root, line_partition{shift}.bucket_at(position), in_new};
  }

  array& array_of(bool in_new) noexcept { return in_new ? new_ : old_; }
  const array& array_of(bool in_new) const noexcept { return in_new ? new_ : old_; }

  // Gives a pair without memory 2^log2_buckets empty buckets, at once. Throws what the allocator
  // throws; nothing is kept then.
  void furnish(unsigned log2_buckets) {
    array fresh = array::create(memory, log2_buckets);
    try {
      for (std::uint64_t bucket = 0; bucket < fresh.line().buckets(); ++bucket) {
        fresh.provide(memory, bucket);
        std::memset(fresh.header(bucket), 0, sizeof(bucket_header));
      }
    } catch (...) {
      fresh.destroy(memory);
      memory.template release_recycled<layout::alignment>(layout::full_chunk.bytes);
      throw;
    }
    memory.recorder.zeroed(fresh.line().buckets() * sizeof(bucket_header));
    old_ = fresh;
  }

  // Begins a migration to 2^log2_buckets buckets; none may be under way. O(1). Throws what the
  // allocator throws; nothing has begun then.
  void start_migration(unsigned log2_buckets) { new_ = array::create(memory, log2_buckets); }

  // Evacuates the next interval; a migration must be under way. Throws what hashing, copying and
  // the allocator throw; nothing has changed then.
  template <class PositionOf>
  void advance(const PositionOf& position_of) {
    evacuation<Elements, array, memory_type> step(frontier_, old_, new_, memory);
    const evacuation_plan& plan = step.plan();
    prefetch_bucket(plan.source + evacuations_ahead);
    step.run(position_of);
    if (plan.last == std::numeric_limits<std::uint64_t>::max()) {
      complete();
    } else {
      frontier_ = plan.last + 1;
      if (plan.empties_source) {
        const bool shrinking = new_.line().shift > old_.line().shift;
        old_.release_below(memory, shrinking ? pass_empty(plan) : plan.source + 1);
      }
    }
  }

  // Old buckets that are not evacuated yet; 0 when not migrating.
  std::uint64_t pending() const noexcept {
    return migrating() ? old_.line().buckets() - old_.line().bucket_at(frontier_) : 0;
  }

  // Gives all memory back; no element is left.
  void destroy() noexcept {
    old_.destroy(memory);
    new_.destroy(memory);
    memory.template release_recycled<layout::alignment>(layout::full_chunk.bytes);
    memory.overflow_buckets = 0;
    frontier_ = 0;
  }

  // Takes over the other's arrays and ledger; this pair has no memory, and the allocators are equal
  // or follow.
  void take(array_pair& other) noexcept {
    old_ = std::exchange(other.old_, array());
    new_ = std::exchange(other.new_, array());
    frontier_ = std::exchange(other.frontier_, 0);
    migrations = std::exchange(other.migrations, {});
    memory.take_ledger(other.memory);
  }

  void swap(array_pair& other) noexcept {
    std::swap(old_, other.old_);
    std::swap(new_, other.new_);
    std::swap(frontier_, other.frontier_);
    std::swap(migrations, other.migrations);
    memory.swap_ledger(other.memory);
  }

  memory_type memory;
  decltype(stats::migrations) migrations;

 private:
  static constexpr unsigned most_empty_passed = 63;

  // Evacuations go through the old array in order, so what the next ones read is known now.
  static constexpr std::uint64_t evacuations_ahead = 2;

  void prefetch_bucket(std::uint64_t bucket) const noexcept {
    if (bucket >= old_.line().buckets()) return;
    prefetch(old_.header(bucket));
    prefetch_lines<std::min<std::size_t>(layout::bucket_bytes, 4 * cache_line_bytes)>(
        old_.slots(bucket));
  }

  // Moves the frontier over empty buckets, as far as the evacuated interval's last new bucket
  // reaches: an array that shrinks has many. Returns the first old bucket that is still needed.
  STEADY_NOINLINE std::uint64_t pass_empty(const evacuation_plan& plan) noexcept {
    const std::uint64_t end_of_target = new_.line().last_of(new_.line().bucket_at(plan.last));
    std::uint64_t bucket = plan.source + 1;
    for (unsigned passed = 0; passed < most_empty_passed; ++passed, ++bucket) {
      if (old_.line().last_of(bucket) >= end_of_target || !is_empty(*old_.header(bucket))) break;
    }
    frontier_ = old_.line().first_of(bucket);
    return bucket;
  }

  static bool is_empty(const bucket_header& header) noexcept {
    return header.filter == 0 &&
           layout::group::match_empty(&header) == layout::group::match_empty(&empty_header);
  }

  void complete() noexcept {
    const unsigned from = old_.line().log2_buckets();
    const unsigned to = new_.line().log2_buckets();
    ++(to > from ? migrations.grow : to < from ? migrations.shrink : migrations.compact);
    old_.release_below(memory, old_.line().buckets());
    old_.destroy(memory);
    old_ = std::exchange(new_, array());
    frontier_ = 0;
    memory.template release_recycled<layout::alignment>(layout::full_chunk.bytes);
  }

  array old_;
  array new_;
  std::uint64_t frontier_ = 0;
};

}  // namespace steady::detail
