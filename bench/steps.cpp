// How long single steps take, for everything that goes in steps. Times are CPU times of the thread,
// so that other programs on the machine do not count, less what reading that clock costs. `-` means
// too few steps for that percentile.
//
//   steps [ELEMENTS]            (default: 10000000)
//
// Every case fills a map first. A control beside them touches as much fresh memory as a chunk has,
// page by page, and gives it back: what the system charges for memory alone.
//
// glibc collects freed blocks before it joins them, and joined memory before it gives it back: the
// call of free() that does so takes milliseconds. So everything is measured once more with
// M_MXFAST = 0 (small blocks are joined at once) and without trimming (nothing is given back).
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#if __has_include(<malloc.h>)
#include <malloc.h>
#endif

#include <steady/hash_map.hpp>
#include <steady/retire.hpp>

#include "bench/support/clock.hpp"
#include "bench/support/histogram.hpp"
#include "bench/support/numbers_asked.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using steady::bench::splitmix64;
using steady::bench::thread_cpu_ns;
using strings = steady::hash_map<std::uint64_t, std::string>;
using numbers = steady::hash_map<std::uint64_t, std::uint64_t>;

constexpr steady::bench::percentile shown[] = {steady::bench::usual_percentiles[0],
                                               steady::bench::usual_percentiles[2],
                                               steady::bench::usual_percentiles[3]};

const std::uint64_t clock_cost = steady::bench::measure_clock_cost(thread_cpu_ns);

// Calls `step()` until it returns false, and prints how long the calls took.
template <class Step>
void measure(const char* what, const Step& step) {
  steady::bench::histogram taken;
  for (bool more = true; more;) {
    taken.record(steady::bench::timed(
        clock_cost, [&] { more = step(); }, thread_cpu_ns));
  }
  std::printf("%-38s %10llu", what, static_cast<unsigned long long>(taken.count()));
  for (const steady::bench::percentile& wanted : shown) {
    if (taken.supports(wanted)) {
      std::printf(" %9.2f", static_cast<double>(taken.value_at(wanted)) / 1000);
    } else {
      std::printf(" %9s", "-");
    }
  }
  std::printf(" %9.2f\n", static_cast<double>(taken.max()) / 1000);
  std::fflush(stdout);
}

strings map_of_strings(std::uint64_t count) {
  strings map;
  for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(splitmix64(n), 40, 'x');
  map.finish();
  return map;
}

numbers map_of_numbers(std::uint64_t count) {
  numbers map;
  for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(splitmix64(n), n);
  map.finish();
  return map;
}

template <class Map>
void measure_steps(const char* what, Map& map) {
  measure(what, [&] {
    map.step(1);
    return map.migrating();
  });
}

// Everything once.
void measure_all(std::uint64_t count) {
  {
    int left = 10'000;
    measure("control: 64 KiB touched, given back", [&] {
      const std::unique_ptr<char[]> block(new char[64 << 10]);
      for (std::size_t at = 0; at < 64 << 10; at += 4096) {
        const_cast<volatile char&>(block[at]) = 1;
      }
      return --left > 0;
    });
  }
  {
    auto old = steady::retire(map_of_strings(count));
    measure("destroying strings, retire()", [&] {
      old.step(1);
      return !old.done();
    });
  }
  {
    numbers map = map_of_numbers(count);
    map.reserve_gradually(2 * count);
    measure_steps("growing", map);
    for (std::uint64_t n = count / 100; n < count; ++n) map.erase(splitmix64(n));
    map.shrink_gradually();
    measure_steps("shrinking by 99 %", map);
  }
  {
    numbers map = map_of_numbers(count);
    map.compact_gradually();
    measure_steps("compacting", map);
    map.reseed_gradually();
    measure_steps("reseeding", map);
    auto walk = map.walk();
    auto at = walk.begin();
    measure("walking", [&] {
      ++at;
      return at != walk.end();
    });
  }
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::uint64_t count = 10'000'000;
  steady::bench::read_numbers(argument_count, arguments, "How long single steps take.",
                              {{count, "ELEMENTS", "elements in the map"}});
  std::printf("%llu ns for reading the clock taken off\n",
              static_cast<unsigned long long>(clock_cost));
  std::printf("%-38s %10s", "CPU microseconds per step", "steps");
  for (const steady::bench::percentile& each : shown) std::printf(" %9s", each.name.data());
  std::printf(" %9s\n", "max");
  measure_all(count);
#if defined(M_MXFAST) && defined(M_TRIM_THRESHOLD)
  mallopt(M_MXFAST, 0);
  mallopt(M_TRIM_THRESHOLD, -1);
  std::printf("with M_MXFAST = 0, M_TRIM_THRESHOLD = -1\n");
  measure_all(count);
#endif
}
