// Sizes and offsets of chunks.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/array/bucket_array.hpp>
#include <steady/detail/memory/map_memory.hpp>
#include <steady/policy.hpp>

#include "support/policies.hpp"

namespace {

using namespace steady::detail;

template <class Value, class Policy = steady::default_policy, bool CachesHashes = false>
using layout_of = typed_layout<Value, default_storage, Policy, CachesHashes>;
template <class Value, class Policy = steady::default_policy>
using layout_with_hashes = layout_of<Value, Policy, true>;

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
static_assert(sizeof(overflow_bucket<default_storage>) == 16);

// A chunk of the commonest elements is about as large as the policy says.
static_assert(layout_of<number_pair>::value.full_chunk.bytes > 56 * 1024);
static_assert(layout_of<number_pair>::value.full_chunk.bytes < 72 * 1024);
static_assert(layout_of<number_pair>::chunk_buckets == 256);
static_assert(layout_of<number_pair>::width == 14);

static_assert(layout_of<large>::width == 4 && layout_of<large>::chunk_buckets == 4);
static_assert(layout_of<large>::value.full_chunk.bytes < 96 * 1024);
static_assert(layout_of<larger_than_a_chunk>::chunk_buckets == 1);
static_assert(layout_of<line_aligned>::alignment == 64);
static_assert(layout_of<page_aligned>::alignment == 4096);
static_assert(layout_of<char>::alignment == 16);

template <class T>
class layout_test : public testing::Test {};

using cases = testing::Types<
    layout_of<char>, layout_of<std::uint64_t>, layout_of<number_pair>, layout_of<std::string>,
    layout_of<std::array<char, 13>>, layout_of<line_aligned>, layout_of<page_aligned>,
    layout_of<large>, layout_of<larger_than_a_chunk>, layout_of<number_pair, support::narrow>,
    layout_of<number_pair, support::small_chunks>, layout_of<char, support::small_chunks>,
    layout_of<large, support::narrow>, layout_with_hashes<std::string>,
    layout_with_hashes<std::string, support::narrow>>;
TYPED_TEST_SUITE(layout_test, cases);

TYPED_TEST(layout_test, parts_follow_each_other_aligned) {
  constexpr const array_layout& g = TypeParam::value;
  for (std::size_t buckets = 1; buckets <= g.chunk_buckets(); buckets *= 2) {
    for (const std::size_t embedded : {std::size_t{0}, std::size_t{16}, 16 + 16 * buckets}) {
      const chunk_extent chunk = g.chunk(buckets, embedded);
      EXPECT_GE(chunk.slots, embedded + g.supply_bytes + buckets * g.extras_bytes +
                                 array_layout::occupancy_bytes);
      EXPECT_EQ(chunk.slots % g.alignment, 0u);
      EXPECT_GE(chunk.spare, chunk.slots + buckets * g.bucket_bytes);
      EXPECT_EQ(chunk.bytes - chunk.spare, chunk.spare_buckets * g.overflow_stride);
      EXPECT_TRUE(chunk.bytes == chunk.spare || chunk.spare % g.alignment == 0);
      EXPECT_EQ(chunk.bytes % sizeof(void*), 0u);
    }
  }
}

TYPED_TEST(layout_test, tiny_blocks_hold_their_slots) {
  constexpr const array_layout& g = TypeParam::value;
  using run = header_run<bucket_header, default_storage>;
  std::size_t before = 0;
  for (unsigned size = 0; size < array_layout::tiny_sizes; ++size) {
    const auto block = run::tiny(size, g);
    EXPECT_EQ(block.room, g.tiny_slots(size));
    const std::size_t slots = block.room * g.slot_bytes;
    EXPECT_GE(block.slots, block.prefix + sizeof(bucket_header) + g.tiny_extras_bytes());
    EXPECT_GE(block.bytes, block.slots + slots);
    EXPECT_TRUE(block.bytes > before || g.tiny_slots(size) == g.tiny_slots(size - 1));
    EXPECT_NE(block.directory, 0);
    EXPECT_NE(block.directory, -1);
    // The directory entry is in the block, and in no slot.
    const std::ptrdiff_t entry = static_cast<std::ptrdiff_t>(block.prefix) + block.directory * 8;
    EXPECT_TRUE((entry >= 0 && entry + 8 <= static_cast<std::ptrdiff_t>(block.prefix)) ||
                entry >= static_cast<std::ptrdiff_t>(block.slots + slots));
    EXPECT_LE(entry + 8, static_cast<std::ptrdiff_t>(block.bytes));
    before = block.bytes;
  }
}

TYPED_TEST(layout_test, overflow_slots_lie_within_their_stride) {
  constexpr const array_layout& g = TypeParam::value;
  EXPECT_GE(g.overflow_slots_offset, sizeof(overflow_bucket<default_storage>));
  EXPECT_GE(g.overflow_stride, g.overflow_slots_offset + g.overflow_width * g.slot_bytes);
  EXPECT_EQ(g.overflow_stride % g.alignment, 0u);
  EXPECT_EQ(g.extension_header % g.alignment, 0u);
}

TYPED_TEST(layout_test, extension_has_room_and_is_no_larger_than_a_chunk) {
  constexpr const array_layout& g = TypeParam::value;
  for (std::size_t buckets = 1; buckets <= g.chunk_buckets(); buckets *= 2) {
    EXPECT_GE(g.extension_buckets(buckets), 1u);
    EXPECT_LE(g.extension_bytes(buckets),
              std::max<std::size_t>(g.full_chunk.bytes, g.extension_header + g.overflow_stride));
  }
}

TYPED_TEST(layout_test, load_limit_and_number_of_buckets_agree) {
  constexpr const array_layout& g = TypeParam::value;
  for (unsigned log2_buckets = 0; log2_buckets < 30; ++log2_buckets) {
    const std::size_t most = g.load_limit(log2_buckets);
    EXPECT_LE(g.log2_buckets_for(most), log2_buckets);
    EXPECT_GT(g.log2_buckets_for(most + 1), log2_buckets);
  }
  EXPECT_EQ(g.log2_buckets_for(0), 0u);
}

TEST(expected_overflow, is_what_random_elements_need) {
  std::mt19937_64 random(7);
  struct setting {
    double load;
    unsigned width, overflow_width;
  };
  for (const setting s : {setting{9.52, 14, 6}, setting{11.2, 14, 6}, setting{6, 4, 2},
                          setting{3, 1, 1}, setting{32, 16, 8}, setting{64, 16, 8}}) {
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
  for (const double x : {0.0, 0.5, 1.0, 5.0, 11.2, 17.0, 32.0, 64.0}) {
    EXPECT_NEAR(exp_minus(x) / std::exp(-x), 1, 0.07) << x;
  }
}

// Through the arrays themselves: where headers and slots really are.
template <class Value, class Policy, bool InLeaves = false>
void expect_aligned_buckets() {
  using storage = steady::detail::storage<void*, InLeaves, true>;
  using layout = typed_layout<Value, storage, Policy, false>;
  constexpr const array_layout& g = layout::value;
  memory_counters<storage> counters;
  steady::detail::work_recorder<true> recorder;
  map_memory<storage> memory(nullptr, plain_memory_source, &counters, recorder);
  for (unsigned log2_buckets = 0; log2_buckets <= 13; ++log2_buckets) {
    if ((std::size_t{g.bucket_bytes} << log2_buckets) > (std::size_t{32} << 20)) break;
    bucket_array<storage> buckets;
    buckets.create(memory, g, log2_buckets);
    std::uintptr_t end = 0;
    for (std::uint64_t bucket = 0; bucket < buckets.line().buckets(); ++bucket) {
      buckets.provide(memory, g, bucket, noted_as::empty);
      const auto header = reinterpret_cast<std::uintptr_t>(buckets.header(bucket));
      ASSERT_EQ(header % sizeof(bucket_header), 0u);
      const auto slots = reinterpret_cast<std::uintptr_t>(buckets.slots(bucket, g));
      ASSERT_EQ(slots % alignof(Value), 0u);
      ASSERT_EQ(slots,
                reinterpret_cast<std::uintptr_t>(header_store<storage>::template slots_at<layout>(
                    buckets.root(), buckets.directory(), 16 * bucket)));
      if (bucket % g.chunk_buckets() != 0) {
        ASSERT_EQ(slots, end);
      }
      end = slots + g.bucket_bytes;
    }
    buckets.destroy(memory, g);
    ASSERT_FALSE(buckets.exists());
    memory.release_recycled(g.full_chunk.bytes, g.alignment);
    ASSERT_EQ(counters.bytes, 0u);
    ASSERT_EQ(recorder.counted().bytes_allocated, recorder.counted().bytes_released);
  }
}

TEST(bucket_array, keeps_headers_and_slots_aligned) {
  expect_aligned_buckets<number_pair, steady::default_policy>();
  expect_aligned_buckets<char, steady::default_policy>();
  expect_aligned_buckets<line_aligned, steady::default_policy>();
  expect_aligned_buckets<page_aligned, steady::default_policy>();
  expect_aligned_buckets<larger_than_a_chunk, steady::default_policy>();
  expect_aligned_buckets<number_pair, support::small_chunks>();
}

TEST(bucket_array, keeps_headers_in_leaves_aligned) {
  expect_aligned_buckets<number_pair, steady::default_policy, true>();
  expect_aligned_buckets<char, steady::default_policy, true>();
  expect_aligned_buckets<page_aligned, steady::default_policy, true>();
  expect_aligned_buckets<number_pair, support::small_chunks, true>();
}

template <class Value>
void expect_tiny_arrays() {
  using layout = layout_of<Value>;
  constexpr const array_layout& g = layout::value;
  memory_counters<default_storage> counters;
  steady::detail::work_recorder<false> recorder;
  map_memory<default_storage> memory(nullptr, plain_memory_source, &counters, recorder);
  for (unsigned size = 0; size < array_layout::tiny_sizes; ++size) {
    bucket_array<default_storage> tiny;
    tiny.create_tiny(memory, g, size);
    ASSERT_TRUE(tiny.is_tiny());
    ASSERT_EQ(tiny.tiny_slots(g), g.tiny_slots(size));
    ASSERT_EQ(tiny.embedded_bytes(memory, g), counters.bytes);
    ASSERT_TRUE(tiny.full_slots(0, g).empty());
    std::byte* const slots = tiny.slots(0, g);
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(slots) % alignof(Value), 0u);
    ASSERT_EQ(slots, header_store<default_storage>::template slots_at<layout>(tiny.root(),
                                                                              tiny.directory(), 0));
    if constexpr (!default_storage::is_poisoned) {
      std::memset(slots, 0xff, tiny.tiny_slots(g) * sizeof(Value));
    }
    ASSERT_EQ(tiny.slots(0, g), slots) << "the directory entry is not among the slots";
    ASSERT_TRUE(tiny.full_slots(0, g).empty()) << "nor is the header";
    tiny.destroy(memory, g);
    ASSERT_EQ(counters.bytes, 0u);
  }
}

TEST(tiny_array, keeps_header_slots_and_directory_apart) {
  expect_tiny_arrays<char>();
  expect_tiny_arrays<std::uint32_t>();
  expect_tiny_arrays<number_pair>();
  expect_tiny_arrays<std::array<char, 13>>();
  expect_tiny_arrays<std::array<std::uint64_t, 7>>();
  expect_tiny_arrays<std::array<std::uint64_t, 40>>();
  expect_tiny_arrays<line_aligned>();
  expect_tiny_arrays<large>();
}

}  // namespace
