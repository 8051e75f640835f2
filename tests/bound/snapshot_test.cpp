// The published bounds of docs/guarantees.md, "Bounds", for what a snapshot makes its container
// pay, and for its own steps, asserted for every single call on maps of 10 million elements.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/snapshot.hpp>

#include "support/ledger_allocator.hpp"
#include "support/policies.hpp"
#include "support/published_bounds.hpp"

namespace {

using support::bounds;
using support::expect_as_published;
using support::memory_ledger;

// Counts how many are copied, and how many destroyed.
class number {
 public:
  static inline std::uint64_t copies = 0;
  static inline std::uint64_t ended = 0;

  explicit number(std::uint64_t value) : value_(value) {}
  number(const number& other) : value_(other.value_) { ++copies; }
  number(number&&) noexcept = default;
  number& operator=(const number&) = delete;
  number& operator=(number&&) noexcept = default;
  ~number() { ++ended; }

  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_;
};

using map_type =
    steady::hash_map<std::uint64_t, number, steady::hash<std::uint64_t>, std::equal_to<>,
                     support::ledger_allocator<std::pair<const std::uint64_t, number>>,
                     support::counted>;

std::uint64_t scattered(std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15u ^ i << 17; }

// Adds what the map counts, the copies, and all memory, the snapshot's included.
template <class Operation>
void count(map_type& map, memory_ledger& ledger, bounds& most, const Operation& operation) {
  map.reset_work();
  const std::uint64_t copies = number::copies;
  const std::size_t calls = ledger.calls;
  const std::size_t blocks = ledger.blocks;
  ledger.largest = 0;
  operation();
  steady::work done = map.work();
  done.elements_moved += number::copies - copies;
  done.blocks_allocated = ledger.calls - calls;
  done.blocks_released = blocks + done.blocks_allocated - ledger.blocks;
  done.largest_block = ledger.largest;
  most.add(done);
}

// The same for operations that destroy copies, and move nothing.
template <class Operation>
void count_step(map_type& map, memory_ledger& ledger, bounds& most, const Operation& operation) {
  const std::uint64_t ended = number::ended;
  count(map, ledger, most, operation);
  most.elements = std::max(most.elements, number::ended - ended);
}

void fill(map_type& map, std::uint64_t count) {
  map.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i) map.try_emplace(scattered(i), i);
}

// Delivers what is left; returns how many elements.
std::uint64_t deliver(map_type& map, memory_ledger& ledger, steady::snapshot<map_type>& view) {
  std::uint64_t delivered = 0;
  bounds stepping;
  while (!view.done()) {
    count_step(map, ledger, stepping, [&] { view.step(1, [&](const auto&) { ++delivered; }); });
  }
  expect_as_published("step(1) of a snapshot", stepping);
  return delivered;
}

TEST(snapshot_bounds, of_writing) {
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  fill(map, STEADY_MANY);
  steady::snapshot<map_type> view(map);
  EXPECT_EQ(view.bytes(), 0u);
  const std::uint64_t grown = map.stats().migrations.grow;
  map.reserve_gradually(4 * map.size());
  bounds writing;
  bounds inserting;
  for (std::uint64_t i = 0; i < STEADY_MANY / 40; ++i) {
    count(map, ledger, writing, [&] { map.at(scattered(i)) = number(0); });
    count(map, ledger, writing, [&] { map.erase(scattered(STEADY_MANY - 1 - i)); });
    for (std::uint64_t n = 3 * i; n < 3 * i + 3; ++n) {
      count(map, ledger, inserting, [&] { map.try_emplace(scattered(STEADY_MANY + n), 0); });
    }
  }
  ASSERT_GT(map.stats().migrations.grow + map.migrating(), grown) << "it has to grow meanwhile";
  expect_as_published("erase under a snapshot", writing);
  expect_as_published("insert under a snapshot", inserting);
  EXPECT_EQ(deliver(map, ledger, view), std::uint64_t{STEADY_MANY});
  EXPECT_EQ(view.bytes(), 0u);
}

TEST(snapshot_bounds, of_reseeding) {
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  fill(map, STEADY_MANY / 4);
  steady::snapshot<map_type> view(map);
  map.reseed_gradually();
  bounds inserting;
  for (std::uint64_t i = 0; i < STEADY_MANY / 80; ++i) {
    count(map, ledger, inserting, [&] { map.try_emplace(scattered(STEADY_MANY + i), 0); });
  }
  expect_as_published("insert, reseeding under a snapshot", inserting);
  steady::snapshot<map_type> second(map);
  bounds stepping;
  while (map.migrating()) count(map, ledger, stepping, [&] { map.step(1); });
  expect_as_published("step(1), reseeding under two snapshots", stepping);
  const std::uint64_t size = map.size();
  EXPECT_EQ(deliver(map, ledger, second), size);
  EXPECT_EQ(deliver(map, ledger, view), std::uint64_t{STEADY_MANY} / 4);
}

// Dropped early: no element is looked at any more.
TEST(snapshot_bounds, of_dropping) {
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  fill(map, STEADY_MANY / 4);
  steady::snapshot<map_type> view(map);
  for (auto& [key, value] : map) value = number(key);
  const std::uint64_t copies = number::copies;
  bounds skipping;
  view.abandon();
  while (!view.done()) count_step(map, ledger, skipping, [&] { view.skip(1); });
  expect_as_published("step(1) of a snapshot", skipping);
  EXPECT_EQ(number::copies, copies);
  EXPECT_EQ(view.bytes(), 0u);
}

}  // namespace
