// Sizes at the ends of the range.
#include <cstddef>
#include <exception>
#include <functional>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_set.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/node_hash_set.hpp>

#include "support/containers.hpp"

namespace {

using map_type = steady::hash_map<int, int>;
constexpr std::size_t most = std::numeric_limits<std::size_t>::max();

TEST(reserve, of_nothing_allocates_nothing) {
  map_type map;
  map.reserve(0);
  EXPECT_EQ(map.stats().bytes, 0u);
}

TEST(reserve, of_what_no_machine_has_throws_and_changes_nothing) {
  map_type map{{1, 2}};
  if constexpr (sizeof(std::size_t) == 8) {
    EXPECT_THROW(map.reserve(map.max_size()), std::bad_alloc);
  }
  EXPECT_THROW(map.rehash(most / 2), std::length_error);
  EXPECT_THROW(map.rehash(most), std::length_error);
  for (const std::size_t size : {map.max_size() + 1, most / 2, most / 4 * 3, most - 1, most}) {
    EXPECT_THROW(map.reserve(size), std::length_error) << size;
    EXPECT_THROW(map.reserve_gradually(size), std::length_error) << size;
    EXPECT_THROW(map_type made(size), std::length_error) << size;
  }
  EXPECT_EQ(map.at(1), 2);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

struct byte_pair {
  unsigned char bytes[2];
  bool operator==(const byte_pair&) const = default;
};
struct byte_pair_hash {
  std::size_t operator()(byte_pair of) const { return of.bytes[0] * 256u + of.bytes[1]; }
};

template <class Container>
void expect_to_refuse_more_than_fits() {
  using key_type = typename Container::key_type;
  Container container;
  EXPECT_LE(container.max_size(), most / 2);
  container.insert(key_type());
  for (unsigned bit = 0; bit < 8 * sizeof(std::size_t); ++bit) {
    const std::size_t size = std::size_t{1} << bit;
    if (size <= container.max_size()) continue;
    EXPECT_THROW(container.reserve(size), std::length_error) << size;
    EXPECT_THROW(container.rehash(most - size + 1), std::length_error) << size;
  }
  EXPECT_EQ(container.size(), 1u);
  EXPECT_TRUE(container.contains(key_type()));
}

// Where sizes have 32 bits, the bytes of a few hundred million buckets are more than they can say.
TEST(reserve, of_small_elements_never_counts_bytes_beyond_the_address_space) {
  expect_to_refuse_more_than_fits<steady::hash_set<byte_pair, byte_pair_hash>>();
  expect_to_refuse_more_than_fits<steady::node_hash_set<byte_pair, byte_pair_hash>>();
  expect_to_refuse_more_than_fits<steady::concurrent_hash_set<byte_pair, byte_pair_hash>>();
}

// An allocator for at most so many elements.
template <class T>
struct limited_allocator : std::allocator<T> {
  std::size_t limit = most;

  explicit limited_allocator(std::size_t l) : limit(l) {}
  template <class U>
  limited_allocator(const limited_allocator<U>& other) : limit(other.limit) {}
  template <class U>
  struct rebind {
    using other = limited_allocator<U>;
  };
  std::size_t max_size() const { return limit; }
};

template <class Container>
class max_size : public testing::Test {};
using element = std::pair<const int, int>;
using containers = testing::Types<
    steady::hash_map<int, int, steady::hash<int>, std::equal_to<int>, limited_allocator<element>>,
    steady::hash_set<int, steady::hash<int>, std::equal_to<int>, limited_allocator<int>>,
    steady::node_hash_map<int, int, steady::hash<int>, std::equal_to<int>,
                          limited_allocator<element>>>;
TYPED_TEST_SUITE(max_size, containers);

TYPED_TEST(max_size, is_no_more_than_the_allocators) {
  using allocator = typename TypeParam::allocator_type;
  EXPECT_EQ(TypeParam(allocator(0)).max_size(), 0u);
  EXPECT_EQ(TypeParam(allocator(1000)).max_size(), 1000u);
  const TypeParam unlimited{allocator(most)};
  EXPECT_GT(unlimited.max_size(), std::size_t{1} << (sizeof(std::size_t) == 8 ? 40 : 24));
  EXPECT_LT(unlimited.max_size(), most / sizeof(typename TypeParam::value_type));
}

struct half_policy : steady::default_policy {
  static constexpr double load_limit = 0.5;
};

TEST(max_size_of_a_policy, is_a_size_whatever_the_load_limit) {
  const support::map_of<int, int, half_policy> map;
  EXPECT_GT(map.max_size(), std::size_t{1} << (sizeof(std::size_t) == 8 ? 40 : 24));
}

struct sparse_policy : steady::default_policy {
  static constexpr double load_limit = 0.4;
};

// Two buckets then hold fewer elements than one, which may be filled to the brim.
TEST(load_limit, may_be_below_half) {
  for (int size = 1; size < 100; ++size) {
    support::map_of<int, int, sparse_policy> map;
    for (int key = 0; key < size; ++key) map.try_emplace(key);
    while (!map.empty()) {
      map.erase(map.begin());
      map.finish();
      ASSERT_FALSE(map.migrating()) << map.size() << " of " << size;
      ASSERT_STREQ(map.check_invariants(), nullptr);
    }
  }
}

TEST(insert, takes_a_pair_whose_key_cannot_be_copied) {
  steady::hash_map<std::unique_ptr<int>, int> map;
  EXPECT_TRUE(map.insert(std::pair<std::unique_ptr<int>, int>(nullptr, 1)).second);
  EXPECT_TRUE(map.emplace(std::make_unique<int>(3), 4).second);
  EXPECT_EQ(map.size(), 2u);
}

}  // namespace
