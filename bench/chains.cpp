// Going through overflow chains by recursion against a loop.
//
//   chains
//
// A model of Steady's overflow: buckets of 16 bytes of tags and link and 6 slots of 16 bytes,
// chained at random places of an array larger than the cache. The same chains are visited by a
// loop and by a function that calls itself for the rest of the chain. The stack that recursion
// needs is measured by the addresses of its local variables.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <numeric>
#include <random>
#include <vector>

#include "bench/support/clock.hpp"
#include "bench/support/process.hpp"

namespace {

using steady::bench::now_ns;

constexpr unsigned width = 6;

struct overflow {
  std::array<std::uint8_t, 8> tags;
  overflow* next;
  struct slot {
    std::uint64_t key;
    std::uint64_t value;
  } slots[width];
};

std::uint64_t sum_of(const overflow& bucket) {
  std::uint64_t sum = 0;
  for (unsigned n = 0; n < width; ++n) {
    if (bucket.tags[n] != 0) sum += bucket.slots[n].value;
  }
  return sum;
}

[[gnu::noinline]] std::uint64_t by_loop(const overflow* chain) {
  std::uint64_t sum = 0;
  for (; chain != nullptr; chain = chain->next) sum += sum_of(*chain);
  return sum;
}

std::uintptr_t deepest = 0;

// What is still to be done after the call keeps the compiler from making it a loop, as whatever a
// real visitor does (calling user code, catching exceptions) would.
[[gnu::noinline]] std::uint64_t by_recursion(const overflow* chain) {
  if (chain == nullptr) return 0;
  std::uint64_t here = sum_of(*chain);
  volatile std::uint64_t* const local = &here;
  deepest = std::min(deepest, reinterpret_cast<std::uintptr_t>(local));
  const std::uint64_t rest = by_recursion(chain->next);
  return *local + rest;
}

// Chains of `length`, as many as there is room for.
std::vector<overflow*> chains_of(std::size_t length, std::vector<overflow>& room) {
  std::vector<std::size_t> order(room.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::shuffle(order.begin(), order.end(), std::mt19937_64(length));
  std::vector<overflow*> firsts;
  for (std::size_t at = 0; at + length <= room.size(); at += length) {
    for (std::size_t n = 0; n < length; ++n) {
      overflow& bucket = room[order[at + n]];
      bucket.tags.fill(1);
      bucket.next = n + 1 < length ? &room[order[at + n + 1]] : nullptr;
      for (auto& slot : bucket.slots) slot = {n, n};
    }
    firsts.push_back(&room[order[at]]);
  }
  return firsts;
}

volatile std::uint64_t observed;

template <class Visit>
double ns_per_bucket(const std::vector<overflow*>& firsts, std::size_t length, Visit visit) {
  std::array<double, 5> rounds{};
  for (double& each : rounds) {
    std::uint64_t sum = 0;
    const std::uint64_t start = now_ns();
    for (const overflow* const chain : firsts) sum += visit(chain);
    each = static_cast<double>(now_ns() - start) / static_cast<double>(firsts.size() * length);
    observed = sum;
  }
  std::sort(rounds.begin(), rounds.end());
  return rounds[rounds.size() / 2];
}

}  // namespace

int main() {
  steady::bench::pin_to_one_core();
  std::printf("%8s %22s %22s %20s %20s\n", "length", "ns per bucket, loop", "recursion",
              "in cache: loop", "recursion");
  std::vector<overflow> large(1 << 20), small(1 << 8);
  for (const std::size_t length : std::array<std::size_t, 7>{1, 2, 3, 8, 64, 1'000, 10'000}) {
    const auto far = chains_of(length, large);
    const auto near = chains_of(std::min(length, small.size()), small);
    const std::size_t near_length = std::min(length, small.size());
    std::uintptr_t here = 0;
    deepest = reinterpret_cast<std::uintptr_t>(&here);
    const double loop = ns_per_bucket(far, length, by_loop);
    const double recursion = ns_per_bucket(far, length, by_recursion);
    const double near_loop = ns_per_bucket(near, near_length, by_loop);
    const double near_recursion = ns_per_bucket(near, near_length, by_recursion);
    std::printf("%8zu %22.2f %22.2f %20.2f %20.2f   stack %zu bytes\n", length, loop, recursion,
                near_loop, near_recursion,
                static_cast<std::size_t>(reinterpret_cast<std::uintptr_t>(&here) - deepest));
  }
}
