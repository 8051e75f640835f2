// One run of bench.copying: a thread fills an empty map while others look up random elements of
// what it has inserted so far. Every call is timed, and passes a gate (gate.hpp), whether the map
// ever closes it or not: so what the gate costs is the same for all.
//
// A migration is on from the end of the insertion that started it, as seen by the thread that
// inserts, to the end of the call after which it is over.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <latch>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "bench/concurrent/keys.hpp"
#include "bench/copying/gate.hpp"
#include "bench/copying/maps.hpp"
#include "bench/copying/timeline.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/histogram.hpp"
#include "bench/support/process.hpp"
#include "bench/support/splitmix64.hpp"

namespace steady::bench {

inline constexpr std::uint64_t growth_limit_ns = 60'000'000'000;

struct growth {
  std::uint64_t size = 0;  // elements in the end
  unsigned readers = 1;
  std::uint64_t clock_cost = 0;
};

// What one thread did, or all readers together.
struct calls_made {
  histogram times;  // nanoseconds
  timeline slowest;
  std::uint64_t cpu_ns = 0;
  std::uint64_t wrong = 0;             // answers
  std::uint64_t during_migration = 0;  // calls from beginning to end

  void merge(const calls_made& other) noexcept {
    times.merge(other.times);
    slowest.merge(other.slowest);
    cpu_ns += other.cpu_ns;
    wrong += other.wrong;
    during_migration += other.during_migration;
  }
};

// What a run measured. Travels through a pipe.
struct growth_measured {
  calls_made writer;
  calls_made readers;
  std::uint64_t ns = 0;
  std::uint64_t peak_bytes = 0;     // the most that was resident, above what was before
  bool tells_migrations = false;    // whether the map says when one is on; if not, the next are 0
  std::uint64_t migrations = 0;     // that ended
  std::uint64_t migrations_ns = 0;  // of all together
  std::uint64_t longest_migration_ns = 0;
  bool filled = true;  // in time
};

namespace detail {

// A map behind a gate, and what its threads tell each other. The thread 0 inserts.
template <class Map>
class grown_map {
 public:
  explicit grown_map(const growth& asked) : gate_(asked.readers + 1) {
    if constexpr (requires { map_.expect(asked.size); }) map_.expect(asked.size);
  }

  bool insert(std::uint64_t key) {
    gate_.enter(0);
    const bool is_new = map_.insert(key, first_value(key));
    bool is_on = false;
    if constexpr (tells_migrations<Map>) is_on = map_.migrating();
    gate_.leave(0);
    if constexpr (migrates_at_once<Map>) {
      if (is_on) {
        note_migration(true);
        gate_.alone([&] { map_.migrate_at_once(); });

        is_on = map_.migrating();
      }
    }
    if constexpr (tells_migrations<Map>) note_migration(is_on);
    return is_new;
  }

  bool finds(unsigned thread, std::uint64_t written, std::uint64_t key) {
    gate_.enter(thread);
    std::optional<std::uint64_t> found;
    if constexpr (requires { map_.find_among(written, key); }) {
      found = map_.find_among(written, key);
    } else {
      found = map_.find(key);
    }
    gate_.leave(thread);
    return found == first_value(key);
  }

  std::uint64_t size() const { return map_.size(); }
  bool is_migrating() const noexcept { return is_on_.load(std::memory_order_relaxed); }

  // How many keys are there for certain. Not told after every insertion: readers would fetch that
  // cache line for each lookup.
  void tell_written(std::uint64_t written) noexcept {
    written_.store(written, std::memory_order_release);
  }
  std::uint64_t written() const noexcept { return written_.load(std::memory_order_acquire); }
  void tell_end() noexcept { ended_.store(true, std::memory_order_relaxed); }
  bool has_ended() const noexcept { return ended_.load(std::memory_order_relaxed); }

  void report(growth_measured& result) const {
    result.tells_migrations = tells_migrations<Map>;
    result.migrations = migrations_;
    result.migrations_ns = migrations_ns_;
    result.longest_migration_ns = longest_ns_;
  }

 private:
  void note_migration(bool is_on) noexcept {
    if (is_on == is_on_.load(std::memory_order_relaxed)) return;
    is_on_.store(is_on, std::memory_order_relaxed);
    if (is_on) {
      began_ns_ = now_ns();
      return;
    }
    const std::uint64_t took = now_ns() - began_ns_;
    ++migrations_;
    migrations_ns_ += took;
    longest_ns_ = std::max(longest_ns_, took);
  }

  Map map_;
  gate gate_;
  std::uint64_t migrations_ = 0;
  std::uint64_t migrations_ns_ = 0;
  std::uint64_t longest_ns_ = 0;
  std::uint64_t began_ns_ = 0;
  alignas(128) std::atomic<std::uint64_t> written_{0};
  alignas(128) std::atomic<bool> is_on_{false};
  std::atomic<bool> ended_{false};
};

// Calls `call`, which says whether its answer was right.
template <class Call>
void time_call(calls_made& calls, std::uint64_t clock_cost, const Call& call) {
  const std::uint64_t begin = now_ns();
  const bool is_right = call();
  const std::uint64_t end = now_ns();
  const std::uint64_t took = end - begin > clock_cost ? end - begin - clock_cost : 0;
  calls.times.record(took);
  calls.slowest.record(begin, end, took);
  if (!is_right) ++calls.wrong;
}

// False if that took too long.
template <class Map>
bool write(grown_map<Map>& map, const growth& asked, std::uint64_t start, calls_made& calls) {
  constexpr std::uint64_t between_looks = 64;
  std::uint64_t n = 0;
  while (n < asked.size && now_ns() - start < growth_limit_ns) {
    for (const std::uint64_t stop = std::min(asked.size, n + between_looks); n < stop; ++n) {
      const std::uint64_t key = splitmix64(n);
      time_call(calls, asked.clock_cost, [&] { return map.insert(key); });
    }
    map.tell_written(n);
  }
  map.tell_end();
  return n == asked.size;
}

template <class Map>
void read(grown_map<Map>& map, const growth& asked, unsigned thread, calls_made& calls) {
  random_numbers random(thread);
  while (map.written() == 0) std::this_thread::yield();
  do {
    const std::uint64_t written = map.written();
    const std::uint64_t key = splitmix64(upper_below(random(), written));
    const bool was_on = map.is_migrating();
    time_call(calls, asked.clock_cost, [&] { return map.finds(thread, written, key); });
    if (was_on && map.is_migrating()) ++calls.during_migration;
  } while (!map.has_ended());
}

}  // namespace detail

// `result` must be new. It is large: not for the stack.
template <class Map>
void grow(const growth& asked, growth_measured& result) {
  const unsigned threads = asked.readers + 1;
  const auto calls = std::make_unique<calls_made[]>(threads);  // its pages are there
  const auto map = std::make_unique<detail::grown_map<Map>>(asked);
  const bool has_core_each = threads <= allowed_cores();
  std::latch everybody(threads + 1);
  std::latch started(1);
  std::uint64_t start = 0;
  reset_peak_memory();
  const std::uint64_t before = read_memory_usage().resident;
  {
    std::vector<std::jthread> running;  // joined at the end of this block
    for (unsigned n = 0; n < threads; ++n) {
      running.emplace_back([&, n] {
        if (has_core_each) pin_thread_to(n);
        everybody.arrive_and_wait();
        started.wait();
        calls[n].slowest.starts_at(start);
        const std::uint64_t cpu_start = thread_cpu_ns();
        if (n == 0) {
          result.filled = detail::write(*map, asked, start, calls[0]);
          result.ns = now_ns() - start;
        } else {
          detail::read(*map, asked, n, calls[n]);
        }
        calls[n].cpu_ns = thread_cpu_ns() - cpu_start;
      });
    }
    everybody.arrive_and_wait();
    start = now_ns();
    started.count_down();
  }
  result.peak_bytes = read_memory_usage().peak - before;
  map->report(result);
  result.writer = calls[0];
  for (unsigned n = 1; n < threads; ++n) result.readers.merge(calls[n]);
  if (result.filled && map->size() != asked.size) ++result.writer.wrong;
}

}  // namespace steady::bench
