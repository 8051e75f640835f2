// steady::retire() of containers that threads have shared: step by step everything is destroyed and
// given back, without memory, wherever a migration was.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/retire.hpp>

#include "support/concurrent_containers.hpp"
#include "support/ledger_allocator.hpp"

namespace {

using namespace support;

using number = std::uint64_t;
using ledger_set = steady::concurrent_hash_set<std::string, steady::hash<std::string>,
                                               std::equal_to<>, ledger_allocator<std::string>>;

template <class Container>
class concurrent_retire : public testing::Test {
 protected:
  memory_ledger ledger;
  std::optional<Container> container{typename Container::allocator_type(ledger)};
  number next = 0;

  void fill(number count) {
    for (; count != 0; --count, ++next) ASSERT_TRUE(put(*container, next, next));
  }
  void erase_down_to(number first) {
    while (next > first) ASSERT_EQ(container->erase(element_kit<Container>::make_key(--next)), 1u);
  }
  void begin_migration() {
    ASSERT_TRUE(container->migrating());
    container->step(3);
    ASSERT_TRUE(container->migrating());
  }

  // Nothing may be left but what the container has got since.
  void expect_nothing_left() {
    ASSERT_TRUE(put(*container, 1, 1)) << "it is usable";
    container.reset();
    EXPECT_EQ(ledger.blocks, 0u);
    EXPECT_EQ(ledger.bytes, 0u);
    EXPECT_EQ(tracked::alive, 0);
  }

  void expect_to_go_in_steps() {
    const number size = container->size();
    const memory_ledger before = ledger;
    auto old = steady::retire(std::move(*container));
    EXPECT_TRUE(container->empty());
    EXPECT_EQ(container->stats().bytes, 0u);
    ledger.refuse_above = 0;
    std::size_t steps = 0;
    const std::size_t pending = old.pending();
    for (std::size_t left = pending; !old.done(); ++steps) {
      const memory_ledger held = ledger;
      ASSERT_EQ(old.step(1), 1u);
      const std::size_t freed = held.blocks - ledger.blocks;
      ASSERT_LE(freed, 80u) << "more than the elements of a bucket";
      ASSERT_LE(held.bytes - ledger.bytes, std::size_t{128} << 10) << "more than two chunks";
      // Nodes that were erased before are not counted: there are 16 in a step.
      ASSERT_LE(old.pending() + (freed > 16 ? 1 : 0), left);
      left = old.pending();
    }
    EXPECT_EQ(old.pending(), 0u);
    EXPECT_EQ(old.step(1), 0u);
    EXPECT_EQ(ledger.blocks, 0u);
    if (before.blocks > size) {
      EXPECT_GT(steps, size / 80) << "elements in nodes, in steps";
    }
    EXPECT_LE(steps, pending + before.blocks);
    ledger.refuse_above = memory_ledger::never;
    expect_nothing_left();
  }
};

using containers = testing::Types<concurrent_ledger_map<number, number>,
                                  concurrent_ledger_map<number, number, crowded>,
                                  concurrent_ledger_map<std::string, tracked>,
                                  concurrent_ledger_map<number, tracked, crowded>, ledger_set>;
TYPED_TEST_SUITE(concurrent_retire, containers);

static_assert(noexcept(std::declval<steady::retired<concurrent_numbers>&>().step(1)));
static_assert(
    std::is_nothrow_constructible_v<steady::retired<concurrent_strings>, concurrent_strings&&>);

TYPED_TEST(concurrent_retire, of_a_container_at_rest) {
  this->fill(10'000);
  ASSERT_TRUE(finish(*this->container));
  this->expect_to_go_in_steps();
}

TYPED_TEST(concurrent_retire, of_one_that_grows) {
  this->fill(3000);
  while (!this->container->migrating()) this->fill(1);
  this->begin_migration();
  this->expect_to_go_in_steps();
}

TYPED_TEST(concurrent_retire, of_one_that_has_just_grown) {
  this->fill(3000);
  while (!this->container->migrating()) this->fill(1);
  while (this->container->migrating()) this->container->step(1);
  this->expect_to_go_in_steps();
}

TYPED_TEST(concurrent_retire, of_one_that_shrinks) {
  this->fill(20'000);
  ASSERT_TRUE(finish(*this->container));
  this->erase_down_to(2000);
  ASSERT_TRUE(finish(*this->container));
  this->erase_down_to(500);
  ASSERT_TRUE(finish(*this->container));
  this->container->shrink_gradually();
  this->begin_migration();
  this->expect_to_go_in_steps();
}

TYPED_TEST(concurrent_retire, of_one_that_is_being_reseeded) {
  this->fill(5000);
  ASSERT_TRUE(finish(*this->container));
  this->container->reseed_gradually();
  this->begin_migration();
  this->expect_to_go_in_steps();
}

TYPED_TEST(concurrent_retire, of_one_whose_elements_have_all_been_erased) {
  this->fill(300);
  this->erase_down_to(0);
  this->expect_to_go_in_steps();
}

TYPED_TEST(concurrent_retire, of_one_that_is_reserved) {
  this->container->reserve(100'000);
  this->fill(10);
  this->expect_to_go_in_steps();
}

TYPED_TEST(concurrent_retire, of_an_empty_one_is_done) {
  EXPECT_TRUE(steady::retire(std::move(*this->container)).done());
  this->expect_nothing_left();
}

// At every point.
TYPED_TEST(concurrent_retire, is_finished_by_the_destructor) {
  bool done = false;
  for (std::size_t steps = 0; !done; steps = 2 * steps + 1) {
    this->fill(1000);
    while (!this->container->migrating()) this->fill(1);
    this->container->erase_if([n = 0](const auto&) mutable { return ++n % 3 == 0; });
    auto old = steady::retire(std::move(*this->container));
    const std::size_t taken = old.step(steps);
    ASSERT_TRUE(taken == steps || old.done());
    done = old.done();
  }
  this->expect_nothing_left();
}

TYPED_TEST(concurrent_retire, goes_on_where_it_is_moved_to) {
  this->fill(1000);
  while (!this->container->migrating()) this->fill(1);
  std::optional old(steady::retire(std::move(*this->container)));
  for (std::size_t steps = 1; !old->done(); ++steps) {
    auto moved = std::move(*old);
    EXPECT_TRUE(old->done());
    moved.step(steps);
    old.emplace(std::move(moved));
  }
  this->expect_nothing_left();
}

TEST(concurrent_retire_of_a_range_of_addresses, gives_it_back) {
  concurrent_numbers map;
  map.reserve(1'000'000);
  for (number n = 0; n < 10'000; ++n) map.try_emplace(n, n);
  auto old = steady::retire(std::move(map));
  std::size_t steps = 0;
  for (; !old.done(); ++steps) ASSERT_EQ(old.step(1), 1u);
  EXPECT_GT(steps, 100u);
}

}  // namespace
