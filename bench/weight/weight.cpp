// bench.weight: what a map weighs when it is small: its own size, its memory, the time to make,
// fill, move and destroy it. For the script beside it, bench/weight/weight, which runs it for one
// map at a time, in turns, and adds what compiling costs.
//
// Prints lines of three words: what, at how many elements, how much.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/CLI.hpp>
#include <malloc.h>

#include <steady/hash.hpp>

#include "bench/adapters/all.hpp"
#include "bench/support/splitmix64.hpp"
#include "bench/weight/counted_heap.hpp"
#include "bench/weight/small_maps.hpp"

namespace {

using steady::bench::heap_use;
using steady::bench::splitmix64;

// All of these, and one large: how much a map holds jumps where it grows, and each map grows at
// sizes of its own.
constexpr std::size_t largest_small = 64;
constexpr std::size_t large = 1000;

struct options {
  std::string map;
  std::vector<std::string> parts = {"size", "heap", "time"};
  std::uint64_t seed = 1;

  bool wants(std::string_view part) const {
    return std::find(parts.begin(), parts.end(), part) != parts.end();
  }
};

void print(const char* what, std::size_t size, double value) {
  std::printf("%s %zu %.6g\n", what, size, value);
}

// What a map of `size` elements holds, inserted one by one; the mean of several maps, because where
// the elements of a map come to lie, and with it how much it needs, depends on the keys.
template <class Map>
void print_heap_use(std::size_t size, std::uint64_t seed) {
  constexpr std::uint64_t maps = 64;
  heap_use sum;
  for (std::uint64_t n = 0; n < maps; ++n) {
    const steady::bench::counted_heap heap;
    Map map;
    for (std::size_t i = 0; i < size; ++i) {
      map.try_emplace(splitmix64((seed << 40) + n * size + i), i);
    }
    const heap_use use = heap.in_use();
    sum.blocks += use.blocks;
    sum.requested += use.requested;
    sum.taken += use.taken;
  }
  const auto mean = [](std::uint64_t of) { return static_cast<double>(of) / double{maps}; };
  print("heap_blocks", size, mean(sum.blocks));
  print("heap_requested", size, mean(sum.requested));
  print("heap_taken", size, mean(sum.taken));
}

// Pages come from the system once, and stay: otherwise glibc gives them back where a batch of maps
// is destroyed, and the next batch is timed waiting for them.
void keep_pages() {
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 16 << 20);
}

// The sizes in random order, so that none always follows the same.
template <class Map>
void print_times(std::uint64_t seed) {
  steady::bench::small_maps<Map> maps(seed);
  print("empty", 0, maps.make_and_destroy_empty());
  print("move", maps.moved_size, maps.move_and_destroy_source());
  print("swap", maps.moved_size, maps.swap_two());
  std::vector<std::size_t> sizes;
  for (std::size_t size = 1; size <= largest_small; ++size) sizes.push_back(size);
  std::shuffle(sizes.begin(), sizes.end(), std::mt19937_64(seed));
  for (const std::size_t size : sizes) {
    print("insert", size, maps.insert(size));
    print("build", size, maps.build_and_destroy(size));
  }
}

template <class Map>
void measure(const options& chosen) {
  if (chosen.wants("size")) print("sizeof", 0, sizeof(Map));
  if (chosen.wants("heap")) {
    for (std::size_t size = 0; size <= largest_small; ++size) {
      print_heap_use<Map>(size, chosen.seed);
    }
    print_heap_use<Map>(large, chosen.seed);
  }
  if (chosen.wants("time")) print_times<Map>(chosen.seed);
}

}  // namespace

int main(int count, char** arguments) {
  options chosen;
  std::vector<std::string> names;
  steady::bench::for_each_adapter_of<std::uint64_t>(
      [&](auto adapter) { names.emplace_back(adapter.name); });

  CLI::App app("What a small map weighs; bench/weight/weight puts it into a table.");
  app.add_option("--map", chosen.map, "which of the maps of this build")
      ->required()
      ->check(CLI::IsMember(names));
  app.add_option("--part", chosen.parts, "may be given several times (all)")
      ->check(CLI::IsMember({"size", "heap", "time"}));
  app.add_option("--seed", chosen.seed, "of the keys (1)")->check(CLI::Range(1, 1'000'000));
  CLI11_PARSE(app, count, arguments);

  keep_pages();
  steady::bench::for_each_adapter_of<std::uint64_t>([&](auto adapter) {
    using map = typename decltype(adapter)::template map<std::uint64_t, std::uint64_t,
                                                         steady::hash<std::uint64_t>>;
    if (chosen.map == adapter.name) measure<map>(chosen);
  });
}
