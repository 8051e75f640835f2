// Concurrent containers that migrate in the order of heat, beside a model and with many threads:
// all is there, and every migration ends.
#include <chrono>
#include <cstdint>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/evacuator.hpp>

#include "support/byte_source.hpp"
#include "support/churn_run.hpp"
#include "support/concurrent_containers.hpp"
#include "support/concurrent_model.hpp"
#include "support/heat_policies.hpp"
#include "support/migration_mode.hpp"
#include "support/sanitized.hpp"
#include "support/threads.hpp"

namespace {

using namespace support;

// Moves the clock of heat as long as it exists.
class passing_time {
 public:
  passing_time()
      : thread_([](std::stop_token stop) {
          while (!stop.stop_requested()) {
            time_of_heat += 1'000'000;
            std::this_thread::sleep_for(std::chrono::microseconds(50));
          }
        }) {}

 private:
  std::jthread thread_;
};

template <class Container>
class heated : public testing::Test {};

using containers = testing::Types<
    concurrent_map_of<std::uint64_t, stamped, steady::hash<std::uint64_t>, by_heat_crowded,
                      interrupted_equal>,
    concurrent_map_of<std::uint64_t, tracked, steady::hash<std::uint64_t>, by_heat_at_once>,
    concurrent_set_of<std::uint64_t, by_heat_crowded>>;
TYPED_TEST_SUITE(heated, containers);

TYPED_TEST(heated, agree_with_a_model) {
  const passing_time time;
  for (const migration_mode mode : all_modes) {
    std::mt19937 random(17);
    std::vector<std::uint8_t> bytes(sanitized ? 10'000 : 60'000);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    concurrent_model<TypeParam>(mode, 6000).run(byte_source(bytes));
  }
}

TYPED_TEST(heated, know_all_while_they_grow_and_shrink) {
  const passing_time time;
  complaints found;
  churn_run<TypeParam> run({.owners = 3,
                            .sharers = 1,
                            .watchers = 2,
                            .rounds = 4,
                            .own = sanitized ? 2000u : 8000u,
                            .lasting = 1000},
                           found);
  run.run();
  EXPECT_EQ(found.first(), "");
  EXPECT_GT(run.container().stats().migrations.grow, 0u);
}

// Every thread owns the keys that are its number modulo their number: fills, empties, and looks.
template <class Map>
void expect_all_known(Map& map, std::uint64_t each) {
  constexpr std::uint64_t threads = 4;
  complaints found;
  std::vector<std::function<void()>> bodies;
  for (std::uint64_t number = 0; number < threads; ++number) {
    bodies.emplace_back([&, number] {
      const auto key = [number](std::uint64_t n) { return n * threads + number; };
      for (std::uint64_t n = 0; n < each && !found.any(); ++n) {
        found.require(map.try_emplace(key(n), n), "not inserted", n);
        found.require(map.contains(key(n / 2)), "not found", n / 2);
      }
      for (std::uint64_t n = each / 50; n < each && !found.any(); ++n) {
        found.require(map.erase(key(n)) == 1, "not erased", n);
        found.require(map.contains(key(n % (each / 50))), "lost", n);
      }
    });
  }
  run_together(bodies, found);
  EXPECT_EQ(found.first(), "");
  EXPECT_EQ(map.size(), threads * (each / 50));
}

template <class Policy>
using map_of = concurrent_map_of<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, Policy>;

template <class Policy>
void expect_ends(std::uint64_t each, bool is_helped) {
  const passing_time time;
  steady::evacuator helper;
  map_of<Policy> map;
  steady::evacuator::service service;
  if (is_helped) service = helper.serve(map);
  expect_all_known(map, each);
  const steady::stats now = map.stats();
  EXPECT_GT(now.migrations.grow, 3u);
  map.finish();
  EXPECT_FALSE(map.migrating());
  EXPECT_GT(map.stats().migrations.shrink, 0u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

constexpr std::uint64_t elements = sanitized ? 20'000 : 100'000;

TEST(heat_order, holds_among_threads) {
  expect_ends<by_heat>(elements, false);
  expect_ends<by_heat_at_once>(elements, false);
  expect_ends<by_heat_crowded>(elements, false);
}

TEST(heat_order, holds_with_a_helper_in_the_background) {
  expect_ends<by_heat>(elements, true);
  expect_ends<by_heat_at_once>(elements, true);
  expect_ends<by_heat_crowded>(elements, true);
}

// The helper alone, with times that come soon: it ends migrations without any call.
TEST(heat_order, lets_a_helper_alone_end_migrations) {
  const passing_time time;
  steady::evacuator helper;
  map_of<by_heat_at_once> map;
  const auto service = helper.serve(map);
  std::uint64_t next = 0;
  while (next < 60'000 || !map.migrating()) map.try_emplace(next, next), ++next;
  while (map.migrating()) {
    for (std::uint64_t key = 0; key < next; key += 41) map.contains(key);
  }
  for (std::uint64_t key = 0; key < next; ++key) ASSERT_TRUE(map.contains(key));
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

// More threads than have a stripe of their own.
TEST(heat_order, holds_among_more_threads_than_are_counted_apart) {
  map_of<by_heat_at_once> map;
  complaints found;
  std::vector<std::function<void()>> bodies;
  for (std::uint64_t number = 0; number < 24; ++number) {
    bodies.emplace_back([&, number] {
      for (std::uint64_t n = 0; n < elements / 5; ++n) {
        map.try_emplace(n * 24 + number, n);
        found.require(map.contains(n / 2 * 24 + number), "not found", n);
      }
    });
  }
  run_together(bodies, found);
  EXPECT_EQ(found.first(), "");
  EXPECT_TRUE(finish(map));
  EXPECT_EQ(map.size(), 24 * (elements / 5));
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

}  // namespace
