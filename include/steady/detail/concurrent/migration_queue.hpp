// The order of heat: which groups of an array a migration moves first, where a policy asks for that
// (concurrent_policy.hpp, `orders_by_heat`). One queue for each migration; it goes with the array.
//
// Lookups that are sampled warm groups up (heat_map.hpp). A group that becomes hot or warm is added
// to a ring (task_ring.hpp). Rings come in shards, by the group's place on the hash line: helpers
// look into different ones first, so that they do not meet. Cold groups are in no ring: whoever
// finds the rings empty goes on along the line, and that goes on for ever, so it also finds what
// was missed. So a hint may be lost: a full ring drops it, and so does a helper that goes.
//
// A helper in the background obeys times: each level has a lane, which grants a batch of groups,
// and the next one not before its pause is over. All others take what there is, hot before warm.
//
// Bound: no operation waits. Threads: all functions at any time, but for those of the background,
// which has one helper at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/heat_map.hpp>
#include <steady/detail/concurrent/shared_memory.hpp>
#include <steady/detail/concurrent/task_ring.hpp>

namespace steady::detail {

// What a thread has taken on: intervals of the old array.
struct interval_run {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

template <class Sync, class Numbers, bool InLeaves>
class migration_queue {
 public:
  // Throws what the allocator throws. Bound: the cells of the rings.
  static migration_queue* create(shared_memory<Sync>& memory, std::uint64_t groups) {
    std::byte* const block = memory.allocate(sizeof(migration_queue));
    auto* const made = ::new (static_cast<void*>(block)) migration_queue(groups);
    STEADY_TRY { made->heat_.create(memory, groups); }
    STEADY_CATCH_ALL {
      made->release(memory);
      STEADY_RETHROW;
    }
    return made;
  }
  // Frees a block or 64 KiB of pages, which nobody can reach; false when the queue itself is gone.
  bool release_some(shared_memory<Sync>& memory) noexcept {
    if (!is_heat_released_) {
      is_heat_released_ = !heat_.release_some(memory);
      return true;
    }
    release(memory);
    return false;
  }
  migration_queue(const migration_queue&) = delete;
  migration_queue& operator=(const migration_queue&) = delete;

  std::uint64_t groups() const noexcept { return groups_; }

  bool is_hot(std::uint64_t group) const noexcept {
    return heat_.level_of(group) == heat_level::hot;
  }
  // A lookup of a key in that group was sampled. Reads the clock.
  void note(std::uint64_t group) noexcept {
    const std::uint64_t tick = (Numbers::nanoseconds() - begun_) / Numbers::tick_ns;
    const heat_level reached = heat_.note(group, tick);
    if (reached != heat_level::cold) static_cast<void>(ring_of(group, reached).enqueue(group));
  }

  // The next group that is hot or, if there is none, warm, near the thread first. False if there is
  // none in the rings.
  bool take(std::uint32_t thread, std::uint64_t& group) noexcept {
    return take_batch(thread, heat_level::hot, {&group, 1}) != 0 ||
           take_batch(thread, heat_level::warm, {&group, 1}) != 0;
  }

  // ---- for the helper in the background ----

  enum class grant : std::uint8_t {
    nothing,  // now
    group,
    next  // along the line
  };
  // Reads the clock when what the last lane granted has been used up.
  grant take_in_time(std::uint32_t thread, std::uint64_t& group) noexcept {
    if (cold_left_ == 0 && batch_next_ == batch_end_) look_at_lanes(thread);
    if (batch_next_ != batch_end_) {
      group = batch_[batch_next_++];
      return grant::group;
    }
    if (cold_left_ == 0) return grant::nothing;
    --cold_left_;
    return grant::next;
  }
  // What that helper has taken on.
  interval_run in_background;

 private:
  using ring = task_ring<Sync, Numbers::ring_capacity>;
  struct shard {
    ring hot;
    ring warm;
  };
  static constexpr unsigned shards = Numbers::shards;
  static constexpr std::size_t most_in_batch =
      max_of<std::size_t>(Numbers::hot.batch, Numbers::warm.batch);
  static_assert(shards >= 1 && Numbers::hot.batch >= 1 && Numbers::warm.batch >= 1 &&
                Numbers::cold.batch >= 1);

  explicit migration_queue(std::uint64_t groups) noexcept
      : groups_(groups), begun_(Numbers::nanoseconds()) {}
  ~migration_queue() = default;
  void release(shared_memory<Sync>& memory) noexcept {
    this->~migration_queue();
    memory.release(reinterpret_cast<std::byte*>(this), sizeof(migration_queue));
  }

  ring& ring_in(std::uint64_t number, heat_level level) noexcept {
    shard& of = shards_[number];
    return level == heat_level::hot ? of.hot : of.warm;
  }
  ring& ring_of(std::uint64_t group, heat_level level) noexcept {
    return ring_in(group * shards / groups_, level);
  }

  // One compare-and-swap for each shard from which tasks are taken.
  std::size_t take_batch(std::uint32_t thread, heat_level level,
                         std::span<std::uint64_t> into) noexcept {
    std::size_t taken = 0;
    for (unsigned n = 0; n < shards && taken < into.size(); ++n) {
      taken += ring_in((thread + n) % shards, level).dequeue(into.subspan(taken));
    }
    return taken;
  }

  void look_at_lanes(std::uint32_t thread) noexcept {
    const std::uint64_t now = Numbers::nanoseconds() - begun_;
    batch_next_ = 0;
    batch_end_ = 0;
    if (now >= next_hot_ && fill_batch(thread, heat_level::hot, Numbers::hot.batch)) {
      next_hot_ = now + Numbers::hot.pause_ns;
    } else if (now >= next_warm_ && fill_batch(thread, heat_level::warm, Numbers::warm.batch)) {
      next_warm_ = now + Numbers::warm.pause_ns;
    } else if (now >= next_cold_) {
      cold_left_ = Numbers::cold.batch;
      next_cold_ = now + Numbers::cold.pause_ns;
    }
  }
  bool fill_batch(std::uint32_t thread, heat_level level, std::size_t most) noexcept {
    batch_end_ = take_batch(thread, level, std::span(batch_).first(most));
    return batch_end_ != 0;
  }

  const std::uint64_t groups_;
  const std::uint64_t begun_;
  heat_map<Sync, Numbers, InLeaves> heat_;
  bool is_heat_released_ = false;

  // Of the background alone: when each lane grants again, in nanoseconds since the start, and what
  // is left of what was granted.
  std::uint64_t next_hot_ = 0;
  std::uint64_t next_warm_ = 0;
  std::uint64_t next_cold_ = 0;
  std::size_t batch_next_ = 0;
  std::size_t batch_end_ = 0;
  std::size_t cold_left_ = 0;
  std::array<std::uint64_t, most_in_batch> batch_{};

  std::array<shard, shards> shards_;
};

}  // namespace steady::detail
