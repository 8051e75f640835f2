// When a concurrent container is too small, too large, or too crowded; and how large it should be.
// Each function looks at the state once, so that others may change it meanwhile.
//
// Growth comes before all else, then reseeding, shrinking, compacting. A container never shrinks by
// itself below what was reserved.
//
//   Bound    O(1).   Throws   nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <steady/detail/array/array_layout.hpp>
#include <steady/detail/base/bits.hpp>
#include <steady/detail/concurrent/evacuation.hpp>
#include <steady/detail/concurrent/shared_state.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/slot_set.hpp>

namespace steady::detail {

// What chance explains of overflow at a policy's load limit, and at the default one or less. There
// some 18 % of the buckets have an overflow bucket, 12.8 elements are in a bucket on average, and
// the 80 of such a chain are beyond any chance.
template <class Policy, class Layout>
struct natural_overflow {
  using statistics = overflow_statistics<Policy, Layout::width, Layout::overflow_width>;
  static constexpr double per_bucket = max_of(1.0, statistics::crowded);
  static constexpr std::uint32_t longest_chain = max_of(8u, statistics::longest_natural_chain);
};

template <class Sync, class Layout>
class shared_sizing {
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using header = typename array::header;

 public:
  static constexpr unsigned least_log2_buckets = 2;

  explicit shared_sizing(const state_type& state) noexcept : state_(state) {}

  // The elements that an array has room for within the load limit.
  std::uint64_t limit_of(const array& of) const noexcept {
    return of.limit(state_.kind->load_limit);
  }
  std::uint64_t shrinks_below(const array& of) const noexcept {
    if (of.buckets() <= Layout::chunk_buckets) return 0;
    const auto below =
        static_cast<std::uint64_t>(static_cast<double>(limit_of(of)) * state_.kind->shrink_below);
    return state_.reserved.load(std::memory_order_relaxed) > limit_of(of) / 2 ? 0 : below;
  }
  unsigned log2_buckets_for(std::uint64_t size) const noexcept {
    unsigned log2 = least_log2_buckets;
    while (log2 < Layout::max_log2_buckets &&
           array::limit_of(std::uint64_t{1} << log2, state_.kind->load_limit) < size) {
      ++log2;
    }
    return log2;
  }

  struct plan {
    bool is_due;
    migration_kind kind;
    unsigned log2_buckets;
  };
  // `reseeds`: false if walks keep a reseeding from starting.
  plan what_is_due(const array& current, std::uint64_t size, bool reseeds = true) const noexcept {
    const unsigned now = current.line.log2_buckets();
    const std::uint64_t wanted = max_of(size, state_.reserved.load(std::memory_order_relaxed));
    if (wanted > limit_of(current) && now < Layout::max_log2_buckets) {
      const unsigned fitting = log2_buckets_for(wanted);
      return {true, migration_kind::grow,
              clamped(fitting, now + 1, now + evacuation<Sync, Layout>::most_log2_growth)};
    }
    if (reseeds && state_.requests.is_asked(migration_kind::reseed))
      return {true, migration_kind::reseed, now};
    const bool shrinks =
        size < shrinks_below(current) ||
        (state_.requests.is_asked(migration_kind::shrink) && log2_buckets_for(wanted) < now);
    if (shrinks && !is_dense_at_an_end(current)) return {true, migration_kind::shrink, now - 1};
    if (state_.requests.is_asked(migration_kind::compact) || is_crowded(current)) {
      return {true, migration_kind::compact, now};
    }
    return {false, migration_kind::grow, now};
  }

 private:
  // Whether halving would make the buckets at an end of the line far too full, whatever the size
  // says: what is left of a container that was drained from one end, or of which all but one end
  // was erased, is as dense as before. New elements lie all over the line, so they do not hide
  // that.
  // Bound: the words of 32 buckets at each end, and one overflow bucket of each that is full.
  STEADY_COLD bool is_dense_at_an_end(const array& current) const noexcept {
    const std::uint64_t buckets = current.buckets();
    if (buckets <= least_buckets_looked_at) return false;
    const end_of_line front{std::addressof(current.header_at(0)),
                            std::addressof(current.header_at(1))};
    const end_of_line back{std::addressof(current.header_at(buckets - 1)),
                           std::addressof(current.header_at(buckets - 2))};
    if (is_dense(max_of(front.elements(0, 2), back.elements(0, 2)), 2)) return true;
    std::uint64_t in_front = 0;
    std::uint64_t at_back = 0;
    const std::uint64_t most = min_of(most_buckets_looked_at, buckets / 2);
    for (std::uint64_t seen = 0; seen < most; seen += 4) {
      const std::uint64_t next_in_front = front.elements(seen, 4);
      const std::uint64_t next_at_back = back.elements(seen, 4);
      in_front += next_in_front;
      at_back += next_at_back;
      // Four alone, too: an erasure may evacuate so many.
      if (is_dense(max_of(next_in_front, next_at_back), 4)) return true;
      if (is_dense(max_of(in_front, at_back), seen + 4)) return true;
    }
    return false;
  }
  struct end_of_line {
    const header* first;  // the outermost bucket
    const header* second;

    // In so many buckets from the outermost but `from` on. Those of a chunk lie together, unless
    // they were never provided: one stands for all then, and there are none.
    std::uint64_t elements(std::uint64_t from, std::uint64_t buckets) const noexcept {
      if (first == second) return 0;
      std::uint64_t found = 0;
      for (; buckets != 0; --buckets, ++from) {
        found += elements_in(first < second ? first[from] : *(first - from));
      }
      return found;
    }
  };
  // With what is in overflow, so that two buckets that were filled beyond their slots are not taken
  // for two that are just full. Of a chain only as many as one overflow bucket takes: keys that
  // collide stay together in any array.
  static std::uint64_t elements_in(const header& of) noexcept {
    const slot_set here = of.look().occupied();
    if (here != slot_set::first(Layout::width)) return here.size();
    const auto* const overflow = of.first_overflow();
    if (overflow == nullptr) return here.size();
    const bool is_chain = overflow->following() != nullptr;
    return here.size() + (is_chain ? Layout::overflow_width : overflow->occupied().size());
  }
  // Whether so many elements in neighbouring buckets, in half as many, would be more than chance
  // puts there at the load limit: more than five standard deviations above the mean.
  bool is_dense(std::uint64_t elements, std::uint64_t buckets) const noexcept {
    const double mean = static_cast<double>(array::limit_of(buckets, state_.kind->load_limit)) / 2;
    const double above = static_cast<double>(elements) - mean;
    return above > 0 && above * above > 25 * mean;
  }
  // Smaller arrays are halved by the size alone: whatever they hold is little.
  static constexpr std::uint64_t least_buckets_looked_at = 16;
  static constexpr std::uint64_t most_buckets_looked_at =
      min_of<std::uint64_t>(32, Layout::chunk_buckets);

  // What a compaction has left the next one would leave.
  bool is_crowded(const array& current) const noexcept {
    const std::uint64_t overflow_buckets = current.overflow_buckets.in_use();
    const double natural =
        static_cast<double>(current.buckets()) * state_.kind->natural_overflow_per_bucket;
    return static_cast<double>(overflow_buckets) > natural + 4 &&
           overflow_buckets / 2 > state_.left_crowded.load(std::memory_order_relaxed);
  }

  const state_type& state_;
};

}  // namespace steady::detail
