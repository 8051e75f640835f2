// The number of elements, counted by every thread in a cache line of its own, and what else a
// thread keeps of a container: when to look at the sum again, which part of a migration it has
// taken on, how much of migrations its insertions and erasures have done, and when it samples a
// lookup.
//
// The first threads of the process have a stripe each, which only they write; all others share the
// last one.
//
//   [C1] load and store, relaxed: one's own count, within the lock of the bucket that it is about
//   [C2] fetch-add, relaxed: the shared count, within that lock
//   [C3] load, relaxed: the sum. Exact when nobody writes
// Steps are counted likewise, outside of locks, when there were some.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/grace_period.hpp>
#include <steady/stats.hpp>

namespace steady::detail {

template <class Sync>
struct count_stripe {
  typename Sync::template atomic<std::uint64_t> count;  // modulo 2^64: others may have erased
  typename Sync::template atomic<std::uint64_t> calls_until_look;
  // Work on migrations, by driver: insert and erase (stats::steps).
  typename Sync::template atomic<std::uint64_t> steps[2];

  // A run of buckets that the thread has taken on, of the migration with that number.
  std::uint64_t claimed_of;
  std::uint64_t claimed_from;
  std::uint64_t claimed_to;

  std::uint64_t lookups_until_sample;  // in the order of heat
};

template <class Sync>
class striped_count {
 public:
  using stripe = count_stripe<Sync>;
  static constexpr std::uint32_t own_stripes = grace_period<Sync>::shared_number;

  STEADY_ALWAYS_INLINE static bool is_own(std::uint32_t thread) noexcept {
    return thread < own_stripes;
  }
  STEADY_ALWAYS_INLINE stripe& of(std::uint32_t thread) noexcept { return stripes_[thread].of; }

  STEADY_ALWAYS_INLINE void add(std::uint32_t thread, std::uint64_t change) noexcept {
    add_to(of(thread).count, thread, change);
  }

  // Never less than 0, although an insertion may not be in the sum yet whose erasure is.
  std::size_t sum() const noexcept {
    std::uint64_t total = 0;
    for (const line& each : stripes_)
      total += each.of.count.load(std::memory_order_relaxed);  // [C3]
    return static_cast<std::int64_t>(total) < 0 ? 0 : total;
  }

  // `by`: driver::insert or driver::erase.
  void add_steps(std::uint32_t thread, driver by, std::uint64_t steps) noexcept {
    add_to(of(thread).steps[static_cast<unsigned>(by)], thread, steps);
  }
  std::uint64_t steps(driver by) const noexcept {
    std::uint64_t total = 0;
    for (const line& each : stripes_)
      total += each.of.steps[static_cast<unsigned>(by)].load(std::memory_order_relaxed);  // [C3]
    return total;
  }

  // Whether this thread, after a call that changed the container, should look at the sum: every
  // `calls_until_look` calls.
  STEADY_ALWAYS_INLINE bool is_due(std::uint32_t thread) noexcept {
    auto& left = of(thread).calls_until_look;
    const std::uint64_t calls = left.load(std::memory_order_relaxed);
    if (calls <= 1) return true;
    left.store(calls - 1, std::memory_order_relaxed);
    return false;
  }
  void look_again_after(std::uint32_t thread, std::uint64_t calls) noexcept {
    of(thread).calls_until_look.store(calls, std::memory_order_relaxed);
  }

  // Whether this lookup is to be noted: every so many of a thread. Threads that share a stripe note
  // nothing.
  STEADY_ALWAYS_INLINE bool is_sampled(std::uint32_t thread, std::uint64_t every) noexcept {
    if (!is_own(thread)) [[unlikely]]
      return false;
    std::uint64_t& left = stripes_[thread].of.lookups_until_sample;
    if (left-- > 1) [[likely]]
      return false;
    left = every;
    return true;
  }

  // While nobody else uses either.
  void reset() noexcept {
    for (line& each : stripes_) each.reset();
  }
  void take(striped_count& other) noexcept {
    const std::uint64_t total = other.sum();
    const std::uint64_t inserting = other.steps(driver::insert);
    const std::uint64_t erasing = other.steps(driver::erase);
    reset();
    other.reset();
    add(own_stripes, total);
    add_steps(own_stripes, driver::insert, inserting);
    add_steps(own_stripes, driver::erase, erasing);
  }

 private:
  static STEADY_ALWAYS_INLINE void add_to(typename Sync::template atomic<std::uint64_t>& number,
                                          std::uint32_t thread, std::uint64_t change) noexcept {
    if (is_own(thread)) [[likely]] {
      number.store(number.load(std::memory_order_relaxed) + change,  // [C1]
                   std::memory_order_relaxed);
    } else {
      number.fetch_add(change, std::memory_order_relaxed);  // [C2]
    }
  }

  struct alignas(cache_line_bytes) line {
    stripe of{};

    void reset() noexcept {
      of.count.store(0, std::memory_order_relaxed);
      of.calls_until_look.store(0, std::memory_order_relaxed);
      for (auto& steps : of.steps) steps.store(0, std::memory_order_relaxed);
      of.claimed_of = 0;
      of.lookups_until_sample = 0;
    }
  };
  static_assert(sizeof(line) == cache_line_bytes);

  line stripes_[own_stripes + 1];
};

}  // namespace steady::detail
