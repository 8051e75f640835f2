// trim() of maps that threads share: it halves them again and again, in small pieces, until their
// elements fit, and frees what else they hold and nobody can be reading.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <future>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include "support/concurrent_containers.hpp"

namespace {

using namespace support;

template <class Map>
void fill(Map& map, std::uint64_t count) {
  for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(n, n);
}
template <class Map>
void expect_all(const Map& map, std::uint64_t count) {
  EXPECT_EQ(map.size(), count);
  for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.find(n), n);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}
// Until a call does nothing. Returns the sum of what the calls say they have given back.
template <class Map>
std::size_t trim_all(Map& map, std::size_t at_once = 64) {
  std::size_t given_back = 0;
  for (std::uint64_t before = ~std::uint64_t{0}; map.stats().steps.trim != before;) {
    before = map.stats().steps.trim;
    given_back += map.trim(at_once);
  }
  return given_back;
}

// A thread that is in a visitor, and so reads what it has seen.
class reader {
 public:
  reader()
      : thread_([this] {
          other_.try_emplace(1, 1);
          other_.visit(1, [this](auto&) {
            is_inside_.set_value();
            may_leave_.get_future().wait();
          });
        }) {
    is_inside_.get_future().wait();
  }
  ~reader() { leave(); }
  reader(const reader&) = delete;
  reader& operator=(const reader&) = delete;

  void leave() {
    if (!thread_.joinable()) return;
    may_leave_.set_value();
    thread_.join();
  }

 private:
  concurrent_numbers other_;
  std::promise<void> is_inside_;
  std::promise<void> may_leave_;
  std::thread thread_;
};

TEST(concurrent_trim, of_a_map_without_memory_does_nothing) {
  concurrent_numbers map;
  EXPECT_EQ(map.trim(), 0u);
  EXPECT_EQ(map.stats().bytes, 0u);
  EXPECT_FALSE(map.migrating());
  fill(map, 10);
  EXPECT_EQ(map.trim(), 0u);
  expect_all(map, 10);
}

TEST(concurrent_trim, halves_four_million_slots_until_a_hundred_elements_fit) {
  concurrent_numbers map;
  map.reserve(3'300'000);
  ASSERT_GE(map.bucket_count(), 4'000'000u);
  fill(map, 100);
  const std::size_t before = map.stats().bytes;
  std::size_t given_back = map.trim();
  EXPECT_EQ(map.stats().steps.trim, 64u);
  EXPECT_TRUE(map.migrating());
  std::size_t most = 0;
  for (std::uint64_t steps = 0; map.stats().steps.trim != steps;) {
    steps = map.stats().steps.trim;
    given_back += map.trim();
    EXPECT_LE(map.stats().steps.trim, steps + 64);
    most = std::max(most, map.stats().bytes);
  }
  EXPECT_LE(most, before + before / 2) << "empty buckets need no slots in the next array either";
  EXPECT_EQ(map.bucket_count(), 128u) << "the fewest that hold them";
  EXPECT_GE(given_back, before - map.stats().bytes);
  EXPECT_GE(map.stats().migrations.shrink, 15u);
  concurrent_numbers fresh;
  fill(fresh, 100);
  EXPECT_LE(map.stats().bytes, 2 * fresh.stats().bytes);
  expect_all(map, 100);
}

// One call asks for all of it; whoever inserts and erases does it.
TEST(concurrent_trim, needs_to_ask_only_once) {
  concurrent_numbers map;
  map.reserve(100'000);
  fill(map, 100);
  map.trim(0);
  EXPECT_EQ(map.stats().steps.trim, 0u);
  std::uint64_t calls = 0;
  for (; map.bucket_count() > 128 && calls < 1'000'000; calls += 2) {
    map.try_emplace(1000, 1);
    map.erase(1000);
  }
  EXPECT_EQ(map.bucket_count(), 128u);
  EXPECT_EQ(map.stats().steps.trim, 0u);
  expect_all(map, 100);
}

TEST(concurrent_trim, ends_a_reservation_and_no_more) {
  concurrent_numbers map;
  map.reserve(10'000);
  fill(map, 1000);
  trim_all(map);
  EXPECT_EQ(map.bucket_count(), 2048u);
  expect_all(map, 1000);
  map.reserve(10'000);
  EXPECT_GE(map.bucket_count(), 10'000u) << "the request is over";
  fill(map, 9000);
  expect_all(map, 9000);
}

TEST(concurrent_trim, may_be_called_in_the_middle_of_any_migration) {
  for (const auto what : {1, 2, 3}) {
    concurrent_numbers map;
    fill(map, 5000);
    map.finish();
    if (what == 1) map.compact_gradually();
    if (what == 2) map.reseed_gradually();
    for (std::uint64_t n = 5000; what == 3 && !map.migrating(); ++n) map.try_emplace(n, n);
    const std::uint64_t size = map.size();
    map.step(7);
    ASSERT_TRUE(map.migrating());
    trim_all(map, 3);
    EXPECT_FALSE(map.migrating());
    EXPECT_EQ(map.stats().migrations.compact, what == 1 ? 1u : 0u);
    EXPECT_EQ(map.stats().migrations.reseed, what == 2 ? 1u : 0u);
    expect_all(map, size);
  }
}

// A bucket was locked when its turn came. All others have moved: what is left is found again
// without looking at each of them.
void move_all_but_that_of(concurrent_numbers& map, std::uint64_t key) {
  map.trim(0);
  ASSERT_TRUE(map.migrating());
  std::promise<void> is_inside;
  std::promise<void> may_leave;
  std::thread holder([&] {
    map.visit(key, [&](auto&) {
      is_inside.set_value();
      may_leave.get_future().wait();
    });
  });
  is_inside.get_future().wait();
  const std::size_t buckets = map.stats().buckets;
  while (map.stats().steps.trim + 1 < buckets) map.trim(10'000);
  for (int n = 0; n < 10; ++n) map.trim(1000);
  EXPECT_EQ(map.stats().steps.trim, buckets - 1);
  may_leave.set_value();
  holder.join();
}
TEST(concurrent_trim, finds_the_interval_that_was_skipped) {
  concurrent_numbers map;
  map.reserve(3'300'000);
  fill(map, 1000);
  move_all_but_that_of(map, 7);
  int calls = 0;
  for (; map.stats().migrations.shrink == 0 && calls < 1000; ++calls) map.trim();
  EXPECT_LE(calls, 8) << "512 looks each, and 1024 chunks";
  trim_all(map);
  EXPECT_EQ(map.bucket_count(), 2048u);
  expect_all(map, 1000);
}
// Wherever it is in its chunk, and however little each call looks at.
TEST(concurrent_trim, finds_the_interval_that_was_skipped_by_calls_for_one) {
  for (std::uint64_t key = 0; key < 4; ++key) {
    concurrent_numbers map;
    map.reserve(800'000);
    fill(map, 1000);
    move_all_but_that_of(map, key);
    int calls = 0;
    for (; map.stats().migrations.shrink == 0 && calls < 1000; ++calls) map.trim(1);
    EXPECT_LE(calls, 64) << "8 looks each, 256 chunks, and 128 intervals in one of them";
    trim_all(map);
    expect_all(map, 1000);
  }
}

// ---- chunks on the shelf ----

// Compacting empties chunks one by one, and the last ones are for nobody.
template <class Map>
void leave_chunks_on_the_shelf(Map& map) {
  fill(map, 20'000);
  map.finish();
  map.compact_gradually();
  map.finish();
}
// What the array has: all of its buckets are written.
template <class Map>
std::size_t chunks_needed(const Map& map) {
  return map.stats().buckets * 16 * 16 / (std::size_t{64} << 10);
}

TEST(concurrent_trim, gives_chunks_back_that_wait_for_the_next_migration) {
  concurrent_numbers map;
  leave_chunks_on_the_shelf(map);
  const std::size_t spare = map.stats().chunks - chunks_needed(map);
  ASSERT_GE(spare, 1u);
  const std::size_t before = map.stats().bytes;
  EXPECT_EQ(map.trim(1), std::size_t{64} << 10);
  EXPECT_EQ(map.stats().steps.trim, 1u);
  trim_all(map);
  EXPECT_EQ(map.stats().chunks, chunks_needed(map));
  EXPECT_EQ(map.stats().bytes, before - (spare << 16));
  expect_all(map, 20'000);
}

TEST(concurrent_trim, keeps_chunks_that_somebody_may_be_reading) {
  concurrent_numbers map;
  leave_chunks_on_the_shelf(map);
  const std::size_t spare = map.stats().chunks - chunks_needed(map);
  ASSERT_GE(spare, 1u);
  reader within;
  EXPECT_EQ(trim_all(map), 0u);
  EXPECT_EQ(map.stats().chunks, chunks_needed(map) + spare);
  within.leave();
  EXPECT_EQ(trim_all(map), spare << 16);
  EXPECT_EQ(map.stats().chunks, chunks_needed(map));
}

TEST(concurrent_trim, loses_no_chunk_that_waits_for_a_reader) {
  concurrent_numbers map;
  concurrent_numbers other;
  fill(map, 20'000);
  leave_chunks_on_the_shelf(other);
  reader within;
  {
    EXPECT_EQ(trim_all(other), 0u);  // sets them aside
    const std::size_t bytes = other.stats().bytes;
    map = std::move(other);
    EXPECT_EQ(map.stats().bytes, bytes);
    concurrent_numbers third;
    map.swap(third);
    third.swap(map);
  }
  within.leave();
  EXPECT_GT(trim_all(map), 0u);
  EXPECT_EQ(map.stats().chunks, chunks_needed(map));
  expect_all(map, 20'000);
}  // the leak sanitizer looks at the rest

// ---- arrays that are leaving, and nodes ----

TEST(concurrent_trim, goes_on_when_a_reader_has_gone_on) {
  concurrent_numbers map;
  map.reserve(100'000);
  fill(map, 1000);
  reader within;
  trim_all(map);
  const std::size_t stuck = map.bucket_count();
  EXPECT_GT(stuck, 2048u) << "an array is leaving, and no other migration may begin";
  within.leave();
  trim_all(map);
  EXPECT_EQ(map.bucket_count(), 2048u);
  expect_all(map, 1000);
}

struct counted {
  static inline int alive = 0;
  counted() { ++alive; }
  ~counted() { --alive; }
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
};

TEST(concurrent_trim, destroys_erased_nodes_when_nobody_reads_them) {
  {
    concurrent_map_of<std::uint64_t, counted> map;
    for (std::uint64_t n = 0; n < 100; ++n) map.try_emplace(n);
    reader within;
    for (std::uint64_t n = 0; n < 100; ++n) map.erase(n);
    ASSERT_EQ(counted::alive, 100);
    map.trim();
    EXPECT_EQ(counted::alive, 100);
    within.leave();
    EXPECT_GT(map.trim(5), 0u);
    EXPECT_EQ(counted::alive, 95);
    for (int n = 0; n < 20; ++n) map.trim(5);
    EXPECT_EQ(counted::alive, 0);
    map.try_emplace(1);
    map.erase(1);
    EXPECT_EQ(counted::alive, 1);
    map.trim(1);
    EXPECT_EQ(counted::alive, 0) << "also fewer than a batch";
  }
  EXPECT_EQ(counted::alive, 0);
}

TEST(concurrent_trim, is_there_for_sets) {
  concurrent_string_set set;
  for (int n = 0; n < 10'000; ++n) set.insert(std::to_string(n));
  set.erase_if([](const std::string& text) { return text.size() > 1; });
  trim_all(set);
  EXPECT_EQ(set.size(), 10u);
  EXPECT_EQ(set.bucket_count(), 64u);
  EXPECT_TRUE(set.contains("7"));
  EXPECT_STREQ(set.check_invariants(), nullptr);
}

}  // namespace
