// Iterators, in containers of all kinds and in every state of migration: what every forward
// iterator can do, and what leaves it valid.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/element_kits.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

// ---- types ----

template <class Iterator, class Reference>
constexpr bool is_forward() {
  using traits = std::iterator_traits<Iterator>;
  static_assert(std::is_base_of_v<std::forward_iterator_tag, typename traits::iterator_category>);
  static_assert(std::is_same_v<typename traits::reference, Reference>);
  static_assert(std::is_same_v<typename traits::value_type, std::remove_cvref_t<Reference>>);
  static_assert(std::is_same_v<typename traits::pointer, std::remove_reference_t<Reference>*>);
  static_assert(std::is_same_v<typename traits::difference_type, std::ptrdiff_t>);
  static_assert(std::is_same_v<decltype(*std::declval<const Iterator&>()), Reference>);
  static_assert(std::is_same_v<decltype(++std::declval<Iterator&>()), Iterator&>);
  static_assert(std::is_same_v<decltype(std::declval<Iterator&>()++), Iterator>);
  static_assert(std::is_same_v<decltype(*std::declval<Iterator&>()++), Reference>);
  static_assert(std::is_nothrow_copy_constructible_v<Iterator>);
  static_assert(std::is_nothrow_copy_assignable_v<Iterator>);
  static_assert(std::is_nothrow_swappable_v<Iterator>);
  return true;
}

template <class Container>
constexpr bool has_forward_iterators() {
  using iterator = typename Container::iterator;
  using const_iterator = typename Container::const_iterator;
  using element = typename Container::value_type;
  using changed = std::conditional_t<any_map<Container>, element&, const element&>;
  static_assert(is_forward<iterator, changed>() && is_forward<const_iterator, const element&>());
  static_assert(std::is_nothrow_convertible_v<iterator, const_iterator>);
  static_assert(std::is_assignable_v<const_iterator&, iterator>);
  static_assert(std::is_constructible_v<iterator, const_iterator> == !any_map<Container>);
  static_assert(std::is_assignable_v<iterator&, const_iterator> == !any_map<Container>);
  static_assert(!std::is_constructible_v<iterator, element*>, "a pointer is no iterator");
  return true;
}

TEST(iterator_types, are_those_of_forward_iterators) {
  EXPECT_TRUE((has_forward_iterators<string_map>() && has_forward_iterators<owner_map>() &&
               has_forward_iterators<large_node_map>() && has_forward_iterators<byte_set>() &&
               has_forward_iterators<string_node_set>()));
}

// ---- passing over elements ----

template <class Container>
class iterators : public element_test {};
using containers =
    testing::Types<string_map, owner_map, byte_set, copied_set, large_node_map, string_node_set>;
TYPED_TEST_SUITE(iterators, containers);

TYPED_TEST(iterators, made_from_nothing_are_equal_and_may_be_assigned) {
  using iterator = typename TypeParam::iterator;
  using const_iterator = typename TypeParam::const_iterator;
  iterator at{};
  const_iterator constant{};
  expect_that(at == iterator() && constant == const_iterator(), "equal");
  expect_that(constant == at && !(constant != at), "of both types");
  in_every_state<TypeParam>([&](auto& tested) {
    at = tested.container.begin();
    constant = at;
    expect_that(std::addressof(*at) == std::addressof(*constant), "an element");
    at = iterator();
    constant = const_iterator();
    expect_that(at == tested.container.end(), "none");
  });
}

TYPED_TEST(iterators, pass_as_often_as_one_likes_and_independently) {
  in_every_state<TypeParam>([](auto& tested) {
    auto& container = tested.container;
    auto ahead = container.begin();
    auto behind = ahead;
    std::vector<const void*> first_pass;
    for (; ahead != container.end(); ++ahead) first_pass.push_back(std::addressof(*ahead));
    expect_that(behind == container.begin(), "a copy stays where it was");
    std::vector<const void*> second_pass;
    while (behind != container.end()) second_pass.push_back(std::addressof(*behind++));
    expect_that(first_pass == second_pass, "the same elements in the same order");
    const TypeParam& constant = container;
    std::vector<const void*> third_pass;
    for (const auto& element : constant) third_pass.push_back(std::addressof(element));
    expect_that(first_pass == third_pass, "the same in a const container");
    std::sort(first_pass.begin(), first_pass.end());
    expect_that(std::adjacent_find(first_pass.begin(), first_pass.end()) == first_pass.end(),
                "none twice");
    expect_that(first_pass.size() == container.size(), "all");
  });
}

TYPED_TEST(iterators, agree_whichever_way_they_are_had) {
  using kit = element_kit<TypeParam>;
  in_every_state<TypeParam>([](auto& tested) {
    auto& container = tested.container;
    const TypeParam& constant = container;
    for (auto at = container.begin(); at != container.end(); ++at) {
      const std::uint64_t n = kit::key_of(*at);
      const typename TypeParam::const_iterator converted = at;
      expect_that(converted == at && at == converted, "converted", n);
      expect_that(std::addressof(*converted) == at.operator->(), "one element", n);
      expect_that(kit::key_of(*converted.operator->()) == n, "by arrow", n);
      expect_that(container.find(kit::make_key(n)) == at, "by find", n);
      expect_that(constant.find(kit::make_key(n)) == at, "by find const", n);
      auto next = at;
      expect_that(next++ == at && next == std::next(at) && next != at, "it++", n);
      auto same = at;
      expect_that(++same == next, "++it", n);
      std::swap(same, next);
      expect_that(same == next, "swapped", n);
    }
    expect_that(container.cbegin() == constant.begin() && container.cend() == constant.end(),
                "cbegin() and cend()");
  });
}

TYPED_TEST(iterators, change_values_and_nothing_else) {
  using kit = element_kit<TypeParam>;
  if constexpr (kit::is_map && kit::assignable) {
    in_every_state<TypeParam>([](auto& tested) {
      for (auto at = tested.container.begin(); at != tested.container.end(); ++at) {
        const std::uint64_t n = kit::key_of(*at);
        at->second = kit::make_value(n + 1);
        tested.expected[n] = n + 1;
      }
    });
  }
}

// ---- what leaves them valid ----

TYPED_TEST(iterators, stay_valid_while_insertions_keep_to_what_was_reserved) {
  using kit = element_kit<TypeParam>;
  in_every_state<TypeParam>([](auto& tested) {
    auto& container = tested.container;
    const std::size_t room = 250;  // more than there is, and not more than a byte can tell apart
    container.reserve(room);
    std::vector<typename TypeParam::iterator> kept;
    for (auto at = container.begin(); at != container.end(); ++at) kept.push_back(at);
    std::vector<std::uint64_t> keys;
    for (const auto& at : kept) keys.push_back(kit::key_of(*at));
    while (container.size() < room) tested.grow();
    for (std::size_t n = 0; n < kept.size(); ++n) {
      expect_that(kit::key_of(*kept[n]) == keys[n], "the element", keys[n]);
      expect_that(kept[n] == container.find(kit::make_key(keys[n])), "found there", keys[n]);
    }
    const auto passed = std::distance(container.begin(), container.end());
    expect_that(static_cast<std::size_t>(passed) == room, "all are met");
  });
}

TYPED_TEST(iterators, keep_their_order_when_others_are_erased) {
  using kit = element_kit<TypeParam>;
  const auto order_of = [](const TypeParam& container) {
    std::vector<std::uint64_t> order;
    for (const auto& element : container) order.push_back(kit::key_of(element));
    return order;
  };
  in_every_state<TypeParam>([&](auto& tested) {
    std::vector<std::uint64_t> expected = order_of(tested.container);
    for (std::uint64_t n = 0; n < tested.next; n += 3) {
      tested.container.erase(kit::make_key(n));
      tested.expect_no(n);
      std::erase(expected, n);
      expect_that(order_of(tested.container) == expected, "the order of the others", n);
    }
    std::erase_if(expected, [](std::uint64_t n) { return n % 2 == 0; });
    erase_if(tested.container, [&](const auto& element) {
      const std::uint64_t n = kit::key_of(element);
      if (n % 2 == 0) tested.expect_no(n);
      return n % 2 == 0;
    });
    expect_that(order_of(tested.container) == expected, "after erase_if");
  });
}

TYPED_TEST(iterators, of_the_end_are_never_invalidated) {
  in_every_state<TypeParam>([](auto& tested) {
    auto& container = tested.container;
    const auto end = container.end();
    const auto constant_end = container.cend();
    for (int n = 0; n < 50; ++n) tested.grow();
    container.finish();
    container.rehash(0);
    expect_that(end == container.end() && constant_end == container.end(), "after growing");
    container.clear();
    tested.expected.clear();
    expect_that(end == container.begin() && constant_end == container.cend(), "after clear()");
  });
}

}  // namespace
