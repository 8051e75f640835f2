// No two maps have the same order, or filling one in the order of another would pile up
// (rust-lang/rust#36481). A copy has that of its original, as long as it keeps its elements.
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/containers.hpp"
#include "support/hashes.hpp"
#include "support/policies.hpp"

namespace {

using namespace support;

template <class Map>
std::vector<std::uint64_t> order_of(const Map& map) {
  std::vector<std::uint64_t> keys;
  for (const auto& [key, value] : map) keys.push_back(key);
  return keys;
}

template <class Hash>
class order : public testing::Test {
 protected:
  using map_type = map_of<std::uint64_t, std::uint64_t, steady::default_policy, Hash>;

  static void fill(map_type& map, std::uint64_t count) {
    for (std::uint64_t n = 0; n < count; ++n) map[n] = n;
  }
};

using hashes = testing::Types<steady::hash<std::uint64_t>, identity_hash>;
TYPED_TEST_SUITE(order, hashes);

TYPED_TEST(order, differs_between_maps) {
  typename TestFixture::map_type a;
  typename TestFixture::map_type b;
  this->fill(a, 1000);
  this->fill(b, 1000);
  EXPECT_NE(order_of(a), order_of(b));
}

TYPED_TEST(order, of_a_copy_is_that_of_the_original) {
  typename TestFixture::map_type a;
  this->fill(a, 1000);
  const auto copy = a;
  EXPECT_EQ(order_of(a), order_of(copy));
  typename TestFixture::map_type assigned;
  assigned = a;
  EXPECT_EQ(order_of(a), order_of(assigned));
}

// Also where erasing has left gaps in buckets that have overflow.
TYPED_TEST(order, of_a_copy_is_that_of_an_original_with_gaps) {
  typename TestFixture::map_type a;
  this->fill(a, 1400);
  for (std::uint64_t n = 0; n < 1400; n += 4) a.erase(n);
  const auto copy = a;
  ASSERT_EQ(a.bucket_count(), copy.bucket_count());
  EXPECT_EQ(order_of(a), order_of(copy));
  EXPECT_STREQ(copy.check_invariants(), nullptr);
}

TYPED_TEST(order, of_a_copy_spares_hashing) {
  constexpr std::uint64_t count = 200'000;
  map_of<std::uint64_t, std::uint64_t, support::counted, TypeParam> a;
  for (std::uint64_t n = 0; n < count; ++n) a[n] = n;
  a.finish();
  const auto copy = a;
  EXPECT_EQ(copy.stats().buckets, a.stats().buckets);
  EXPECT_LE(copy.work().hashes_taken, count / 20) << "only what is in overflow";
}

TYPED_TEST(order, of_a_copy_changes_when_it_is_cleared) {
  typename TestFixture::map_type a;
  this->fill(a, 1000);  // a single chunk, which clear() keeps
  auto copy = a;
  copy.clear();
  this->fill(copy, 1000);
  EXPECT_NE(order_of(a), order_of(copy));
}

// The rest of a copy has the original's order. Filling it up again in that order makes long chains,
// until the map takes another seed, which costs little more than its growth. That seed may,
// rarely, be too much like the one before: then the map takes a third. Until then growing meets
// many buckets whose overflow does not fit, and hashes their elements twice.
TYPED_TEST(order, of_the_original_may_be_the_order_of_filling_up_a_copy) {
  constexpr std::uint64_t count = 200'000;
  map_of<std::uint64_t, std::uint64_t, support::counted, TypeParam> a;
  for (std::uint64_t n = 0; n < count; ++n) a[n] = n;
  for (const std::uint64_t left : {10u, 1000u, 50000u}) {
    auto copy = a;
    for (std::uint64_t n = left; n < count; ++n) copy.erase(n);
    copy.rehash(0);
    copy.reset_work();
    for (const auto& [key, value] : a) copy[key] = value;
    EXPECT_EQ(copy.size(), count);
    const std::uint64_t seeds = copy.stats().migrations.reseed;
    EXPECT_LE(seeds, 2u) << left << " left";
    EXPECT_LE(copy.work().elements_moved, (2 + seeds) * count) << left << " left";
    EXPECT_LE(copy.work().hashes_taken, (4 + seeds) * count) << left << " left";
  }
}

TYPED_TEST(order, of_one_map_may_be_the_order_of_filling_another) {
  typename TestFixture::map_type a;
  this->fill(a, 100'000);
  typename TestFixture::map_type b;
  for (const auto& [key, value] : a) b[key] = value;
  EXPECT_LE(b.stats().longest_chain, 4u);
  EXPECT_LE(a.stats().longest_chain, 4u);
  auto copy = a;
  EXPECT_LE(copy.stats().longest_chain, 4u);
  // Half of a copy is what a fixed multiplier between two seeds would pile up.
  typename TestFixture::map_type c;
  std::size_t left = copy.size() / 2;
  for (const auto& [key, value] : copy) {
    if (left-- == 0) break;
    c[key] = value;
  }
  EXPECT_LE(c.stats().longest_chain, 4u);
}

TYPED_TEST(order, changes_when_a_map_is_emptied_of_memory_and_filled_again) {
  typename TestFixture::map_type map;
  this->fill(map, 1000);
  const auto before = order_of(map);
  map.clear();
  map.rehash(0);
  this->fill(map, 1000);
  EXPECT_NE(order_of(map), before);
}

}  // namespace
