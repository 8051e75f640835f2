// One run of bench.copying: a thread fills an empty map while others look up random elements of
// what it has inserted so far. Every call is timed, and passes a gate (gate.hpp), whether the map
// ever closes it or not: so what the gate costs is the same for all.
//
// Times are less what the thread waited for a processor (processor_waits.hpp), or slept at the gate
// while the one that had closed it did: other programs share the machine.
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
#include "bench/support/clock.hpp"
#include "bench/support/histogram.hpp"
#include "bench/support/process.hpp"
#include "bench/support/processor_waits.hpp"
#include "bench/support/splitmix64.hpp"
#include "bench/support/timeline.hpp"

namespace steady::bench {

inline constexpr std::uint64_t growth_limit_ns = 180'000'000'000;

struct growth {
  std::uint64_t size = 0;  // elements in the end
  unsigned readers = 1;
  std::uint64_t clock_cost = 0;
};

// What one thread did, or all readers together.
struct calls_made {
  histogram times;  // nanoseconds
  timeline slowest;
  unsigned threads = 0;
  std::uint64_t ns = 0;                // of all threads together, less their waiting for processors
  std::uint64_t cpu_ns = 0;            // likewise, that they were running
  std::uint64_t wrong = 0;             // answers
  std::uint64_t during_migration = 0;  // calls from beginning to end

  void merge(const calls_made& other) noexcept {
    times.merge(other.times);
    slowest.merge(other.slowest);
    threads += other.threads;
    ns += other.ns;
    cpu_ns += other.cpu_ns;
    wrong += other.wrong;
    during_migration += other.during_migration;
  }
};

// What a run measured. Travels through a pipe.
struct growth_measured {
  calls_made writer;
  calls_made readers;
  std::uint64_t ns = 0;             // that filling took, waiting included
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

  // `waits` are the calling thread's.
  bool insert(const processor_waits& waits, std::uint64_t key) {
    gate_.enter(0);
    const bool is_new = map_.insert(key, first_value(key));
    bool is_on = false;
    if constexpr (tells_migrations<Map>) is_on = map_.migrating();
    gate_.leave(0);
    if constexpr (migrates_at_once<Map>) {
      if (is_on) {
        note_migration(true, waits);
        gate_.alone(waits, [&] { map_.migrate_at_once(); });
        is_on = map_.migrating();
      }
    }
    if constexpr (tells_migrations<Map>) note_migration(is_on, waits);
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
  // Of the thread that inserts, while it kept all others out.
  std::uint64_t waits_alone_ns() const noexcept { return gate_.waits_ns(); }
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
  void note_migration(bool is_on, const processor_waits& waits) noexcept {
    if (is_on == is_on_.load(std::memory_order_relaxed)) return;
    is_on_.store(is_on, std::memory_order_relaxed);
    const std::uint64_t now = now_ns() - waits.total_ns();
    if (is_on) {
      began_ns_ = now;
      return;
    }
    const std::uint64_t took = now - began_ns_;
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

// The calls of one thread, which makes it.
class call_log {
 public:
  call_log(calls_made& calls, std::uint64_t clock_cost, std::uint64_t start)
      : calls_(calls),
        clock_cost_(clock_cost),
        waited_before_(waits_.total_ns()),
        cpu_before_(thread_cpu_ns()),
        start_(start),
        last_end_(start) {
    calls_.slowest.starts_at(start);
  }

  const processor_waits& waits() const noexcept { return waits_; }

  // Calls `call`, which says whether its answer was right. `others_waits` says how long others have
  // waited for processors while this thread could only wait for them.
  template <class Call, class Waits>
  void time(const Call& call, const Waits& others_waits) {
    const std::uint64_t others_before = others_waits();
    const std::uint64_t begin = now_ns();
    if (begin - last_end_ > least_wait_ns) waits_.since_last_ns();  // between two calls
    const bool is_right = call();
    const std::uint64_t end = now_ns();
    std::uint64_t took = end - begin > clock_cost_ ? end - begin - clock_cost_ : 0;
    if (took > least_wait_ns) {
      const std::uint64_t others = others_waits() - others_before;
      took -= std::min(took, waits_.since_last_ns() + others);
      others_waits_ns_ += others;
    }
    calls_.times.record(took);
    calls_.slowest.record(begin, end, took);
    if (!is_right) ++calls_.wrong;
    last_end_ = end;
  }

  void end() {
    calls_.threads = 1;
    calls_.ns = now_ns() - start_ - (waits_.total_ns() - waited_before_) - others_waits_ns_;
    calls_.cpu_ns = thread_cpu_ns() - cpu_before_;
  }

 private:
  static constexpr std::uint64_t least_wait_ns = 5'000;  // switching to another thread and back

  calls_made& calls_;
  processor_waits waits_;
  std::uint64_t clock_cost_;
  std::uint64_t waited_before_;
  std::uint64_t cpu_before_;
  std::uint64_t start_;
  std::uint64_t last_end_;
  std::uint64_t others_waits_ns_ = 0;
};

// False if that took too long.
template <class Map>
bool write(grown_map<Map>& map, const growth& asked, std::uint64_t start, call_log& calls) {
  constexpr std::uint64_t between_looks = 64;
  std::uint64_t n = 0;
  while (n < asked.size && now_ns() - start < growth_limit_ns) {
    for (const std::uint64_t stop = std::min(asked.size, n + between_looks); n < stop; ++n) {
      const std::uint64_t key = splitmix64(n);
      calls.time([&] { return map.insert(calls.waits(), key); }, [] { return std::uint64_t{0}; });
    }
    map.tell_written(n);
  }
  map.tell_end();
  return n == asked.size;
}

// How many lookups there were during migrations.
template <class Map>
std::uint64_t read(grown_map<Map>& map, unsigned thread, call_log& calls) {
  std::uint64_t during_migration = 0;
  random_numbers random(thread);
  while (map.written() == 0) std::this_thread::yield();
  do {
    const std::uint64_t written = map.written();
    const std::uint64_t key = splitmix64(upper_below(random(), written));
    const bool was_on = map.is_migrating();
    calls.time([&] { return map.finds(thread, written, key); },
               [&] { return map.waits_alone_ns(); });
    if (was_on && map.is_migrating()) ++during_migration;
  } while (!map.has_ended());
  return during_migration;
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
        detail::call_log log(calls[n], asked.clock_cost, start);
        if (n == 0) {
          result.filled = detail::write(*map, asked, start, log);
          result.ns = now_ns() - start;
        } else {
          calls[n].during_migration = detail::read(*map, n, log);
        }
        log.end();
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
