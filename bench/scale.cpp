// How the cost of an insertion depends on the size, from a thousand elements to as many as fit.
//
//   bench.scale [ELEMENTS] [--json FILE]       (default: 100000000, which takes 4.5 GiB)
//
// For each doubling: the mean time of its insertions, and, counted in a second run, the most that
// one of them did.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <steady/hash_map.hpp>

#include "bench/adapters/steady.hpp"
#include "bench/support/clock.hpp"
#include "bench/support/json_file.hpp"
#include "bench/support/process.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using namespace steady::bench;

struct counting : steady::default_policy {
  static constexpr bool count_work = true;
};

using map_type = steady::hash_map<std::uint64_t, std::uint64_t>;
using counting_map =
    steady::hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>,
                     std::equal_to<std::uint64_t>,
                     std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, counting>;

struct row {
  std::uint64_t size;
  double ns = 0;
  double bytes = 0;
  std::uint64_t elements = 0;
  std::uint64_t blocks = 0;
  std::uint64_t largest = 0;
  std::uint64_t zeroed = 0;
};

// Ends of doublings: 1,000, 2,000, ... and the last size.
std::vector<row> rows_to(std::uint64_t last) {
  std::vector<row> rows;
  for (std::uint64_t size = 1000; size < last; size *= 2) rows.push_back({size});
  rows.push_back({last});
  return rows;
}

void time_insertions(std::vector<row>& rows) {
  const auto map = std::make_unique<map_type>();
  std::uint64_t n = 0;
  for (row& each : rows) {
    const std::uint64_t begin = n;
    const std::uint64_t start = now_ns();
    for (; n < each.size; ++n) map->try_emplace(splitmix64(n), n);
    each.ns = static_cast<double>(now_ns() - start) / static_cast<double>(n - begin);
    each.bytes = static_cast<double>(map->stats().bytes) / static_cast<double>(n);
  }
}

void count_insertions(std::vector<row>& rows) {
  const auto map = std::make_unique<counting_map>();
  std::uint64_t n = 0;
  for (row& each : rows) {
    for (; n < each.size; ++n) {
      map->reset_work();
      map->try_emplace(splitmix64(n), n);
      const steady::work& done = map->work();
      each.elements = std::max(each.elements, done.elements_moved);
      each.blocks = std::max(each.blocks, done.blocks_allocated + done.blocks_released);
      each.largest = std::max(each.largest, done.largest_block);
      each.zeroed = std::max(each.zeroed, done.bytes_zeroed);
    }
  }
}

nlohmann::json json_of(const std::vector<row>& rows) {
  auto all = nlohmann::json::array();
  for (const row& each : rows) {
    all.push_back({{"size", each.size},
                   {"ns", each.ns},
                   {"bytes_per_element", each.bytes},
                   {"elements_moved", each.elements},
                   {"blocks", each.blocks},
                   {"largest_block", each.largest},
                   {"bytes_zeroed", each.zeroed}});
  }
  return all;
}

}  // namespace

int main(int argument_count, char** arguments) {
  std::uint64_t elements = 100'000'000;
  std::string json;
  CLI::App app("What an insertion costs, and the most that one does, by size.");
  app.add_option("ELEMENTS", elements, "elements to grow to")
      ->check(CLI::Range(std::uint64_t{1000}, std::uint64_t{1} << 40))
      ->capture_default_str();
  app.add_option("--json", json, "file for the figures");
  CLI11_PARSE(app, argument_count, arguments);
  pin_to_one_core();
  std::vector<row> rows = rows_to(elements);
  time_insertions(rows);
  count_insertions(rows);
  std::printf("%12s %14s %14s %16s %12s %20s %14s\n", "up to", "ns per insert", "bytes/element",
              "elements moved", "blocks", "bytes in one piece", "bytes zeroed");
  for (const row& each : rows) {
    std::printf("%12llu %14.1f %14.1f %16llu %12llu %20llu %14llu\n",
                static_cast<unsigned long long>(each.size), each.ns, each.bytes,
                static_cast<unsigned long long>(each.elements),
                static_cast<unsigned long long>(each.blocks),
                static_cast<unsigned long long>(each.largest),
                static_cast<unsigned long long>(each.zeroed));
  }
  const auto origin =
      origin_of_results({{std::string(steady_adapter::name), steady_adapter::version()}});
  return write_json("bench.scale", json, origin, json_of(rows)) ? 0 : 1;
}
