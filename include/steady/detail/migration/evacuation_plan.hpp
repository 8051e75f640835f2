// The plan of one step of a migration: which interval of the hash line comes next, and which
// buckets it concerns.
#pragma once

#include <cstddef>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/line/hash_line.hpp>

namespace steady::detail {

inline constexpr unsigned max_targets = 8;

struct evacuation_plan {
  std::uint64_t first;  // positions
  std::uint64_t last;
  std::uint64_t source;  // bucket
  bool empties_source;
  std::uint64_t target;  // first bucket
  unsigned targets;      // buckets
  bool fresh;            // nothing was written to the first target bucket yet; never to the others

  static evacuation_plan at(std::uint64_t frontier, line_partition source, line_partition target,
                            unsigned most_targets) noexcept {
    evacuation_plan plan{};
    plan.first = frontier;
    plan.source = source.bucket_at(frontier);
    plan.target = target.bucket_at(frontier);
    plan.fresh = target.first_of(plan.target) == frontier;
    // Groups of targets are aligned, so that a group lies in one chunk.
    const std::uint64_t group_end =
        plan.target | (min_of<std::uint64_t>(most_targets, target.buckets()) - 1);
    plan.last = min_of(source.last_of(plan.source), target.last_of(group_end));
    plan.empties_source = plan.last == source.last_of(plan.source);
    plan.targets = static_cast<unsigned>(target.bucket_at(plan.last) - plan.target + 1);
    return plan;
  }
};

}  // namespace steady::detail
