// The published bounds of concurrent containers for the calls that look at elements, asserted in
// every state of a migration: lookups write nothing and allocate nothing, whatever is on.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_set.hpp>

#include "support/concurrent_bounds.hpp"

namespace {

using support::concurrent_bounds;
using support::count_alone;
using support::expect_published_for_threads;
using support::scattered;
using support::shared_work;
using support::work_of;

constexpr std::uint64_t many = support::sanitized ? 30'000 : 200'000;

template <class Map>
class concurrent_lookup : public testing::Test {
 public:
  Map map;

  concurrent_lookup() {
    for (std::uint64_t i = 0; i < many; ++i) map.try_emplace(scattered(i), i);
  }

  // Calls `test` with the map at rest, and in the middle of migrations of all kinds.
  void in_every_state(const std::function<void(const std::string&)>& test) {
    rest();
    test("at rest");
    map.reseed_gradually();
    in_the_middle("reseeding", test);
    map.compact_gradually();
    in_the_middle("compacting", test);
    for (std::uint64_t i = many / 2; i < many; ++i) map.erase(scattered(i));
    map.shrink_gradually();
    in_the_middle("shrinking", test);
    for (std::uint64_t i = many / 2; i < many || !map.migrating(); ++i) {
      map.try_emplace(scattered(i), i);
    }
    in_the_middle("growing", test);
    EXPECT_GE(map.stats().migrations.grow, 10u);
    EXPECT_GE(map.stats().migrations.shrink, 1u);
    EXPECT_EQ(map.stats().migrations.compact, 1u);
    EXPECT_EQ(map.stats().migrations.reseed, 1u);
  }

 private:
  void rest() {
    map.finish();
    ASSERT_FALSE(map.migrating());
  }
  void in_the_middle(const char* state, const std::function<void(const std::string&)>& test) {
    ASSERT_TRUE(map.migrating()) << state;
    map.step(map.stats().buckets / 4);
    ASSERT_TRUE(map.migrating()) << state;
    test(state);
    ASSERT_TRUE(map.migrating()) << state;
    rest();
  }
};

using maps = testing::Types<support::plain_map, support::map_in_leaves, support::map_of_nodes>;
TYPED_TEST_SUITE(concurrent_lookup, maps);

// A key that is there, and one that is not.
std::uint64_t present(std::uint64_t i) { return scattered(i % (many / 2)); }
std::uint64_t absent(std::uint64_t i) { return scattered(i + 1000 * many); }

TYPED_TEST(concurrent_lookup, changes_nothing) {
  constexpr bool locks = std::is_same_v<TypeParam, support::map_of_nodes>;
  const TypeParam& constant = this->map;
  concurrent_bounds finding;   // without a lock
  concurrent_bounds visiting;  // under one, where elements are in nodes
  const auto count_lookup = [&](concurrent_bounds& most, bool may_lock, auto lookup) {
    count_alone(most, lookup);
    // All that a lookup without a lock writes says that this thread is there, and gone.
    const shared_work& one = support::work_of_this_thread;
    ASSERT_EQ(one.writes, may_lock ? 4u : 2u);
    ASSERT_EQ(one.slot_words_written, 0u);
    ASSERT_EQ(one.blocks, 0u);
  };
  this->in_every_state([&](const std::string& state) {
    SCOPED_TRACE(state);
    for (std::uint64_t i = 0; i < many / 10; ++i) {
      count_lookup(finding, false, [&] { EXPECT_TRUE(constant.contains(present(i))); });
      count_lookup(finding, false, [&] { EXPECT_FALSE(constant.contains(absent(i))); });
      count_lookup(finding, false, [&] { EXPECT_EQ(constant.count(absent(i)), 0u); });
      count_lookup(finding, false, [&] { EXPECT_FALSE(constant.find(absent(i))); });
      count_lookup(finding, false, [&] { constant.prefetch(present(i)); });
      count_lookup(visiting, locks, [&] { EXPECT_TRUE(constant.find(present(i))); });
      count_lookup(visiting, locks,
                   [&] { EXPECT_EQ(constant.cvisit(present(i), [](const auto&) {}), 1u); });
      count_lookup(visiting, locks,
                   [&] { EXPECT_EQ(constant.visit(present(i), [](const auto&) {}), 1u); });
    }
  });
  expect_published_for_threads("find", finding);
  expect_published_for_threads(locks ? "visit" : "find", visiting);
}

TYPED_TEST(concurrent_lookup, visiting_writes_one_slot_and_never_migrates) {
  concurrent_bounds most;
  this->in_every_state([&](const std::string& state) {
    SCOPED_TRACE(state);
    for (std::uint64_t i = 0; i < many / 10; ++i) {
      count_alone(most,
                  [&] { this->map.visit(present(i), [](auto& element) { ++element.second; }); });
      count_alone(most, [&] {
        this->map.insert_or_visit(std::pair(present(i), i),
                                  [](auto& element) { element.second = 0; });
      });
      count_alone(most, [&] { this->map.erase_if(present(i), [](auto&) { return false; }); });
      count_alone(most, [&] { this->map.erase(absent(i)); });
    }
  });
  expect_published_for_threads("visit", most);
}

TYPED_TEST(concurrent_lookup, prefetching_reads_no_element) {
  const TypeParam& constant = this->map;
  this->in_every_state([&](const std::string& state) {
    SCOPED_TRACE(state);
    for (std::uint64_t i = 0; i < many / 10; ++i) {
      const shared_work one = work_of([&] { constant.prefetch(present(i)); });
      ASSERT_EQ(one.slot_words_read, 0u);
      ASSERT_LE(one.loads, 16u);
    }
  });
}

// ---- steps ----

TYPED_TEST(concurrent_lookup, stepping_for_a_time_does_what_steps_do) {
  this->map.finish();
  this->map.compact_gradually();
  ASSERT_TRUE(this->map.migrating());
  const std::uint64_t before = this->map.stats().steps.call;
  for (const auto none : {std::chrono::seconds(0), std::chrono::seconds(-1)}) {
    const shared_work work = work_of([&] { EXPECT_EQ(this->map.step_for(none), 0u); });
    EXPECT_EQ(work.loads + work.writes, 0u);
  }
  this->map.step_for(std::chrono::nanoseconds(1));
  EXPECT_LE(this->map.stats().steps.call, before + 1) << "an interval more at the most";
  const std::uint64_t left = this->map.stats().buckets - (this->map.stats().steps.call - before);
  EXPECT_GE(this->map.step_for(std::chrono::minutes(5)), left);
  EXPECT_FALSE(this->map.migrating());
  EXPECT_EQ(this->map.stats().leaving, 0u);
  EXPECT_EQ(this->map.step_for(std::chrono::minutes(5)), 0u) << "nothing is left to do";
}

// ---- scans ----

TYPED_TEST(concurrent_lookup, scanning_looks_at_as_many_buckets_as_it_is_asked) {
  const TypeParam& constant = this->map;
  concurrent_bounds most;
  this->in_every_state([&](const std::string& state) {
    SCOPED_TRACE(state);
    if (state == "reseeding") return;  // then it steps, see below
    std::uint64_t met = 0;
    std::uint64_t calls = 0;
    steady::cursor at;
    for (; !at.at_end(); ++calls) {
      count_alone(most, [&] { at = constant.scan(at, 1, [&](const auto&) { ++met; }); });
    }
    EXPECT_EQ(met, this->map.size());
    EXPECT_LE(calls, 2 * this->map.stats().buckets);
    EXPECT_GE(calls, this->map.stats().buckets / 2);
  });
  expect_published_for_threads("scan(cursor, 1, f)", most);
}

TYPED_TEST(concurrent_lookup, scanning_many_buckets_costs_so_many_times_as_much) {
  const auto& row = support::published_for_threads().at("scan(cursor, 1, f)");
  this->in_every_state([&](const std::string& state) {
    SCOPED_TRACE(state);
    if (state == "reseeding") return;
    steady::cursor at;
    for (std::uint64_t asked = 0; !at.at_end(); asked = asked % 100 + 1) {
      const shared_work one = work_of([&] { at = this->map.scan(at, asked, [&](const auto&) {}); });
      ASSERT_EQ(one.slot_words_written, 0u);
      ASSERT_EQ(one.blocks, 0u);
      ASSERT_LE(one.slot_words_read / support::words_of_slot, asked * row[2]);
      ASSERT_LE(one.loads + one.writes, (asked + 1) * row[3]);
    }
  });
}

TYPED_TEST(concurrent_lookup, scanning_while_reseeding_does_as_many_steps_instead) {
  this->map.reseed_gradually();
  ASSERT_TRUE(this->map.migrating());
  for (std::uint64_t asked = 1; this->map.migrating(); asked = asked % 20 + 1) {
    const shared_work one = work_of([&] {
      const auto where = this->map.scan({}, asked, [](const auto&) { ADD_FAILURE(); });
      EXPECT_EQ(where, steady::cursor());
    });
    ASSERT_LE(one.buckets_evacuated, asked);
    ASSERT_GE(one.buckets_evacuated, 1u);
  }
}

// ---- the whole ----

TYPED_TEST(concurrent_lookup, what_is_told_of_the_whole_is_in_counters) {
  const TypeParam& constant = this->map;
  concurrent_bounds sizes;
  concurrent_bounds statistics;
  this->in_every_state([&](const std::string& state) {
    SCOPED_TRACE(state);
    count_alone(sizes, [&] { static_cast<void>(constant.size()); });
    count_alone(sizes, [&] { static_cast<void>(constant.empty()); });
    count_alone(sizes, [&] { static_cast<void>(constant.migrating()); });
    count_alone(sizes, [&] { static_cast<void>(constant.bucket_count()); });
    count_alone(sizes, [&] { static_cast<void>(constant.load_factor()); });
    count_alone(statistics, [&] { static_cast<void>(constant.stats()); });
  });
  expect_published_for_threads("size()", sizes);
  expect_published_for_threads("stats()", statistics);
}

TEST(concurrent_moves, exchange_pointers) {
  support::plain_map map;
  for (std::uint64_t i = 0; i < many; ++i) map.try_emplace(scattered(i), i);
  concurrent_bounds most;
  support::plain_map other;
  count_alone(most, [&] { other.swap(map); });
  EXPECT_EQ(other.size(), many);
  count_alone(most, [&] {
    support::plain_map third(std::move(other));
    other = std::move(third);
  });
  EXPECT_EQ(other.size(), many);
  EXPECT_EQ(other.stats().chunks > 10, true);
  expect_published_for_threads("swap", most);
}

// ---- chunks ----

TYPED_TEST(concurrent_lookup, stats_count_the_chunks_that_are_held) {
  // At rest all of an array's chunks are held, and up to two that the last migration has left.
  constexpr std::uint64_t most_left = 2;
  this->in_every_state([&](const std::string& state) {
    const auto stats = this->map.stats();
    const std::uint64_t chunks = stats.buckets / 256;
    EXPECT_GE(stats.chunks, state == "at rest" ? chunks : chunks / 2) << state;
    EXPECT_LE(stats.chunks, (state == "at rest" ? chunks : 3 * chunks) + most_left) << state;
  });
}

// ---- the table ----

TEST(published_bounds_for_threads, are_all_asserted) {
  std::string sources;
  for (const auto& file : std::filesystem::directory_iterator(STEADY_BOUND_TESTS)) {
    std::ifstream source(file.path());
    sources.append(std::istreambuf_iterator<char>(source), {});
  }
  const auto& published = support::published_for_threads();
  EXPECT_GE(published.size(), 10u);
  for (const auto& [row, numbers] : published) {
    const std::string expectation = '"' + row + "\", ";
    EXPECT_NE(sources.find("expect_published_for_threads(" + expectation), std::string::npos)
        << row;
  }
}

}  // namespace
