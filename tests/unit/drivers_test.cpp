// The five things that move a migration forward, each alone, in maps of one thread and in those
// that threads share: insertion, erasure, iteration, the load factor, and reclamation by trim().
// stats() counts what each has done. (docs/design.md, "What moves a migration forward")
#include <barrier>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/concurrent_containers.hpp"
#include "support/containers.hpp"
#include "support/hashes.hpp"

namespace {

using namespace support;

// ---- what was counted ----

std::uint64_t steps_of_all(const steady::stats& of) {
  return of.steps.insert + of.steps.erase + of.steps.trim + of.steps.walk + of.steps.call;
}
std::uint64_t finished(const steady::stats& of) {
  return of.migrations.grow + of.migrations.compact + of.migrations.shrink + of.migrations.reseed;
}
std::uint64_t started(const steady::stats& of) {
  return of.started.load + of.started.request + of.started.overflow;
}

// Only this driver has worked since `before`, and it has.
template <class Steps>
void expect_only(const steady::stats& before, const steady::stats& after, const Steps& of) {
  EXPECT_GT(of(after), of(before));
  EXPECT_EQ(of(after) - of(before), steps_of_all(after) - steps_of_all(before));
}
constexpr auto by_insertions = [](const steady::stats& of) { return of.steps.insert; };
constexpr auto by_erasures = [](const steady::stats& of) { return of.steps.erase; };
constexpr auto by_walks = [](const steady::stats& of) { return of.steps.walk; };
constexpr auto by_trimming = [](const steady::stats& of) { return of.steps.trim; };

template <class Map>
void fill(Map& map, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t n = from; n < to; ++n) map.try_emplace(n, n);
}
template <class Map>
void erase(Map& map, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t n = from; n < to; ++n) map.erase(n);
}

// ---- maps of one thread ----

struct erasing_moves : steady::default_policy {
  static constexpr bool erase_moves = true;
};

TEST(drivers_of_hash_map, insertion) {
  number_map<> map;
  const auto before = map.stats();
  fill(map, 0, 100'000);
  expect_only(before, map.stats(), by_insertions);
  EXPECT_GE(map.stats().migrations.grow, 10u);
}

TEST(drivers_of_hash_map, erasure_where_the_policy_lets_it) {
  number_map<erasing_moves> map;
  fill(map, 0, 100'000);
  map.finish();
  const auto before = map.stats();
  erase(map, 0, 99'000);
  expect_only(before, map.stats(), by_erasures);
  EXPECT_GE(map.stats().migrations.shrink, 1u);

  number_map<> usual;
  fill(usual, 0, 100'000);
  erase(usual, 0, 99'000);
  EXPECT_EQ(usual.stats().steps.erase, 0u);
}

TEST(drivers_of_hash_map, iteration) {
  number_map<> map;
  std::uint64_t size = 50'000;
  fill(map, 0, size);
  while (!map.migrating()) map.try_emplace(size, size), ++size;
  const auto before = map.stats();
  std::uint64_t met = 0;
  for (auto& element : map.walk()) met += element.second == element.first;
  EXPECT_EQ(met, size);
  expect_only(before, map.stats(), by_walks);
  EXPECT_FALSE(map.migrating()) << "the walk has finished it";
}

TEST(drivers_of_hash_map, reclamation_in_bounded_slices) {
  number_map<> map;
  fill(map, 0, 100'000);
  map.finish();
  erase(map, 1000, 100'000);
  const auto before = map.stats();
  do {
    const std::uint64_t steps = map.stats().steps.trim;
    map.trim(16);
    EXPECT_LE(map.stats().steps.trim, steps + 16);
  } while (map.migrating());
  expect_only(before, map.stats(), by_trimming);
  EXPECT_LT(map.stats().bytes, before.bytes / 20);
  EXPECT_GE(map.stats().started.request, 1u);
}

TEST(drivers_of_hash_map, the_load_factor_begins_growing_and_shrinking) {
  number_map<> map;
  fill(map, 0, 100'000);
  map.finish();
  auto now = map.stats();
  EXPECT_EQ(now.started.load, now.migrations.grow);
  EXPECT_EQ(started(now), now.started.load) << "nobody asked";
  erase(map, 1000, 100'000);
  EXPECT_EQ(map.stats().migrations.shrink, 0u);
  map.finish();
  now = map.stats();
  EXPECT_GE(now.migrations.shrink, 1u);
  EXPECT_EQ(now.started.load, now.migrations.grow + now.migrations.shrink);
  EXPECT_EQ(started(now), now.started.load);
}

TEST(drivers_of_hash_map, requests_begin_the_others) {
  number_map<> map;
  fill(map, 0, 1000);
  map.finish();
  const std::uint64_t by_load = map.stats().started.load;
  std::uint64_t requests = 0;
  const auto expect_one_more_request = [&] {
    EXPECT_EQ(map.stats().started.request, ++requests);
    EXPECT_EQ(started(map.stats()), finished(map.stats()) + (map.stats().frontier != 0));
    map.finish();
    EXPECT_EQ(started(map.stats()), finished(map.stats()));
  };
  map.reserve(3000);
  expect_one_more_request();
  map.reserve_gradually(10'000);
  map.step(1);
  expect_one_more_request();
  map.shrink_gradually();
  map.step(1);
  expect_one_more_request();
  map.compact_gradually();
  map.step(1);
  expect_one_more_request();
  map.reseed_gradually();
  map.step(10);
  expect_one_more_request();
  map.rehash(20'000);
  expect_one_more_request();
  map.trim(1);
  expect_one_more_request();
  EXPECT_EQ(map.stats().started.load, by_load);
  EXPECT_EQ(map.stats().started.overflow, 0u);
}

TEST(drivers_of_hash_map, chains_begin_a_reseeding) {
  map_of<std::uint64_t, std::uint64_t, steady::default_policy, constant_hash> map;
  map.reserve(1000);
  map.shrink_gradually();
  map.finish();
  fill(map, 0, 200);
  map.finish();
  const auto now = map.stats();
  EXPECT_GE(now.started.overflow, 1u);
  EXPECT_EQ(now.started.overflow, now.migrations.reseed + now.migrations.compact);
  EXPECT_EQ(started(now), finished(now));
}

// Counters do not go down, or monitoring systems take it for a new beginning.
TEST(drivers_of_hash_map, a_migration_that_is_cut_short_counts_as_started) {
  number_map<> map;
  fill(map, 0, 10'000);
  map.finish();
  map.compact_gradually();
  map.step(10);
  EXPECT_EQ(map.stats().started.request, 1u);
  map.clear_gradually();
  EXPECT_EQ(map.stats().started.request, 1u);
  EXPECT_EQ(started(map.stats()), finished(map.stats()) + 1);
}

TEST(drivers_of_hash_map, steps_are_counted_beyond_32_bits) {
  steady::detail::migration_counters counters;
  using steady::detail::driver;
  counters.add_steps(driver::erase, 0xffff'fffe);
  counters.add_steps(driver::erase, 1);
  EXPECT_EQ(counters.steps(driver::erase), 0xffff'ffffu);
  counters.add_steps(driver::erase, 1);
  EXPECT_EQ(counters.steps(driver::erase), std::uint64_t{1} << 32);
  counters.add_steps(driver::erase, std::uint64_t{5} << 32 | 7);
  EXPECT_EQ(counters.steps(driver::erase), std::uint64_t{6} << 32 | 7);
  EXPECT_EQ(
      counters.steps(driver::insert) + counters.steps(driver::trim) + counters.steps(driver::call),
      0u);
}

// ---- maps that threads share ----

// Elements in slots, and in nodes.
template <class Map>
class drivers_of_concurrent_hash_map : public testing::Test {
 public:
  Map map;

  void fill_and_rest(std::uint64_t size) {
    fill(map, 0, size);
    map.finish();
  }
};

using shared_maps =
    testing::Types<concurrent_numbers, concurrent_map_of<std::uint64_t, std::uint64_t,
                                                         steady::hash<std::uint64_t>, in_nodes>>;
TYPED_TEST_SUITE(drivers_of_concurrent_hash_map, shared_maps);

TYPED_TEST(drivers_of_concurrent_hash_map, insertion) {
  const auto before = this->map.stats();
  fill(this->map, 0, 100'000);
  expect_only(before, this->map.stats(), by_insertions);
  EXPECT_GE(this->map.stats().migrations.grow, 5u);
}

TYPED_TEST(drivers_of_concurrent_hash_map, erasure) {
  this->fill_and_rest(100'000);
  const auto before = this->map.stats();
  erase(this->map, 0, 99'000);
  expect_only(before, this->map.stats(), by_erasures);
  EXPECT_GE(this->map.stats().migrations.shrink, 1u);
}

TYPED_TEST(drivers_of_concurrent_hash_map, iteration_which_finishes_a_reseeding) {
  this->fill_and_rest(10'000);
  this->map.reseed_gradually();
  ASSERT_TRUE(this->map.migrating());
  const auto before = this->map.stats();
  EXPECT_EQ(this->map.visit_all([](auto&) {}), 10'000u);
  expect_only(before, this->map.stats(), by_walks);
  EXPECT_EQ(this->map.stats().steps.walk, before.buckets);
  EXPECT_EQ(this->map.stats().migrations.reseed, 1u);

  this->map.finish();
  this->map.reseed_gradually();
  ASSERT_TRUE(this->map.migrating());
  const auto again = this->map.stats();
  const steady::cursor begin;
  EXPECT_EQ(this->map.scan(begin, 10, [](const auto&) {}), begin);
  expect_only(again, this->map.stats(), by_walks);
  EXPECT_EQ(this->map.stats().steps.walk, again.steps.walk + 10);
}

TYPED_TEST(drivers_of_concurrent_hash_map, reclamation_in_bounded_slices) {
  this->fill_and_rest(100'000);
  this->map.erase_if([](const auto& element) { return element.first >= 1000; });
  const auto before = this->map.stats();
  std::uint64_t steps = 0;
  do {
    steps = this->map.stats().steps.trim;
    this->map.trim(16);
    EXPECT_LE(this->map.stats().steps.trim, steps + 16);
  } while (this->map.stats().steps.trim != steps);
  expect_only(before, this->map.stats(), by_trimming);
  EXPECT_LT(this->map.stats().bytes, before.bytes / 20);
  EXPECT_FALSE(this->map.migrating());
  EXPECT_GE(this->map.stats().started.request, 5u) << "each halves";
}

TYPED_TEST(drivers_of_concurrent_hash_map, the_load_factor_begins_growing_and_shrinking) {
  this->fill_and_rest(100'000);
  auto now = this->map.stats();
  EXPECT_EQ(now.started.load, now.migrations.grow);
  EXPECT_EQ(started(now), now.started.load) << "nobody asked";
  this->map.erase_if([](const auto& element) { return element.first >= 100; });
  EXPECT_EQ(this->map.stats().migrations.shrink, 0u);
  this->map.finish();
  now = this->map.stats();
  EXPECT_GE(now.migrations.shrink, 2u);
  EXPECT_EQ(now.started.load, now.migrations.grow + now.migrations.shrink);
  EXPECT_EQ(started(now), now.started.load);
}

TYPED_TEST(drivers_of_concurrent_hash_map, requests_begin_the_others) {
  auto& shared = this->map;
  this->fill_and_rest(1000);
  const std::uint64_t by_load = shared.stats().started.load;
  std::uint64_t requests = 0;
  const auto expect_one_more_request = [&] {
    EXPECT_EQ(shared.stats().started.request, ++requests);
    EXPECT_EQ(started(shared.stats()), finished(shared.stats()) + shared.migrating());
    shared.finish();
    EXPECT_EQ(started(shared.stats()), finished(shared.stats()));
  };
  shared.reserve(2000);
  expect_one_more_request();
  shared.shrink_gradually();
  expect_one_more_request();
  shared.compact_gradually();
  expect_one_more_request();
  shared.reseed_gradually();
  expect_one_more_request();
  shared.rehash(4096);
  EXPECT_GT(shared.stats().started.request, requests);
  requests = shared.stats().started.request;
  shared.trim(1);
  expect_one_more_request();
  EXPECT_EQ(shared.stats().started.load, by_load);
  EXPECT_EQ(shared.stats().started.overflow, 0u);
}

TEST(drivers_of_concurrent_hash_map_too, chains_begin_a_reseeding) {
  concurrent_map_of<std::uint64_t, std::uint64_t, constant_hash> map;
  map.reserve(1000);
  fill(map, 0, 200);
  map.finish();
  const auto now = map.stats();
  EXPECT_GE(now.started.overflow, 1u);
  EXPECT_EQ(now.started.overflow, now.migrations.reseed);
  EXPECT_EQ(started(now), finished(now));
}

TEST(drivers_of_concurrent_hash_map_too, go_with_the_elements) {
  concurrent_numbers map;
  fill(map, 0, 10'000);
  map.reserve(20'000);
  const auto before = map.stats();
  EXPECT_GT(before.steps.insert, 0u);
  EXPECT_GT(before.steps.call, 0u);
  concurrent_numbers target = std::move(map);
  EXPECT_EQ(target.stats().steps.insert, before.steps.insert);
  EXPECT_EQ(target.stats().steps.call, before.steps.call);
  EXPECT_EQ(target.stats().started.load, before.started.load);
  EXPECT_EQ(target.stats().started.request, before.started.request);
  EXPECT_EQ(steps_of_all(map.stats()) + started(map.stats()), 0u);
  fill(map, 0, 10);
  map.swap(target);
  EXPECT_EQ(map.stats().steps.insert, before.steps.insert);
  EXPECT_EQ(steps_of_all(target.stats()), 0u);
}

// More threads at a time than have counters of their own.
TEST(drivers_of_concurrent_hash_map_too, are_counted_whichever_thread_it_is) {
  constexpr std::uint64_t threads = 24;
  constexpr std::uint64_t own = 4000;
  concurrent_numbers map;
  std::barrier together(static_cast<std::ptrdiff_t>(threads));
  std::vector<std::thread> all;
  for (std::uint64_t n = 0; n < threads; ++n) {
    all.emplace_back([&, n] {
      map.contains(n);  // takes a record, so that every thread has a number of its own
      together.arrive_and_wait();
      fill(map, n * own, (n + 1) * own);
      together.arrive_and_wait();
    });
  }
  for (std::thread& each : all) each.join();
  const auto inserted = map.stats();
  EXPECT_EQ(steps_of_all(inserted), inserted.steps.insert);
  map.finish();
  // The last growth alone was from an eighth of the buckets, or more.
  const auto now = map.stats();
  EXPECT_GE(steps_of_all(now), now.buckets / 8);
  EXPECT_EQ(started(now), finished(now));
}

}  // namespace
