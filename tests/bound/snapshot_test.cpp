// The published bounds of docs/guarantees.md, "Bounds", for what a snapshot makes its container
// pay, and for its own steps, asserted for every single call on maps of 10 million elements.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

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
  for (std::uint64_t i = 0; i < count; ++i) map.try_emplace(scattered(i), i + 1);
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
  for (std::uint64_t i = 0; i < STEADY_MANY / 400; ++i) {
    count(map, ledger, inserting, [&] { map.try_emplace(scattered(STEADY_MANY + i), 0); });
  }
  expect_as_published("insert, reseeding under a snapshot", inserting);
  ASSERT_TRUE(map.migrating()) << "for the second";
  steady::snapshot<map_type> second(map);
  bounds stepping;
  while (map.migrating()) count(map, ledger, stepping, [&] { map.step(1); });
  expect_as_published("step(1), reseeding under two snapshots", stepping);
  const std::uint64_t size = map.size();
  EXPECT_EQ(deliver(map, ledger, second), size);
  EXPECT_EQ(deliver(map, ledger, view), std::uint64_t{STEADY_MANY} / 4);
}

// Whatever was written to: all, or one half of the hash line.
TEST(snapshot_bounds, of_its_iterator) {
  for (const auto& [first, last] : {std::pair<std::size_t, std::size_t>(0, 2), {0, 1}, {1, 2}}) {
    SCOPED_TRACE(first);
    memory_ledger ledger;
    map_type map{map_type::allocator_type(ledger)};
    fill(map, STEADY_MANY / 4);
    std::vector<std::uint64_t> keys;  // in the order of the line
    for (const auto& element : std::as_const(map)) keys.push_back(element.first);
    steady::snapshot<map_type> view(map);
    const std::size_t half = keys.size() / 2;
    for (std::size_t n = first * half; n < last * half; ++n) map.at(keys[n]) = number(0);
    std::uint64_t delivered = 0;
    std::size_t held = 0;  // before the last step
    bounds stepping;
    for (auto at = view.begin(); at != view.end(); ++delivered) {
      EXPECT_NE(at->second.value(), 0u);
      held = view.bytes();
      count_step(map, ledger, stepping, [&] { ++at; });
    }
    EXPECT_EQ(delivered, std::uint64_t{STEADY_MANY} / 4);
    EXPECT_LE(held, 16u * 1024) << "notes are forgotten on the way";
    EXPECT_TRUE(view.done());
    EXPECT_EQ(view.bytes(), 0u);
    expect_as_published("++ of a snapshot's iterator", stepping);
  }
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

// ---- of maps that have shrunk, in which a bucket holds thousands of the snapshot's intervals ----

struct counting_hash {
  static inline std::uint64_t taken = 0;

  std::uint64_t operator()(std::uint64_t key) const noexcept {
    ++taken;
    return key;
  }
};
using shrunk_map = steady::hash_map<std::uint64_t, std::uint64_t, counting_hash>;

constexpr std::uint64_t few = 100;
// Four buckets with their overflow, as an insertion under a reseeding evacuates; rarely hashed
// twice.
constexpr std::uint64_t most_hashes = 256;

std::uint64_t hashes_of(const auto& operation) {
  const std::uint64_t before = counting_hash::taken;
  operation();
  return counting_hash::taken - before;
}

// A snapshot of a few elements in much room, which is given back then.
class under_a_shrunk_map : public testing::Test {
 public:
  under_a_shrunk_map() : view_((fill(), map_)) {
    const std::uint64_t before = map_.stats().buckets;
    map_.shrink_gradually();
    map_.finish();
    EXPECT_GT(before, map_.stats().buckets * 1'000);
  }

  // Each in an interval of its own, nearly always one without elements.
  void write_everywhere() {
    for (std::uint64_t n = 0; n < STEADY_MANY / 100; ++n) {
      map_.try_emplace(few + n, n);
      map_.erase(few + n);
    }
  }
  void deliver(const std::pair<const std::uint64_t, std::uint64_t>& element) {
    EXPECT_EQ(element.first, element.second);
    ++delivered_;
    sum_ += element.first;
  }
  void expect_all_delivered() const {
    EXPECT_EQ(delivered_, few);
    EXPECT_EQ(sum_, few * (few - 1) / 2);
  }
  void deliver_by_steps() {
    while (!view_.done()) {
      ASSERT_LE(hashes_of([&] { view_.step(1, [&](const auto& element) { deliver(element); }); }),
                most_hashes);
      ++steps_;
    }
    expect_all_delivered();
    EXPECT_EQ(view_.bytes(), 0u);
  }
  void insert_within_bounds() {
    for (std::uint64_t n = 0; n < few; ++n) {
      ASSERT_LE(hashes_of([&] { map_.try_emplace(few + n, n); }), most_hashes);
    }
  }

  shrunk_map map_;
  steady::snapshot<shrunk_map> view_;
  std::uint64_t steps_ = 0;

 private:
  void fill() {
    map_.reserve(STEADY_MANY);
    for (std::uint64_t n = 0; n < few; ++n) map_.try_emplace(n, n);
  }

  std::uint64_t delivered_ = 0;
  std::uint64_t sum_ = 0;
};

TEST_F(under_a_shrunk_map, a_step_is_a_bucket) {
  deliver_by_steps();
  EXPECT_LE(steps_, few + 1);
}

TEST_F(under_a_shrunk_map, a_step_is_a_bucket_also_where_there_was_much_writing) {
  write_everywhere();
  deliver_by_steps();
  EXPECT_LE(steps_, STEADY_MANY / 100 + 2 * few) << "a note for each write, and the elements";
}

TEST_F(under_a_shrunk_map, a_step_of_the_iterator_is_a_bucket) {
  write_everywhere();
  auto at = view_.begin();
  for (; at != view_.end();) {
    deliver(*at);
    ASSERT_LE(hashes_of([&] { ++at; }), most_hashes);
  }
  expect_all_delivered();
  EXPECT_TRUE(view_.done());
  EXPECT_EQ(view_.bytes(), 0u);
}

TEST_F(under_a_shrunk_map, emptying_copies_elements_and_nothing_else) {
  EXPECT_LE(hashes_of([&] { map_.clear(); }), 2 * few);
  EXPECT_LE(view_.bytes(), few * 128);
  deliver_by_steps();
}

TEST_F(under_a_shrunk_map, a_reseeding_pays_for_the_buckets_that_it_evacuates) {
  map_.reseed_gradually();
  insert_within_bounds();
  EXPECT_EQ(map_.stats().migrations.reseed, 1u);
  deliver_by_steps();
}

TEST_F(under_a_shrunk_map, the_end_of_retired_buckets_pays_for_them) {
  map_.clear_gradually();
  insert_within_bounds();
  EXPECT_EQ(map_.pending(), 0u);
  deliver_by_steps();
}

}  // namespace
