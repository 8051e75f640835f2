// The life of one map in bench.latency: growing, churning, shrinking, being cleared and destroyed,
// every call timed by itself.
//
// Where a map can do something in steps, each step is a call; where it cannot, all is one call.
// That is the comparison: the same work, and the longest time that the caller waits for.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <utility>

#include <steady/retire.hpp>

#include "bench/support/clock.hpp"
#include "bench/support/histogram.hpp"
#include "bench/support/process.hpp"
#include "bench/support/splitmix64.hpp"

namespace steady::bench {

enum class phase : unsigned {
  grow,    // inserting into an empty map; a call is an insertion
  churn,   // erasing the oldest and inserting another; a call is both
  shrink,  // erasing 99 %, then giving back memory; a call is an erasure, or a step of the latter
  clear,   // emptying a full map that lives on
  destroy
};
inline constexpr std::array<std::string_view, 5> phase_names = {"grow", "churn", "shrink", "clear",
                                                                "destroy"};
inline constexpr std::size_t phase_count = phase_names.size();

// What one process measured. Travels through a pipe.
struct life_result {
  std::array<histogram, phase_count> times;  // nanoseconds of each call
  std::uint64_t grown_bytes = 0;             // resident after growing
  std::uint64_t peak_bytes = 0;              // while growing
  std::uint64_t shrunk_bytes = 0;            // resident after shrinking
  std::uint64_t page_faults = 0;             // while growing
};

// Times calls, phase after phase.
class life_clock {
 public:
  explicit life_clock(std::uint64_t clock_cost) : clock_cost_(clock_cost) {}

  void begin(phase next) { times_ = &result.times[static_cast<unsigned>(next)]; }

  // Calls `what`, which does something to `container`.
  template <class Container, class Call>
  void call(Container&, Call&& what) {
    times_->record(timed(clock_cost_, what));
  }

  life_result result;

 private:
  std::uint64_t clock_cost_;
  histogram* times_ = nullptr;
};

// An observer is told when a phase begins and calls what it is given: see life_clock.
template <class Map>
class life {
 public:
  explicit life(std::uint64_t elements) : elements_(elements) {}

  template <class Observer>
  void grow(Observer& observer) {
    observer.begin(phase::grow);
    for (; newest_ < elements_; ++newest_) observer.call(*map_, [&] { insert(newest_); });
  }

  template <class Observer>
  void churn(Observer& observer) {
    observer.begin(phase::churn);
    for (std::uint64_t n = 0; n < elements_; ++n) {
      observer.call(*map_, [&] {
        map_->erase(splitmix64(oldest_++));
        insert(newest_++);
      });
    }
  }

  template <class Observer>
  void shrink(Observer& observer) {
    observer.begin(phase::shrink);
    for (const std::uint64_t end = newest_ - elements_ / 100; oldest_ < end; ++oldest_) {
      observer.call(*map_, [&] { map_->erase(splitmix64(oldest_)); });
    }
    if constexpr (requires { map_->shrink_gradually(); }) {
      observer.call(*map_, [&] { map_->shrink_gradually(); });
      step_to_the_end(observer);
    } else {
      observer.call(*map_, [&] { map_->rehash(0); });
    }
  }

  template <class Observer>
  void clear(Observer& observer) {
    refill();
    observer.begin(phase::clear);
    if constexpr (requires { map_->clear_gradually(); }) {
      observer.call(*map_, [&] { map_->clear_gradually(); });
      step_to_the_end(observer);
    } else {
      observer.call(*map_, [&] { map_->clear(); });
    }
  }

  template <class Observer>
  void destroy(Observer& observer) {
    refill();
    observer.begin(phase::destroy);
    if constexpr (requires { map_->clear_gradually(); }) {
      std::optional<steady::retired<Map>> old;
      observer.call(*map_, [&] { old.emplace(std::move(*map_)); });
      while (!old->done()) observer.call(*old, [&] { old->step(1); });
      observer.call(*old, [&] { map_.reset(); });
    } else {
      observer.call(*map_, [&] { map_.reset(); });
    }
  }

 private:
  void insert(std::uint64_t n) { map_->try_emplace(splitmix64(n), n); }

  void refill() {
    while (map_->size() < elements_) insert(newest_++);
    if constexpr (requires { map_->finish(); }) map_->finish();
  }

  template <class Observer>
  void step_to_the_end(Observer& observer) {
    while (map_->migrating()) observer.call(*map_, [&] { map_->step(1); });
  }

  std::uint64_t elements_;
  std::uint64_t oldest_ = 0;  // elements are oldest_ to newest_, the latter excluded
  std::uint64_t newest_ = 0;
  std::optional<Map> map_{std::in_place};
};

template <class Map>
life_result live(std::uint64_t elements, std::uint64_t clock_cost) {
  auto clock = std::make_unique<life_clock>(clock_cost);
  reset_peak_memory();
  const memory_usage before = read_memory_usage();
  const std::uint64_t faults = page_faults();
  life<Map> one(elements);
  one.grow(*clock);
  clock->result.page_faults = page_faults() - faults;
  const memory_usage grown = read_memory_usage();
  clock->result.grown_bytes = grown.resident - before.resident;
  clock->result.peak_bytes = grown.peak - before.resident;
  one.churn(*clock);
  one.shrink(*clock);
  clock->result.shrunk_bytes = read_memory_usage().resident - before.resident;
  one.clear(*clock);
  one.destroy(*clock);
  return clock->result;
}

// What the machine does to a program that only touches memory, as often as the maps are called: an
// array that appears line by line as a map grows, then random lines of it, then pages of it given
// back. The memory is the default resource's.
inline life_result live_without_a_map(std::uint64_t elements, std::uint64_t bytes,
                                      std::uint64_t clock_cost) {
  constexpr std::uint64_t line = 64;
  const std::uint64_t lines = std::max<std::uint64_t>(1, bytes / line);
  auto clock = std::make_unique<life_clock>(clock_cost);
  reset_peak_memory();
  const memory_usage before = read_memory_usage();
  const std::uint64_t faults = page_faults();
  std::pmr::polymorphic_allocator<unsigned char> memory;
  unsigned char* const array = memory.allocate(lines * line);
  volatile unsigned char* const touched = array;
  const auto touch_one_of = [&](std::uint64_t n, std::uint64_t count) {
    const std::uint64_t at = (splitmix64(n) >> 32) * count >> 32;
    touched[at * line] = static_cast<unsigned char>(touched[at * line] + 1);
  };
  clock->begin(phase::grow);
  for (std::uint64_t n = 0; n < elements; ++n) {
    clock->call(memory, [&] {
      const std::uint64_t appeared = lines * n / elements;
      touched[appeared * line] = 1;
      touch_one_of(n, appeared + 1);
    });
  }
  clock->result.page_faults = page_faults() - faults;
  const memory_usage grown = read_memory_usage();
  clock->result.grown_bytes = grown.resident - before.resident;
  clock->result.peak_bytes = grown.peak - before.resident;
  for (const phase next : {phase::churn, phase::shrink}) {
    clock->begin(next);
    for (std::uint64_t n = 0; n < elements; ++n)
      clock->call(memory, [&] { touch_one_of(n, lines); });
  }
  clock->result.shrunk_bytes = read_memory_usage().resident - before.resident;
  // A block of 64 KiB touched and given back, as often as that fits into the array.
  for (const phase next : {phase::clear, phase::destroy}) {
    clock->begin(next);
    for (std::uint64_t at = 0; at < bytes; at += 64 << 10) {
      clock->call(memory, [&] {
        unsigned char* const block = memory.allocate(64 << 10);
        for (std::size_t page = 0; page < 64 << 10; page += 4096) {
          const_cast<volatile unsigned char&>(block[page]) = 1;
        }
        memory.deallocate(block, 64 << 10);
      });
    }
  }
  memory.deallocate(array, lines * line);
  return clock->result;
}

}  // namespace steady::bench
