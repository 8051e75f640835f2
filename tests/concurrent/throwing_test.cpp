// Hashes, equalities, elements and visitors that throw, at every chance they have: afterwards the
// container is as it was or as it should be, nothing is locked, and nothing leaks.
#include <cstddef>
#include <cstdint>
#include <latch>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>

#include "support/concurrent_containers.hpp"
#include "support/concurrent_fault_run.hpp"
#include "support/countdown.hpp"
#include "support/element_kits.hpp"
#include "support/fallible.hpp"
#include "support/ledger_allocator.hpp"
#include "support/sanitized.hpp"

namespace {

using namespace support;

using number = std::uint64_t;
using content = std::map<std::uint64_t, std::uint64_t>;

struct throwing_text_hash {
  std::uint64_t operator()(const std::string& text) const {
    countdown::chance();
    return steady::hash<std::string>{}(text);
  }
};

// ---- functions and elements that throw ----

template <class Map>
class throwing : public testing::Test {
 protected:
  ~throwing() override {
    countdown::disarm();
    EXPECT_EQ(copied::alive, 0);
  }
};

using throwing_maps =
    testing::Types<concurrent_map_of<number, number, fallible_hash,
                                     steady::default_concurrent_policy, fallible_equal>,
                   concurrent_map_of<number, stamped, fallible_hash, crowded, fallible_equal>,
                   concurrent_map_of<copied, copied, fallible_hash>,
                   concurrent_map_of<copied, copied, fallible_hash, in_nodes>>;
TYPED_TEST_SUITE(throwing, throwing_maps);

TYPED_TEST(throwing, loses_nothing_wherever_it_throws) {
  std::size_t chance = 0;
  for (bool fired = true; fired; chance += 1 + chance / (sanitized ? 16 : 64)) {
    SCOPED_TRACE(testing::Message() << "chance " << chance);
    {
      concurrent_fault_run<TypeParam> run({});
      countdown::arm(chance);
      run.run();
      fired = countdown::fired();
      countdown::disarm();
    }
    ASSERT_EQ(copied::alive, 0);
    if (this->HasFailure()) return;
  }
  EXPECT_GT(chance, 500u);
}

// Calls the operation with its first chance failing, its second and so on, until none fails. Until
// then nothing may change.
template <class Map, class Operation>
void expect_all_or_nothing(Map& map, const Operation& operation) {
  const content before = content_of(map);
  for (std::size_t chance = 0;; ++chance) {
    countdown::arm(chance);
    bool thrown = false;
    try {
      operation();
    } catch (const injected_failure&) {
      thrown = true;
    }
    countdown::disarm();
    EXPECT_STREQ(map.check_invariants(), nullptr);
    if (!thrown) return;
    ASSERT_EQ(content_of(map), before) << "chance " << chance;
  }
}

TYPED_TEST(throwing, undoes_single_operations) {
  using kit = element_kit<TypeParam>;
  for (const std::uint64_t count : {10u, 200u, 700u}) {
    TypeParam map;
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_TRUE(put(map, n, 3 * n));
    const auto meet = [](const auto&) {};
    expect_all_or_nothing(map, [&] { map.find(kit::make_key(1)); });
    expect_all_or_nothing(map, [&] { map.contains(kit::make_key(count)); });
    expect_all_or_nothing(map, [&] { map.cvisit(kit::make_key(1), meet); });
    expect_all_or_nothing(map, [&] { map.visit(kit::make_key(1), [](auto&) {}); });
    expect_all_or_nothing(map, [&] { put(map, 1, 4); });
    const typename TypeParam::value_type old(kit::make_key(1), kit::make_value(4));
    expect_all_or_nothing(map, [&] { map.insert(old); });
    expect_all_or_nothing(map, [&] { map.insert_or_visit(old, meet); });
    expect_all_or_nothing(map, [&] { map.insert_or_assign(kit::make_key(1), kit::make_value(3)); });
    expect_all_or_nothing(map, [&] { map.erase(kit::make_key(count)); });
    expect_all_or_nothing(map, [&] { put(map, count, 3 * count); });
    ASSERT_EQ(map.erase(kit::make_key(count)), 1u);
    expect_all_or_nothing(map, [&] {
      map.try_emplace_or_visit(kit::make_key(count), kit::make_value(3 * count), meet);
    });
    expect_all_or_nothing(map, [&] { map.erase(kit::make_key(count)); });
    const typename TypeParam::value_type fresh(kit::make_key(count), kit::make_value(5));
    expect_all_or_nothing(map, [&] { map.emplace(fresh); });
    ASSERT_EQ(map.erase(kit::make_key(count)), 1u);
    map.reseed_gradually();
    expect_all_or_nothing(map, [&] { map.step(2); });
    expect_all_or_nothing(map, [&] { finish(map); });
    ASSERT_EQ(map.size(), count);
  }
}

TYPED_TEST(throwing, leaks_nothing_on_the_way_to_other_containers) {
  bool thrown = true;
  for (std::size_t chance = 0; thrown; chance += 1 + chance / 8) {
    TypeParam map;
    for (std::uint64_t n = 0; n < 100; ++n) ASSERT_TRUE(put(map, n, 3 * n));
    thrown = false;
    countdown::arm(chance);
    try {
      TypeParam copy(map);
      TypeParam back(std::move(copy).release());
      countdown::disarm();
      EXPECT_TRUE(back == map);
    } catch (const injected_failure&) {
      thrown = true;
    }
    countdown::disarm();
    ASSERT_EQ(map.size(), 100u);
  }
}

// Lets that chance of release() fail. Afterwards the map must be in order, whatever it has.
template <class Map>
bool release_throws(Map& map, std::size_t chance) {
  countdown::arm(chance);
  bool thrown = false;
  try {
    std::move(map).release();
  } catch (const injected_failure&) {
    thrown = true;
  }
  countdown::disarm();
  EXPECT_STREQ(map.check_invariants(), nullptr);  // NOLINT: it is not unspecified here
  return thrown;
}

// Elements that are copied, because moving them may fail.
TYPED_TEST(throwing, has_all_elements_after_a_release_that_failed) {
  bool thrown = true;
  for (std::size_t chance = 0; thrown; chance += 1 + chance / 8) {
    TypeParam map;
    for (std::uint64_t n = 0; n < 100; ++n) ASSERT_TRUE(put(map, n, 3 * n));
    const content before = content_of(map);
    thrown = release_throws(map, chance);
    ASSERT_EQ(content_of(map), thrown ? before : content()) << "chance " << chance;
  }
}

// Elements that are moved are in one of the two, and none is left behind without its content.
TEST(throwing_release, leaves_no_element_that_was_moved_from) {
  using map_type = concurrent_map_of<std::string, owner, throwing_text_hash>;
  bool thrown = true;
  std::size_t chance = 0;
  for (; thrown; ++chance) {
    map_type map;
    for (std::uint64_t n = 0; n < 40; ++n) ASSERT_TRUE(put(map, n, 3 * n));
    thrown = release_throws(map, chance);
    ASSERT_EQ(map.size(), thrown ? 40 - chance : 0);
    for (const auto& [key, value] : content_of(map)) {
      ASSERT_LT(key, 40u);
      ASSERT_EQ(value, 3 * key);
    }
  }
  EXPECT_EQ(chance, 41u);
}

// Where moving an element throws that cannot be copied, that one stays whole.
struct moved_by_chance {
  std::uint64_t number;
  explicit moved_by_chance(std::uint64_t n) : number(n) {}
  moved_by_chance(moved_by_chance&& other) : number((countdown::chance(), other.number)) {}
  moved_by_chance& operator=(moved_by_chance&&) = delete;
};

TEST(throwing_release, keeps_the_element_that_could_not_be_moved) {
  bool thrown = true;
  std::size_t chance = 0;
  for (; thrown; ++chance) {
    concurrent_map_of<std::string, moved_by_chance> map;
    for (std::uint64_t n = 0; n < 40; ++n) map.try_emplace(make<std::string>(n), 3 * n);
    thrown = release_throws(map, chance);
    ASSERT_EQ(map.size(), thrown ? 40 - chance : 0);
    std::size_t found = 0;
    for (std::uint64_t n = 0; n < 40; ++n) {
      found += map.cvisit(make<std::string>(n),
                          [n](const auto& element) { EXPECT_EQ(element.second.number, 3 * n); });
    }
    ASSERT_EQ(found, map.size()) << "chance " << chance;
  }
  EXPECT_EQ(chance, 41u);
}

// ---- visitors that throw ----

template <class Map>
class throwing_visitor : public testing::Test {};
using visited_maps = testing::Types<concurrent_numbers, concurrent_tracked>;
TYPED_TEST_SUITE(throwing_visitor, visited_maps);

TYPED_TEST(throwing_visitor, leaves_nothing_locked) {
  using kit = element_kit<TypeParam>;
  struct failure {};
  TypeParam map;
  for (std::uint64_t n = 0; n < 700; ++n) ASSERT_TRUE(put(map, n, 3 * n));
  const content before = content_of(map);
  const auto key = kit::make_key(7);
  const auto value = kit::make_value(8);
  const typename TypeParam::value_type element(key, value);
  const auto fail = [](const auto&) -> bool { throw failure(); };
  const auto change_and_fail = [](auto& there) {
    there.second = kit::make_value(21);
    throw failure();
  };
  // Twice: were something left locked, the second would wait for ever.
  for (int times = 0; times < 2; ++times) {
    EXPECT_THROW(map.visit(key, change_and_fail), failure);
    EXPECT_THROW(map.cvisit(key, fail), failure);
    EXPECT_THROW(std::as_const(map).visit(key, fail), failure);
    EXPECT_THROW(map.insert_or_visit(element, change_and_fail), failure);
    EXPECT_THROW(map.insert_or_cvisit(element, fail), failure);
    EXPECT_THROW(map.emplace_or_visit(key, value, change_and_fail), failure);
    EXPECT_THROW(map.emplace_or_cvisit(key, value, fail), failure);
    EXPECT_THROW(map.try_emplace_or_visit(key, value, change_and_fail), failure);
    EXPECT_THROW(map.try_emplace_or_cvisit(key, value, fail), failure);
    EXPECT_THROW(map.visit_all(fail), failure);
    EXPECT_THROW(map.cvisit_all(fail), failure);
    EXPECT_THROW(map.visit_while(fail), failure);
    EXPECT_THROW(map.cvisit_while(fail), failure);
    EXPECT_THROW(map.scan({}, 5, fail), failure);
    EXPECT_THROW(map.erase_if(key, fail), failure);
    EXPECT_THROW(map.erase_if(fail), failure);
    EXPECT_EQ(content_of(map), before);
    EXPECT_STREQ(map.check_invariants(), nullptr);
    map.compact_gradually();  // and once more during a migration
  }
  ASSERT_TRUE(finish(map));
  EXPECT_EQ(map.erase_if([](const auto&) { return true; }), 700u);
}

// What was erased before the predicate threw stays erased, and everything else stays.
TYPED_TEST(throwing_visitor, interrupts_erase_if) {
  using kit = element_kit<TypeParam>;
  struct failure {};
  TypeParam map;
  content expected;
  for (std::uint64_t n = 0; n < 700; ++n) {
    ASSERT_TRUE(put(map, n, 3 * n));
    expected.emplace(n, 3 * n);
  }
  std::size_t asked = 0;
  EXPECT_THROW(map.erase_if([&](const auto& element) {
    if (++asked == 300) throw failure();
    expected.erase(kit::key_of(element));
    return true;
  }),
               failure);
  EXPECT_EQ(expected.size(), 401u);
  EXPECT_EQ(content_of(map), expected);
  EXPECT_EQ(map.size(), 401u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(throwing_visitor_of_a_copy, has_changed_nothing) {
  struct failure {};
  concurrent_numbers map;
  put(map, 7, 21);
  const auto change_and_fail = [](auto& element) {
    element.second = 1;
    throw failure();
  };
  EXPECT_THROW(map.visit(std::uint64_t{7}, change_and_fail), failure);
  EXPECT_EQ(map.find(7), 21u);
}

// In crowded buckets, so that new elements go into overflow, too.
template <class Value>
void expect_no_trace_of_what_a_visitor_refused() {
  using map_type = concurrent_map_of<std::uint64_t, Value, steady::hash<std::uint64_t>, crowded>;
  struct failure {};
  map_type map;
  const auto leave = [](const auto&) {};
  const auto refuse = [](auto& element) {
    element.second = make<Value>(1);
    throw failure();
  };
  for (std::uint64_t n = 0; n < 2000; ++n) {
    EXPECT_THROW(map.try_emplace_and_visit(n, make<Value>(n), refuse, leave), failure);
    EXPECT_THROW(map.emplace_and_cvisit(n, make<Value>(n), refuse, leave), failure);
    ASSERT_FALSE(map.contains(n));
    ASSERT_EQ(map.size(), n);
    ASSERT_TRUE(map.insert_and_visit({n, make<Value>(n)}, leave, refuse));
    ASSERT_EQ(value_in(map, n), n);
    if (n % 100 == 0) {
      EXPECT_STREQ(map.check_invariants(), nullptr);
    }
  }
  EXPECT_GT(map.stats().longest_chain, 0u);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(throwing_visitor_of_a_new_element, undoes_the_insertion) {
  expect_no_trace_of_what_a_visitor_refused<std::uint64_t>();
  expect_no_trace_of_what_a_visitor_refused<tracked>();
  EXPECT_EQ(tracked::alive, 0);
}

// ---- construction that throws ----

// In a node, and in a slot.
template <class Base>
struct picky : Base {
  explicit picky(bool fails) {
    if (fails) throw injected_failure();
  }
};
struct unused {
  int number = 0;
};

template <class Value>
void expect_no_trace_of_what_was_not_made() {
  concurrent_map_of<std::uint64_t, Value, steady::hash<std::uint64_t>, crowded> map;
  for (std::uint64_t n = 0; n < 2000; ++n) {
    EXPECT_THROW(map.try_emplace(n, true), injected_failure);
    EXPECT_THROW(map.try_emplace_or_cvisit(n, true, [](const auto&) {}), injected_failure);
    ASSERT_FALSE(map.contains(n));
    ASSERT_EQ(map.size(), n);
    ASSERT_TRUE(map.try_emplace(n, false));
    if (n % 100 == 0) {
      EXPECT_STREQ(map.check_invariants(), nullptr);
    }
  }
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(throwing_construction, has_no_effect) {
  expect_no_trace_of_what_was_not_made<picky<unused>>();
  expect_no_trace_of_what_was_not_made<picky<tracked>>();
  EXPECT_EQ(tracked::alive, 0);
}

// ---- what a thread leaves behind ----

// A thread that left an operation by an exception, and lives on, does not keep others from
// reclaiming memory: growing and shrinking again and again takes no more of it.
TEST(an_exception, holds_up_no_reclamation) {
  memory_ledger ledger;
  using map_type = concurrent_ledger_map<number, number, steady::default_concurrent_policy,
                                         fallible_hash, fallible_equal>;
  auto map = map_on<map_type>(ledger);
  struct failure {};
  for (std::uint64_t n = 0; n < 1000; ++n) ASSERT_TRUE(put(map, n, n));
  std::latch has_thrown(1);
  std::latch may_end(1);
  std::thread other([&] {
    // The hash is the first chance, the equality the second.
    countdown::arm(1);
    EXPECT_THROW(map.find(7), injected_failure);
    EXPECT_THROW(map.cvisit(7, [](const auto&) { throw failure(); }), failure);
    EXPECT_THROW(map.cvisit_all([](const auto&) { throw failure(); }), failure);
    countdown::arm(1);
    EXPECT_THROW(map.contains(7), injected_failure);
    has_thrown.count_down();
    may_end.wait();
  });
  has_thrown.wait();
  std::vector<std::size_t> bytes;
  for (int round = 0; round < 20; ++round) {
    for (std::uint64_t n = 1000; n < 9000; ++n) ASSERT_TRUE(put(map, n, n));
    ASSERT_TRUE(finish(map));
    bytes.push_back(ledger.bytes);
    for (std::uint64_t n = 1000; n < 9000; ++n) ASSERT_EQ(map.erase(n), 1u);
    map.shrink_gradually();
    ASSERT_TRUE(finish(map));
  }
  may_end.count_down();
  other.join();
  EXPECT_LT(bytes.back(), 2 * bytes[1]);
}

}  // namespace
