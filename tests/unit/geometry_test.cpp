// Sizes and offsets of chunks.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/bucket_array.hpp>
#include <steady/detail/memory.hpp>
#include <steady/policy.hpp>

#include "support/policies.hpp"

namespace {

using namespace steady::detail;

template <class Value, class Policy = steady::default_policy>
using geometry_of = geometry<Value, std::allocator<Value>, Policy>;
template <class Value, class Policy = steady::default_policy>
using geometry_with_memos = geometry<Value, std::allocator<Value>, Policy, true>;

struct number_pair {
  std::uint64_t key, value;
};
struct alignas(64) line_aligned {
  std::uint64_t value;
};
struct alignas(4096) page_aligned {
  std::uint64_t value;
};
struct large {
  std::byte bytes[4096];
};
struct larger_than_a_chunk {
  std::byte bytes[100'000];
};

static_assert(sizeof(bucket_header) == 16);
static_assert(sizeof(overflow_bucket<std::allocator<int>>) == 16);

// A chunk of the commonest elements is about as large as the policy says.
static_assert(geometry_of<number_pair>::full_chunk.bytes > 56 * 1024);
static_assert(geometry_of<number_pair>::full_chunk.bytes < 72 * 1024);
static_assert(geometry_of<number_pair>::chunk_buckets == 256);
static_assert(geometry_of<number_pair>::width == 14);

static_assert(geometry_of<large>::width == 4 && geometry_of<large>::chunk_buckets == 4);
static_assert(geometry_of<large>::full_chunk.bytes < 96 * 1024);
static_assert(geometry_of<larger_than_a_chunk>::chunk_buckets == 1);
static_assert(geometry_of<line_aligned>::alignment == 64);
static_assert(geometry_of<page_aligned>::alignment == 4096);
static_assert(geometry_of<char>::alignment == 16);

template <class T>
class geometry_test : public testing::Test {};

using cases = testing::Types<
    geometry_of<char>, geometry_of<std::uint64_t>, geometry_of<number_pair>,
    geometry_of<std::string>, geometry_of<std::array<char, 13>>, geometry_of<line_aligned>,
    geometry_of<page_aligned>, geometry_of<large>, geometry_of<larger_than_a_chunk>,
    geometry_of<number_pair, support::narrow>, geometry_of<number_pair, support::small_chunks>,
    geometry_of<char, support::small_chunks>, geometry_of<large, support::narrow>,
    geometry_with_memos<std::string>, geometry_with_memos<std::string, support::narrow>>;
TYPED_TEST_SUITE(geometry_test, cases);

TYPED_TEST(geometry_test, parts_follow_each_other_aligned) {
  using g = TypeParam;
  for (std::size_t buckets = 1; buckets <= g::chunk_buckets; buckets *= 2) {
    for (const std::size_t embedded : {std::size_t{0}, std::size_t{16}, 16 + 16 * buckets}) {
      const auto chunk = g::layout::of(buckets, embedded);
      const std::size_t annexes = buckets * sizeof(typename g::annex);
      EXPECT_GE(chunk.slots, embedded + annexes + sizeof(typename g::footer));
      EXPECT_EQ(chunk.slots % g::alignment, 0u);
      EXPECT_GE(chunk.spare, chunk.slots + buckets * g::bucket_bytes);
      EXPECT_EQ(chunk.spare % g::alignment, 0u);
      EXPECT_EQ((chunk.bytes - chunk.spare) % g::overflow_stride, 0u);
      EXPECT_EQ(chunk.bytes % g::alignment, 0u);
    }
  }
}

TYPED_TEST(geometry_test, overflow_slots_lie_within_their_stride) {
  using g = TypeParam;
  const std::size_t slot_bytes = g::bucket_bytes / g::width;
  EXPECT_GE(g::overflow_slots_offset, sizeof(typename g::overflow));
  EXPECT_GE(g::overflow_stride, g::overflow_slots_offset + g::overflow_width * slot_bytes);
  EXPECT_EQ(g::overflow_stride % g::alignment, 0u);
  EXPECT_EQ(g::extension_header % g::alignment, 0u);
}

TYPED_TEST(geometry_test, extension_has_room_and_is_no_larger_than_a_chunk) {
  using g = TypeParam;
  for (std::size_t buckets = 1; buckets <= g::chunk_buckets; buckets *= 2) {
    EXPECT_GE(g::extension_buckets(buckets), 1u);
    EXPECT_LE(g::extension_bytes(buckets),
              std::max(g::full_chunk.bytes, g::extension_header + g::overflow_stride));
  }
}

TYPED_TEST(geometry_test, load_limit_and_number_of_buckets_agree) {
  using g = TypeParam;
  for (unsigned log2_buckets = 0; log2_buckets < 30; ++log2_buckets) {
    const std::size_t most = g::load_limit(log2_buckets);
    EXPECT_LE(g::log2_buckets_for(most), log2_buckets);
    EXPECT_GT(g::log2_buckets_for(most + 1), log2_buckets);
  }
  EXPECT_EQ(g::log2_buckets_for(0), 0u);
}

TEST(expected_overflow, is_what_random_elements_need) {
  std::mt19937_64 random(7);
  struct setting {
    double load;
    unsigned width, overflow_width;
  };
  for (const setting s :
       {setting{9.52, 14, 6}, setting{11.2, 14, 6}, setting{6, 4, 2}, setting{3, 1, 1}}) {
    constexpr std::size_t buckets = 1 << 15;
    std::vector<unsigned> held(buckets);
    for (std::size_t n = 0; n < static_cast<std::size_t>(s.load * buckets); ++n) {
      ++held[random() % buckets];
    }
    std::size_t needed = 0;
    for (const unsigned here : held) {
      if (here > s.width) needed += (here - s.width + s.overflow_width - 1) / s.overflow_width;
    }
    const double mean = static_cast<double>(needed) / buckets;
    const double deviation = std::sqrt(mean / buckets);
    EXPECT_NEAR(expected_overflow(s.load, s.width, s.overflow_width), mean,
                0.02 * mean + 5 * deviation)
        << "load " << s.load << " width " << s.width;
  }
}

TEST(exp_minus, is_close) {
  for (const double x : {0.0, 0.5, 1.0, 5.0, 11.2}) {
    EXPECT_NEAR(exp_minus(x) / std::exp(-x), 1, 0.07) << x;
  }
}

// Through the arrays themselves: where headers and slots really are.
template <class Value, class Policy>
void expect_aligned_places() {
  using array = bucket_array<Value, std::allocator<Value>, Policy>;
  using g = typename array::layout;
  map_memory<std::allocator<Value>, false> memory;
  for (unsigned log2_buckets = 0; log2_buckets <= 13; ++log2_buckets) {
    if ((g::bucket_bytes << log2_buckets) > (std::size_t{32} << 20)) break;
    array buckets;
    buckets.create(memory, log2_buckets);
    std::uintptr_t end = 0;
    for (std::uint64_t bucket = 0; bucket < buckets.line().buckets(); ++bucket) {
      buckets.provide(memory, bucket);
      const auto header = reinterpret_cast<std::uintptr_t>(buckets.header(bucket));
      ASSERT_EQ(header % sizeof(bucket_header), 0u);
      const auto slots = reinterpret_cast<std::uintptr_t>(buckets.slots(bucket));
      ASSERT_EQ(slots % alignof(Value), 0u);
      if (bucket % g::chunk_buckets != 0) {
        ASSERT_EQ(slots, end);
      }
      end = slots + g::bucket_bytes;
    }
    buckets.destroy(memory);
    ASSERT_FALSE(buckets.exists());
    memory.template release_recycled<g::alignment>(g::full_chunk.bytes);
    ASSERT_EQ(memory.bytes, 0u);
    ASSERT_EQ(memory.chunks, 0u);
  }
}

TEST(bucket_array, keeps_headers_and_slots_aligned) {
  expect_aligned_places<number_pair, steady::default_policy>();
  expect_aligned_places<char, steady::default_policy>();
  expect_aligned_places<line_aligned, steady::default_policy>();
  expect_aligned_places<page_aligned, steady::default_policy>();
  expect_aligned_places<larger_than_a_chunk, steady::default_policy>();
  expect_aligned_places<number_pair, support::small_chunks>();
}

TEST(bucket_array, keeps_headers_in_leaves_aligned) {
  expect_aligned_places<number_pair, support::leaf_headers>();
  expect_aligned_places<char, support::leaf_headers>();
  expect_aligned_places<page_aligned, support::leaf_headers>();
  expect_aligned_places<number_pair, support::small_chunks_in_leaves>();
}

}  // namespace
