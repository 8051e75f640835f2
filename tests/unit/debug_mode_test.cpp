// Debug mode: breaking a rule that it watches ends the program with a sentence that names the rule;
// what is allowed works.
#include <cstdint>
#include <functional>
#include <optional>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/snapshot.hpp>

#include "support/containers.hpp"

namespace {

static_assert(steady::detail::debug_mode, "tests of debug mode are built with STEADY_DEBUG");

using map = steady::hash_map<int, int>;

map numbers(int count) {
  map made;
  made.reserve(static_cast<std::size_t>(count));
  for (int n = 0; n < count; ++n) made[n] = n;
  return made;
}

// Inserts new keys until elements have moved.
void migrate(map& of) {
  const auto before = of.stats().steps.insert;
  for (int n = 1'000'000; of.stats().steps.insert == before; ++n) of[n] = n;
}

class debug_mode : public testing::Test {
 protected:
  debug_mode() { GTEST_FLAG_SET(death_test_style, "fast"); }
};

using stale_iterator = debug_mode;

TEST_F(stale_iterator, after_a_migration) {
  map m = numbers(100);
  const auto at = m.find(7);
  migrate(m);
  EXPECT_DEATH(static_cast<void>(*at), "an invalid iterator was used: .* may have moved");
  EXPECT_DEATH(static_cast<void>(at->second), "may have moved");
  EXPECT_DEATH(++map::iterator(at), "may have moved");
  EXPECT_DEATH(m.erase(at), "may have moved");
  EXPECT_DEATH(m.extract(at), "may have moved");
  EXPECT_DEATH(static_cast<void>(at == m.begin()), "may have moved");
}

TEST_F(stale_iterator, after_calls_that_move_or_destroy) {
  const auto after = [](auto&& change) {
    map m = numbers(100);
    const auto at = m.find(7);
    change(m);
    EXPECT_DEATH(static_cast<void>(*at), "may have moved");
  };
  after([](map& m) { m.clear(); });
  after([](map& m) { m.rehash(1000); });
  after([](map& m) { m.reserve(1000); });
  after([](map& m) { m = numbers(3); });
  after([](map& m) { m = map(); });
  after([](map& m) { m = {{1, 1}}; });
  after([](map& m) {
    map other;
    swap(m, other);
  });
  after([](map& m) { map other = std::move(m); });
}

TEST_F(stale_iterator, after_a_step) {
  map m = numbers(100);
  migrate(m);
  ASSERT_TRUE(m.migrating());
  const auto at = m.begin();
  m.step(1);
  EXPECT_DEATH(static_cast<void>(*at), "may have moved");
}

TEST_F(stale_iterator, of_an_erased_element) {
  map m = numbers(100);
  const auto at = m.find(7);
  const auto other = m.find(8);
  m.erase(7);
  EXPECT_DEATH(static_cast<void>(*at), "its element was erased");
  EXPECT_DEATH(m.erase(at), "its element was erased");
  EXPECT_EQ(other->second, 8);
}

TEST_F(stale_iterator, of_a_map_that_was_replaced_in_its_place) {
  std::optional<map> m(numbers(10));
  const auto at = m->find(7);
  m.emplace(numbers(10));
  EXPECT_DEATH(static_cast<void>(*at), "may have moved");
}

TEST_F(stale_iterator, no_complaint_where_nothing_moved) {
  map m = numbers(10);
  m.reserve(200);
  const auto at = m.find(7);
  while (m.size() < 200) m[1000 + static_cast<int>(m.size())] = 0;
  m.erase(3);
  m[7] = 70;
  EXPECT_TRUE(m.contains(5));
  EXPECT_EQ(at->second, 70);
}

using end_of_container = debug_mode;

TEST_F(end_of_container, is_no_element) {
  map m = numbers(10);
  EXPECT_DEATH(static_cast<void>(*m.end()), "end\\(\\) was used as an element");
  EXPECT_DEATH(++m.end(), "end\\(\\) was used as an element");
  EXPECT_DEATH(m.erase(m.end()), "end\\(\\) was used as an element");
  EXPECT_DEATH(m.extract(m.find(99)), "end\\(\\) was used as an element");
  EXPECT_DEATH(static_cast<void>(*map::iterator()), "an iterator without a container");
}

TEST_F(end_of_container, stays_valid) {
  map m = numbers(10);
  const auto end = m.end();
  migrate(m);
  EXPECT_EQ(m.find(-1), end);
  EXPECT_EQ(m.erase(end, end), end);
  EXPECT_EQ(map::iterator(), map::iterator());
}

using other_container = debug_mode;

TEST_F(other_container, is_not_this_one) {
  map a = numbers(10);
  map b = numbers(10);
  EXPECT_DEATH(a.erase(b.begin()), "an iterator of another container was used");
  EXPECT_DEATH(a.extract(b.begin()), "an iterator of another container was used");
  EXPECT_DEATH(static_cast<void>(a.find(1) == b.end()),
               "iterators of two containers were compared");
  EXPECT_DEATH(a.erase(a.begin(), b.end()), "iterators of two containers were compared");
}

TEST_F(debug_mode, watches_sets_and_node_containers) {
  steady::hash_set<int> set{1, 2, 3};
  EXPECT_DEATH(static_cast<void>(*set.end()), "end\\(\\) was used as an element");
  steady::node_hash_map<int, int> nodes{{1, 1}, {2, 2}};
  const auto at = nodes.find(1);
  nodes.rehash(1000);
  EXPECT_DEATH(static_cast<void>(*at), "may have moved");
}

// ---- changing a container from within its own user code ----

struct changing_hash {
  std::uint64_t operator()(int key) const {
    if (change) change();
    return steady::hash<int>{}(key);
  }
  static inline std::function<void()> change;
};
struct changing_equal {
  bool operator()(int a, int b) const {
    if (change) change();
    return a == b;
  }
  static inline std::function<void()> change;
};
using changing_map = steady::hash_map<int, int, changing_hash, changing_equal>;

class from_within : public debug_mode {
 protected:
  ~from_within() override {
    changing_hash::change = nullptr;
    changing_equal::change = nullptr;
  }
  static constexpr const char* message = "a container was changed from within its own";
};

TEST_F(from_within, its_hash) {
  changing_map m{{1, 1}};
  changing_hash::change = [&] { m.erase(m.begin()); };
  EXPECT_DEATH(m.contains(1), message);
  EXPECT_DEATH(m.try_emplace(2), message);
  changing_hash::change = [&] { m.clear(); };
  EXPECT_DEATH(m.rehash(100), message);
}

TEST_F(from_within, its_equality) {
  changing_map m{{1, 1}};
  changing_equal::change = [&] { m.clear(); };
  EXPECT_DEATH(m.contains(1), message);
  changing_equal::change = [&] { m = changing_map(); };
  EXPECT_DEATH(m.erase(1), message);
}

TEST_F(from_within, its_visitor) {
  map m = numbers(10);
  const auto inserting = [&](auto&) { return m.try_emplace(-1).second; };
  EXPECT_DEATH(erase_if(m, inserting), message);
  EXPECT_DEATH(m.for_each([&](auto&) { m.try_emplace(-1); }), message);
  EXPECT_DEATH(std::as_const(m).for_each([&](const auto&) { m.erase(1); }), message);
}

struct changing_value {
  explicit changing_value(const std::function<void()>& change) { change(); }
  ~changing_value() {
    if (at_end) at_end();
  }
  static inline std::function<void()> at_end;
};

TEST_F(from_within, its_elements) {
  steady::hash_map<int, changing_value> m;
  m.try_emplace(0, [] {});
  const std::function<void()> inserting = [&] { m.try_emplace(2, [] {}); };
  EXPECT_DEATH(m.try_emplace(1, inserting), message);
  changing_value::at_end = [&] { m.try_emplace(3, [] {}); };
  EXPECT_DEATH(m.erase(0), message);
  changing_value::at_end = nullptr;
}

TEST_F(from_within, looking_and_other_containers_are_allowed) {
  changing_map other;
  steady::hash_map<int, changing_value> m;
  m.try_emplace(1, [] {});
  m.try_emplace(2, [&] {
    EXPECT_TRUE(m.contains(1));
    other[1] = 1;
  });
  EXPECT_EQ(other.size(), 1u);
  EXPECT_EQ(m.size(), 2u);
}

TEST_F(debug_mode, snapshot_visitors_may_not_change_the_container) {
  map m{{1, 1}, {2, 2}};
  steady::snapshot view(m);
  EXPECT_DEATH(view.step(9, [&](const auto&) { m.erase(1); }), "within a visitor of its snapshot");
  EXPECT_DEATH(view.step(9, [&](const auto&) { m[3] = 1; }), "within a visitor of its snapshot");
  view.step(9, [&](const auto& element) { EXPECT_TRUE(std::as_const(m).contains(element.first)); });
  EXPECT_TRUE(view.done());
  m.erase(1);
}

TEST_F(debug_mode, snapshot_visitors_may_not_step_the_container) {
  map m = numbers(1'000);
  m.finish();
  m.compact_gradually();
  steady::snapshot view(m);
  EXPECT_DEATH(view.step(1, [&](const auto&) { m.step(1); }), "within a visitor of its snapshot");
  EXPECT_EQ(m.step(1), 1u);
}

}  // namespace
