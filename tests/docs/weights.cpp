// The sizes in docs/guarantees.md and docs/guide/choosing.md, and the formula there for the bytes
// of a map: elements of 16 bytes, and of 40 whose keys are strings.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>

#include <steady/concurrent_hash_map.hpp>
#include <steady/hash_map.hpp>

namespace {

using numbers = steady::hash_map<std::uint64_t, std::uint64_t>;
using strings = steady::hash_map<std::string, std::uint64_t>;

#if !STEADY_STRESS_MIGRATION
static_assert(sizeof(numbers) == (STEADY_DEBUG ? 88 : 48));
static_assert(sizeof(numbers::iterator) == (STEADY_DEBUG ? 80 : 64));
#endif
static_assert(sizeof(steady::concurrent_hash_map<int, int>) == 1600);

std::uint64_t key_of(std::uint64_t number, std::uint64_t) { return number * 0x9e3779b97f4a7c15; }
std::string key_of(std::uint64_t number, const std::string&) { return std::to_string(number); }

// By how much more than the formula without overflow a map of n elements weighs.
template <class Map>
double above_formula(std::uint64_t n, double bytes_of_bucket) {
  Map map;
  for (std::uint64_t number = 0; number < n; ++number) {
    map.try_emplace(key_of(number, typename Map::key_type()), number);
  }
  map.finish();
  double buckets = 1;
  while (11.2 * buckets < static_cast<double>(n)) buckets *= 2;
  return static_cast<double>(map.stats().bytes) / (buckets * bytes_of_bucket + 184);
}

}  // namespace

int main() {
  double least = 2;
  double most = 0;
  const auto note = [&](double ratio) {
    least = std::min(least, ratio);
    most = std::max(most, ratio);
  };
  for (const unsigned n : {1'000u, 10'000u, 91'700u, 100'000u, 700'000u, 734'000u}) {
    const double of_numbers = above_formula<numbers>(n, 14 * 16 + 24);
    const double of_strings = above_formula<strings>(n, 14 * sizeof(strings::value_type) + 40);
    std::printf("%u: %.3f, %.3f\n", n, of_numbers, of_strings);
    note(of_numbers);
    note(of_strings);
  }
  return least > 1 && most < 1.17 ? 0 : 1;  // seeds are random
}
