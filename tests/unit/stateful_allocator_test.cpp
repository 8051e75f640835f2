// Allocators that differ: which one a map has after copying, moving and swapping.
#include <cstdint>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>

#include "support/containers.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

template <class Propagation>
class stateful_allocator : public testing::Test {
 protected:
  using map_type = ledger_map<std::uint64_t, std::uint64_t, steady::default_policy, Propagation>;
  using allocator = typename map_type::allocator_type;
  static constexpr bool propagates = Propagation::value;

  void TearDown() override {
    EXPECT_EQ(here.bytes + there.bytes, 0u);
    EXPECT_EQ(here.blocks + there.blocks, 0u);
  }

  // The map's memory is all in `ledger`.
  static void expect_in(const memory_ledger& ledger, const map_type& map, std::uint64_t count) {
    EXPECT_EQ(&map.get_allocator().ledger(), &ledger);
    EXPECT_EQ(map.size(), count);
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(n), 3 * n);
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }

  memory_ledger here;
  memory_ledger there;
};

using propagations = testing::Types<propagation<true>, propagation<false>>;
TYPED_TEST_SUITE(stateful_allocator, propagations);

TYPED_TEST(stateful_allocator, comes_along_when_copying_and_moving) {
  for (const stage at : all_stages) {
    typename TestFixture::map_type map{typename TestFixture::allocator(this->here)};
    const auto count = fill_numbers_to(at, map);
    const auto copy = map;
    this->expect_in(this->here, copy, count);
    const auto moved = std::move(map);
    this->expect_in(this->here, moved, count);
    this->expect_in(this->here, map, 0);
  }
  EXPECT_EQ(this->there.calls, 0u);
}

TYPED_TEST(stateful_allocator, is_chosen_when_copying_and_moving) {
  for (const stage at : all_stages) {
    const typename TestFixture::allocator other(this->there);
    typename TestFixture::map_type map{typename TestFixture::allocator(this->here)};
    const auto count = fill_numbers_to(at, map);
    const typename TestFixture::map_type copy(map, other);
    this->expect_in(this->there, copy, count);
    const typename TestFixture::map_type moved(std::move(map), other);
    this->expect_in(this->there, moved, count);
    this->expect_in(this->here, map, 0);
  }
}

TYPED_TEST(stateful_allocator, follows_assignment_if_it_propagates) {
  for (const stage before : all_stages) {
    for (const stage at : all_stages) {
      typename TestFixture::map_type map{typename TestFixture::allocator(this->here)};
      const auto count = fill_numbers_to(at, map);
      auto& expected = TestFixture::propagates ? this->here : this->there;
      typename TestFixture::map_type target{typename TestFixture::allocator(this->there)};
      fill_numbers_to(before, target);
      target = map;
      this->expect_in(expected, target, count);
      this->expect_in(this->here, map, count);
      typename TestFixture::map_type another{typename TestFixture::allocator(this->there)};
      fill_numbers_to(before, another);
      another = std::move(map);
      this->expect_in(expected, another, count);
      this->expect_in(this->here, map, 0);
      map[1] = 1;
      EXPECT_STREQ(map.check_invariants(), nullptr);
    }
  }
}

TYPED_TEST(stateful_allocator, lets_equal_ones_move_in_constant_time) {
  typename TestFixture::map_type map{typename TestFixture::allocator(this->here)};
  const auto count = fill_numbers_to(stage::halfway, map);
  const void* const place = &*map.find(3);
  const std::size_t calls = this->here.calls;
  typename TestFixture::map_type target{typename TestFixture::allocator(this->here)};
  target = std::move(map);
  EXPECT_EQ(&*target.find(3), place);
  typename TestFixture::map_type extended(std::move(target), target.get_allocator());
  EXPECT_EQ(&*extended.find(3), place);
  EXPECT_EQ(this->here.calls, calls);
  this->expect_in(this->here, extended, count);
}

TEST(stateful_allocator_that_propagates, is_swapped) {
  using map_type =
      ledger_map<std::uint64_t, std::uint64_t, steady::default_policy, propagation<true>>;
  memory_ledger here;
  memory_ledger there;
  {
    map_type a{map_type::allocator_type(here)};
    map_type b{map_type::allocator_type(there)};
    fill_numbers_to(stage::halfway, a);
    b[1] = 2;
    swap(a, b);
    EXPECT_EQ(&a.get_allocator().ledger(), &there);
    EXPECT_EQ(a.size(), 1u);
    EXPECT_STREQ(a.check_invariants(), nullptr);
    EXPECT_STREQ(b.check_invariants(), nullptr);
  }
  EXPECT_EQ(here.bytes + there.bytes, 0u);
}

TEST(stateful_allocator_that_stays, is_not_swapped) {
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  memory_ledger here;
  map_type a{map_type::allocator_type(here)};
  map_type b{map_type::allocator_type(here)};
  const auto count = fill_numbers_to(stage::halfway, a);
  a.swap(b);
  EXPECT_EQ(b.size(), count);
  EXPECT_TRUE(a.empty());
}

TEST(stateful_allocator_that_stays, moves_elements_that_cannot_be_copied) {
  using map_type = ledger_map<int, std::unique_ptr<int>>;
  memory_ledger here;
  memory_ledger there;
  {
    map_type map{map_type::allocator_type(here)};
    for (int n = 0; n < 1000; ++n) map.try_emplace(n, std::make_unique<int>(n));
    const int* const address = map.at(5).get();
    map_type target{map_type::allocator_type(there)};
    target = std::move(map);
    EXPECT_EQ(target.at(5).get(), address);
    EXPECT_EQ(target.size(), 1000u);
    EXPECT_TRUE(map.empty());
  }
  EXPECT_EQ(here.bytes + there.bytes, 0u);
}

}  // namespace
