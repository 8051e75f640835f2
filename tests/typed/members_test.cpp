// What containers say of themselves: member types, traits, sizes, functions and figures.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <limits>
#include <memory>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include "support/element_kits.hpp"
#include "support/subject.hpp"

namespace {

using namespace support;

// ---- types and traits: nothing to run, so for all kinds of elements ----

template <class Container>
constexpr bool has_member_types() {
  using c = Container;
  using traits = std::allocator_traits<typename c::allocator_type>;
  static_assert(std::is_same_v<typename c::size_type, std::size_t>);
  static_assert(std::is_same_v<typename c::difference_type, std::ptrdiff_t>);
  static_assert(std::is_same_v<typename c::reference, typename c::value_type&>);
  static_assert(std::is_same_v<typename c::const_reference, const typename c::value_type&>);
  static_assert(std::is_same_v<typename c::pointer, typename traits::pointer>);
  static_assert(std::is_same_v<typename c::const_pointer, typename traits::const_pointer>);
  static_assert(std::is_same_v<typename traits::value_type, typename c::value_type>);
  static_assert(std::is_same_v<decltype(std::declval<c>().hash_function()), typename c::hasher>);
  static_assert(std::is_same_v<decltype(std::declval<c>().key_eq()), typename c::key_equal>);
  static_assert(
      std::is_same_v<decltype(std::declval<c>().get_allocator()), typename c::allocator_type>);
  static_assert(!std::is_copy_constructible_v<typename c::node_type>);
  static_assert(std::is_same_v<decltype(c::insert_return_type::position), typename c::iterator>);
  static_assert(std::is_same_v<decltype(c::insert_return_type::node), typename c::node_type>);
  if constexpr (any_map<c>) {
    using key = typename c::key_type;
    static_assert(
        std::is_same_v<typename c::value_type, std::pair<const key, typename c::mapped_type>>);
    static_assert(
        std::is_same_v<std::iter_reference_t<typename c::iterator>, typename c::value_type&>);
  } else {
    static_assert(std::is_same_v<typename c::value_type, typename c::key_type>);
    static_assert(
        std::is_same_v<std::iter_reference_t<typename c::iterator>, const typename c::value_type&>);
  }
  return true;
}

template <class Container>
constexpr bool is_a_range() {
  using c = Container;
  using iterator = typename c::iterator;
  using const_iterator = typename c::const_iterator;
  static_assert(std::ranges::forward_range<c> && std::ranges::forward_range<const c>);
  static_assert(std::ranges::sized_range<c> && std::ranges::common_range<c>);
  static_assert(std::forward_iterator<iterator> && std::forward_iterator<const_iterator>);
  static_assert(std::is_same_v<decltype(std::declval<const c&>().begin()), const_iterator>);
  static_assert(std::is_same_v<decltype(std::declval<c&>().begin()), iterator>);
  static_assert(std::is_same_v<decltype(std::declval<c&>().cend()), const_iterator>);
  static_assert(std::is_same_v<std::iter_value_t<const_iterator>, typename c::value_type>);
  static_assert(std::is_convertible_v<iterator, const_iterator>);
  static_assert(any_map<c> ? !std::is_convertible_v<const_iterator, iterator>
                           : std::is_same_v<const_iterator, iterator>);
  static_assert(std::equality_comparable_with<iterator, const_iterator>);
  static_assert(std::is_nothrow_default_constructible_v<iterator>);
  static_assert(std::is_nothrow_copy_constructible_v<iterator>);
  return true;
}

template <class Container>
constexpr bool does_not_throw() {
  using c = Container;
  static_assert(std::is_nothrow_default_constructible_v<c>);
  static_assert(std::is_nothrow_move_constructible_v<c> && std::is_nothrow_move_assignable_v<c>);
  static_assert(std::is_nothrow_swappable_v<c> && std::is_nothrow_destructible_v<c>);
  static_assert(noexcept(std::declval<c&>().clear())&& noexcept(std::declval<c&>().begin()));
  static_assert(noexcept(std::declval<const c&>().size())&& noexcept(std::declval<c&>().empty()));
  static_assert(noexcept(std::declval<c&>().erase(std::declval<typename c::const_iterator>())));
  static_assert(noexcept(std::declval<const c&>().stats()));
  return true;
}

template <class... Containers>
constexpr bool all_are_containers() {
  return ((has_member_types<Containers>() && is_a_range<Containers>() &&
           does_not_throw<Containers>()) &&
          ...);
}

TEST(member_types, are_those_of_a_standard_container) {
  EXPECT_TRUE(
      (all_are_containers<numbers_map, string_map, owner_map, aligned_map, large_map, fixed_map,
                          empty_map, byte_set, triple_set, string_set, owner_set, copied_set>()));
}

// ---- values ----

template <class Container>
class members : public element_test {};
using containers = testing::Types<numbers_map, empty_map, copied_set>;
TYPED_TEST_SUITE(members, containers);

TYPED_TEST(members, of_an_empty_container_are_zeros) {
  const TypeParam container;
  EXPECT_TRUE(container.empty());
  EXPECT_EQ(container.size(), 0u);
  EXPECT_EQ(container.bucket_count(), 0u);
  EXPECT_EQ(container.load_factor(), 0.0f);
  EXPECT_EQ(container.pending(), 0u);
  EXPECT_FALSE(container.migrating());
  EXPECT_GT(container.max_size(), std::size_t{1} << 40);
  EXPECT_LE(container.max_size(), std::size_t{1} << 63);
  const steady::stats now = container.stats();
  EXPECT_EQ(now.size + now.buckets + now.overflow_buckets + now.chunks + now.bytes, 0u);
  EXPECT_EQ(now.steps.insert + now.steps.call + now.frontier + now.longest_chain, 0u);
}

TYPED_TEST(members, agree_with_each_other_in_every_state) {
  in_every_state<TypeParam>([](auto& tested) {
    const TypeParam& container = tested.container;
    const steady::stats now = container.stats();
    expect_that(container.size() == tested.next && !container.empty(), "size()");
    expect_that(now.size == container.size(), "stats().size");
    expect_that((now.buckets & (now.buckets - 1)) == 0, "a power of two");
    expect_that(now.migrating == container.migrating(), "stats().migrating");
    expect_that(now.migrating == (now.frontier != 0), "stats().frontier");
    expect_that(container.migrating() == (container.pending() != 0), "pending()");
    expect_that(container.load_factor() == static_cast<float>(now.load_factor), "load_factor()");
    expect_that(container.load_factor() <= container.max_load_factor(), "max_load_factor()");
    using policy = typename TypeParam::policy_type;
    constexpr auto width = policy::template bucket_width<sizeof(typename TypeParam::value_type)>;
    expect_that(container.bucket_count() == width * now.buckets, "bucket_count()");
    const auto slots = static_cast<double>(container.bucket_count());
    EXPECT_DOUBLE_EQ(now.load_factor, static_cast<double>(now.size) / slots);
    expect_that(now.chunks > 0, "stats().chunks");
    expect_that(now.bytes > now.size * sizeof(typename TypeParam::value_type), "stats().bytes");
    expect_that(now.migrations.grow >= 1, "stats().migrations");
    expect_that(
        container.max_size() <
            std::numeric_limits<std::ptrdiff_t>::max() / sizeof(typename TypeParam::value_type) + 1,
        "max_size()");
  });
}

TYPED_TEST(members, step_finish_and_pending_count_buckets) {
  in_every_state<TypeParam>([](auto& tested) {
    TypeParam& container = tested.container;
    const std::size_t before = container.pending();
    const std::uint64_t calls = container.stats().steps.call;
    const std::uint64_t grown = container.stats().migrations.grow;
    expect_that(container.step(0) == 0 && container.pending() == before, "step(0)");
    const std::size_t one = before == 0 ? 0 : 1;
    expect_that(container.step(1) == one, "step(1)");
    expect_that(container.pending() == before - one, "one less is pending");
    expect_that(container.stats().steps.call == calls + one, "steps are counted");
    tested.check();
    expect_that(container.step_for(std::chrono::seconds(-1)) == 0, "no time");
    expect_that(container.step(1'000'000) == before - one, "all that is left");
    expect_that(!container.migrating() && container.pending() == 0, "done");
    expect_that(container.stats().migrations.grow == grown + one ||
                    container.stats().migrations.compact != 0,
                "migrations are counted");
    container.finish();
    expect_that(container.step_for(std::chrono::minutes(5)) == 0, "nothing is left to do");
  });
}

TYPED_TEST(members, reserve_and_rehash_set_the_number_of_buckets) {
  in_every_state<TypeParam>([](auto& tested) {
    TypeParam& container = tested.container;
    const std::size_t least = container.bucket_count() / 2;
    const std::size_t width = container.bucket_count() / container.stats().buckets;
    const auto expect_slots = [&](std::size_t slots, const char* what) {
      expect_that(container.bucket_count() == slots && !container.migrating(), what);
      expect_that(container.load_factor() <= container.max_load_factor(), "not too full");
      tested.check();
    };
    container.rehash(width * 513);
    expect_slots(width * 1024, "rounded up");
    container.rehash(width * 1024);
    expect_slots(width * 1024, "as asked");
    container.reserve(10);
    expect_slots(width * 1024, "reserve() never shrinks");
    container.rehash(1);
    expect_that(container.bucket_count() >= least && container.bucket_count() <= 4 * least,
                "as many as the elements need");
    const std::size_t needed = container.bucket_count();
    const float limit = container.max_load_factor();
    container.max_load_factor(limit / 4);
    expect_that(container.max_load_factor() == limit && container.bucket_count() == needed,
                "max_load_factor(float) does nothing");
    container.reserve(2 * needed);
    expect_that(container.bucket_count() > 2 * needed, "reserve() grows");
    container.rehash(0);
    expect_slots(needed, "rehash(0) shrinks to fit");
    EXPECT_THROW(container.reserve(std::numeric_limits<std::size_t>::max()), std::length_error);
    EXPECT_THROW(container.rehash(std::numeric_limits<std::size_t>::max()), std::length_error);
    expect_slots(needed, "what throws changes nothing");
    container.clear();
    tested.expected.clear();
    container.rehash(0);
    expect_that(container.bucket_count() == 0 && container.stats().bytes == 0, "all is given back");
  });
}

TYPED_TEST(members, iterators_are_regular_and_pass_over_each_element_once) {
  in_every_state<TypeParam>([](auto& tested) {
    TypeParam& container = tested.container;
    using iterator = typename TypeParam::iterator;
    using const_iterator = typename TypeParam::const_iterator;
    iterator at = container.begin();
    const iterator first = at++;
    const_iterator constant = at;
    expect_that(first == container.begin() && first != at, "it++ returns what it was");
    expect_that(constant == at && at == constant, "iterator and const_iterator");
    expect_that(std::addressof(*constant) == at.operator->(), "the same element");
    expect_that(++constant == std::next(container.cbegin(), 2), "++it returns what it is");
    constant = container.begin();
    expect_that(constant == container.cbegin(), "assigned");
    expect_that(iterator() == container.end() && const_iterator() == container.cend(), "end()");
    const auto passed =
        static_cast<std::size_t>(std::distance(container.cbegin(), container.cend()));
    expect_that(passed == container.size(), "each once");
    expect_that(std::as_const(container).end() == container.cend(), "end() of a const one");
  });
}

// With functions and an allocator that say which they are.
struct told_hash : number_hash {
  int which = 0;
};
struct told_equal : std::equal_to<> {
  int which = 0;
};

TEST(observers, return_what_the_container_was_given) {
  told_hash hash;
  hash.which = 5;
  told_equal equal;
  equal.which = 6;
  steady::hash_set<triple, told_hash, told_equal> set(0, hash, equal);
  for (std::uint64_t n = 0; n < 200; ++n) set.insert(triple(n));
  EXPECT_EQ(set.hash_function().which, 5);
  EXPECT_EQ(set.key_eq().which, 6);
  EXPECT_TRUE(set.get_allocator() == std::allocator<triple>());
  EXPECT_TRUE(set.key_eq()(triple(1), triple(1)));
  EXPECT_EQ(set.hash_function()(triple(3)), number_hash{}(triple(3)));
}

}  // namespace
