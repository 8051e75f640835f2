// Node handles of all kinds of containers: what a handle knows of its element, whose it is, and
// where it may go.
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include "support/element_kits.hpp"
#include "support/propagating_allocator.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

template <class Container>
class node_handles : public element_test {
 protected:
  using node_type = typename Container::node_type;

  // With the element of `n`, which is in no container.
  static node_type made(std::uint64_t n) {
    Container container;
    element_kit<Container>::put(container, n, subject<Container>::value_for(n));
    return container.extract(element_kit<Container>::make_key(n));
  }
  [[gnu::noinline]] static void expect_holds(const node_type& node, std::uint64_t n) {
    expect_that(!node.empty() && static_cast<bool>(node), "holds an element", n);
    if (node.empty()) return;
    expect_that(element_kit<Container>::key_in(node) == n, "its key", n);
    expect_that(element_kit<Container>::value_in(node) == subject<Container>::value_seen(n),
                "its value", n);
  }
  static void expect_empty(const node_type& node) {
    expect_that(node.empty() && !static_cast<bool>(node), "empty");
  }
};
using containers = testing::Types<string_map, owner_map, fixed_map, triple_set, copied_set,
                                  large_node_map, string_node_set>;
TYPED_TEST_SUITE(node_handles, containers);

TYPED_TEST(node_handles, made_from_nothing_are_empty) {
  typename TestFixture::node_type node;
  this->expect_empty(node);
  const typename TestFixture::node_type moved(std::move(node));
  this->expect_empty(moved);
  this->expect_empty(node);
}

TYPED_TEST(node_handles, outlive_their_container) {
  typename TestFixture::node_type node;
  in_every_state<TypeParam>([&](auto& tested) {
    node = tested.container.extract(tested.container.begin());
    tested.expect_no(element_kit<TypeParam>::key_in(node));
  });
  this->expect_holds(node, element_kit<TypeParam>::key_in(node));
}

TYPED_TEST(node_handles, move_and_leave_the_other_empty) {
  auto one = this->made(1);
  auto moved = std::move(one);
  this->expect_empty(one);
  this->expect_holds(moved, 1);
  one = this->made(2);
  this->expect_holds(one, 2);
  moved = std::move(one);  // destroys the element of before
  this->expect_empty(one);
  this->expect_holds(moved, 2);
  moved = typename TestFixture::node_type();
  this->expect_empty(moved);
}

TYPED_TEST(node_handles, swap_whatever_they_hold) {
  auto one = this->made(1);
  auto two = this->made(2);
  one.swap(two);
  this->expect_holds(one, 2);
  this->expect_holds(two, 1);
  swap(one, two);
  this->expect_holds(one, 1);
  typename TestFixture::node_type none;
  swap(one, none);
  this->expect_empty(one);
  this->expect_holds(none, 1);
  one.swap(none);
  this->expect_holds(one, 1);
  this->expect_empty(none);
}

TYPED_TEST(node_handles, let_key_and_value_be_changed) {
  using kit = element_kit<TypeParam>;
  if constexpr (!kit::is_map) {
    if constexpr (std::is_move_assignable_v<typename TypeParam::value_type>) {
      in_every_state<TypeParam>([](auto& tested) {
        auto node = tested.container.extract(kit::make_key(3));
        tested.expect_no(3);
        node.value() = kit::make_key(tested.next);
        const auto [position, inserted, rest] = tested.container.insert(std::move(node));
        expect_that(inserted && rest.empty(), "inserted");
        expect_that(kit::key_of(*position) == tested.next, "under the new key");
        tested.expect(tested.next++);
      });
    }
  } else if constexpr (std::is_move_assignable_v<typename TypeParam::key_type> && kit::assignable) {
    in_every_state<TypeParam>([](auto& tested) {
      auto node = tested.container.extract(kit::make_key(3));
      tested.expect_no(3);
      node.key() = kit::make_key(tested.next);
      node.mapped() = kit::make_value(tested.value_for(tested.next));
      const auto [position, inserted, rest] = tested.container.insert(std::move(node));
      expect_that(inserted && rest.empty(), "inserted");
      expect_that(kit::key_of(*position) == tested.next, "under the new key");
      tested.expect(tested.next++);
    });
  }
}

TYPED_TEST(node_handles, go_with_a_hint_and_stay_where_they_were_if_refused) {
  using kit = element_kit<TypeParam>;
  in_every_state<TypeParam>([&](auto& tested) {
    auto& container = tested.container;
    auto refused = this->made(5);
    const auto at_five = container.insert(container.cend(), std::move(refused));
    expect_that(kit::key_of(*at_five) == 5 && at_five == container.find(kit::make_key(5)),
                "what is there already");
    this->expect_holds(refused, 5);
    auto taken = this->made(tested.next);
    const auto at = container.insert(container.cbegin(), std::move(taken));
    expect_that(kit::key_of(*at) == tested.next, "inserted");
    this->expect_empty(taken);
    tested.expect(tested.next++);
    typename TestFixture::node_type none;
    expect_that(container.insert(container.cbegin(), std::move(none)) == container.end(),
                "an empty one inserts nothing");
  });
}

TYPED_TEST(node_handles, leave_the_others_while_going_through_all) {
  using kit = element_kit<TypeParam>;
  in_every_state<TypeParam>([](auto& tested) {
    TypeParam into;
    std::size_t met = 0;
    const std::size_t all = tested.container.size();
    for (auto at = tested.container.begin(); at != tested.container.end(); ++met) {
      const auto extracted = at++;
      const std::uint64_t n = kit::key_of(*extracted);
      if (n % 2 == 0) continue;
      expect_that(into.insert(tested.container.extract(extracted)).inserted, "inserted", n);
      tested.expect_no(n);
    }
    expect_that(met == all, "each was met once");
    expect_that(into.size() + tested.container.size() == all, "each is in one of the two");
    for (const auto& element : into) {
      const std::uint64_t n = kit::key_of(element);
      expect_that(n % 2 == 1 && kit::value_of(element) == tested.value_seen(n), "the element", n);
    }
  });
}

// ---- between containers of different types ----

template <class Set, class OtherHash, class OtherEqual>
struct with_other_functions;
template <template <class...> class Set, class Key, class H, class E, class A, class P,
          class OtherHash, class OtherEqual>
struct with_other_functions<Set<Key, H, E, A, P>, OtherHash, OtherEqual> {
  using type = Set<Key, OtherHash, OtherEqual, A, P>;
};

template <class Set>
void expect_node_fits_whatever_the_functions() {
  using other_set =
      typename with_other_functions<Set, other_number_hash, std::equal_to<triple>>::type;
  static_assert(std::is_same_v<typename Set::node_type, typename other_set::node_type>);
  in_every_state<Set>([](subject<Set>& tested) {
    other_set other;
    other.emplace(tested.next);
    auto result = tested.container.insert(other.extract(triple(tested.next)));
    expect_that(result.inserted && result.node.empty() && other.empty(), "inserted");
    tested.expect(tested.next++);
    expect_that(other.insert(tested.container.extract(triple(1))).inserted, "and the other way");
    tested.expect_no(1);
    expect_that(other.contains(triple(1)), "found there");
  });
}

TEST(node_handles_of_sets, fit_whatever_hash_and_equality_are) {
  expect_node_fits_whatever_the_functions<triple_set>();
  expect_node_fits_whatever_the_functions<
      steady::node_hash_set<triple, number_hash, std::equal_to<>>>();
}

// ---- whose memory it is ----

template <class Container>
class node_memory : public element_test {
 protected:
  using allocator = typename Container::allocator_type;

  void TearDown() override {
    element_test::TearDown();
    EXPECT_EQ(here.bytes + there.bytes + here.blocks + there.blocks, 0u);
  }

  memory_ledger here;
  memory_ledger there;
};
using on_nothing = propagates<false, false, false>;
template <class Key>
using ledger_set =
    steady::hash_set<Key, number_hash, std::equal_to<>, propagating_allocator<Key, on_nothing>>;
template <class Key>
using ledger_node_set = steady::node_hash_set<Key, number_hash, std::equal_to<>,
                                              propagating_allocator<Key, on_nothing>>;
using sets_with_ledgers = testing::Types<ledger_set<std::string>, ledger_set<owner>,
                                         ledger_node_set<std::string>, ledger_node_set<owner>>;
TYPED_TEST_SUITE(node_memory, sets_with_ledgers);

TYPED_TEST(node_memory, is_given_back_to_the_allocator_that_it_came_from) {
  using kit = element_kit<TypeParam>;
  typename TypeParam::node_type kept;
  {
    TypeParam one((typename TestFixture::allocator(this->here)));
    TypeParam other((typename TestFixture::allocator(this->there)));
    for (std::uint64_t n = 0; n < 50; ++n) {
      kit::put(one, n, n);
      kit::put(other, n, n);
    }
    kept = one.extract(kit::make_key(7));
    EXPECT_EQ(&kept.get_allocator().ledger(), &this->here);
    auto of_other = other.extract(kit::make_key(8));
    EXPECT_EQ(&of_other.get_allocator().ledger(), &this->there);
    swap(kept, of_other);
    EXPECT_EQ(&kept.get_allocator().ledger(), &this->there);
    EXPECT_EQ(&of_other.get_allocator().ledger(), &this->here);
    kept = std::move(of_other);
    EXPECT_EQ(&kept.get_allocator().ledger(), &this->here) << "assigning brings the allocator";
  }
  EXPECT_EQ(this->there.blocks, 0u);
  EXPECT_EQ(kit::key_in(kept), 7u);
  TypeParam late((typename TestFixture::allocator(this->here)));
  EXPECT_TRUE(late.insert(std::move(kept)).inserted);
}

}  // namespace
