// What a single trim() of a concurrent container does at most, and how many it takes, by counting.
#include <cstdint>

#include <gtest/gtest.h>

#include "support/concurrent_bounds.hpp"

namespace {

using support::concurrent_bounds;
using support::count_alone;
using support::expect_published_for_threads;
using support::scattered;

constexpr std::uint64_t many = support::sanitized ? 30'000 : 100'000;

template <class Map>
class concurrent_trim : public testing::Test {
 public:
  Map map;

  void fill_and_erase() {
    for (std::uint64_t i = 0; i < many; ++i) map.try_emplace(scattered(i), i);
    map.finish();
    for (std::uint64_t i = many / 20; i < many; ++i) map.erase(scattered(i));
  }
  // All that there is to be done; returns how many calls did something.
  std::uint64_t trim_all(concurrent_bounds& most) {
    std::uint64_t calls = 0;
    for (std::uint64_t steps = ~std::uint64_t{0}; map.stats().steps.trim != steps; ++calls) {
      steps = map.stats().steps.trim;
      count_alone(most, [&] { map.trim(1); });
      EXPECT_LE(map.stats().steps.trim, steps + 1);
    }
    return calls - 1;
  }
};

using maps = testing::Types<support::plain_map, support::map_in_leaves, support::map_of_nodes>;
TYPED_TEST_SUITE(concurrent_trim, maps);

TYPED_TEST(concurrent_trim, does_little_at_a_time_until_all_is_done) {
  this->fill_and_erase();
  const std::uint64_t before = this->map.stats().buckets;
  concurrent_bounds most;
  const std::uint64_t calls = this->trim_all(most);
  expect_published_for_threads("trim(1)", most);
  EXPECT_EQ(calls, this->map.stats().steps.trim);
  EXPECT_EQ(this->map.stats().buckets, support::sanitized ? 128u : 512u);
  // Each halving takes as many intervals as the next array has buckets, and some blocks.
  EXPECT_LE(calls, before + before / 4 + 200);
}

TYPED_TEST(concurrent_trim, does_no_more_when_the_size_fits_already) {
  for (std::uint64_t i = 0; i < many; ++i) this->map.try_emplace(scattered(i), i);
  this->map.finish();
  const std::uint64_t buckets = this->map.stats().buckets;
  concurrent_bounds most;
  EXPECT_LE(this->trim_all(most), 4u);  // what is on the shelf
  EXPECT_EQ(most.buckets, 0u);
  EXPECT_EQ(this->map.stats().buckets, buckets);
  for (std::uint64_t i = many; i < many + 8; ++i) {
    EXPECT_EQ(support::work_of([&] { this->map.try_emplace(scattered(i), i); }).buckets_evacuated,
              0u)
        << "the request is over";
  }
}

TYPED_TEST(concurrent_trim, does_at_most_what_it_is_asked) {
  this->fill_and_erase();
  const auto& row = support::published_for_threads().at("trim(1)");
  std::size_t asked = 0;
  do {
    asked = asked % 200 + 1;
    const std::uint64_t steps = this->map.stats().steps.trim;
    concurrent_bounds most;
    count_alone(most, [&] { this->map.trim(asked); });
    ASSERT_LE(this->map.stats().steps.trim, steps + asked);
    ASSERT_LE(most.buckets, asked * row[0]);
    ASSERT_LE(most.slots_written, asked * row[1]);
    ASSERT_LE(most.slots_read, asked * row[2]);
    ASSERT_LE(most.atomic_operations, asked * row[3]);
    ASSERT_LE(most.blocks, asked * row[4]);
    ASSERT_LE(most.largest_block, row[5]);
    ASSERT_LE(most.bytes, asked * row[6]);
    if (this->map.stats().steps.trim == steps) break;
  } while (true);
  EXPECT_FALSE(this->map.migrating());
}

}  // namespace
