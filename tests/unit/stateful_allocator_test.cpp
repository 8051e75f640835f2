// Allocators that differ: which one a map has after copying, moving and swapping.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/node_hash_map.hpp>

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

// Room for what moves is reserved, but the map has not been promised anything.
TEST(stateful_allocator_that_stays, gives_no_promise_of_room_that_the_source_did_not_give) {
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  memory_ledger here;
  memory_ledger there;
  for (const bool promises : {false, true}) {
    map_type source{map_type::allocator_type(here)};
    if (promises) source.reserve(20'000);
    for (std::uint64_t n = 0; n < 10'000; ++n) source.try_emplace(n);
    map_type map{map_type::allocator_type(there)};
    map = std::move(source);
    const std::size_t slots = map.bucket_count();
    for (std::uint64_t n = 100; n < 10'000; ++n) map.erase(n);
    for (std::uint64_t n = 0; n < 20'000; ++n) {
      map.try_emplace(1'000'000 + n);
      map.erase(1'000'000 + n);
    }
    EXPECT_EQ(map.bucket_count() == slots, promises) << map.bucket_count();
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }
}

// As the standard asks of those that propagate.
template <class T>
struct moved_by_assignment {
  using value_type = T;
  using propagate_on_container_move_assignment = std::true_type;
  using is_always_equal = std::false_type;

  explicit moved_by_assignment(int given) : number(given) {}
  moved_by_assignment(const moved_by_assignment&) = default;
  moved_by_assignment(moved_by_assignment&&) = default;
  template <class U>
  moved_by_assignment(const moved_by_assignment<U>& other) : number(other.number) {}
  moved_by_assignment& operator=(const moved_by_assignment&) = delete;
  moved_by_assignment& operator=(moved_by_assignment&&) = default;

  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* at, std::size_t count) { std::allocator<T>().deallocate(at, count); }
  bool operator==(const moved_by_assignment& other) const { return number == other.number; }

  int number;
};

struct immovable {
  explicit immovable(int given) : number(given) {}
  immovable(const immovable&) = delete;
  immovable& operator=(const immovable&) = delete;
  int number;
};

TEST(allocator_that_is_only_moved_by_assignment, comes_along) {
  using allocator = moved_by_assignment<std::pair<const int, immovable>>;
  using map_type =
      steady::node_hash_map<int, immovable, steady::hash<int>, std::equal_to<>, allocator>;
  map_type source{allocator(1)};
  source.try_emplace(7, 42);
  map_type map{allocator(2)};
  map = std::move(source);
  EXPECT_EQ(map.at(7).number, 42);
  EXPECT_EQ(map.get_allocator().number, 1);
}

TEST(stateful_allocator_that_stays, leaves_the_source_without_memory_and_takes_its_reservation) {
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  for (const std::uint64_t count : {0u, 500u}) {
    memory_ledger here;
    memory_ledger there;
    map_type source{map_type::allocator_type(here)};
    source.reserve(800);
    for (std::uint64_t n = 0; n < count; ++n) source.try_emplace(n, 3 * n);
    const std::size_t slots = source.bucket_count();
    map_type target(std::move(source), map_type::allocator_type(there));
    EXPECT_EQ(here.bytes, 0u);
    EXPECT_EQ(target.bucket_count(), slots);
    EXPECT_EQ(target.size(), count);
  }
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
