// The headers of large maps come and go in slices of 64 KiB, and so does the directory of the
// chunks. Chunks of a single bucket bring many slices of the directory within reach of a test.
#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace support;

struct one_bucket_chunks_in_leaves : one_bucket_chunks {
  static constexpr bool reserve_addresses = false;
};

template <class Policy>
class header_slices : public testing::Test {
 protected:
  // The memory of a map of one element that got its buckets at once.
  static std::size_t bytes_with(std::size_t buckets) {
    number_map<Policy> map;
    map.rehash(14 * buckets);
    map[1] = 1;
    return map.stats().bytes;
  }
};

using policies =
    testing::Types<steady::default_policy, one_bucket_chunks, one_bucket_chunks_in_leaves>;
TYPED_TEST_SUITE(header_slices, policies);

TYPED_TEST(header_slices, are_all_given_back_by_migrations) {
  number_map<TypeParam> map;
  map[1] = 1;
  for (const std::size_t buckets : {1u << 15, 1u << 16, 1u << 14, 1u << 1}) {
    map.rehash(14 * buckets);
    EXPECT_EQ(map.stats().bytes, this->bytes_with(buckets)) << buckets;
    EXPECT_EQ(map.at(1), 1u);
  }
  map.erase(1);
  map.rehash(0);
  EXPECT_EQ(map.stats().bytes, 0u);
}

// The memory given back in the middle of a migration is not needed any more.
TYPED_TEST(header_slices, are_kept_as_long_as_they_are_needed) {
  constexpr std::uint64_t count = 160'000;
  number_map<TypeParam> map;
  for (std::uint64_t n = 0; n < count; ++n) map[n] = 3 * n;
  map.finish();
  const std::size_t before = map.stats().buckets;
  ASSERT_GE(before, std::size_t{1} << 14);
  std::uint64_t more = count;
  while (!map.migrating()) map[more] = 3 * more, ++more;
  const std::size_t part = map.pending() / (sanitized ? 2 : 5) + 1;
  while (map.migrating()) {
    map.step(part);
    for (std::uint64_t n = 0; n < more; ++n) ASSERT_EQ(map.at(n), 3 * n);
  }
  EXPECT_GE(map.stats().buckets, before);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

}  // namespace
