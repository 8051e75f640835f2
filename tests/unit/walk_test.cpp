// walk(): what is there throughout is met exactly once, whatever happens between two steps.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <new>
#include <optional>
#include <random>
#include <ranges>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/retire.hpp>

#include "support/colliding_keys.hpp"
#include "support/containers.hpp"
#include "support/hashes.hpp"
#include "support/policies.hpp"
#include "support/sanitized.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;

// A walk over a map from numbers to themselves, and what it has to keep.
template <class Map>
class watched_walk {
 public:
  watched_walk(Map& map, const std::set<std::uint64_t>& present)
      : walk_(map.walk()), owed_(present) {}

  void erased(std::uint64_t key) { owed_.erase(key); }
  void all_erased() { owed_.clear(); }

  // False at the end.
  bool step(const std::set<std::uint64_t>& present) {
    if (!at_) {
      at_.emplace(walk_.begin());
    } else {
      ++*at_;
    }
    if (*at_ == walk_.end()) {
      EXPECT_TRUE(owed_.empty()) << owed_.size() << " elements were there and not met";
      return false;
    }
    const auto& [key, value] = **at_;
    EXPECT_EQ(key, value);
    EXPECT_TRUE(present.contains(key)) << "erased elements are not met";
    EXPECT_TRUE(met_.insert(key).second) << key << " was met twice";
    owed_.erase(key);
    return true;
  }

 private:
  decltype(std::declval<Map&>().walk()) walk_;
  std::optional<decltype(walk_.begin())> at_;
  std::set<std::uint64_t> owed_;
  std::set<std::uint64_t> met_;
};

// A map, several walks over it, and everything that may happen.
template <class Map>
class walked_map {
 public:
  explicit walked_map(std::uint32_t seed) : random_(seed) {
    insert(random_() % 4 == 0 ? random_() % 20 : 100 + random_() % 900);
  }

  void run(int operations) {
    for (int n = 0; n < operations && !testing::Test::HasFailure(); ++n) operate();
    while (!walks_.empty() && !testing::Test::HasFailure()) step_walks();
    EXPECT_STREQ(map_.check_invariants(), nullptr);
    EXPECT_EQ(map_.size(), present_.size());
  }

 private:
  void operate() {
    switch (random_() % 32) {
      case 0:
        return map_.shrink_gradually();
      case 1:
        return map_.compact_gradually();
      case 2:
        return map_.reserve_gradually(map_.size() * 3);
      case 3:
      case 4:
        return map_.reseed_gradually();
      case 5:
        return map_.rehash(random_() % 2 == 0 ? 0 : map_.bucket_count() * 2);
      case 6:
        return map_.finish();
      case 7:
        if (random_() % 8 == 0) clear();
        return;
      case 8:
        return move();
      case 9:
        return erase_many(random_() % 300);
      case 10:
      case 11:
        return insert(random_() % 200);
      case 12:
      case 13:
      case 14:
        if (walks_.size() < 4) walks_.emplace_back(map_, present_);
        return;
      case 15:
      case 16:
        return erase_many(random_() % 3);
      case 17:
        return extract_and_insert();
      default:
        map_.step(random_() % 8);
        for (auto n = random_() % 24; n > 0; --n) step_walks();
    }
  }

  void insert(std::size_t count) {
    for (; count > 0; --count, ++next_) {
      map_.try_emplace(next_, next_);
      present_.insert(next_);
    }
  }

  std::uint64_t any_key() {
    const auto at = present_.lower_bound(random_() % next_);
    return at == present_.end() ? *present_.begin() : *at;
  }

  void erase_many(std::size_t count) {
    for (; count > 0 && !present_.empty(); --count) {
      const std::uint64_t key = any_key();
      ASSERT_EQ(map_.erase(key), 1u);
      forget(key);
    }
  }

  void extract_and_insert() {
    if (present_.empty()) return;
    const std::uint64_t key = any_key();
    auto node = map_.extract(key);
    forget(key);  // it comes back as another one
    node.key() = next_;
    node.mapped() = next_;
    map_.insert(std::move(node));
    present_.insert(next_++);
  }

  void clear() {
    switch (random_() % 3) {
      case 0:
        map_.clear();
        break;
      case 1:
        map_.clear_gradually();
        break;
      case 2:
        steady::retire(std::move(map_));
        break;
    }
    present_.clear();
    for (auto& walk : walks_) walk.all_erased();
  }

  void move() {
    Map other(std::move(map_));
    if (random_() % 2 == 0) {
      map_ = std::move(other);
    } else {
      map_.swap(other);
    }
  }

  void forget(std::uint64_t key) {
    present_.erase(key);
    for (auto& walk : walks_) walk.erased(key);
  }

  void step_walks() {
    for (auto walk = walks_.begin(); walk != walks_.end();) {
      walk = walk->step(present_) ? std::next(walk) : walks_.erase(walk);
    }
  }

  std::mt19937 random_;
  Map map_;
  std::set<std::uint64_t> present_;
  std::uint64_t next_ = 0;
  std::list<watched_walk<Map>> walks_;
};

template <class Map>
class walks : public testing::Test {};

using maps =
    testing::Types<number_map<>, number_map<leaf_headers>, number_map<narrow>,
                   number_map<small_chunks>, number_map<small_chunks_in_leaves>,
                   map_of<std::uint64_t, std::uint64_t, narrow, narrow_hash>,
                   map_of<std::uint64_t, std::uint64_t, steady::default_policy, constant_hash>,
                   steady::node_hash_map<std::uint64_t, std::uint64_t>>;
TYPED_TEST_SUITE(walks, maps);

TYPED_TEST(walks, meet_what_stays_once_whatever_happens) {
  for (std::uint32_t seed = 0; seed < (sanitized ? 20 : 80) && !this->HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    steady::detail::random_state() = seed;
    walked_map<TypeParam> run(seed);
    run.run(150);
  }
}

TYPED_TEST(walks, meet_every_element_in_every_stage) {
  for (const stage at : all_stages) {
    TypeParam map;
    const std::uint64_t count = fill_numbers_to(at, map);
    std::set<std::uint64_t> met;
    for (auto& [key, value] : map.walk()) {
      ASSERT_EQ(value, 3 * key);
      ++value;
      ASSERT_TRUE(met.insert(key).second);
    }
    ASSERT_EQ(met.size(), count);
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_EQ(map.at(n), 3 * n + 1);
  }
}

// Walks that begin at each step of a reseeding, and go on during it.
TYPED_TEST(walks, meet_every_element_across_a_reseeding) {
  for (std::size_t before = 0; before < 120; before += sanitized ? 15 : 3) {
    for (const std::size_t at_once : {0u, 1u, 5u, 1000u}) {
      TypeParam map;
      const std::uint64_t count = fill_numbers_to(stage::before, map);
      map.reseed_gradually();
      map.step(before);
      std::set<std::uint64_t> met;
      std::uint64_t steps = 0;
      for (auto& [key, value] : map.walk()) {
        ASSERT_TRUE(met.insert(key).second);
        if (++steps % 16 == 0) map.step(at_once);
        if (steps == 100) map.reseed_gradually();
      }
      ASSERT_EQ(met.size(), count);
    }
  }
}

TYPED_TEST(walks, drive_what_is_pending) {
  TypeParam map;
  const std::uint64_t count = fill_numbers_to(stage::done, map);
  for (std::uint64_t n = 50; n < count; ++n) map.erase(n);
  map.shrink_gradually();
  ASSERT_TRUE(map.migrating());
  const auto by_calls = map.stats().steps.call + map.stats().steps.insert;
  while (map.migrating()) {
    const auto pending = map.pending();
    for ([[maybe_unused]] auto& element : map.walk()) {
    }
    ASSERT_LT(map.pending(), pending);
  }
  EXPECT_GT(map.stats().steps.walk, 0u);
  EXPECT_EQ(map.stats().steps.call + map.stats().steps.insert, by_calls);
}

// ---- single situations ----

TEST(walk, may_erase_where_it_is) {
  number_map<> map;
  const std::uint64_t count = fill_numbers_to(stage::halfway, map);
  std::uint64_t met = 0;
  for (auto& [key, value] : map.walk()) {
    const std::uint64_t erased = key;
    ASSERT_EQ(map.erase(erased), 1u);
    ++met;
  }
  EXPECT_EQ(met, count);
  EXPECT_TRUE(map.empty());
}

TEST(walk, knows_where_its_element_went) {
  number_map<> map;
  const std::uint64_t count = fill_numbers_to(stage::before, map);
  auto walk = map.walk();
  auto at = walk.begin();
  const std::uint64_t key = at->first;
  const auto* const address = &*at;
  for (std::uint64_t n = count; n < 8 * count; ++n) map.try_emplace(n, 3 * n);
  EXPECT_NE(&*at, address);
  EXPECT_EQ(&*at, &*map.find(key));
  at->second = 7;
  EXPECT_EQ(map.at(key), 7u);
}

TEST(walk, ends_with_the_container) {
  auto map = std::make_unique<number_map<>>();
  fill_numbers_to(stage::before, *map);
  auto walk = map->walk();
  auto at = walk.begin();
  ++at;
  map.reset();
  EXPECT_TRUE(walk.at_end());
  EXPECT_TRUE(at == walk.end());
  ++at;
  EXPECT_TRUE(at == walk.end());
  EXPECT_TRUE(walk.begin() == walk.end());
}

TEST(walk, ends_where_its_elements_are_assigned_away) {
  number_map<> map;
  fill_numbers_to(stage::before, map);
  auto walk = map.walk();
  auto at = walk.begin();
  number_map<> other{{1, 1}};
  map = other;
  ++at;
  EXPECT_TRUE(at == walk.end());
  EXPECT_EQ(map, other);
}

// Elements are moved one by one where allocators differ and stay.
TEST(walk, ends_where_its_elements_move_to_other_memory) {
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  memory_ledger here;
  memory_ledger there;
  for (const bool assigns : {false, true}) {
    map_type map{map_type::allocator_type(here)};
    const std::uint64_t count = fill_numbers_to(stage::halfway, map);
    auto walk = map.walk();
    auto at = walk.begin();
    map_type other{map_type::allocator_type(there)};
    if (assigns) {
      other = std::move(map);
    } else {
      map_type moved(std::move(map), map_type::allocator_type(there));
      other.swap(moved);
    }
    EXPECT_EQ(other.size(), count);
    EXPECT_TRUE(walk.at_end());
    EXPECT_TRUE(at == walk.end());
    fill_numbers_to(stage::halfway, map);
    ++at;
    EXPECT_TRUE(at == walk.end()) << "what comes later is of another walk";
    EXPECT_TRUE(walk.at_end());
  }
}

TEST(walk, over_nothing_leaves_memory_that_trim_gives_back) {
  number_map<> map;
  for ([[maybe_unused]] auto& element : map.walk()) FAIL();
  EXPECT_GT(map.stats().bytes, 0u) << "for the walkers to come";
  map.trim();
  EXPECT_EQ(map.stats().bytes, 0u);
}

TEST(walk, over_nothing_is_at_its_end) {
  number_map<> map;
  for ([[maybe_unused]] auto& element : map.walk()) FAIL();
  map.try_emplace(1, 1);
  map.erase(1);
  for ([[maybe_unused]] auto& element : map.walk()) FAIL();
}

// A loop that empties and fills the map at every step ends all the same.
TEST(walk, ends_although_the_container_is_filled_anew_each_time) {
  number_map<> map;
  std::uint64_t next = 0;
  for (; next < 1000; ++next) map.try_emplace(next, next);
  std::uint64_t steps = 0;
  for ([[maybe_unused]] auto& element : map.walk()) {
    map.clear_gradually();
    for (int n = 0; n < 1000; ++n, ++next) map.try_emplace(next, next);
    ASSERT_LT(++steps, 1000u);
  }
}

TEST(walk, of_a_set_shows_const_keys) {
  steady::hash_set<std::string> set{"a", "b", "c"};
  static_assert(std::is_same_v<decltype(*set.walk().begin()), const std::string&>);
  static_assert(std::ranges::input_range<decltype(set.walk())>);
  std::set<std::string> met;
  for (const auto& key : set.walk()) met.insert(key);
  EXPECT_EQ(met, (std::set<std::string>{"a", "b", "c"}));
}

// clang before version 16 has no views with this library.
#if !defined(__clang__) || __clang_major__ >= 16
TEST(walk, is_a_range_that_views_take_as_a_variable) {
  number_map<> map{{1, 1}, {2, 2}, {3, 3}};
  auto walk = map.walk();
  std::set<std::uint64_t> met;
  for (auto& [key, value] : walk | std::views::filter([](auto& of) { return of.second > 1; }))
    met.insert(key);
  EXPECT_EQ(met, (std::set<std::uint64_t>{2, 3}));
}
#endif

// Two reseedings between two steps of a walker; the k-th allocation fails, for every k. The map's
// steps fail where they must, the walker goes on.
TEST(walk, outlasts_reseedings_short_of_memory) {
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  for (std::size_t failing = 1; failing < 40; ++failing) {
    memory_ledger ledger;
    map_type map{map_type::allocator_type(ledger)};
    const std::uint64_t count = fill_numbers_to(stage::before, map);
    auto walk = map.walk();
    auto at = walk.begin();
    std::set<std::uint64_t> met;
    for (int n = 0; n < 20; ++n, ++at) met.insert(at->first);
    ledger.fail_at = ledger.calls + failing;
    for (int n = 0; n < 2; ++n) {
      map.reseed_gradually();
      while (map.migrating()) {
        try {
          map.step(1);
        } catch (const std::bad_alloc&) {
        }
      }
    }
    ASSERT_EQ(map.stats().migrations.reseed, 2u);
    ledger.fail_at = memory_ledger::never;
    for (; at != walk.end(); ++at) ASSERT_TRUE(met.insert(at->first).second) << at->first;
    ASSERT_EQ(met.size(), count);
  }
}

// A failed allocation stops a step, which can be tried again.
TEST(walk, survives_failed_allocations) {
  memory_ledger ledger;
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  map_type map{map_type::allocator_type(ledger)};
  const std::uint64_t count = fill_numbers_to(stage::done, map);
  std::set<std::uint64_t> met;
  {
    auto walk = map.walk();
    ledger.refuse_above = 0;
    EXPECT_THROW(walk.begin(), std::bad_alloc);
    ledger.refuse_above = memory_ledger::never;
    for (auto& [key, value] : walk) met.insert(key);
  }
  EXPECT_EQ(met.size(), count);
}

}  // namespace
