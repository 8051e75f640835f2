// Functions for whole containers, one thread.
#include <cstdint>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

#include "support/concurrent_containers.hpp"

namespace {

using namespace support;

using content = std::map<std::uint64_t, std::uint64_t>;

// n is mapped to 3n; in a set to 0.
template <class Container>
content numbers(std::uint64_t first, std::uint64_t last) {
  content all;
  for (; first != last; ++first) all.emplace(first, element_kit<Container>::value_seen(3 * first));
  return all;
}

template <class Container>
void fill(Container& container, std::uint64_t count) {
  for (std::uint64_t n = 0; n < count; ++n) ASSERT_TRUE(put(container, n, 3 * n));
}

template <class Container>
void expect_content(const Container& container, const content& expected) {
  EXPECT_EQ(content_of(container), expected);
  EXPECT_EQ(container.size(), expected.size());
  EXPECT_EQ(container.empty(), expected.empty());
  EXPECT_STREQ(container.check_invariants(), nullptr);
}

template <class Container>
class whole : public testing::Test {};

using containers = testing::Types<concurrent_numbers, concurrent_stamped, concurrent_strings,
                                  concurrent_owners, concurrent_string_set>;
TYPED_TEST_SUITE(whole, containers);

// Elements as they go into a container, 0 to count - 1.
template <class Container>
std::vector<typename element_kit<Container>::parts> parts_up_to(std::uint64_t count) {
  std::vector<typename element_kit<Container>::parts> all;
  for (std::uint64_t n = 0; n < count; ++n) {
    all.push_back(element_kit<Container>::make_parts(n, 3 * n));
  }
  return all;
}

// ---- visiting all ----

// Calls `visit_all(visitor)` and expects every element of 0 to 499 once.
template <class Container, class Function>
void expect_to_meet_all(bool constant, const Function& visit_all) {
  using kit = element_kit<Container>;
  content met;
  const std::size_t count = visit_all([&](auto& element) {
    using visited = std::remove_reference_t<decltype(element)>;
    EXPECT_EQ(std::is_const_v<visited>, constant || !kit::is_map);
    EXPECT_TRUE(met.emplace(kit::key_of(element), kit::value_of(element)).second);
  });
  EXPECT_EQ(count, 500u);
  EXPECT_EQ(met, numbers<Container>(0, 500));
}

TYPED_TEST(whole, visit_all_meets_every_element_once) {
  TypeParam container;
  EXPECT_EQ(container.visit_all([](const auto&) { FAIL(); }), 0u);
  fill(container, 500);
  expect_to_meet_all<TypeParam>(false, [&](auto visitor) { return container.visit_all(visitor); });
  expect_to_meet_all<TypeParam>(true, [&](auto visitor) { return container.cvisit_all(visitor); });
  expect_to_meet_all<TypeParam>(
      true, [&](auto visitor) { return std::as_const(container).visit_all(visitor); });
}

TYPED_TEST(whole, visit_all_changes_values) {
  using kit = element_kit<TypeParam>;
  if constexpr (kit::is_map) {
    TypeParam map;
    fill(map, 500);
    map.visit_all(
        [](auto& element) { element.second = kit::make_value(kit::key_of(element) + 7); });
    EXPECT_TRUE(map.visit_while([](auto& element) {
      element.second = kit::make_value(kit::value_of(element) + 1);
      return true;
    }));
    content expected;
    for (std::uint64_t n = 0; n < 500; ++n) expected.emplace(n, n + 8);
    expect_content(map, expected);
  }
}

TYPED_TEST(whole, visit_while_stops_where_it_is_told) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  fill(container, 500);
  content met;
  const auto meet_up_to = [&](std::size_t most) {
    return [&met, most](const auto& element) {
      EXPECT_TRUE(met.emplace(kit::key_of(element), kit::value_of(element)).second);
      return met.size() < most;
    };
  };
  EXPECT_FALSE(container.visit_while(meet_up_to(100)));
  EXPECT_EQ(met.size(), 100u);
  met.clear();
  EXPECT_FALSE(container.cvisit_while(meet_up_to(100)));
  EXPECT_EQ(met.size(), 100u);
  met.clear();
  EXPECT_FALSE(container.cvisit_while(meet_up_to(500))) << "the last visit said no";
  EXPECT_EQ(met.size(), 500u);
  met.clear();
  EXPECT_TRUE(container.cvisit_while(meet_up_to(501)));
  EXPECT_EQ(met, numbers<TypeParam>(0, 500));
  met.clear();
  EXPECT_TRUE(std::as_const(container).visit_while(meet_up_to(501)));
  EXPECT_EQ(met, numbers<TypeParam>(0, 500));
}

// ---- scanning ----

TYPED_TEST(whole, scan_meets_every_element_once) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  EXPECT_TRUE(container.scan({}, 1, [](const auto&) { FAIL(); }).at_end());
  fill(container, 500);
  for (const std::size_t buckets : {std::size_t{1}, std::size_t{7}, std::size_t{1'000'000}}) {
    content met;
    const auto meet = [&](const auto& element) {
      EXPECT_TRUE(met.emplace(kit::key_of(element), kit::value_of(element)).second);
    };
    std::size_t calls = 0;
    for (steady::cursor at; !at.at_end(); ++calls) {
      at = steady::cursor::from_number(at.to_number());
      at = calls % 2 == 0 ? container.scan(at, buckets, meet)
                          : std::as_const(container).scan(at, buckets, meet);
    }
    EXPECT_EQ(met, numbers<TypeParam>(0, 500));
    EXPECT_EQ(calls > 1, buckets < 1'000'000);
  }
}

TYPED_TEST(whole, a_scan_goes_on_after_growth_and_is_refused_after_reseeding) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  fill(container, 2000);
  ASSERT_TRUE(finish(container));
  std::map<std::uint64_t, int> met;
  const auto meet = [&](const auto& element) { ++met[kit::key_of(element)]; };
  const steady::cursor early = container.scan({}, 2, meet);
  ASSERT_FALSE(early.at_end());
  for (std::uint64_t n = 2000; n < 9000; ++n) ASSERT_TRUE(put(container, n, 3 * n));
  for (steady::cursor at = early; !at.at_end();) at = container.scan(at, 5, meet);
  for (std::uint64_t n = 0; n < 2000; ++n) EXPECT_EQ(met[n], 1) << n;
  for (const auto& [key, times] : met) EXPECT_EQ(times, 1) << key;
  ASSERT_TRUE(finish(container));
  container.reseed_gradually();
  ASSERT_TRUE(finish(container));
  EXPECT_THROW(container.scan(early, 5, meet), steady::stale_cursor);
}

// Only the number 0 is at the start of every container.
TYPED_TEST(whole, refuses_a_number_that_no_cursor_of_its_own_has) {
  TypeParam container;
  fill(container, 100);
  ASSERT_TRUE(finish(container));
  const auto ignore = [](const auto&) {};
  for (const std::uint64_t position : {std::uint64_t{1} << 16, ~std::uint64_t{0} << 16}) {
    const auto at = steady::cursor::from_number(position);
    EXPECT_THROW(container.scan(at, 1, ignore), steady::stale_cursor) << position;
  }
  EXPECT_FALSE(container.scan(steady::cursor::from_number(0), 1, ignore).at_end());
}

// However often it is reseeded: two orders in a row never have the same name, nor any others soon.
TYPED_TEST(whole, refuses_all_cursors_from_before_a_reseeding) {
  TypeParam container;
  fill(container, 100);
  std::set<std::uint64_t> lines;
  const int times = 1000;
  for (int n = 0; n < times; ++n) {
    lines.insert(container.scan({}, 1, [](const auto&) {}).line());
    container.reseed_gradually();
    ASSERT_TRUE(finish(container));
  }
  EXPECT_EQ(lines.size(), static_cast<std::size_t>(times));
}

// ---- making containers ----

TYPED_TEST(whole, is_made_with_functions_and_an_allocator) {
  using hasher = typename TypeParam::hasher;
  using key_equal = typename TypeParam::key_equal;
  using allocator_type = typename TypeParam::allocator_type;
  TypeParam container(1000, hasher(), key_equal(), allocator_type());
  EXPECT_GE(container.bucket_count(), 1000u);
  expect_content(container, {});
  fill(container, 100);
  expect_content(container, numbers<TypeParam>(0, 100));
  EXPECT_GE(TypeParam(1000).bucket_count(), 1000u);
}

TYPED_TEST(whole, is_made_from_ranges) {
  auto parts = parts_up_to<TypeParam>(300);
  TypeParam container(std::make_move_iterator(parts.begin()), std::make_move_iterator(parts.end()));
  expect_content(container, numbers<TypeParam>(0, 300));
  auto more = parts_up_to<TypeParam>(400);
  container.insert(std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  expect_content(container, numbers<TypeParam>(0, 400));
}

TYPED_TEST(whole, is_made_from_lists) {
  using kit = element_kit<TypeParam>;
  using element = typename TypeParam::value_type;
  if constexpr (kit::is_map && kit::copyable) {
    const element one(kit::make_key(1), kit::make_value(3));
    const element two(kit::make_key(2), kit::make_value(6));
    const element other_one(kit::make_key(1), kit::make_value(9));
    TypeParam map{one, two, other_one};
    expect_content(map, numbers<TypeParam>(1, 3));
    map.insert({element(kit::make_key(3), kit::make_value(9)), other_one});
    expect_content(map, numbers<TypeParam>(1, 4));
    map = {two};
    expect_content(map, numbers<TypeParam>(2, 3));
  } else if constexpr (!kit::is_map) {
    TypeParam set{kit::make_key(1), kit::make_key(2), kit::make_key(1)};
    expect_content(set, numbers<TypeParam>(1, 3));
    set.insert({kit::make_key(3), kit::make_key(1)});
    expect_content(set, numbers<TypeParam>(1, 4));
    set = {kit::make_key(2)};
    expect_content(set, numbers<TypeParam>(2, 3));
  }
}

// ---- copying, moving, swapping, comparing ----

TYPED_TEST(whole, copies_are_equal_and_apart) {
  using kit = element_kit<TypeParam>;
  if constexpr (kit::copyable) {
    TypeParam original;
    fill(original, 500);
    TypeParam copy(original);
    expect_content(copy, numbers<TypeParam>(0, 500));
    EXPECT_TRUE(copy == original);
    EXPECT_EQ(copy.erase(kit::make_key(7)), 1u);
    EXPECT_FALSE(copy == original);
    expect_content(original, numbers<TypeParam>(0, 500));
    ASSERT_TRUE(put(copy, 500, 0));
    EXPECT_FALSE(copy == original) << "as many elements, but others";
    copy = original;
    EXPECT_TRUE(copy == original);
    const TypeParam& itself = copy;
    copy = itself;
    expect_content(copy, numbers<TypeParam>(0, 500));
    if constexpr (kit::is_map) {
      copy.insert_or_assign(kit::make_key(7), kit::make_value(1));
      EXPECT_FALSE(copy == original) << "a value differs";
    }
  }
}

TYPED_TEST(whole, moving_leaves_an_empty_container_that_works) {
  TypeParam source;
  fill(source, 500);
  TypeParam target(std::move(source));
  expect_content(target, numbers<TypeParam>(0, 500));
  expect_content(source, {});  // NOLINT: it is not unspecified here
  fill(source, 100);
  expect_content(source, numbers<TypeParam>(0, 100));
  target = std::move(source);
  expect_content(target, numbers<TypeParam>(0, 100));
  expect_content(source, {});  // NOLINT
  fill(source, 10);
  expect_content(source, numbers<TypeParam>(0, 10));
}

TYPED_TEST(whole, swap_exchanges_everything) {
  TypeParam a;
  fill(a, 500);
  TypeParam b;
  a.swap(b);
  expect_content(a, {});
  expect_content(b, numbers<TypeParam>(0, 500));
  fill(a, 3);
  using std::swap;
  swap(a, b);
  expect_content(a, numbers<TypeParam>(0, 500));
  expect_content(b, numbers<TypeParam>(0, 3));
}

// ---- from and to containers for one thread ----

template <class Key, class T, class Hash, class KeyEqual, class Allocator, class Policy>
steady::hash_map<Key, T, Hash, KeyEqual, Allocator> plain_of(
    const steady::concurrent_hash_map<Key, T, Hash, KeyEqual, Allocator, Policy>&);
template <class Key, class Hash, class KeyEqual, class Allocator, class Policy>
steady::hash_set<Key, Hash, KeyEqual, Allocator> plain_of(
    const steady::concurrent_hash_set<Key, Hash, KeyEqual, Allocator, Policy>&);

TYPED_TEST(whole, becomes_a_container_for_one_thread_and_back) {
  using kit = element_kit<TypeParam>;
  using plain = decltype(plain_of(std::declval<TypeParam>()));
  plain source;
  for (std::uint64_t n = 0; n < 500; ++n) source.insert(kit::make_parts(n, 3 * n));
  TypeParam container(std::move(source));
  EXPECT_TRUE(source.empty());  // NOLINT
  expect_content(container, numbers<TypeParam>(0, 500));
  ASSERT_TRUE(put(container, 500, 1500));
  plain released = std::move(container).release();
  expect_content(container, {});  // NOLINT
  ASSERT_STREQ(released.check_invariants(), nullptr);
  content met;
  for (const auto& element : released) met.emplace(kit::key_of(element), kit::value_of(element));
  EXPECT_EQ(met, numbers<TypeParam>(0, 501));
  EXPECT_EQ(released.size(), 501u);
  ASSERT_TRUE(put(container, 1, 3));
  expect_content(container, numbers<TypeParam>(1, 2));
  EXPECT_TRUE(TypeParam().release().empty());
}

// ---- sizes and migrations ----

TYPED_TEST(whole, clear_leaves_nothing) {
  TypeParam container;
  container.clear();
  expect_content(container, {});
  fill(container, 1000);
  container.clear();
  expect_content(container, {});
  fill(container, 1000);
  expect_content(container, numbers<TypeParam>(0, 1000));
}

TYPED_TEST(whole, reserve_makes_room) {
  TypeParam container;
  fill(container, 10);
  container.reserve(5000);
  const std::size_t slots = container.bucket_count();
  EXPECT_GE(slots, 5000u);
  for (std::uint64_t n = 10; n < 5000; ++n) ASSERT_TRUE(put(container, n, 3 * n));
  EXPECT_EQ(container.bucket_count(), slots);
  expect_content(container, numbers<TypeParam>(0, 5000));
}

TYPED_TEST(whole, tells_its_size_and_load) {
  TypeParam container;
  EXPECT_TRUE(container.empty());
  EXPECT_EQ(container.load_factor(), 0);
  fill(container, 3000);
  EXPECT_FALSE(container.empty());
  EXPECT_NEAR(static_cast<double>(container.load_factor()),
              static_cast<double>(container.size()) / static_cast<double>(container.bucket_count()),
              1e-4);
  const steady::stats stats = std::as_const(container).stats();
  EXPECT_EQ(stats.size, 3000u);
  EXPECT_GT(stats.buckets, 0u);
  EXPECT_EQ(stats.migrating, container.migrating());
}

TYPED_TEST(whole, grows_in_steps_that_can_be_driven) {
  TypeParam container;
  EXPECT_FALSE(container.migrating());
  EXPECT_EQ(container.step(10), 0u);
  std::uint64_t count = 0;
  for (; count < 500; ++count) ASSERT_TRUE(put(container, count, 3 * count));
  ASSERT_TRUE(finish(container));
  const auto grown = container.stats().migrations.grow;
  while (!container.migrating()) {
    ASSERT_LT(count, 100'000u) << "it must grow some time";
    ASSERT_TRUE(put(container, count, 3 * count));
    ++count;
  }
  expect_content(container, numbers<TypeParam>(0, count));
  EXPECT_GT(container.step(1), 0u);
  expect_content(container, numbers<TypeParam>(0, count));
  ASSERT_TRUE(finish(container));
  EXPECT_EQ(container.step(10), 0u);
  EXPECT_GT(container.stats().migrations.grow, grown);
  expect_content(container, numbers<TypeParam>(0, count));
}

TYPED_TEST(whole, starts_migrations_on_purpose) {
  using kit = element_kit<TypeParam>;
  TypeParam container;
  fill(container, 3000);
  ASSERT_TRUE(finish(container));
  const std::size_t slots = container.bucket_count();
  const auto before = container.stats().migrations;
  container.compact_gradually();
  container.step(3);
  expect_content(container, numbers<TypeParam>(0, 3000));
  ASSERT_TRUE(finish(container));
  EXPECT_GT(container.stats().migrations.compact, before.compact);

  container.reseed_gradually();
  container.step(3);
  expect_content(container, numbers<TypeParam>(0, 3000));
  ASSERT_TRUE(finish(container));
  EXPECT_GT(container.stats().migrations.reseed, before.reseed);
  expect_content(container, numbers<TypeParam>(0, 3000));

  container.compact_gradually();
  container.finish();
  EXPECT_FALSE(container.migrating());
  EXPECT_EQ(container.step(10), 0u);
  expect_content(container, numbers<TypeParam>(0, 3000));

  for (std::uint64_t n = 50; n < 3000; ++n) ASSERT_EQ(container.erase(kit::make_key(n)), 1u);
  container.shrink_gradually();
  container.step(3);
  expect_content(container, numbers<TypeParam>(0, 50));
  ASSERT_TRUE(finish(container));
  EXPECT_GT(container.stats().migrations.shrink, before.shrink);
  EXPECT_LT(container.bucket_count(), slots / 4);
  expect_content(container, numbers<TypeParam>(0, 50));
}

// ---- comparing: which container's bucket is held while the other one's is waited for ----

// Notes which container's equality is called.
struct noting_equal {
  int* looked_up = nullptr;
  bool operator()(const std::string& a, const std::string& b) const {
    if (looked_up != nullptr) ++*looked_up;
    return a == b;
  }
};

TEST(comparing, walks_the_container_at_the_lower_address_and_looks_up_in_the_other) {
  using map = steady::concurrent_hash_map<std::string, std::string, steady::hash<std::string>,
                                          noting_equal>;
  int looked_up[2] = {};
  map both[2] = {map(0, {}, noting_equal{&looked_up[0]}), map(0, {}, noting_equal{&looked_up[1]})};
  for (map& each : both) each.try_emplace("key", "value");
  for (const bool turned : {false, true}) {
    looked_up[0] = looked_up[1] = 0;
    EXPECT_TRUE(turned ? both[1] == both[0] : both[0] == both[1]);
    EXPECT_EQ(looked_up[0], 0);
    EXPECT_GE(looked_up[1], 1);
  }
}

}  // namespace
