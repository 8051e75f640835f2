// What bench.concurrent lets a map do, and what one run of it measured. Every run makes a map of
// its own; contender.hpp gives it a process of its own.
//
//   grow    threads fill an empty map; each insertion is followed by a lookup of a random key that
//           the same thread has inserted. The insertion and the lookup are an operation each
//   read    a map of fixed size: 95 % lookups, of which 9 in 10 find their key, and 5 %
//   insert_or_assign
//           of keys that are there; all keys at random, those of other threads included
//   churn   constant size: each thread erases its oldest key and inserts a new one, an operation
//   each single  one thread alone: filling maps, then lookups that find and that do not
//
// Keys are computed on the way (keys.hpp), at the same cost for every map. Where a map is so slow
// that the operations asked for would take longer than some seconds, its throughput is that of
// fewer. A map that is not full in time is not measured further.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "bench/concurrent/keys.hpp"
#include "bench/concurrent/team.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/histogram.hpp"
#include "bench/support/process.hpp"

namespace steady::bench {

enum class workload : unsigned { grow, read, churn, single };
inline constexpr std::array<std::string_view, 4> workload_names = {"grow", "read", "churn",
                                                                   "single"};

inline constexpr std::uint64_t filling_limit_ns = 60'000'000'000;
inline constexpr std::uint64_t throughput_limit_ns = 4'000'000'000;

// One run.
struct task {
  workload what = workload::grow;
  std::uint64_t size = 0;        // elements, in all
  unsigned threads = 1;          // one for `single`
  std::uint64_t operations = 0;  // in all, where the size does not decide
  bool times_calls = false;      // of `grow`: each insertion by itself, instead of all together
  std::uint64_t clock_cost = 0;  // then

  std::uint64_t size_each() const { return size / threads; }
};

// What it measured. Travels through a pipe.
struct measured {
  // Million operations per second; of `single`, nanoseconds of an insertion, a hit and a miss.
  std::array<double, 3> values{};
  double cores = 0;              // that the threads kept busy, on average; not of `single`
  std::uint64_t peak_bytes = 0;  // of `grow`: the most that was resident
  std::uint64_t wrong = 0;       // answers
  bool filled = true;            // in time
  histogram insertions;          // nanoseconds, where calls are timed
};

namespace detail {

inline double million_per_second(std::uint64_t operations, std::uint64_t ns) {
  return 1000 * static_cast<double>(operations) /
         static_cast<double>(std::max<std::uint64_t>(ns, 1));
}

inline double cores_of(const team_result& team) {
  return static_cast<double>(team.cpu_ns) /
         static_cast<double>(std::max<std::uint64_t>(team.ns, 1));
}

inline double ns_per_step(const team_result& team) {
  return static_cast<double>(team.ns) / static_cast<double>(team.steps);
}

// Whether a lookup of `key` did not answer what an untouched element has.
inline unsigned is_wrong(const std::optional<std::uint64_t>& found, std::uint64_t key) {
  return found == first_value(key) ? 0 : 1;
}

template <class Map>
team_result fill(Map& map, const task& asked) {
  return run_team(asked.threads, asked.size_each(), filling_limit_ns, [&](unsigned thread) {
    const thread_keys keys(thread, asked.size_each());
    return [&map, keys](std::uint64_t n) -> unsigned {
      return map.insert(keys[n], first_value(keys[n])) ? 0 : 1;
    };
  });
}

inline void note_filling(measured& result, const team_result& filling) {
  result.wrong += filling.wrong;
  result.filled = result.filled && filling.complete;
}

// A call that is timed, or only made.
class call_timer {
 public:
  call_timer(histogram* times, std::uint64_t clock_cost) : times_(times), clock_cost_(clock_cost) {}

  template <class Call>
  void operator()(const Call& call) const {
    times_->record(timed(clock_cost_, call));
  }

 private:
  histogram* times_;
  std::uint64_t clock_cost_;
};

struct no_timer {
  template <class Call>
  void operator()(const Call& call) const {
    call();
  }
};

// Runs `grow` by workers that make_worker(thread, timer) makes, and brings their times together.
template <class MakeWorker>
measured grow_by(const task& asked, const MakeWorker& make_worker) {
  measured result;
  const auto run = [&](const auto& make_one) {
    reset_peak_memory();
    const std::uint64_t before = read_memory_usage().resident;
    const team_result team = run_team(asked.threads, asked.size_each(), filling_limit_ns, make_one);
    result.peak_bytes = read_memory_usage().peak - before;
    result.values[0] = million_per_second(2 * team.steps, team.ns);
    result.cores = cores_of(team);
    note_filling(result, team);
  };
  if (asked.times_calls) {
    const auto times = std::make_unique<histogram[]>(asked.threads);
    run([&](unsigned n) { return make_worker(n, call_timer(&times[n], asked.clock_cost)); });
    for (unsigned n = 0; n < asked.threads; ++n) result.insertions.merge(times[n]);
  } else {
    run([&](unsigned n) { return make_worker(n, no_timer()); });
  }
  return result;
}

}  // namespace detail

template <class Map>
measured grow(const task& asked) {
  const auto map = std::make_unique<Map>();
  measured result = detail::grow_by(asked, [&](unsigned thread, auto timer) {
    const thread_keys keys(thread, asked.size_each());
    random_numbers random(thread);
    return [&map = *map, keys, random, timer](std::uint64_t n) mutable -> unsigned {
      const std::uint64_t key = keys[n];
      bool is_new = false;
      timer([&] { is_new = map.insert(key, first_value(key)); });
      const std::uint64_t earlier = keys[upper_below(random(), n + 1)];
      return (is_new ? 0u : 1u) + detail::is_wrong(map.find(earlier), earlier);
    };
  });
  if (result.filled && map->size() != asked.size_each() * asked.threads) ++result.wrong;
  return result;
}

// What the machine does to threads that grow no map: each writes the next 16 bytes of fresh memory
// of its own, and reads 16 bytes that it wrote before.
inline measured grow_without_a_map(const task& asked) {
  struct pair {
    std::uint64_t key, value;
  };
  // All stay until the last thread is done, as a map would.
  std::vector<std::unique_ptr<pair[]>> arrays(asked.threads);
  return detail::grow_by(asked, [&](unsigned thread, auto timer) {
    const thread_keys keys(thread, asked.size_each());
    random_numbers random(thread);
    arrays[thread] = std::make_unique_for_overwrite<pair[]>(asked.size_each());
    pair* const pairs = arrays[thread].get();
    return [pairs, keys, random, timer](std::uint64_t n) mutable -> unsigned {
      const std::uint64_t key = keys[n];
      volatile pair& next = pairs[n];  // so that it is written between the readings of the clock
      timer([&] {
        next.key = key;
        next.value = first_value(key);
      });
      const std::uint64_t at = upper_below(random(), n + 1);
      return detail::is_wrong(pairs[at].value, keys[at]);
    };
  });
}

template <class Map>
measured read(const task& asked) {
  constexpr std::uint64_t assignments = 50;  // of 1000 operations
  constexpr std::uint64_t misses = 95;
  const auto map = std::make_unique<Map>();
  measured result;
  detail::note_filling(result, detail::fill(*map, asked));
  if (!result.filled) return result;
  const auto make_worker = [&](unsigned thread) {
    // The elements of all threads are those that one thread alone would have inserted.
    const std::uint64_t end = asked.size_each() * asked.threads;
    const thread_keys keys(0, end);
    random_numbers random(thread);
    return [&map = *map, keys, end, random](std::uint64_t) mutable -> unsigned {
      const std::uint64_t chosen = random();
      const std::uint64_t which = lower_below(chosen, 1000);
      if (which < misses) return map.find(absent_key(chosen >> 32)) ? 1 : 0;
      const std::uint64_t key = keys[upper_below(chosen, end)];
      if (which < misses + assignments) {
        map.assign(key, replaced_value(key));
        return 0;
      }
      const auto found = map.find(key);
      return found == first_value(key) || found == replaced_value(key) ? 0 : 1;
    };
  };
  const team_result team =
      run_team(asked.threads, asked.operations / asked.threads, throughput_limit_ns, make_worker);
  result.wrong += team.wrong;
  result.values[0] = detail::million_per_second(team.steps, team.ns);
  result.cores = detail::cores_of(team);
  return result;
}

template <class Map>
measured churn(const task& asked) {
  const auto map = std::make_unique<Map>();
  measured result;
  detail::note_filling(result, detail::fill(*map, asked));
  if (!result.filled) return result;
  const std::uint64_t size = asked.size_each();
  const auto make_worker = [&](unsigned thread) {
    const thread_keys keys(thread, size);
    return [&map = *map, keys, size](std::uint64_t n) -> unsigned {
      const bool was_there = map.erase(keys[n]);
      const bool is_new = map.insert(keys[n + size], first_value(keys[n + size]));
      return (was_there ? 0u : 1u) + (is_new ? 0u : 1u);
    };
  };
  const team_result team = run_team(asked.threads, asked.operations / asked.threads / 2,
                                    throughput_limit_ns, make_worker);
  result.wrong += team.wrong;
  if (map->size() != size * asked.threads) ++result.wrong;
  result.values[0] = detail::million_per_second(2 * team.steps, team.ns);
  result.cores = detail::cores_of(team);
  return result;
}

// Small maps are filled several times, because the clock is too coarse for one.
template <class Map>
measured single(const task& asked) {
  const std::uint64_t fills = 1 + asked.operations / 8 / asked.size;
  measured result;
  team_result filling;
  std::unique_ptr<Map> map;
  for (std::uint64_t n = 0; n < fills; ++n) {
    map.reset();
    map = std::make_unique<Map>();
    const team_result one = detail::fill(*map, asked);
    detail::note_filling(result, one);
    if (!result.filled) return result;
    if (map->size() != asked.size) ++result.wrong;
    filling.ns += one.ns;
    filling.steps += one.steps;
  }
  const thread_keys keys(0, asked.size);
  const team_result hits = run_team(1, asked.operations, throughput_limit_ns, [&](unsigned thread) {
    random_numbers random(thread);
    return [&map = *map, keys, end = asked.size, random](std::uint64_t) mutable -> unsigned {
      const std::uint64_t key = keys[upper_below(random(), end)];
      return detail::is_wrong(map.find(key), key);
    };
  });
  const team_result misses = run_team(1, asked.operations, throughput_limit_ns, [&](unsigned) {
    return [&map = *map](std::uint64_t n) -> unsigned { return map.find(absent_key(n)) ? 1 : 0; };
  });
  result.wrong += hits.wrong + misses.wrong;
  result.values = {detail::ns_per_step(filling), detail::ns_per_step(hits),
                   detail::ns_per_step(misses)};
  return result;
}

}  // namespace steady::bench
