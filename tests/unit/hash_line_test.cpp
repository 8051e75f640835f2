// The partition of the hash line into buckets.
#include <cstdint>
#include <limits>
#include <random>
#include <string>

#include <gtest/gtest.h>

#include <steady/detail/line/cached_hash.hpp>
#include <steady/detail/line/hash_line.hpp>
#include <steady/detail/line/overflow_filter.hpp>
#include <steady/detail/line/random_seed.hpp>
#include <steady/hash.hpp>

#include "support/hashes.hpp"

namespace {

using steady::detail::line_partition;

constexpr std::uint64_t end_of_line = std::numeric_limits<std::uint64_t>::max();

TEST(line_partition, of_one_bucket_has_everything_in_it) {
  constexpr line_partition line = line_partition::of(0);
  EXPECT_EQ(line, line_partition{});
  EXPECT_EQ(line.buckets(), 1u);
  EXPECT_EQ(line.log2_buckets(), 0u);
  EXPECT_EQ(line.first_of(0), 0u);
  EXPECT_EQ(line.last_of(0), end_of_line);
  EXPECT_EQ(line.bucket_at(0), 0u);
  EXPECT_EQ(line.bucket_at(end_of_line), 0u);
}

TEST(cached_hash, tells_the_half_of_the_bucket_for_seven_doublings) {
  using steady::detail::cached_hash;
  std::mt19937_64 random(3);
  for (unsigned log2_buckets = 0; log2_buckets < line_partition::max_log2_buckets; ++log2_buckets) {
    const cached_hash cached = cached_hash::of(log2_buckets);
    const line_partition twice = line_partition::of(log2_buckets + 1);
    for (int turn = 0; turn < 100; ++turn) {
      const std::uint64_t position = random();
      const std::uint8_t noted = cached.of_position(position);
      ASSERT_NE(noted, cached_hash::unknown);
      ASSERT_EQ(noted >> cached_hash::known_bit, 1);
      ASSERT_EQ(noted >> cached.half_bit(log2_buckets) & 1, twice.bucket_at(position) % 2);
    }
    EXPECT_EQ(cached_hash::of(log2_buckets + 1) == cached, log2_buckets % 7 != 6);
    for (unsigned other = 0; other < line_partition::max_log2_buckets; ++other) {
      ASSERT_EQ(cached.half_bit(other) < cached_hash::known_bit, other / 7 == log2_buckets / 7);
    }
  }
}

void expect_bounds(line_partition line, std::uint64_t bucket) {
  const std::uint64_t first = line.first_of(bucket);
  const std::uint64_t last = line.last_of(bucket);
  ASSERT_LE(first, last);
  ASSERT_EQ(line.bucket_at(first), bucket);
  ASSERT_EQ(line.bucket_at(last), bucket);
  if (bucket != 0) {
    ASSERT_EQ(line.bucket_at(first - 1), bucket - 1);
  }
  if (bucket + 1 < line.buckets()) {
    ASSERT_EQ(line.bucket_at(last + 1), bucket + 1);
  }
}

TEST(line_partition, has_buckets_without_gaps) {
  for (unsigned log2_buckets = 0; log2_buckets <= 20; ++log2_buckets) {
    const line_partition line = line_partition::of(log2_buckets);
    ASSERT_EQ(line.log2_buckets(), log2_buckets);
    ASSERT_EQ(line.buckets(), std::uint64_t{1} << log2_buckets);
    ASSERT_EQ(line.first_of(0), 0u);
    ASSERT_EQ(line.last_of(line.buckets() - 1), end_of_line);
    const std::uint64_t stride = log2_buckets < 12 ? 1 : 127;
    for (std::uint64_t bucket = 0; bucket < line.buckets(); bucket += stride) {
      expect_bounds(line, bucket);
    }
    expect_bounds(line, line.buckets() - 1);
  }
}

TEST(line_partition, takes_the_most_buckets) {
  const line_partition line = line_partition::of(line_partition::max_log2_buckets);
  for (const std::uint64_t bucket : {std::uint64_t{0}, line.buckets() / 2, line.buckets() - 1}) {
    expect_bounds(line, bucket);
  }
}

TEST(line_partition, refines_buckets_into_neighbours) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t position = random();
    for (unsigned log2_buckets = 0; log2_buckets < 20; ++log2_buckets) {
      ASSERT_EQ(line_partition::of(log2_buckets + 1).bucket_at(position) / 2,
                line_partition::of(log2_buckets).bucket_at(position));
    }
  }
}

TEST(filter_bit, is_one_of_sixteen) {
  for (std::uint64_t position = 0; position < 0x10000; position += 0x101) {
    EXPECT_EQ(steady::detail::filter_bit(position), 1u << (position & 15));
  }
}

TEST(filter_bit, is_found_in_a_filter_that_has_it) {
  for (std::uint64_t position = 0; position < 0x100; ++position) {
    const std::uint16_t bit = steady::detail::filter_bit(position);
    EXPECT_TRUE(steady::detail::in_filter(bit, position));
    EXPECT_FALSE(steady::detail::in_filter(static_cast<std::uint16_t>(~bit), position));
  }
}

using steady::detail::line_seed;

TEST(position, uses_the_seed_of_a_hash_that_takes_one) {
  const line_seed seed{5};
  const steady::hash<std::string> hash;
  EXPECT_EQ(steady::detail::position_of(hash, "three", seed),
            hash("three", 5) * (std::uint64_t{5} << 32));
}

// What is or becomes a number is not hashed twice, but what derives from such a hash may differ.
TEST(position, folds_a_number_with_the_key_of_the_seed) {
  const line_seed seed{std::uint64_t{5} << 60 | 9};
  const steady::hash<int> hash;
  EXPECT_EQ(steady::detail::position_of(hash, 3, seed),
            steady::detail::position_of_number(3, seed));
  EXPECT_NE(steady::detail::position_of(hash, 3, seed), hash(3, seed.key) * seed.multiplier());
  struct other_hash : steady::hash<int> {
    std::uint64_t operator()(int key, std::uint64_t salt) const {
      return salt + 1000u * static_cast<unsigned>(key);
    }
  };
  EXPECT_EQ(steady::detail::position_of(other_hash(), 3, seed),
            (seed.key + 3000) * seed.multiplier());
}

TEST(position, mixes_a_hash_that_takes_no_seed) {
  const support::identity_hash hash;
  const std::uint64_t key = 3;
  const auto a = steady::detail::position_of(hash, key, {5});
  EXPECT_NE(a, steady::detail::position_of(hash, key, {6}));
  EXPECT_NE(a, steady::detail::position_of(hash, key, {std::uint64_t{5} << 32 | 5}));
}

TEST(random_seed, is_never_the_same) {
  const line_seed a = steady::detail::random_seed();
  const line_seed b = steady::detail::random_seed();
  EXPECT_NE(a.key, b.key);
  EXPECT_NE(a.multiplier(), b.multiplier());
  for (const auto& seed : {a, b}) {
    EXPECT_EQ(seed.multiplier() % 2, 1u);
    EXPECT_EQ(seed.key % 2, 1u);
    EXPECT_EQ(seed.key >> 63, 1u);
    EXPECT_EQ(seed.key & line_seed::required_bits, line_seed::required_bits);
  }
}

TEST(random_name, is_any_but_0_and_0xffff) {
  for (unsigned n = 0; n < 1'000'000; ++n) {
    const std::uint16_t name = steady::detail::random_name();
    ASSERT_NE(name, 0u);
    ASSERT_NE(name, 0xffffu);
  }
}

}  // namespace
