// Members of the concurrent containers: how they are made, assigned, swapped, merged and compared,
// and what arguments insertions take. (What threads do to one another is in tests/concurrent.)
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>

namespace {

using numbers = steady::concurrent_hash_map<std::uint64_t, std::uint64_t>;  // in slots
using texts = steady::concurrent_hash_map<std::string, std::string>;        // in nodes
using owners = steady::concurrent_hash_map<std::string, std::unique_ptr<int>>;
using number_set = steady::concurrent_hash_set<std::uint64_t>;
using text_set = steady::concurrent_hash_set<std::string>;

// Too long to be kept within a std::string: moved from, it is empty.
std::string long_text(std::uint64_t n) {
  return "a text of more than fifteen letters " + std::to_string(n);
}

texts texts_up_to(std::uint64_t count) {
  texts map;
  for (std::uint64_t n = 0; n < count; ++n) map.try_emplace(long_text(n), std::to_string(n));
  return map;
}

// ---- types ----

template <class Container>
constexpr bool moves_without_throwing = std::is_nothrow_move_constructible_v<Container>&&
    std::is_nothrow_move_assignable_v<Container>&& std::is_nothrow_swappable_v<Container>;

struct throwing_copy_hash {
  throwing_copy_hash() = default;
  throwing_copy_hash(const throwing_copy_hash&) noexcept(false) {}
  throwing_copy_hash& operator=(const throwing_copy_hash&) noexcept(false) { return *this; }
  std::size_t operator()(std::uint64_t key) const { return key; }
};

static_assert(moves_without_throwing<numbers>);
static_assert(moves_without_throwing<texts>);
static_assert(moves_without_throwing<owners>);
static_assert(moves_without_throwing<number_set>);
static_assert(moves_without_throwing<text_set>);
static_assert(std::is_nothrow_default_constructible_v<texts>);
using map_of_throwing_copies = steady::concurrent_hash_map<std::uint64_t, int, throwing_copy_hash>;
static_assert(!std::is_nothrow_move_constructible_v<map_of_throwing_copies>);
static_assert(!std::is_nothrow_swappable_v<map_of_throwing_copies>);

static_assert(std::is_same_v<numbers::init_type, std::pair<std::uint64_t, std::uint64_t>>);
static_assert(std::is_same_v<numbers::policy_type, steady::default_concurrent_policy>);
static_assert(numbers::max_load_factor() == 0.8F);

template <class Container>
concept migrates_without_throwing = requires(Container& c) {
  { c.step(1) }
  noexcept;
  { c.finish() }
  noexcept;
  { c.trim() }
  noexcept;
  { c.shrink_gradually() }
  noexcept;
  { c.compact_gradually() }
  noexcept;
  { c.reseed_gradually() }
  noexcept;
};
static_assert(migrates_without_throwing<numbers> && migrates_without_throwing<texts>);
static_assert(migrates_without_throwing<number_set> && migrates_without_throwing<text_set>);
static_assert(migrates_without_throwing<map_of_throwing_copies>);

// ---- constructing ----

struct tagged_hash {
  std::uint64_t tag = 0;
  std::size_t operator()(std::uint64_t key) const noexcept {
    return static_cast<std::size_t>((key + tag) * 0x9e3779b97f4a7c15u);
  }
};
struct tagged_equal {
  int tag = 0;
  bool operator()(std::uint64_t a, std::uint64_t b) const noexcept { return a == b; }
};
template <class T>
using tagged_map = steady::concurrent_hash_map<std::uint64_t, T, tagged_hash, tagged_equal>;
using tagged_numbers = tagged_map<std::uint64_t>;
using tagged_texts = tagged_map<std::string>;

TEST(concurrent_members, maps_are_made_from_lists_ranges_and_iterators) {
  using pair = std::pair<const std::uint64_t, std::uint64_t>;
  const std::vector<pair> elements{{1, 10}, {2, 20}, {1, 30}};
  const numbers::allocator_type allocator;
  const steady::hash<std::uint64_t> hash;
  const std::equal_to<std::uint64_t> equal;
  const std::initializer_list<pair> list{{1, 10}, {2, 20}, {1, 30}};
  const auto expect = [](const numbers& map) {
    EXPECT_EQ(map.size(), 2u);
    EXPECT_EQ(map.find(1), 10u);
    EXPECT_EQ(map.find(2), 20u);
    EXPECT_STREQ(map.check_invariants(), nullptr);
  };
  expect(numbers{{1, 10}, {2, 20}, {1, 30}});
  expect(numbers(list, 100));
  expect(numbers(list, 100, hash, equal, allocator));
  expect(numbers(list, 100, allocator));
  expect(numbers(list, 100, hash, allocator));
  expect(numbers(list, allocator));
  expect(numbers(elements.begin(), elements.end()));
  expect(numbers(elements.begin(), elements.end(), 100, hash, equal, allocator));
  expect(numbers(elements.begin(), elements.end(), 100, allocator));
  expect(numbers(elements.begin(), elements.end(), 100, hash, allocator));
  expect(numbers(elements.begin(), elements.end(), allocator));
  expect(numbers(steady::from_range, elements));
  expect(numbers(steady::from_range, elements, 100, hash, equal, allocator));
  EXPECT_TRUE(numbers(allocator).empty());
  EXPECT_GE(numbers(1000, allocator).bucket_count(), 1000u);
  EXPECT_GE(numbers(1000, hash, allocator).bucket_count(), 1000u);
}

TEST(concurrent_members, sets_are_made_from_lists_ranges_and_iterators) {
  const std::vector<std::string> keys{"a", "b", "a"};
  const text_set::allocator_type allocator;
  const steady::hash<std::string> hash;
  const std::initializer_list<std::string> list{"a", "b", "a"};
  const auto expect = [](const text_set& set) {
    EXPECT_EQ(set.size(), 2u);
    EXPECT_TRUE(set.contains("a") && set.contains("b"));
    EXPECT_STREQ(set.check_invariants(), nullptr);
  };
  expect(text_set{"a", "b", "a"});
  expect(text_set(list, 100, allocator));
  expect(text_set(list, 100, hash, allocator));
  expect(text_set(list, allocator));
  expect(text_set(keys.begin(), keys.end()));
  expect(text_set(keys.begin(), keys.end(), 100, allocator));
  expect(text_set(keys.begin(), keys.end(), 100, hash, allocator));
  expect(text_set(keys.begin(), keys.end(), allocator));
  expect(text_set(steady::from_range, keys));
  EXPECT_TRUE(text_set(allocator).empty());
  EXPECT_GE(text_set(1000, allocator).bucket_count(), 1000u);
  EXPECT_GE(text_set(1000, hash, allocator).bucket_count(), 1000u);
}

TEST(concurrent_members, arguments_of_the_templates_are_deduced) {
  const std::vector<std::pair<std::uint64_t, std::uint64_t>> elements{{1, 10}};
  const numbers map{{1, 10}};
  static_assert(
      std::is_same_v<decltype(steady::concurrent_hash_map(elements.begin(), elements.end())),
                     numbers>);
  static_assert(
      std::is_same_v<decltype(steady::concurrent_hash_map(steady::from_range, elements)), numbers>);
  static_assert(std::is_same_v<decltype(steady::concurrent_hash_map(map)), numbers>);
  static_assert(
      std::is_same_v<decltype(steady::concurrent_hash_map(map, map.get_allocator())), numbers>);
  static_assert(std::is_same_v<decltype(steady::concurrent_hash_map(
                                   {std::pair<std::uint64_t, std::uint64_t>(1, 10)})),
                               numbers>);
  static_assert(std::is_same_v<decltype(steady::concurrent_hash_map(
                                   {std::pair<std::uint64_t, std::uint64_t>(1, 10)}, 16,
                                   tagged_hash(), tagged_equal())),
                               tagged_numbers>);
  static_assert(std::is_same_v<decltype(steady::concurrent_hash_map(
                                   std::declval<steady::hash_map<std::uint64_t, std::uint64_t>>())),
                               numbers>);
  static_assert(
      std::is_same_v<decltype(steady::concurrent_hash_set{std::uint64_t{1}, std::uint64_t{2}}),
                     number_set>);
  static_assert(std::is_same_v<decltype(steady::concurrent_hash_set(
                                   std::declval<steady::hash_set<std::string>>())),
                               text_set>);
  EXPECT_EQ(steady::concurrent_hash_map(elements.begin(), elements.end()), map);
}

// ---- assigning and swapping ----

template <class Map>
class concurrent_functions : public testing::Test {
 protected:
  static constexpr std::uint64_t many = 1000;  // of which some are migrated, and some not yet

  static Map filled(std::uint64_t tag, std::uint64_t from, std::uint64_t to) {
    Map map(0, tagged_hash{tag}, tagged_equal{static_cast<int>(tag)});
    for (std::uint64_t n = from; n < to; ++n) map.emplace(n, value(n));
    return map;
  }
  static typename Map::mapped_type value(std::uint64_t n) {
    if constexpr (std::is_same_v<Map, tagged_numbers>) {
      return 3 * n;
    } else {
      return long_text(n);
    }
  }
  static void expect(const Map& map, std::uint64_t tag, std::uint64_t from, std::uint64_t to) {
    EXPECT_STREQ(map.check_invariants(), nullptr);
    EXPECT_EQ(map.hash_function().tag, tag);
    EXPECT_EQ(map.key_eq().tag, static_cast<int>(tag));
    ASSERT_EQ(map.size(), to - from);
    for (std::uint64_t n = from; n < to; ++n) ASSERT_EQ(map.find(n), value(n));
  }
};
using tagged_maps = testing::Types<tagged_numbers, tagged_texts>;
TYPED_TEST_SUITE(concurrent_functions, tagged_maps);

TYPED_TEST(concurrent_functions, come_along_with_the_elements) {
  const auto expect = [](const TypeParam& map, std::uint64_t tag, std::uint64_t from,
                         std::uint64_t to) { TestFixture::expect(map, tag, from, to); };
  constexpr std::uint64_t count = TestFixture::many;
  TypeParam original = TestFixture::filled(1, 0, count);
  TypeParam target = TestFixture::filled(2, count, count + 10);
  target = original;
  expect(target, 1, 0, count);
  expect(original, 1, 0, count);

  TypeParam other = TestFixture::filled(3, 5, 50);
  target = std::move(other);
  expect(target, 3, 5, 50);
  expect(other, 3, 0, 0);  // NOLINT: is empty, and usable
  other.emplace(7, TestFixture::value(7));
  expect(other, 3, 7, 8);

  swap(original, target);
  expect(original, 3, 5, 50);
  expect(target, 1, 0, count);
  const TypeParam moved(std::move(target));
  expect(moved, 1, 0, count);
}

TYPED_TEST(concurrent_functions, survive_assigning_and_swapping_with_itself) {
  TypeParam map = TestFixture::filled(1, 0, TestFixture::many);
  TypeParam& same = map;
  map = same;
  map = std::move(same);
  map.swap(same);
  TestFixture::expect(map, 1, 0, TestFixture::many);
}

TYPED_TEST(concurrent_functions, stay_where_a_list_is_assigned) {
  TypeParam map = TestFixture::filled(4, 0, 10);
  map = {{11, TestFixture::value(11)}};
  TestFixture::expect(map, 4, 11, 12);
  map = {};
  TestFixture::expect(map, 4, 0, 0);
}

TEST(concurrent_members, swapping_keeps_what_was_erased_until_it_may_be_freed) {
  texts a = texts_up_to(100);
  texts b = texts_up_to(10);
  for (std::uint64_t n = 0; n < 50; ++n) a.erase(long_text(n));
  steady::swap(a, b);
  EXPECT_EQ(a.size(), 10u);
  EXPECT_EQ(b.size(), 50u);
  EXPECT_EQ(b.erase(long_text(70)), 1u);
}

// ---- inserting ----

TEST(concurrent_members, insertions_take_braces_pairs_and_whatever_makes_one) {
  texts map;
  std::string key = long_text(1);
  EXPECT_TRUE(map.insert({std::move(key), "one"}));
  EXPECT_TRUE(key.empty());  // NOLINT: braces move the key
  EXPECT_FALSE(map.insert({long_text(1), "another"}));
  const std::pair<const std::string, std::string> element(long_text(2), "two");
  EXPECT_TRUE(map.insert(element));
  EXPECT_TRUE(map.insert(std::pair<const char*, const char*>("three", "3")));
  EXPECT_EQ(map.insert({{long_text(1), "x"}, {long_text(4), "four"}, {long_text(5), "five"}}), 2u);
  std::vector<std::pair<std::string, std::string>> more{{long_text(5), "x"}, {long_text(6), "six"}};
  EXPECT_EQ(map.insert(std::make_move_iterator(more.begin()), std::make_move_iterator(more.end())),
            1u);
  EXPECT_FALSE(more[0].first.empty());  // it was there: nothing is moved
  EXPECT_TRUE(more[1].first.empty());
  EXPECT_EQ(map.insert_range(std::vector<std::pair<std::string, std::string>>{{"seven", "7"}}), 1u);
  EXPECT_EQ(map.size(), 7u);
  EXPECT_EQ(map.find(long_text(1)), "one");

  EXPECT_FALSE(map.insert_or_visit({"seven", ""}, [](auto& there) { there.second += "!"; }));
  std::string seen;
  EXPECT_FALSE(
      map.insert_or_cvisit({"seven", ""}, [&](const auto& there) { seen = there.second; }));
  EXPECT_EQ(seen, "7!");
  EXPECT_TRUE(map.insert_or_visit({"eight", "8"}, [](auto&) { FAIL(); }));
}

TEST(concurrent_members, what_cannot_be_copied_is_moved_in_and_out) {
  owners map;
  EXPECT_TRUE(map.insert({"one", std::make_unique<int>(1)}));
  EXPECT_TRUE(map.emplace("two", std::make_unique<int>(2)));
  EXPECT_TRUE(map.try_emplace("three", std::make_unique<int>(3)));
  EXPECT_FALSE(map.insert_or_assign("one", std::make_unique<int>(11)));
  owners moved = std::move(map);
  map = std::move(moved);
  owners other;
  other.try_emplace("four", std::make_unique<int>(4));
  swap(map, other);
  EXPECT_EQ(map.merge(other), 3u);
  int sum = 0;
  map.cvisit_all([&](const auto& element) { sum += *element.second; });
  EXPECT_EQ(sum, 11 + 2 + 3 + 4);
  steady::hash_map<std::string, std::unique_ptr<int>> released = map.release();
  EXPECT_EQ(released.size(), 4u);
  EXPECT_EQ(*released.at("one"), 11);
  EXPECT_EQ(owners(std::move(released)).size(), 4u);
}

TEST(concurrent_members, sets_visit_the_key_that_is_there) {
  text_set set;
  std::string seen;
  const auto see = [&seen](const std::string& key) { seen = key; };
  EXPECT_TRUE(set.emplace_or_visit("a", see));
  EXPECT_FALSE(set.emplace_or_visit(1u, 'a', see));
  EXPECT_EQ(seen, "a");
  seen.clear();
  EXPECT_FALSE(set.insert_or_cvisit("a", see));
  EXPECT_EQ(seen, "a");
  EXPECT_EQ(set.insert_range(std::vector<const char*>{"a", "b", "c"}), 2u);
  EXPECT_EQ(steady::erase_if(set, [](const std::string& key) { return key == "b"; }), 1u);
  EXPECT_EQ(set, (text_set{"c", "a"}));
}

// ---- an insertion that another thread comes before ----
//
// The key is not there; the element is made; meanwhile another thread inserts the key.

// Runs once, in another thread, while an element is made.
std::function<void()> meanwhile;

struct made_late {
  std::string text;

  made_late(std::string from) : text(std::move(from)) {
    if (!meanwhile) return;
    std::thread(std::exchange(meanwhile, nullptr)).join();
  }
};
struct late_key {
  std::string text;

  late_key(std::string from) : text(std::move(from)) {}
  late_key(const late_key&) = default;
  late_key(late_key&& other) : text(std::move(other.text)) {
    if (meanwhile) std::thread(std::exchange(meanwhile, nullptr)).join();
  }
  friend bool operator==(const late_key&, const late_key&) = default;
};
struct late_key_hash {
  std::size_t operator()(const late_key& key) const { return std::hash<std::string>()(key.text); }
};

class concurrent_latecomer : public testing::Test {
 protected:
  using map_type = steady::concurrent_hash_map<std::string, made_late>;

  concurrent_latecomer() {
    map.try_emplace("another", "x");  // so that there are buckets
    meanwhile = [this] { map.try_emplace(long_text(1), "faster"); };
  }
  ~concurrent_latecomer() override { meanwhile = nullptr; }

  void expect(const std::string& value) const {
    EXPECT_STREQ(map.check_invariants(), nullptr);
    EXPECT_EQ(map.size(), 2u);
    std::size_t with_key = 0;
    map.cvisit_all([&](const auto& element) { with_key += element.first == long_text(1); });
    EXPECT_EQ(with_key, 1u) << "the key is there twice";
    EXPECT_EQ(map.find(long_text(1))->text, value);
  }

  map_type map;
};

TEST_F(concurrent_latecomer, does_not_insert_a_key_a_second_time) {
  EXPECT_FALSE(map.try_emplace(long_text(1), std::string("late")));
  expect("faster");
}
TEST_F(concurrent_latecomer, visits_the_other_ones_element) {
  std::string seen;
  EXPECT_FALSE(map.try_emplace_or_visit(long_text(1), std::string("late"),
                                        [&](auto& there) { seen = there.second.text; }));
  EXPECT_EQ(seen, "faster");
  expect("faster");
}
TEST_F(concurrent_latecomer, visits_it_if_the_key_was_in_the_element) {
  std::string seen;
  EXPECT_FALSE(map.emplace_or_visit(long_text(1), std::string("late"),
                                    [&](auto& there) { seen = there.second.text; }));
  // The key is found in the finished element: the other thread came before the search.
  EXPECT_EQ(seen, "faster");
  expect("faster");
}
TEST_F(concurrent_latecomer, assigns_what_it_was_given) {
  EXPECT_FALSE(map.insert_or_assign(long_text(1), long_text(2)));
  expect(long_text(2));
}
TEST_F(concurrent_latecomer, assigns_a_copy_of_what_it_was_lent) {
  const std::string lent = long_text(2);
  EXPECT_FALSE(map.insert_or_assign(long_text(1), lent));
  expect(long_text(2));
  EXPECT_EQ(lent, long_text(2));
}

// Converts to a value once, although it is trivially copyable itself.
struct gives_once {
  std::string* from;
  operator made_late() const { return made_late(std::exchange(*from, "taken")); }
};
TEST_F(concurrent_latecomer, assigns_what_can_be_converted_only_once) {
  std::string value = long_text(2);
  EXPECT_FALSE(map.insert_or_assign(long_text(1), gives_once{&value}));
  expect(long_text(2));
}

TEST(concurrent_members, sets_do_not_insert_a_key_a_second_time) {
  steady::concurrent_hash_set<late_key, late_key_hash> set;
  set.insert(late_key("another"));
  meanwhile = [&set] { set.insert(late_key(long_text(1))); };
  EXPECT_FALSE(set.insert(late_key(long_text(1))));
  EXPECT_EQ(set.size(), 2u);
  EXPECT_STREQ(set.check_invariants(), nullptr);
}

// ---- comparing ----

TEST(concurrent_members, containers_are_equal_if_their_elements_are) {
  texts a = texts_up_to(100);
  texts b;
  for (std::uint64_t n = 100; n-- > 0;) b.try_emplace(long_text(n), std::to_string(n));
  EXPECT_TRUE(a == b && b == a);
  EXPECT_TRUE(a == a);  // NOLINT: in nodes, the same lock twice would be for ever
  b.insert_or_assign(long_text(7), "another");
  EXPECT_TRUE(a != b && b != a);
  a.erase(long_text(7));
  EXPECT_TRUE(a != b && b != a);
  EXPECT_EQ((number_set{1, 2}), (number_set{2, 1}));
  EXPECT_NE((number_set{1, 2}), (number_set{2, 3}));
}

// Two that compare the same containers in another order: a deadlock, unless locks have an order.
TEST(concurrent_members, comparing_waits_for_nobody_who_waits) {
  const texts a = texts_up_to(1);
  const texts b = texts_up_to(1);
  constexpr int often = 20'000;
  std::thread other([&] {
    for (int n = 0; n < often; ++n) EXPECT_TRUE(b == a);
  });
  for (int n = 0; n < often; ++n) EXPECT_TRUE(a == b);
  other.join();
}

// ---- merging ----

struct in_nodes : steady::default_concurrent_policy {
  static constexpr std::size_t most_flat_bytes = 0;
};
using numbers_in_nodes =
    steady::concurrent_hash_map<std::uint64_t, std::uint64_t, tagged_hash, tagged_equal,
                                numbers::allocator_type, in_nodes>;

template <class Target, class Source>
void expect_merge() {
  Target target;
  Source source;
  for (std::uint64_t n = 0; n < 500; ++n) target.try_emplace(n, n);
  for (std::uint64_t n = 400; n < 1400; ++n) source.try_emplace(n, n + 10);
  EXPECT_EQ(target.merge(source), 900u);
  EXPECT_EQ(target.size(), 1400u);
  EXPECT_EQ(source.size(), 100u);
  for (std::uint64_t n = 0; n < 1400; ++n) ASSERT_EQ(target.find(n), n < 500 ? n : n + 10);
  for (std::uint64_t n = 400; n < 500; ++n) ASSERT_EQ(source.find(n), n + 10);
  EXPECT_STREQ(target.check_invariants(), nullptr);
  EXPECT_STREQ(source.check_invariants(), nullptr);
  EXPECT_EQ(target.merge(std::move(source)), 0u);
  EXPECT_EQ(target.merge(target), 0u);
  EXPECT_EQ(target.size(), 1400u);
}

TEST(concurrent_members, merging_moves_what_the_target_does_not_have) {
  expect_merge<numbers, numbers>();
  expect_merge<numbers, numbers_in_nodes>();
  expect_merge<numbers_in_nodes, numbers>();
  expect_merge<numbers_in_nodes, numbers_in_nodes>();
  text_set target{"a", "b"};
  text_set source{"b", "c"};
  EXPECT_EQ(target.merge(source), 1u);
  EXPECT_EQ(target, (text_set{"a", "b", "c"}));
  EXPECT_EQ(source, (text_set{"b"}));
}

TEST(concurrent_members, nodes_that_are_merged_stay_where_they_are) {
  texts source = texts_up_to(100);
  texts target;
  const std::string* before = nullptr;
  const std::string* after = nullptr;
  source.cvisit(long_text(7), [&](const auto& element) { before = &element.first; });
  EXPECT_EQ(target.merge(source), 100u);
  target.cvisit(long_text(7), [&](const auto& element) { after = &element.first; });
  EXPECT_EQ(after, before);
  EXPECT_TRUE(source.empty());
  EXPECT_TRUE(source.try_emplace(long_text(7), "again"));
}

TEST(concurrent_members, threads_merge_into_one_map) {
  texts target;
  const auto merge_own = [&target](std::uint64_t first) {
    for (std::uint64_t round = 0; round < 20; ++round) {
      texts own;
      for (std::uint64_t n = 0; n < 100; ++n)
        own.try_emplace(long_text(first + 50 * round + n), "x");
      target.merge(own);
      for (std::uint64_t n = 0; n < 100; ++n)
        ASSERT_TRUE(target.contains(long_text(first + 50 * round + n)));
    }
  };
  std::thread other([&] { merge_own(500); });
  merge_own(0);
  other.join();
  EXPECT_EQ(target.size(), 500u + 19 * 50 + 100);
  EXPECT_STREQ(target.check_invariants(), nullptr);
}

// ---- room ----

template <class Map>
void expect_room_for(const Map& map, std::size_t size) {
  EXPECT_GE(static_cast<double>(map.bucket_count()) * 0.8, static_cast<double>(size));
  EXPECT_FALSE(map.migrating());
}

TEST(concurrent_members, a_reservation_is_fulfilled_however_far_it_is) {
  numbers map;
  for (std::uint64_t n = 0; n < 100; ++n) map.try_emplace(n, n);
  map.reserve(200'000);  // more than one growth
  expect_room_for(map, 200'000);
  const auto before = map.stats().migrations.grow;
  for (std::uint64_t n = 0; n < 200'000; ++n) map.try_emplace(n, n);
  EXPECT_EQ(map.stats().migrations.grow, before);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(concurrent_members, finishing_goes_on_until_nothing_is_due) {
  numbers map;
  for (std::uint64_t n = 0; n < 100'000; ++n) map.try_emplace(n, n);
  EXPECT_EQ(map.erase_if([](const auto& element) { return element.first >= 10; }), 99'990u);
  map.shrink_gradually();
  map.finish();
  EXPECT_LE(map.bucket_count(), 64u);
  EXPECT_EQ(map.size(), 10u);
  EXPECT_EQ(map.step(1), 0u);
}

TEST(concurrent_members, rehash_gives_as_many_slots_as_asked_and_shrinks) {
  numbers map;
  map.rehash(0);
  map.reserve(0);
  EXPECT_EQ(map.bucket_count(), 0u);
  EXPECT_EQ(map.stats().bytes, 0u);
  for (const std::size_t slots : {1u, 64u, 65u, 100u, 128u, 129u, 5000u, 4096u, 4097u, 70u}) {
    map.rehash(slots);
    EXPECT_GE(map.bucket_count(), slots);
    EXPECT_LE(map.bucket_count(), std::max<std::size_t>(64, 2 * slots)) << slots;
  }
  for (std::uint64_t n = 0; n < 1000; ++n) map.try_emplace(n, n);
  map.rehash(1);
  expect_room_for(map, 1000);
  map.clear();
  map.rehash(0);
  EXPECT_EQ(map.bucket_count(), 64u);
}

TEST(concurrent_members, sizes_that_no_container_has_are_refused) {
  numbers map;
  EXPECT_GT(map.max_size(), std::size_t{1} << (sizeof(std::size_t) == 8 ? 50 : 24));
  EXPECT_LT(map.max_size(), std::size_t(-1) / 2);
  EXPECT_THROW(map.reserve(map.max_size() + 1), std::length_error);
  EXPECT_THROW(map.rehash(std::size_t(-1)), std::length_error);
  EXPECT_THROW(map.rehash(std::size_t(-1) / 2), std::length_error);
  if constexpr (sizeof(std::size_t) == 8) {
    EXPECT_THROW(map.reserve(map.max_size()), std::bad_alloc);
    EXPECT_EQ(map.bucket_count(), 0u);
  }
  EXPECT_THROW(numbers(std::size_t(-1)), std::length_error);
}

// Calls `help(map)` while a reseeding is half done and a visitor has a bucket locked, often one
// that the rest of the elements go to. Returns whether that ever waited for the visitor.
template <class Help>
bool ever_waits_while_reseeding(Help help) {
  bool ever_waited = false;
  for (std::uint64_t round = 0; round < 12; ++round) {
    numbers map;
    for (std::uint64_t n = 0; n < 3000; ++n) map.try_emplace(n, n);
    map.finish();
    map.reseed_gradually();
    map.step(map.stats().buckets / 2);
    EXPECT_TRUE(map.migrating());
    std::atomic<bool> is_visiting{false};
    std::atomic<bool> has_returned{false};
    bool waited = false;
    std::thread visiting([&] {
      map.visit(round, [&](auto&) {
        is_visiting = true;
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
        while (!has_returned && !waited) {
          waited = std::chrono::steady_clock::now() > end;
          std::this_thread::yield();
        }
      });
    });
    while (!is_visiting) std::this_thread::yield();
    help(map);
    has_returned = true;
    visiting.join();
    ever_waited |= waited;
    map.finish();
    EXPECT_EQ(map.stats().migrations.reseed, 1u);
    for (std::uint64_t n = 0; n < 3000; ++n) EXPECT_EQ(map.find(n), n);
    EXPECT_STREQ(map.check_invariants(), nullptr);
    if (ever_waited) break;
  }
  return ever_waited;
}
TEST(concurrent_members, steps_of_a_reseeding_wait_for_no_visitor) {
  EXPECT_FALSE(ever_waits_while_reseeding([](numbers& map) { map.step(5000); }));
}
TEST(concurrent_members, trimming_waits_for_no_visitor_while_reseeding) {
  EXPECT_FALSE(ever_waits_while_reseeding([](numbers& map) { map.trim(5000); }));
}

// Finishing frees what readers let it free, and leaves the rest to later calls.
TEST(concurrent_members, reserving_waits_for_no_visitor_of_another_container) {
  numbers other;
  other.try_emplace(1, 1);
  numbers map;
  for (std::uint64_t n = 0; n < 1000; ++n) map.try_emplace(n, n);
  std::atomic<bool> is_visiting{false};
  std::atomic<bool> is_done{false};
  bool waited = false;
  std::thread visiting([&] {
    other.visit(1, [&](auto&) {
      is_visiting = true;
      const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
      while (!is_done && !waited) {
        waited = std::chrono::steady_clock::now() > end;
        std::this_thread::yield();
      }
    });
  });
  while (!is_visiting) std::this_thread::yield();
  map.reserve(5000);
  map.reserve(50'000);
  map.finish();
  EXPECT_GE(map.max_load(), 50'000u);
  is_done = true;
  visiting.join();
  EXPECT_FALSE(waited);
  map.finish();
  EXPECT_EQ(map.stats().leaving, 0u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}
// Shrinking goes by half at a time, and each must wait for readers of what the one before has left.
TEST(concurrent_members, finishing_waits_until_all_has_shrunk) {
  numbers other;
  other.try_emplace(1, 1);
  numbers map(50'000);
  std::atomic<bool> is_visiting{false};
  std::thread visiting([&] {
    other.visit(1, [&](auto&) {
      is_visiting = true;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    });
  });
  while (!is_visiting) std::this_thread::yield();
  map.rehash(0);
  EXPECT_EQ(map.bucket_count(), 64u);
  visiting.join();
}

TEST(concurrent_members, a_request_that_comes_during_a_migration_is_met_by_the_next_one) {
  numbers map;
  for (std::uint64_t n = 0; n < 10'000; ++n) map.try_emplace(n, n);
  map.finish();
  map.compact_gradually();
  map.step(10);
  map.compact_gradually();
  map.compact_gradually();
  map.finish();
  EXPECT_EQ(map.stats().migrations.compact, 2u);
  map.reseed_gradually();
  map.step(10);
  map.reseed_gradually();
  map.finish();
  EXPECT_EQ(map.stats().migrations.reseed, 2u);
  map.finish();
  EXPECT_EQ(map.stats().migrations.compact + map.stats().migrations.reseed, 4u);
}

TEST(concurrent_members, a_scan_of_no_buckets_stays_where_it_is) {
  numbers map{{1, 1}, {2, 2}};
  number_set set{1, 2};
  steady::cursor at;
  EXPECT_FALSE(map.scan(at, 0, [](const auto&) { FAIL(); }).at_end());
  EXPECT_FALSE(set.scan(at, 0, [](const auto&) { FAIL(); }).at_end());
  std::size_t visited = 0;
  while (!at.at_end()) {
    at = map.scan(at, 1, [&](const auto&) { ++visited; });
    at = map.scan(at, 0, [](const auto&) { FAIL(); });
  }
  EXPECT_EQ(visited, 2u);
}

// Trivially copyable, as far as the standard is concerned.
struct movable_id {
  int id;
  explicit movable_id(int n) : id(n) {}
  movable_id(movable_id&&) = default;
  movable_id& operator=(movable_id&&) = default;
  movable_id(const movable_id&) = delete;
  movable_id& operator=(const movable_id&) = delete;
  friend bool operator==(const movable_id& a, const movable_id& b) { return a.id == b.id; }
};
struct movable_id_hash {
  std::size_t operator()(const movable_id& of) const { return static_cast<std::size_t>(of.id); }
};
static_assert(std::is_trivially_copyable_v<movable_id>);

TEST(concurrent_members, keys_may_be_small_and_only_movable) {
  steady::concurrent_hash_map<movable_id, int, movable_id_hash> map;
  EXPECT_TRUE(map.try_emplace(movable_id(1), 2));
  EXPECT_TRUE(map.insert({movable_id(2), 3}));
  EXPECT_FALSE(map.insert_or_assign(movable_id(2), 4));
  EXPECT_TRUE(map.contains(movable_id(1)));
  EXPECT_EQ(map.find(movable_id(2)), 4);
  EXPECT_EQ(map.erase(movable_id(1)), 1u);
  steady::concurrent_hash_set<movable_id, movable_id_hash> set;
  EXPECT_TRUE(set.insert(movable_id(1)));
  EXPECT_FALSE(set.emplace(1));
  EXPECT_EQ(set.erase(movable_id(1)), 1u);
}

TEST(concurrent_members, visitors_may_be_only_movable) {
  numbers map{{1, 1}};
  number_set set{1};
  const numbers& const_map = map;
  const auto visitor = [](auto result) {
    return [result, owned = std::make_unique<int>(1)](const auto&...) { return result; };
  };
  EXPECT_EQ(map.visit_all(visitor(true)), 1u);
  EXPECT_EQ(const_map.visit_all(visitor(true)), 1u);
  EXPECT_EQ(map.cvisit_all(visitor(true)), 1u);
  EXPECT_FALSE(map.visit_while(visitor(false)));
  EXPECT_FALSE(const_map.visit_while(visitor(false)));
  EXPECT_FALSE(map.cvisit_while(visitor(false)));
  EXPECT_EQ(map.visit(1, visitor(true)) + const_map.visit(1, visitor(true)), 2u);
  EXPECT_FALSE(map.insert_or_visit({1, 2}, visitor(true)));
  EXPECT_FALSE(map.insert_and_cvisit({1, 2}, visitor(true), visitor(true)));
  EXPECT_FALSE(map.try_emplace_or_visit(1, 2u, visitor(true)));
  EXPECT_TRUE(map.scan(steady::cursor(), 1000, visitor(true)).at_end());
  EXPECT_EQ(map.visit_indexed(std::vector<std::uint64_t>{1}, visitor(true)), 1u);
  EXPECT_EQ(set.visit_all(visitor(true)) + set.cvisit_all(visitor(true)), 2u);
  EXPECT_FALSE(set.visit_while(visitor(false)));
  EXPECT_FALSE(set.cvisit_while(visitor(false)));
  EXPECT_EQ(map.erase_if(1, visitor(false)), 0u);
  EXPECT_EQ(steady::erase_if(map, visitor(true)), 1u);
  EXPECT_EQ(steady::erase_if(set, visitor(true)), 1u);
}

// Insertions evacuate the bucket that they write, besides their share.
template <bool First>
struct first_or_not : steady::default_concurrent_policy {
  static constexpr bool evacuates_first = First;
};
template <bool First, class Mapped>
std::uint64_t buckets_moved_by_insertions() {
  steady::concurrent_hash_map<
      std::uint64_t, Mapped, steady::hash<std::uint64_t>, std::equal_to<std::uint64_t>,
      std::allocator<std::pair<const std::uint64_t, Mapped>>, first_or_not<First>>
      map;
  std::uint64_t n = 0;
  while (map.size() < 50'000 || !map.migrating()) map.try_emplace(++n);
  const std::uint64_t before = map.stats().steps.insert;
  for (int more = 0; more < 100; ++more) map.try_emplace(++n);
  EXPECT_STREQ(map.check_invariants(), nullptr);
  return map.stats().steps.insert - before;
}
TEST(concurrent_members, insertions_move_their_bucket_first_where_the_policy_says_so) {
  EXPECT_LE((buckets_moved_by_insertions<false, std::uint64_t>()), 200u);
  EXPECT_GT((buckets_moved_by_insertions<true, std::uint64_t>()), 250u);
  EXPECT_LE((buckets_moved_by_insertions<false, std::string>()), 200u);
  EXPECT_GT((buckets_moved_by_insertions<true, std::string>()), 250u);
}

}  // namespace
