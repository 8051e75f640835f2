// How often the groups of an array are looked up while it migrates. A group is the buckets of one
// chunk. Lookups that are sampled are noted here: a word for each group, which says
//
//   bits 0-1     level: cold, warm or hot. It falls only when the group is forgotten
//   bits 2-9     streak: ticks in a row in which the group was sampled
//   bits 10-31   samples, all in all
//   bits 32-63   the last tick in which it was sampled, and 1; 0: never
//
// A tick is a millisecond, say. A group is hot after `ticks_until_hot` ticks in a row, warm after
// `samples_until_warm` samples, and forgotten after `ticks_until_cold` ticks without any.
//
// Heat is a hint: an update that is lost, or late, changes in which order buckets move, nothing
// else.
//
//   [G1] load, relaxed: a group's word
//   [G2] compare-and-swap, relaxed: the word with one more sample. It publishes nothing
#pragma once

#include <atomic>
#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/concurrent/shared_memory.hpp>
#include <steady/detail/concurrent/zeroed_store.hpp>

namespace steady::detail {

enum class heat_level : std::uint8_t { cold, warm, hot };

// What the word of a group says. `Numbers`: default_concurrent_policy::heat, or one like it.
template <class Numbers>
class heat_word {
 public:
  constexpr heat_word() noexcept = default;
  explicit constexpr heat_word(std::uint64_t bits) noexcept : bits_(bits) {}

  constexpr std::uint64_t bits() const noexcept { return bits_; }
  constexpr heat_level level() const noexcept { return static_cast<heat_level>(bits_ & 3); }
  constexpr std::uint64_t streak() const noexcept { return bits_ >> 2 & most_streak; }
  constexpr std::uint64_t samples() const noexcept { return bits_ >> 10 & most_samples; }

  // After one more sample. Ticks that come late count as the last one.
  constexpr heat_word sampled_in(std::uint64_t tick) const noexcept {
    const std::uint64_t now = min_of(tick, most_ticks - 1) + 1;
    const std::uint64_t last = bits_ >> 32;
    if (last == 0 || now > last + Numbers::ticks_until_cold) return of(1, 1, now, heat_level::cold);
    const std::uint64_t in_a_row = now > last + 1 ? 1 : now > last ? streak() + 1 : streak();
    return of(min_of(in_a_row, most_streak), min_of(samples() + 1, most_samples), max_of(now, last),
              level());
  }

 private:
  static constexpr std::uint64_t most_streak = 0xff;
  static constexpr std::uint64_t most_samples = 0x3fffff;
  static constexpr std::uint64_t most_ticks = 0xffffffff;
  static_assert(Numbers::ticks_until_hot >= 1 && Numbers::ticks_until_hot <= most_streak);
  static_assert(Numbers::samples_until_warm >= 1 && Numbers::samples_until_warm <= most_samples);

  static constexpr heat_word of(std::uint64_t streak, std::uint64_t samples, std::uint64_t last,
                                heat_level before) noexcept {
    const heat_level reached = streak >= Numbers::ticks_until_hot       ? heat_level::hot
                               : samples >= Numbers::samples_until_warm ? heat_level::warm
                                                                        : heat_level::cold;
    return heat_word(last << 32 | samples << 10 | streak << 2 |
                     static_cast<std::uint64_t>(max_of(before, reached)));
  }

  std::uint64_t bits_ = 0;
};

template <class Sync, class Numbers, bool InLeaves>
class heat_map {
  using atomic = typename Sync::template atomic<std::uint64_t>;

 public:
  // To be called once. Throws what the allocator throws.
  // Bound: O(1); where memory comes in leaves, a block of 64 KiB for every 8,192 groups.
  void create(shared_memory<Sync>& memory, std::uint64_t groups) {
    words_.create(memory, groups);
    STEADY_TRY {
      for (std::uint64_t n = 0; InLeaves && n < groups; n += words_in_leaf) {
        words_.provide(memory, n);
      }
    }
    STEADY_CATCH_ALL {
      while (words_.release_some(memory)) {
      }
      STEADY_RETHROW;
    }
  }
  // Gives memory back, 64 KiB at a time; false when everything has gone.
  bool release_some(shared_memory<Sync>& memory) noexcept { return words_.release_some(memory); }

  heat_level level_of(std::uint64_t group) const noexcept {
    return heat_word<Numbers>(words_.at(group).load(std::memory_order_relaxed)).level();  // [G1]
  }
  // A lookup in the group was sampled in that tick. Returns the level that the group has reached by
  // it; cold if it has reached none.
  // Bound: a load and a compare-and-swap, again for every other thread that notes the same group.
  heat_level note(std::uint64_t group, std::uint64_t tick) noexcept {
    atomic& place = words_.at(group);
    std::uint64_t seen = place.load(std::memory_order_relaxed);  // [G1]
    for (;;) {
      const heat_word<Numbers> before(seen);
      const heat_word<Numbers> after = before.sampled_in(tick);
      if (place.compare_exchange_strong(seen, after.bits(), std::memory_order_relaxed,  // [G2]
                                        std::memory_order_relaxed)) {
        return after.level() > before.level() ? after.level() : heat_level::cold;
      }
    }
  }

 private:
  static constexpr std::uint64_t words_in_leaf = slice_bytes / sizeof(atomic);

  zeroed_store<atomic, Sync, InLeaves> words_;
};

}  // namespace steady::detail
