// Which interval a thread evacuates next, where a policy asks for the order of heat: those of a
// group from the migration's queue (migration_queue.hpp), or of the next group along the line where
// the queue has none. The usual order is shared_migration's own: runs of eight along the line.
//
// The line begins anew behind its end, so that intervals are found whose thread has gone, and
// groups whose hint was lost. What has moved already is for the caller to see: the buckets are the
// truth.
#pragma once

#include <cstdint>
#include <type_traits>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/migration_queue.hpp>
#include <steady/detail/concurrent/shared_state.hpp>

namespace steady::detail {

// Which group a helper takes on: the hottest that there is; one that a lane grants at its time; or
// one along the line that is not hot, so that memory is given back with the fewest lookups sent on.
enum class granted : std::uint8_t { at_once, in_time, hot_last };

// Where there are no times: takes no room, so that it costs the usual order nothing.
struct always_at_once {
  constexpr always_at_once(granted) noexcept {}
  constexpr operator granted() const noexcept { return granted::at_once; }
};

template <class Sync, class Layout>
class order_of_heat {
  using state_type = shared_state<Sync, Layout>;
  using array = shared_array<Sync, Layout>;
  using stripe = count_stripe<Sync>;

 public:
  // For who keeps a `granted`.
  using grants = std::conditional_t<Layout::orders_by_heat, granted, always_at_once>;

  // A lookup of this hash code was sampled. The caller is pinned.
  STEADY_COLD static void note(const state_type& state, std::uint64_t code) noexcept {
    const array* const from = state.first_array();
    if (from == nullptr || from->next() == nullptr || from->queue() == nullptr) return;
    const std::uint64_t bucket = from->line.bucket_at(position_of_number(code, from->seed));
    if (from->header_at(bucket).look().is_moved()) return;
    from->queue()->note(bucket / Layout::chunk_buckets);
  }

  // The next interval for that thread, modulo `intervals`, which is how many there are; or one that
  // is_nothing(). `mine`: the thread's stripe. The array has a queue.
  static std::uint64_t next(stripe& mine, std::uint32_t thread, array& from,
                            std::uint64_t intervals, granted when) noexcept {
    const std::uint64_t in_group = intervals / from.queue()->groups();
    if (when == granted::in_time) return next_in_time(thread, from, intervals, in_group);
    if (!striped_count<Sync>::is_own(thread)) return from.claim(1);
    interval_run all{mine.claimed_from, mine.claimed_to};
    if (mine.claimed_of != from.number || all.from == all.to) {
      mine.claimed_of = from.number;
      std::uint64_t group = 0;
      all = when == granted::hot_last           ? claim_passing_hot(from, intervals, in_group)
            : from.queue()->take(thread, group) ? run_of(group, in_group)
                                                : claim(from, in_group);
    }
    const std::uint64_t chosen = next_of(all, from, intervals, in_group);
    mine.claimed_from = all.from;
    mine.claimed_to = all.to;
    return chosen;
  }
  // Nothing is granted now. Only where there are times.
  static constexpr bool is_nothing(std::uint64_t interval) noexcept {
    return Layout::orders_by_heat && interval == nothing;
  }

 private:
  static constexpr std::uint64_t nothing = ~std::uint64_t{0};
  static constexpr unsigned most_passed = 16;  // groups at a time

  static std::uint64_t next_in_time(std::uint32_t thread, array& from, std::uint64_t intervals,
                                    std::uint64_t in_group) noexcept {
    using grant = typename array::queue_type::grant;
    auto& queue = *from.queue();
    interval_run& all = queue.in_background;
    if (all.from == all.to) {
      std::uint64_t group = 0;
      const grant got = queue.take_in_time(thread, group);
      if (got == grant::nothing) return nothing;
      all = got == grant::group ? run_of(group, in_group) : claim(from, in_group);
    }
    return next_of(all, from, intervals, in_group);
  }

  static interval_run run_of(std::uint64_t group, std::uint64_t in_group) noexcept {
    return {group * in_group, (group + 1) * in_group};
  }
  static interval_run claim(array& from, std::uint64_t count) noexcept {
    const std::uint64_t first = from.claim(count);
    return {first, first + count};
  }
  // What is passed is found when the line has begun anew.
  static interval_run claim_passing_hot(array& from, std::uint64_t intervals,
                                        std::uint64_t in_group) noexcept {
    interval_run all = claim(from, in_group);
    for (unsigned passed = 0; passed < most_passed; ++passed) {
      if (all.from >= intervals || !from.queue()->is_hot(all.from / in_group)) break;
      all = claim(from, in_group);
    }
    return all;
  }
  // Where the group has moved, its last interval: a look that passes all of it.
  static std::uint64_t next_of(interval_run& of, const array& from, std::uint64_t intervals,
                               std::uint64_t in_group) noexcept {
    const std::uint64_t group = (of.from & (intervals - 1)) / in_group;
    of.from =
        from.has_moved(group) ? min_of(of.to, (of.from / in_group + 1) * in_group) : of.from + 1;
    return of.from - 1;
  }
};

}  // namespace steady::detail
