// The published bounds of concurrent containers for the calls that change them, asserted for every
// call of one thread while a map grows to a million elements, shrinks, compacts and reseeds.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/retire.hpp>

#include "support/concurrent_bounds.hpp"

namespace {

using support::concurrent_bounds;
using support::count_alone;
using support::expect_published_for_threads;
using support::scattered;

constexpr std::uint64_t many = 1'000'000;
constexpr std::uint64_t some = many / 10;

template <class Map>
class concurrent_growth : public testing::Test {
 public:
  Map map;
  std::uint64_t next = 0;  // elements 0 to next - 1 are there

  void insert(concurrent_bounds& most) {
    count_alone(most, [&] { map.try_emplace(scattered(next), next); });
    ++next;
  }
  void insert_until(std::uint64_t size, concurrent_bounds& most) {
    while (next < size) insert(most);
    ASSERT_EQ(map.size(), size);
  }
  void erase(concurrent_bounds& most) {
    --next;
    count_alone(most, [&] { map.erase(scattered(next)); });
  }
  void rest() {
    map.finish();
    ASSERT_FALSE(map.migrating());
    ASSERT_EQ(map.step(1), 0u);
  }
  // As full as it may be without growing, and at rest.
  void fill_to_the_limit() {
    rest();
    const auto limit = static_cast<std::uint64_t>(static_cast<double>(map.bucket_count()) *
                                                  support::counting_policy::load_limit);
    for (; next < limit; ++next) map.try_emplace(scattered(next), next);
    ASSERT_FALSE(map.migrating());
  }
  // Erasing does the work of growth where it must.
  std::uint64_t calls_until_done(concurrent_bounds& most) {
    std::uint64_t calls = 0;
    for (; map.migrating(); ++calls) calls % 8 == 7 ? erase(most) : insert(most);
    return calls;
  }
  concurrent_bounds steps_until_done() {
    concurrent_bounds most;
    std::size_t done = 1;
    while (done != 0) count_alone(most, [&] { done = map.step(1); });
    return most;
  }
};

// Returns how many steps there were.
template <class Map>
std::size_t destroy_in_steps(Map& map) {
  std::optional<steady::retired<Map>> old(steady::retire(std::move(map)));
  concurrent_bounds most;
  std::size_t steps = 0;
  for (; !old->done(); ++steps) {
    std::size_t done = 0;
    count_alone(most, [&] { done = old->step(1); });
    EXPECT_EQ(done, 1u);
  }
  const auto destroying = support::work_of([&] { old.reset(); });
  EXPECT_EQ(destroying.blocks, 0u);
  EXPECT_EQ(destroying.slot_words_read, 0u);
  expect_published_for_threads("step(1), destroying", most);
  return steps;
}

using maps = testing::Types<support::plain_map, support::map_in_leaves>;
TYPED_TEST_SUITE(concurrent_growth, maps);

TYPED_TEST(concurrent_growth, every_insertion_up_to_a_million_and_every_erasure_down_to_nothing) {
  concurrent_bounds inserting;
  this->insert_until(many, inserting);
  EXPECT_GT(this->map.stats().migrations.grow, 10u);
  expect_published_for_threads("insert", inserting);
  EXPECT_EQ(inserting.buckets, 2u);

  concurrent_bounds erasing;
  while (this->next != 0) this->erase(erasing);
  const auto stats = this->map.stats();
  EXPECT_GT(stats.migrations.shrink, 5u);
  EXPECT_EQ(stats.size, 0u);
  expect_published_for_threads("erase", erasing);
  EXPECT_EQ(erasing.buckets, 4u);
}

TYPED_TEST(concurrent_growth, many_small_maps) {
  concurrent_bounds inserting;
  concurrent_bounds erasing;
  for (int n = 0; n < 300; ++n) {
    TypeParam small;
    const std::uint64_t first = static_cast<std::uint64_t>(n) << 32;
    for (std::uint64_t i = 0; i < 700; ++i) {
      count_alone(inserting, [&] { small.try_emplace(scattered(first + i), i); });
    }
    for (std::uint64_t i = 0; i < 700; ++i) {
      count_alone(erasing, [&] { small.erase(scattered(first + i)); });
    }
  }
  expect_published_for_threads("insert", inserting);
  expect_published_for_threads("erase", erasing);
}

TYPED_TEST(concurrent_growth, compacting_a_full_map) {
  concurrent_bounds nothing;
  this->insert_until(some, nothing);
  this->fill_to_the_limit();
  concurrent_bounds asking;
  count_alone(asking, [&] { this->map.compact_gradually(); });
  ASSERT_TRUE(this->map.migrating());
  expect_published_for_threads("..._gradually", asking);
  concurrent_bounds most;
  const std::uint64_t buckets = this->map.stats().buckets;
  EXPECT_LE(this->calls_until_done(most), buckets / 16 + 8);
  EXPECT_EQ(this->map.stats().migrations.compact, 1u);
  expect_published_for_threads("insert, lagging", most);
  EXPECT_EQ(most.buckets, 16u);
}

TYPED_TEST(concurrent_growth, shrinking_a_map_that_just_fits) {
  concurrent_bounds nothing;
  this->insert_until(some, nothing);
  this->fill_to_the_limit();
  while (this->map.load_factor() > 0.4f) this->erase(nothing);
  this->rest();
  concurrent_bounds asking;
  count_alone(asking, [&] { this->map.shrink_gradually(); });
  ASSERT_TRUE(this->map.migrating());
  expect_published_for_threads("..._gradually", asking);
  concurrent_bounds most;
  const std::uint64_t intervals = this->map.stats().buckets;
  // The share rises when a thread looks at the size: after 1,024 calls at the latest.
  EXPECT_LE(this->calls_until_done(most), intervals / 16 + 1024 + 8);
  EXPECT_EQ(this->map.stats().migrations.shrink, 1u);
  expect_published_for_threads("insert, lagging", most);
  EXPECT_EQ(most.buckets, 32u);
}

TYPED_TEST(concurrent_growth, reseeding_a_full_map) {
  concurrent_bounds nothing;
  this->insert_until(some, nothing);
  this->fill_to_the_limit();
  concurrent_bounds asking;
  count_alone(asking, [&] { this->map.reseed_gradually(); });
  ASSERT_TRUE(this->map.migrating());
  expect_published_for_threads("..._gradually", asking);
  concurrent_bounds most;
  const std::uint64_t buckets = this->map.stats().buckets;
  EXPECT_LE(this->calls_until_done(most), buckets / 2 + 1);
  EXPECT_EQ(this->map.stats().migrations.reseed, 1u);
  expect_published_for_threads("insert, reseeding", most);
  EXPECT_EQ(most.buckets, 2u);
}

// All but the first elements on the line, or the last ones, are erased. What is left is as dense as
// before, and stays within what calls may meet, also when others come.
TYPED_TEST(concurrent_growth, shrinking_to_elements_at_one_end) {
  for (const std::uint64_t left : {60u, 200u, 2'000u}) {
    for (const bool at_front : {true, false}) {
      for (const bool asks : {false, true}) {
        SCOPED_TRACE(left);
        TypeParam dense;
        for (std::uint64_t i = 0; i < some; ++i) dense.try_emplace(scattered(i), i);
        dense.finish();
        std::vector<std::uint64_t> line;
        dense.visit_while([&](const auto& element) {
          line.push_back(element.second);
          return true;
        });
        ASSERT_EQ(line.size(), some);
        if (!at_front) std::reverse(line.begin(), line.end());
        concurrent_bounds erasing;
        concurrent_bounds finding;
        concurrent_bounds inserting;
        for (std::uint64_t n = left; n < some; ++n) {
          count_alone(erasing, [&] { dense.erase(scattered(line[n])); });
        }
        if (asks) dense.shrink_gradually();
        concurrent_bounds stepping;
        std::size_t done = 1;
        while (done != 0) count_alone(stepping, [&] { done = dense.step(1); });
        for (std::uint64_t n = 0; n < left; ++n) {
          count_alone(finding, [&] { EXPECT_TRUE(dense.contains(scattered(line[n]))); });
        }
        for (std::uint64_t i = 0; i < 8 * left; ++i) {
          count_alone(inserting, [&] { dense.try_emplace(scattered(some + i), i); });
        }
        expect_published_for_threads("erase", erasing);
        expect_published_for_threads("step(1)", stepping);
        expect_published_for_threads("find", finding);
        expect_published_for_threads("insert", inserting);
        EXPECT_LE(dense.stats().longest_chain, 4u);
      }
    }
  }
}

TYPED_TEST(concurrent_growth, steps) {
  concurrent_bounds most;
  concurrent_bounds nothing;
  this->insert_until(some, nothing);
  while (!this->map.migrating()) this->insert(nothing);
  most.add(this->steps_until_done());
  this->map.compact_gradually();
  most.add(this->steps_until_done());
  while (this->map.load_factor() > 0.3f) this->erase(nothing);
  this->map.shrink_gradually();
  most.add(this->steps_until_done());
  EXPECT_GE(this->map.stats().migrations.shrink, 1u);
  EXPECT_EQ(this->map.stats().migrations.compact, 1u);
  expect_published_for_threads("step(1)", most);

  this->map.reseed_gradually();
  expect_published_for_threads("step(1), reseeding", this->steps_until_done());
  EXPECT_EQ(this->map.stats().migrations.reseed, 1u);
}

TYPED_TEST(concurrent_growth, step_does_at_most_what_it_is_asked) {
  concurrent_bounds nothing;
  this->insert_until(some, nothing);
  while (!this->map.migrating()) this->insert(nothing);
  const auto& row = support::published_for_threads().at("step(1)");
  std::size_t evacuated = support::work_of_this_thread.buckets_evacuated;  // by that insertion
  for (std::size_t asked = 0; this->map.migrating(); asked = asked % 200 + 1) {
    concurrent_bounds most;
    std::size_t done = 0;
    count_alone(most, [&] { done = this->map.step(asked); });
    ASSERT_LE(done, asked);
    ASSERT_LE(most.buckets, asked);
    ASSERT_LE(most.slots_written, asked * row[1]);
    ASSERT_LE(most.slots_read, asked * row[2]);
    ASSERT_LE(most.atomic_operations, (asked + 1) * row[3]);
    ASSERT_LE(most.blocks, (asked + 1) * row[4]);
    evacuated += most.buckets;
  }
  EXPECT_EQ(evacuated, this->map.stats().buckets / 2);
}

TYPED_TEST(concurrent_growth, steps_that_destroy) {
  concurrent_bounds nothing;
  this->insert_until(some, nothing);
  while (!this->map.migrating()) this->insert(nothing);
  this->map.step(static_cast<std::size_t>(this->map.stats().buckets / 4));
  ASSERT_TRUE(this->map.migrating());
  destroy_in_steps(this->map);
}

// ---- elements in nodes ----

TEST(concurrent_growth_of_nodes, costs_an_insertion_one_block_more_and_an_erasure_two) {
  support::map_of_nodes map;
  concurrent_bounds inserting;
  concurrent_bounds erasing;
  for (std::uint64_t i = 0; i < some; ++i) {
    count_alone(inserting, [&] { map.try_emplace(scattered(i), i); });
    ASSERT_EQ(support::work_of_this_thread.nodes, 1u);
  }
  std::uint64_t freed = 0;
  for (std::uint64_t erased = 0; erased < some; ++erased) {
    count_alone(erasing, [&] { map.erase(scattered(erased)); });
    ASSERT_LE(support::work_of_this_thread.nodes, 2u);
    freed += support::work_of_this_thread.nodes;
    ASSERT_LE(erased - freed, 100u) << "with one thread, so many erased nodes wait for their end";
  }
  EXPECT_GE(erasing.buckets, 4u);
  expect_published_for_threads("insert, in nodes", inserting);
  expect_published_for_threads("erase, in nodes", erasing);
}

TEST(concurrent_growth_of_nodes, are_destroyed_bucket_by_bucket) {
  support::map_of_nodes map;
  for (std::uint64_t i = 0; i < some; ++i) map.try_emplace(scattered(i), i);
  map.finish();
  const auto limit = static_cast<std::uint64_t>(map.max_load());
  for (std::uint64_t i = some; i < limit; ++i) map.try_emplace(scattered(i), i);
  for (std::uint64_t i = 0; i < 50; ++i) map.erase(scattered(i));
  const std::uint64_t buckets = map.stats().buckets;
  const std::size_t steps = destroy_in_steps(map);
  EXPECT_GE(steps, buckets);
  EXPECT_LE(steps, buckets + buckets / 8 + 100) << "and blocks";

  // Of a map with few elements in many buckets, 64 at a time.
  map.reserve(some);
  for (std::uint64_t i = 0; i < 10; ++i) map.try_emplace(scattered(i), i);
  const std::uint64_t empty = map.stats().buckets;
  EXPECT_LE(destroy_in_steps(map), empty / 64 + empty / 64 + 100);
}

// ---- what pays for all ----

TYPED_TEST(concurrent_growth, reserve_pays_at_once_for_what_insertions_then_do_not) {
  concurrent_bounds nothing;
  this->insert_until(1000, nothing);
  this->map.reserve(some);
  const std::uint64_t buckets = this->map.stats().buckets;
  EXPECT_GE(this->map.bucket_count() * 8 / 10, some);
  this->rest();
  for (; this->next < some; ++this->next) {
    const auto inserting =
        support::work_of([&] { this->map.try_emplace(scattered(this->next), this->next); });
    ASSERT_EQ(inserting.buckets_evacuated, 0u);
  }
  EXPECT_EQ(this->map.stats().buckets, buckets);
}

TYPED_TEST(concurrent_growth, finish_costs_what_its_steps_would) {
  concurrent_bounds nothing;
  this->insert_until(some, nothing);
  this->fill_to_the_limit();
  const std::uint64_t buckets = this->map.stats().buckets;
  this->map.compact_gradually();
  const auto finishing = support::work_of([&] { this->map.finish(); });
  EXPECT_FALSE(this->map.migrating());
  EXPECT_EQ(finishing.buckets_evacuated, buckets);
  EXPECT_EQ(finishing.slot_words_written, this->next * support::words_of_slot);
  EXPECT_LE(finishing.loads + finishing.writes, 40 * buckets + this->next);  // a tag for each
  std::printf(
      "finish: %.1f atomic operations for each bucket\n",
      static_cast<double>(finishing.loads + finishing.writes) / static_cast<double>(buckets));
}

}  // namespace
