// Nothing walks over emptiness: going through a container costs what its elements cost, however
// many of its buckets are empty, and so do clearing and copying one. The work is counted; see
// docs/guarantees.md, "Bounds".
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/snapshot.hpp>
#include <steady/walker.hpp>

#include "support/containers.hpp"
#include "support/policies.hpp"

namespace {

std::uint64_t scattered(std::uint64_t i) { return (i + 1) * 0x9e3779b97f4a7c15u ^ i << 17; }

constexpr std::uint64_t many = STEADY_MANY;
constexpr std::uint64_t few = 100;
// Of a call that goes to the next element: a chunk's overflow buckets, and two lines for each of
// its buckets that have nothing else; during a migration of a chunk of each array.
constexpr std::uint64_t most_in_one_step = 512;

template <class Policy>
class emptiness : public testing::Test {
 public:
  using map_type = support::number_map<Policy>;

  static std::uint64_t lines(const map_type& map) { return map.work().lines_searched; }

  // `count` elements in room for `many`.
  static void fill_sparsely(map_type& map, std::uint64_t count) {
    map.reserve(many);
    for (std::uint64_t i = 0; i < count; ++i) map.try_emplace(scattered(i), i);
  }

  // The erasure searches as well, four times, where the compiler does not see that nobody wants
  // the element that it returns.
  static void erase_first(map_type& map) {
    map.reset_work();
    const auto first = map.begin();
    ASSERT_LE(lines(map), most_in_one_step) << map.size();
    map.reset_work();
    map.erase(first);
    ASSERT_LE(lines(map), 4 * most_in_one_step) << map.size();
  }
  // Takes the first element away until there is none.
  static void drain(map_type& map) {
    while (!map.empty() && !HasFatalFailure()) erase_first(map);
  }
};

using policies = testing::Types<support::counted, support::counted_in_leaves>;
TYPED_TEST_SUITE(emptiness, policies);

TYPED_TEST(emptiness, costs_iteration_nothing) {
  typename TestFixture::map_type map;
  this->fill_sparsely(map, few);
  map.reset_work();
  std::uint64_t sum = 0;
  for (const auto& element : map) sum += element.second;
  EXPECT_EQ(sum, few * (few - 1) / 2);
  EXPECT_LE(this->lines(map), 4 * few + 8);
}

TYPED_TEST(emptiness, costs_begin_nothing_while_a_map_is_drained_by_it) {
  typename TestFixture::map_type map;
  for (std::uint64_t i = 0; i < many / 10; ++i) map.try_emplace(scattered(i), i);
  this->drain(map);
}

TYPED_TEST(emptiness, costs_begin_nothing_in_the_middle_of_a_migration) {
  for (const bool grows : {true, false}) {
    typename TestFixture::map_type map;
    for (std::uint64_t i = 0; i < many / 100; ++i) map.try_emplace(scattered(i), i);
    map.finish();
    if (grows) {
      map.reserve_gradually(map.size() * 3);
    } else {
      for (std::uint64_t i = 0; i < many / 100; i += 2) map.erase(scattered(i));
      map.compact_gradually();
    }
    map.step(map.pending() / 2);
    ASSERT_TRUE(map.migrating());
    this->drain(map);
  }
}

TYPED_TEST(emptiness, costs_begin_nothing_after_erasing_by_key) {
  typename TestFixture::map_type map;
  for (std::uint64_t i = 0; i < many / 10; ++i) map.try_emplace(scattered(i), i);
  map.reserve(map.size());  // so that erasing does not call for shrinking
  for (std::uint64_t i = few; i < many / 10; ++i) map.erase(scattered(i));
  map.reset_work();
  ASSERT_NE(map.begin(), map.end());
  EXPECT_LE(this->lines(map), most_in_one_step);
  map.reset_work();
  std::uint64_t met = 0;
  for (auto at = map.begin(); at != map.end(); ++at) ++met;
  EXPECT_EQ(met, few);
  EXPECT_LE(this->lines(map), 4 * few + most_in_one_step);
}

// New elements lie all over the line; its end stays dense, but is not squeezed by shrinking.
TYPED_TEST(emptiness, costs_a_worklist_nothing) {
  typename TestFixture::map_type map;
  std::uint64_t next = 0;
  for (; next < many / 50; ++next) map.try_emplace(scattered(next), next);
  for (std::uint64_t turn = 0; !map.empty() && !this->HasFatalFailure(); ++turn) {
    this->erase_first(map);
    if (turn % 4 == 0) map.try_emplace(scattered(next), next), ++next;
  }
}

TYPED_TEST(emptiness, costs_scans_nothing) {
  typename TestFixture::map_type map;
  this->fill_sparsely(map, few);
  std::size_t met = 0;
  std::size_t calls = 0;
  for (steady::cursor at; !at.at_end(); ++calls) {
    at = map.scan(at, 1, [&](const auto&) { ++met; });
  }
  EXPECT_EQ(met, few);
  EXPECT_LE(calls, few + 1);
}

TYPED_TEST(emptiness, costs_snapshots_nothing) {
  typename TestFixture::map_type map;
  this->fill_sparsely(map, few);
  {
    steady::snapshot view(map);
    std::size_t met = 0;
    std::size_t calls = 0;
    for (; !view.done(); ++calls) view.step(1, [&](const auto&) { ++met; });
    EXPECT_EQ(met, few);
    EXPECT_LE(calls, few + 1);
  }
  // What was copied before it was erased lies between what is still there.
  steady::snapshot view(map);
  for (std::uint64_t i = 0; i < few; i += 2) map.erase(scattered(i));
  std::uint64_t sum = 0;
  std::size_t calls = 0;
  for (; !view.done(); ++calls) view.step(1, [&](const auto& element) { sum += element.second; });
  EXPECT_EQ(sum, few * (few - 1) / 2);
  EXPECT_LE(calls, 2 * few);  // what is there, the copies, and their notes
}

TYPED_TEST(emptiness, costs_clearing_and_copying_nothing) {
  typename TestFixture::map_type map;
  this->fill_sparsely(map, few);
  map.reset_work();
  const typename TestFixture::map_type copy(map);
  EXPECT_EQ(copy, map);
  EXPECT_LE(copy.bucket_count(), 4 * few);
  EXPECT_LE(this->lines(map), 8 * few + 16);  // copying it, and comparing

  map.reset_work();
  map.clear();
  EXPECT_EQ(map.begin(), map.end());
  EXPECT_EQ(map.work().bytes_zeroed, 0u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  this->fill_sparsely(map, few);
  EXPECT_EQ(copy, map);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

// Erased until a bucket has nothing left, or nothing but overflow.
TYPED_TEST(emptiness, is_noted_exactly) {
  typename TestFixture::map_type map;
  constexpr std::uint64_t most = 20'000;
  for (std::uint64_t round = 0; round < 3; ++round) {
    for (std::uint64_t i = 0; i < most; ++i) map.try_emplace(scattered(i), i);
    ASSERT_STREQ(map.check_invariants(), nullptr);
    for (std::uint64_t i = 0; i < most; ++i) {
      map.erase(scattered((i * 7919 + round) % most));
      if (i % 997 == 0) {
        ASSERT_STREQ(map.check_invariants(), nullptr) << i;
      }
    }
    ASSERT_TRUE(map.empty());
    ASSERT_STREQ(map.check_invariants(), nullptr);
  }
}

}  // namespace
