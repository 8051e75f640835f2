// All cores go over one map, as a garbage collector or a checkpoint does: the hash line is cut into
// equal parts, each part is visited by itself, and the standard's parallel algorithms share them
// out. Nothing is locked or copied, because nothing changes meanwhile; a migration may be half
// done.
//
// With GCC's library std::execution stands on oneTBB, which therefore has to be linked.
#include <cstdint>
#include <cstdio>
#include <execution>
#include <functional>
#include <numeric>
#include <vector>

#include <steady/hash_map.hpp>

namespace {

using accounts = steady::hash_map<std::uint64_t, std::uint64_t>;

// More parts than there are cores, so that a core that is late leaves its next part to another.
constexpr std::uint64_t parts = 64;

std::uint64_t sum_of(const accounts& map, steady::line_part part) {
  std::uint64_t sum = 0;
  map.for_each(part, [&](const auto& account) { sum += account.second; });
  return sum;
}

std::uint64_t sum_in_parallel(const accounts& map) {
  std::vector<std::uint64_t> numbers(parts);
  std::iota(numbers.begin(), numbers.end(), 0u);
  return std::transform_reduce(
      std::execution::par, numbers.begin(), numbers.end(), std::uint64_t{0}, std::plus<>(),
      [&](std::uint64_t number) { return sum_of(map, steady::line_part(number, parts)); });
}

}  // namespace

int main() {
  accounts map;
  std::uint64_t expected = 0;
  for (std::uint64_t number = 0; number < 1'000'000 || !map.migrating(); ++number) {
    map[number] = number % 1000;
    expected += number % 1000;
  }
  const std::uint64_t sum = sum_in_parallel(map);
  std::printf("%zu accounts, %llu buckets, in the middle of a growth: the sum is %s\n", map.size(),
              static_cast<unsigned long long>(map.stats().buckets),
              sum == expected ? "right" : "wrong");
  return sum == expected ? 0 : 1;
}
