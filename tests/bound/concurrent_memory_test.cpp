// The memory that a concurrent map holds while it grows, shrinks, compacts and reseeds, in one
// thread: little more than before and afterwards, and what is left goes in small pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include "support/concurrent_bounds.hpp"

namespace {

using support::scattered;
using support::shared_work;
using support::work_of;

constexpr std::uint64_t many = support::sanitized ? 50'000 : 250'000;
constexpr std::uint64_t very_many = support::sanitized ? 100'000 : 1'000'000;
constexpr std::size_t kib = 1024;

template <class Map>
class concurrent_memory : public testing::Test {
 public:
  Map map;
  std::uint64_t next = 0;

  std::size_t bytes() const { return map.stats().bytes; }
  void fill() {
    for (; next < many; ++next) map.try_emplace(scattered(next), next);
    while (map.step(1000) != 0) {
    }
  }
  // Only steps, until all is done. Returns the most that was held meanwhile.
  std::size_t peak_of_steps() {
    std::size_t peak = bytes();
    while (map.step(1) != 0) peak = std::max(peak, bytes());
    return peak;
  }
};

using maps = testing::Types<support::plain_map, support::map_in_leaves>;
TYPED_TEST_SUITE(concurrent_memory, maps);

TYPED_TEST(concurrent_memory, of_growing_is_little_more_than_that_of_the_grown_map) {
  std::size_t peak = 0;
  std::uint64_t grown = 0;
  double most_for_one = 0;
  for (; this->next < very_many; ++this->next) {
    this->map.try_emplace(scattered(this->next), this->next);
    const auto now = this->map.stats();
    peak = std::max(peak, now.bytes);
    if (now.size > 10'000) {
      most_for_one =
          std::max(most_for_one, static_cast<double>(now.bytes) / static_cast<double>(now.size));
    }
    // At rest, and what the last growth has left is gone.
    if (now.migrating || this->map.step(1) != 0 || now.migrations.grow == grown) continue;
    grown = now.migrations.grow;
    const std::size_t left = this->bytes();
    ASSERT_LE(peak, left + left / 8 + 256 * kib) << now.buckets;
    ASSERT_LE(peak, 2 * left) << now.buckets;
    peak = 0;
  }
  EXPECT_GE(grown, 10u);
  EXPECT_LE(most_for_one, 56.0);  // bytes for an element of 16
  std::printf("most bytes for one element: %.1f\n", most_for_one);
}

TYPED_TEST(concurrent_memory, of_compacting_and_shrinking_is_little_more_than_before) {
  this->fill();
  std::size_t before = this->bytes();
  this->map.compact_gradually();
  std::size_t peak = this->peak_of_steps();
  EXPECT_EQ(this->map.stats().migrations.compact, 1u);
  EXPECT_LE(peak, before + before / 8 + 256 * kib);

  for (std::uint64_t i = many / 4; i < many; ++i) this->map.erase(scattered(i));
  this->peak_of_steps();
  before = this->bytes();
  this->map.shrink_gradually();
  peak = this->peak_of_steps();
  EXPECT_GE(this->map.stats().migrations.shrink, 1u);
  EXPECT_LE(peak, before + before / 8 + 256 * kib);
  EXPECT_LE(this->bytes(), before / 2 + before / 8);
}

TYPED_TEST(concurrent_memory, of_reseeding_is_twice_that_of_before) {
  this->fill();
  const std::size_t before = this->bytes();
  this->map.reseed_gradually();
  const std::size_t peak = this->peak_of_steps();
  EXPECT_EQ(this->map.stats().migrations.reseed, 1u);
  EXPECT_LE(peak, 2 * before + before / 8 + 256 * kib);
  EXPECT_LE(this->bytes(), before + before / 8 + 256 * kib);
}

TYPED_TEST(concurrent_memory, of_an_emptied_map_is_that_of_a_small_one) {
  this->fill();
  for (std::uint64_t i = 0; i < many; ++i) this->map.erase(scattered(i));
  this->peak_of_steps();
  EXPECT_LE(this->bytes(), 256 * kib);
}

// ---- what is left goes in small pieces ----

TYPED_TEST(concurrent_memory, is_given_back_a_block_or_64_kib_of_pages_at_a_time) {
  constexpr bool in_leaves = std::is_same_v<TypeParam, support::map_in_leaves>;
  this->fill();
  // A reseeding leaves the most: all chunks but those that its second half has used.
  this->map.reseed_gradually();
  while (this->map.migrating()) this->map.step(1);
  const std::uint64_t headers = this->map.stats().buckets * 32;
  std::size_t held = this->bytes();
  std::size_t without_change = 0;
  std::size_t steps = 0;
  bool gave_range_back = false;
  for (;; ++steps) {
    std::size_t done = 0;
    const shared_work one = work_of([&] { done = this->map.step(1); });
    if (done == 0) break;
    ASSERT_LE(one.blocks, 2u);
    ASSERT_LE(one.bytes, 2 * 64 * kib);
    ASSERT_LE(one.loads + one.writes, 100u);
    ASSERT_EQ(one.slot_words_read, 0u);
    const std::size_t now = this->bytes();
    if (held - now > 64 * kib) {
      // A range of addresses, whose pages have gone before.
      ASSERT_FALSE(in_leaves || gave_range_back);
      gave_range_back = true;
      ASSERT_EQ(held - now, headers);
      ASSERT_GE(without_change, headers / (64 * kib));
    }
    without_change = now == held ? without_change + 1 : 0;
    held = now;
  }
  EXPECT_EQ(gave_range_back, !in_leaves);
  EXPECT_GE(steps, headers / (64 * kib));
}

// ---- what is large ----

TEST(concurrent_memory_in_leaves, has_no_large_block_but_the_root_of_leaves) {
  support::map_in_leaves map;
  for (std::uint64_t i = 0; i < very_many; ++i) {
    const shared_work one = work_of([&] { map.try_emplace(scattered(i), i); });
    ASSERT_EQ(one.ranges, 0u) << "a block of more than 64 KiB";
  }
  // Eight bytes for each leaf of 2,048 headers, though there is no element.
  support::map_in_leaves large;
  const shared_work reserving = work_of([&] { large.reserve(std::uint64_t{1} << 30); });
  const std::uint64_t buckets = large.stats().buckets;
  EXPECT_EQ(buckets, std::uint64_t{1} << 27);
  EXPECT_LE(large.stats().bytes, buckets / 2048 * 8 + 4 * kib);
  EXPECT_EQ(reserving.ranges, 1u);
  EXPECT_LE(reserving.loads + reserving.writes, 200u);
}

}  // namespace
