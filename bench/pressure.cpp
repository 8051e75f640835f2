// bench.pressure: what maps give back under memory pressure. A map is filled, loses most of its
// elements, and is told of pressure; each map does so in a process of its own, and so does a fresh
// map of the elements that are left.
//
// Shown is what the map says it holds, and by how much the process has grown, in MiB. The
// allocator decides how much of the former it gives to the system; malloc_trim(0) makes glibc's
// give all it can.
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <type_traits>

#include <CLI/CLI.hpp>
#include <malloc.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/hash_map.hpp>
#include <steady/pressure_monitor.hpp>

#include "bench/support/child_process.hpp"
#include "bench/support/process.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using steady::bench::splitmix64;

struct options {
  std::uint64_t elements = 1'000'000;
  std::uint64_t left = 100'000;
};

struct figures {
  std::uint64_t held = 0;
  std::uint64_t resident = 0;
};
struct life {
  figures filled;
  figures erased;
  figures relieved;
  figures trimmed;
  std::uint64_t slices = 0;
};

template <class Key>
Key key_of(std::uint64_t n) {
  if constexpr (std::is_same_v<Key, std::string>) {
    return "a text of more than fifteen letters " + std::to_string(splitmix64(n));
  } else {
    return splitmix64(n);
  }
}

template <class Map>
class measured {
 public:
  measured() : before_(steady::bench::read_memory_usage().resident) {}

  void fill(std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; ++n) map_.try_emplace(key_of<key>(n), n);
    map_.finish();
  }
  void erase(std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t n = from; n < to; ++n) map_.erase(key_of<key>(n));
  }
  figures now() const {
    const std::uint64_t resident = steady::bench::read_memory_usage().resident;
    return {map_.stats().bytes, resident < before_ ? 0 : resident - before_};
  }

  // Returns the number of slices, of 64 buckets each.
  std::uint64_t relieve(steady::pressure_monitor& monitor) {
    const std::uint64_t before = map_.stats().steps.trim;
    if constexpr (requires { monitor.serve(map_); }) {
      const auto served = monitor.serve(map_);
      monitor.report_pressure();
      while (monitor.relieved() != monitor.events()) std::this_thread::yield();
    }
    return (map_.stats().steps.trim - before + 63) / 64;
  }
  std::uint64_t trim_as_owner(const steady::pressure_monitor& monitor, std::uint64_t seen) {
    std::uint64_t slices = 0;
    if (monitor.events() == seen) return slices;
    do {
      ++slices;
    } while (map_.trim(64) != 0 || map_.migrating());
    return slices;
  }

 private:
  using key = typename Map::key_type;

  std::uint64_t before_;
  Map map_;
};

template <class Map, bool IsShared>
life live(const options& asked) {
  steady::pressure_monitor monitor;
  measured<Map> one;
  life all;
  one.fill(asked.elements);
  all.filled = one.now();
  one.erase(asked.left, asked.elements);
  all.erased = one.now();
  if constexpr (IsShared) {
    all.slices = one.relieve(monitor);
  } else {
    const std::uint64_t seen = monitor.events();
    monitor.report_pressure();
    all.slices = one.trim_as_owner(monitor, seen);
  }
  all.relieved = one.now();
  malloc_trim(0);
  all.trimmed = one.now();
  return all;
}

void show(const char* when, const figures& of) {
  constexpr double mib = 1 << 20;
  std::printf("  %-22s %8.1f %8.1f\n", when, static_cast<double>(of.held) / mib,
              static_cast<double>(of.resident) / mib);
}

template <class Map, bool IsShared>
bool report(const char* name, const options& asked) {
  const auto lived = steady::bench::run_in_child([&] { return live<Map, IsShared>(asked); });
  const auto fresh = steady::bench::run_in_child([&] {
    measured<Map> one;
    one.fill(asked.left);
    return one.now();
  });
  if (!lived.result || !fresh.result) {
    std::printf("%s: %s%s\n", name, lived.failure.c_str(), fresh.failure.c_str());
    return false;
  }
  std::printf("%s, MiB:               held resident\n", name);
  show("filled", lived.result->filled);
  show("erased", lived.result->erased);
  show("after the event", lived.result->relieved);
  show("after malloc_trim(0)", lived.result->trimmed);
  show("a fresh map", *fresh.result);
  std::printf("  %llu slices\n\n", static_cast<unsigned long long>(lived.result->slices));
  return true;
}

}  // namespace

int main(int count, char** arguments) {
  options asked;
  CLI::App program("What maps give back under memory pressure.");
  const CLI::Range some(std::uint64_t{1}, std::uint64_t{1} << 40);
  program.add_option("--n", asked.elements, "elements at first")
      ->check(some)
      ->capture_default_str();
  program.add_option("--left", asked.left, "elements that are left, at most --n")
      ->check(some)
      ->capture_default_str();
  program.callback([&asked] {
    if (asked.left > asked.elements) throw CLI::ValidationError("--left", "more than --n");
  });
  CLI11_PARSE(program, count, arguments);

  using number = std::uint64_t;
  bool all = report<steady::concurrent_hash_map<number, number>, true>(
      "concurrent_hash_map of numbers", asked);
  all &= report<steady::concurrent_hash_map<std::string, number>, true>(
      "concurrent_hash_map of texts, without the texts", asked);
  all &= report<steady::hash_map<number, number>, false>("hash_map of numbers", asked);
  return all ? 0 : 1;
}
