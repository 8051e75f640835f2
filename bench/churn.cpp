// What erasing and inserting at a steady size does to a map in the long run: time, memory,
// overflow.
//
//   churn [OPERATIONS [ELEMENTS]]       (default: 100000000 operations on 1450000 elements)
//
// An operation erases one element and inserts a new one; which one is erased is random, or the
// oldest. A third case lets the size swing between half and all of it, which leaves elements in
// overflow whose buckets have room again. Beside each row: a fresh map of the same content.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <utility>
#include <vector>

#include <steady/hash_map.hpp>

#include "bench/support/clock.hpp"
#include "bench/support/numbers_asked.hpp"
#include "bench/support/splitmix64.hpp"

namespace {

using steady::bench::splitmix64;
using map_type = steady::hash_map<std::uint64_t, std::uint64_t>;

constexpr std::uint64_t rows = 10;

// A map and the keys in it.
class churned {
 public:
  explicit churned(std::uint64_t elements) {
    while (keys_.size() < elements) add();
    map_.finish();
  }

  void replace_random() {
    const std::uint64_t at = splitmix64(~next_) % keys_.size();
    map_.erase(std::exchange(keys_[at], splitmix64(next_)));
    map_.try_emplace(keys_[at], next_++);
  }

  void replace_oldest() {
    map_.erase(std::exchange(keys_[oldest_], splitmix64(next_)));
    map_.try_emplace(keys_[oldest_], next_++);
    if (++oldest_ == keys_.size()) oldest_ = 0;
  }

  // One erasure, or one insertion: down to half of `most`, and up again.
  void swing(std::uint64_t most) {
    if (keys_.size() <= most / 2) rising_ = true;
    if (keys_.size() >= most) rising_ = false;
    if (rising_) return add();
    const std::uint64_t at = splitmix64(~next_++) % keys_.size();
    map_.erase(std::exchange(keys_[at], keys_.back()));
    keys_.pop_back();
  }

  const map_type& map() const { return map_; }

 private:
  void add() {
    keys_.push_back(splitmix64(next_));
    map_.try_emplace(keys_.back(), next_++);
  }

  map_type map_;
  std::vector<std::uint64_t> keys_;
  std::uint64_t next_ = 0;
  std::uint64_t oldest_ = 0;
  bool rising_ = false;
};

void print(const char* what, std::uint64_t operations, double ns, const steady::stats& now) {
  std::printf("%-8s %12llu %8.1f %10zu %12.4f %8zu %10.2f %10llu\n", what,
              static_cast<unsigned long long>(operations), ns, now.size,
              static_cast<double>(now.overflow_buckets) / static_cast<double>(now.buckets),
              now.longest_chain, static_cast<double>(now.bytes) / (1 << 20),
              static_cast<unsigned long long>(now.migrations.compact));
  std::fflush(stdout);
}

template <class Operation>
void measure(const char* what, std::uint64_t operations, std::uint64_t elements,
             const Operation& operation) {
  churned state(elements);
  print(what, 0, 0, state.map().stats());
  for (std::uint64_t row = 1; row <= rows; ++row) {
    const std::uint64_t start = steady::bench::now_ns();
    for (std::uint64_t n = 0; n < operations / rows; ++n) operation(state);
    const auto took = static_cast<double>(steady::bench::now_ns() - start);
    print(what, row * (operations / rows), took / static_cast<double>(operations / rows),
          state.map().stats());
  }
  const map_type fresh(state.map());
  print("fresh", 0, 0, fresh.stats());
}

}  // namespace

int main(int count, char** arguments) {
  std::uint64_t operations = 100'000'000;
  std::uint64_t elements = 1'450'000;
  steady::bench::read_numbers(count, arguments,
                              "What erasing and inserting at a steady size does to a map.",
                              {{operations, "OPERATIONS", "operations of each kind", rows},
                               {elements, "ELEMENTS", "elements at most", 2}});
  std::printf("%-8s %12s %8s %10s %12s %8s %10s %10s\n", "", "operations", "ns", "elements",
              "overflow/b", "longest", "MiB", "compacted");
  measure("random", operations, elements, [](churned& state) { state.replace_random(); });
  measure("oldest", operations, elements, [](churned& state) { state.replace_oldest(); });
  measure("swing", operations, elements, [&](churned& state) { state.swing(elements); });
}
