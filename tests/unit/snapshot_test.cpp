// steady::snapshot: the elements as they were at its start, whatever happens meanwhile.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <map>
#include <memory>
#include <new>
#include <random>
#include <ranges>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/hash_set.hpp>
#include <steady/node_hash_map.hpp>
#include <steady/retire.hpp>
#include <steady/snapshot.hpp>

#include "support/colliding_keys.hpp"
#include "support/containers.hpp"
#include "support/hashes.hpp"
#include "support/policies.hpp"
#include "support/sanitized.hpp"
#include "support/stages.hpp"

namespace {

using namespace support;
using content = std::map<std::uint64_t, std::uint64_t>;

template <class Map>
content content_of(const Map& map) {
  return content(map.begin(), map.end());
}

// A snapshot, what it has to deliver, and what it delivered.
template <class Map>
class checked_snapshot {
 public:
  checked_snapshot(Map& map, const content& now, bool by_range)
      : view_(map), expected_(now), by_range_(by_range) {}

  // False when it is done.
  bool step(std::size_t buckets) {
    if (by_range_) {
      step_by_range(buckets);
    } else {
      view_.step(buckets, [&](const auto& element) { deliver(element); });
    }
    if (!view_.done()) return true;
    EXPECT_EQ(delivered_, expected_);
    EXPECT_EQ(view_.bytes(), 0u);
    return false;
  }

 private:
  // The range is left and entered again; what was shown last counts when it is passed.
  void step_by_range(std::size_t elements) {
    auto at = view_.begin();
    for (; elements > 0 && at != view_.end(); --elements, ++at) deliver(*at);
  }

  template <class Element>
  void deliver(const Element& element) {
    EXPECT_TRUE(delivered_.emplace(element.first, element.second).second)
        << element.first << " was delivered twice";
  }

  steady::snapshot<Map> view_;
  content expected_;
  content delivered_;
  bool by_range_;
};

// A map, several snapshots of it, and everything that may happen.
template <class Map>
class pictured_map {
 public:
  explicit pictured_map(std::uint32_t seed) : random_(seed) {
    insert(random_() % 4 == 0 ? random_() % 20 : 100 + random_() % 900);
  }

  void run(int operations) {
    for (int n = 0; n < operations && !testing::Test::HasFailure(); ++n) operate();
    while (!views_.empty() && !testing::Test::HasFailure()) step_views(5);
    EXPECT_STREQ(map_.check_invariants(), nullptr);
    EXPECT_EQ(content_of(map_), now_);
    EXPECT_EQ(map_.stats().snapshot_bytes, 0u);
  }

 private:
  void operate() {
    switch (random_() % 40) {
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
        if (views_.size() < 4) views_.emplace_back(map_, now_, random_() % 2 == 0);
        return;
      case 15:
        return extract_and_insert();
      case 16:
        return change_all();
      case 17:
        return merge();
      case 18:
        return erase_some();
      case 19:
      case 20:
      case 21:
      case 22:
      case 23:
        return change_some();
      default:
        map_.step(random_() % 8);
        step_views(random_() % 24);
    }
  }

  std::uint64_t any_key() {
    const auto at = now_.lower_bound(random_() % next_);
    return at == now_.end() ? now_.begin()->first : at->first;
  }

  void insert(std::size_t count) {
    for (; count > 0; --count, ++next_) {
      map_.try_emplace(next_, next_);
      now_[next_] = next_;
    }
  }

  void erase_many(std::size_t count) {
    for (; count > 0 && !now_.empty(); --count) {
      const std::uint64_t key = any_key();
      ASSERT_EQ(map_.erase(key), 1u);
      now_.erase(key);
    }
  }

  // Every way to write to an element that is there.
  void change_some() {
    for (auto count = random_() % 20; count > 0 && !now_.empty(); --count) {
      const std::uint64_t key = any_key();
      const std::uint64_t value = random_();
      switch (random_() % 7) {
        case 0:
          map_[key] = value;
          break;
        case 1:
          map_.at(key) = value;
          break;
        case 2:
          map_.find(key)->second = value;
          break;
        case 3:
          map_.insert_or_assign(key, value);
          break;
        case 4:
          (*map_.try_emplace(key, 0).first).second = value;
          break;
        case 5:
          map_.equal_range(key).first->second = value;
          break;
        case 6:
          map_.erase(map_.find(key));
          map_.try_emplace(key, value);
          break;
      }
      now_[key] = value;
    }
  }

  void change_all() {
    const auto change = [](auto& element) { ++element.second; };
    switch (random_() % 4) {
      case 0:
        for (auto& element : map_) change(element);
        break;
      case 1:
        map_.for_each(change);
        break;
      case 2:
        for (auto& element : map_.walk()) change(element);
        break;
      case 3:
        if (map_.stats().migrations.reseed != 0 || map_.migrating()) return;
        map_.scan({}, map_.stats().buckets, change);
        break;
    }
    for (auto& element : now_) change(element);
  }

  void erase_some() {
    erase_if(map_, [](const auto& element) { return element.first % 5 == 0; });
    std::erase_if(now_, [](const auto& element) { return element.first % 5 == 0; });
  }

  void extract_and_insert() {
    if (now_.empty()) return;
    auto node = map_.extract(any_key());
    now_.erase(node.key());
    node.key() = next_;
    node.mapped() = 1;
    map_.insert(std::move(node));
    now_[next_++] = 1;
  }

  void merge() {
    Map other;
    for (int n = 0; n < 20; ++n, ++next_) {
      other.try_emplace(next_, 2);
      now_[next_] = 2;
    }
    map_.merge(other);
    if (random_() % 2 == 0) return;
    other.merge(map_);
    map_.swap(other);
  }

  void clear() {
    switch (random_() % 4) {
      case 0:
        map_.clear();
        break;
      case 1:
        map_.clear_gradually();
        break;
      case 2:
        map_ = Map();
        break;
      case 3: {
        auto old = steady::retire(std::move(map_));
        while (!old.done()) {
          old.step(1);
          if (random_() % 4 == 0) step_views(1);
        }
        break;
      }
    }
    now_.clear();
  }

  void move() {
    Map other(std::move(map_));
    if (random_() % 2 == 0) {
      map_ = std::move(other);
    } else {
      map_.swap(other);
    }
  }

  void step_views(std::size_t buckets) {
    for (auto view = views_.begin(); view != views_.end();) {
      view = view->step(buckets) ? std::next(view) : views_.erase(view);
    }
    if (random_() % 64 == 0 && !views_.empty()) views_.pop_front();  // dropped early
  }

  std::mt19937 random_;
  Map map_;
  content now_;
  std::uint64_t next_ = 0;
  std::list<checked_snapshot<Map>> views_;
};

template <class Map>
class snapshots : public testing::Test {};

using maps =
    testing::Types<number_map<>, number_map<small_chunks_in_leaves>,
                   map_of<std::uint64_t, std::uint64_t, narrow, narrow_hash>,
                   map_of<std::uint64_t, std::uint64_t, steady::default_policy, constant_hash>,
                   steady::node_hash_map<std::uint64_t, std::uint64_t>>;
TYPED_TEST_SUITE(snapshots, maps);

TYPED_TEST(snapshots, show_what_was_whatever_happens) {
  for (std::uint32_t seed = 0; seed < (sanitized ? 15 : 60) && !this->HasFailure(); ++seed) {
    SCOPED_TRACE(seed);
    steady::detail::random_state() = seed;
    pictured_map<TypeParam> run(seed);
    run.run(150);
  }
}

// Snapshots that begin at each step of a reseeding, and outlast it and another one.
TYPED_TEST(snapshots, outlast_reseedings) {
  for (std::size_t before = 0; before < 120; before += 2) {
    TypeParam map;
    const std::uint64_t count = fill_numbers_to(stage::before, map);
    map.reseed_gradually();
    map.step(before);
    const content expected = content_of(map);
    steady::snapshot<TypeParam> view(map);
    content delivered;
    std::uint64_t next = count;
    while (!view.done()) {
      view.step(1, [&](const auto& element) { delivered.insert(element); });
      map.step(2);
      map[next % count] = 0;
      map[next] = next;
      if (++next % 64 == 0) map.reseed_gradually();
    }
    ASSERT_EQ(delivered, expected) << before;
    ASSERT_STREQ(map.check_invariants(), nullptr);
  }
}

// ---- single situations ----

TEST(snapshot, of_nothing_is_done) {
  number_map<> map;
  steady::snapshot view(map);
  EXPECT_TRUE(view.done());
  map.try_emplace(1, 1);
  EXPECT_EQ(view.step(10, [](const auto&) { FAIL(); }), 0u);
}

TEST(snapshot, is_an_input_range) {
  number_map<> map;
  fill_numbers_to(stage::halfway, map);
  const content expected = content_of(map);
  static_assert(std::ranges::input_range<steady::snapshot<number_map<>>>);
  content delivered;
  for (const auto& [key, value] : steady::snapshot(map)) {
    delivered.emplace(key, value);
    map.erase(key);  // in the middle of the loop
  }
  EXPECT_EQ(delivered, expected);
  EXPECT_TRUE(map.empty());
}

TEST(snapshot, of_a_set_and_of_strings) {
  steady::hash_set<std::string> set;
  for (int n = 0; n < 1000; ++n) set.insert("a string that owns memory: " + std::to_string(n));
  const std::set<std::string> expected(set.begin(), set.end());
  steady::snapshot view(set);
  set.clear();
  std::set<std::string> delivered;
  while (!view.done()) view.step(3, [&](const std::string& key) { delivered.insert(key); });
  EXPECT_EQ(delivered, expected);
}

// Keys that are moved out say no more where they were.
TEST(snapshot, sees_what_is_moved_out) {
  steady::hash_set<std::string> set;
  for (int n = 0; n < 1000; ++n) set.insert("a string that owns memory: " + std::to_string(n));
  const std::set<std::string> expected(set.begin(), set.end());
  steady::snapshot view(set);
  std::size_t out = 0;
  for (const std::string& key : expected) {
    const std::size_t held = view.bytes();
    if (++out % 10 != 0) continue;
    EXPECT_EQ(set.extract(key).value(), key);
    EXPECT_LE(view.bytes(), held + 6000) << "one bucket's copy, and memory for its note";
  }
  steady::hash_set<std::string> other;
  other.merge(set);
  std::set<std::string> delivered;
  while (!view.done()) view.step(3, [&](const std::string& key) { delivered.insert(key); });
  EXPECT_EQ(delivered, expected);
}

TEST(snapshot, outlives_its_container) {
  auto map = std::make_unique<number_map<>>();
  fill_numbers_to(stage::halfway, *map);
  const content expected = content_of(*map);
  steady::snapshot view(*map);
  content delivered;
  view.step(5, [&](const auto& element) { delivered.insert(element); });
  map.reset();
  while (!view.done()) view.step(5, [&](const auto& element) { delivered.insert(element); });
  EXPECT_EQ(delivered, expected);
}

// Counts its copies.
struct counted_value {
  static inline std::size_t copies = 0;
  std::uint64_t number = 0;

  explicit counted_value(std::uint64_t n = 0) : number(n) {}
  counted_value(const counted_value& other) : number(other.number) { ++copies; }
  counted_value(counted_value&& other) noexcept : number(other.number) {}
  counted_value& operator=(const counted_value&) = default;
  counted_value& operator=(counted_value&&) noexcept = default;
};

TEST(snapshot, lets_a_write_pay_for_one_bucket_at_most) {
  steady::hash_map<std::uint64_t, counted_value> map;
  for (std::uint64_t n = 0; n < 100'000; ++n) map.try_emplace(n, n);
  map.finish();
  counted_value::copies = 0;
  steady::snapshot view(map);
  EXPECT_EQ(counted_value::copies, 0u);
  EXPECT_EQ(view.bytes(), 0u);

  std::size_t most = 0;
  const auto counting = [&](auto&& write) {
    const std::size_t before = counted_value::copies;
    write();
    most = std::max(most, counted_value::copies - before);
  };
  for (std::uint64_t n = 0; n < 30'000; ++n) {
    counting([&] { map.find(n)->second.number = 1; });
    counting([&] { map.erase(30'000 + n); });
    counting([&] { map.try_emplace(200'000 + 7 * n, n); });  // and grows
    if (n == 10'000) map.shrink_gradually();
    if (n == 20'000) map.reserve_gradually(4 * map.size());
  }
  EXPECT_GT(most, 0u);
  EXPECT_LE(most, 40u) << "14 and their overflow";
  EXPECT_LE(counted_value::copies, 100'000u) << "no element twice";

  // A second one pays for itself only.
  counted_value::copies = 0;
  most = 0;
  steady::snapshot second(map);
  for (std::uint64_t n = 0; n < 30'000; ++n) counting([&] { map.find(n)->second.number = 2; });
  EXPECT_LE(most, 80u);
  EXPECT_EQ(map.stats().snapshot_bytes, view.bytes() + second.bytes());
  EXPECT_GT(second.bytes(), 0u);
}

// So that a write never pays for two buckets.
TEST(snapshot, is_cut_as_finely_as_the_finer_array) {
  for (const bool grows : {true, false}) {
    number_map<> map;
    for (std::uint64_t n = 0; n < 20'000; ++n) map.try_emplace(n, n);
    map.finish();
    const std::size_t before = map.stats().buckets;
    if (!grows) {
      while (map.size() > 2'000) map.erase(map.size() - 1);
      map.shrink_gradually();
    } else {
      map.reserve_gradually(40'000);
    }
    map.step(10);
    ASSERT_TRUE(map.migrating());
    const std::size_t finer = std::max(before, map.stats().buckets);
    steady::snapshot view(map);
    const std::size_t intervals = view.step(3 * finer, [](const auto&) {});
    EXPECT_LE(intervals, finer);
    EXPECT_GT(intervals, finer / 2) << "so many have elements";
  }
}

TEST(snapshot, dropped_early_frees_its_copies_in_steps) {
  number_map<> map;
  for (std::uint64_t n = 0; n < 100'000; ++n) map.try_emplace(n, n);
  steady::snapshot view(map);
  for (auto& [key, value] : map) ++value;
  const std::size_t held = view.bytes();
  EXPECT_GT(held, 1'000'000u);
  view.abandon();
  EXPECT_EQ(map.stats().snapshot_bytes, 0u);
  std::size_t steps = 0;
  std::size_t before = held;
  for (; !view.done(); ++steps) {
    EXPECT_EQ(view.skip(1), 1u);
    EXPECT_LE(before, view.bytes() + 140'000);  // a bucket's copies, and now and then a chunk
    before = view.bytes();
  }
  EXPECT_GT(steps, 8'000u);
  EXPECT_EQ(view.bytes(), 0u);
}

TEST(snapshot, delivers_an_interval_again_whose_visitor_threw) {
  number_map<> map;
  fill_numbers_to(stage::before, map);
  const content expected = content_of(map);
  steady::snapshot view(map);
  for (auto& [key, value] : map) ++value;
  content delivered;
  int calls = 0;
  while (!view.done()) {
    try {
      view.step(2, [&](const auto& element) {
        if (++calls % 50 == 0) throw std::runtime_error("enough");
        delivered.insert(element);
      });
    } catch (const std::runtime_error&) {
    }
  }
  EXPECT_EQ(delivered, expected);
}

TEST(snapshot, skips_intervals_whose_visitor_threw_and_no_others) {
  number_map<> map;
  for (std::uint64_t n = 0; n < 10'000; ++n) map.try_emplace(n, n);
  map.finish();
  for (const bool copied : {false, true}) {
    steady::snapshot view(map);
    if (copied) {
      for (auto& [key, value] : map) ++value;
    }
    std::uint64_t delivered = 0;
    int thrown = 0;
    while (!view.done()) {
      try {
        view.step(1, [&](const auto& element) {
          if (element.first % 1'000 == 0) throw std::runtime_error("not this one");
          ++delivered;
        });
      } catch (const std::runtime_error&) {
        ++thrown;
        EXPECT_EQ(view.skip(1), 1u);
      }
    }
    EXPECT_GE(thrown, 1);
    EXPECT_GT(delivered, 10'000u - 10 * 32) << "an interval is a bucket at most";
    EXPECT_LT(delivered, 10'000u);
  }
}

TEST(snapshot, skips_as_many_intervals_as_it_says) {
  number_map<> map;
  for (std::uint64_t n = 0; n < 1'000; ++n) map.try_emplace(n, n);
  map.finish();
  std::size_t intervals = 0;
  for (steady::snapshot view(map); !view.done();) intervals += view.step(1, [](const auto&) {});
  std::size_t skipped = 0;
  for (steady::snapshot view(map); !view.done();) skipped += view.skip(1);
  EXPECT_EQ(skipped, intervals);
}

// Two elements among many buckets.
TEST(snapshot, of_a_sparse_map_that_is_emptied_copies_elements_only) {
  for (const int way : {0, 1, 2}) {
    number_map<> map;
    map.reserve(1'000'000);
    map[1] = 10;
    map[2] = 20;
    steady::snapshot view(map);
    if (way == 0) map.clear();
    if (way == 1) map = number_map<>();
    if (way == 2) map.rehash((map.clear(), 0));
    EXPECT_LT(view.bytes(), 2'000u);
    map.insert({{1, 11}, {2, 21}, {3, 31}});
    content delivered;
    view.step(1'000, [&](const auto& element) { delivered.insert(element); });
    EXPECT_TRUE(view.done());
    EXPECT_EQ(delivered, (content{{1, 10}, {2, 20}}));
  }
}

TEST(snapshot, of_a_sparse_map_is_dropped_in_as_many_steps_as_it_has_copies) {
  number_map<> map;
  map.reserve(1'000'000);
  map[1] = 10;
  map[2] = 20;
  steady::snapshot view(map);
  map[1] = 11;
  view.abandon();
  std::size_t steps = 0;
  for (; !view.done(); ++steps) view.skip(1);
  EXPECT_LE(steps, 3u) << "the copy, its note, and a last one";
  EXPECT_EQ(view.bytes(), 0u);
}

// Moving element by element, because the allocators differ.
TEST(snapshot, sees_elements_move_to_other_memory) {
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  memory_ledger here;
  memory_ledger there;
  map_type map{map_type::allocator_type(here)};
  fill_numbers_to(stage::halfway, map);
  const content expected = content_of(map);
  content delivered;
  {
    steady::snapshot view(map);
    const map_type other(std::move(map), map_type::allocator_type(there));
    EXPECT_EQ(content_of(other), expected);
    while (!view.done()) view.step(1, [&](const auto& element) { delivered.insert(element); });
  }
  EXPECT_EQ(delivered, expected);
}

// The writer does not notice; the snapshot says so.
TEST(snapshot, fails_where_allocating_copies_fails) {
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  const std::uint64_t count = fill_numbers_to(stage::before, map);
  {
    steady::snapshot view(map);
    ledger.refuse_above = 0;
    for (std::uint64_t n = 0; n < count; ++n) ASSERT_NO_THROW(map.at(n) = 1);
    ASSERT_NO_THROW(map.erase(1));
    ledger.refuse_above = memory_ledger::never;
    EXPECT_FALSE(view.done());
    EXPECT_THROW(view.step(1, [](const auto&) {}), std::bad_alloc);
    EXPECT_THROW(view.step(1, [](const auto&) {}), std::bad_alloc);
    EXPECT_THROW(view.begin(), std::bad_alloc);
    steady::snapshot fresh(map);
    content delivered;
    for (const auto& element : fresh) delivered.insert(element);
    EXPECT_EQ(delivered.size(), count - 1);
  }
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

TEST(snapshot, is_counted_as_long_as_it_may_copy) {
  number_map<> map;
  const std::uint64_t count = fill_numbers_to(stage::before, map);
  steady::snapshot view(map);
  for (std::uint64_t n = 0; n < count; n += 2) map.at(n) = 1;
  EXPECT_GT(map.stats().snapshot_bytes, 0u);
  EXPECT_EQ(map.stats().snapshot_bytes, view.bytes());
  map.clear_gradually();
  for (std::uint64_t n = 0; n < 20; ++n) map[n] = n;
  {
    steady::snapshot later(map);
    for (std::uint64_t n = 0; n < 20; ++n) map.at(n) = 1;
    EXPECT_GT(later.bytes(), 0u);
    EXPECT_GT(map.stats().retired, 0u);
    EXPECT_EQ(map.stats().snapshot_bytes, view.bytes() + later.bytes());
  }
  EXPECT_EQ(map.stats().snapshot_bytes, view.bytes());
  view.abandon();
  EXPECT_EQ(map.stats().snapshot_bytes, 0u);
}

TEST(snapshot, is_counted_through_any_number_of_clear_gradually) {
  number_map<> map;
  const std::uint64_t count = fill_numbers_to(stage::before, map);
  steady::snapshot first(map);
  for (std::uint64_t n = 0; n < count; n += 2) map.at(n) = 1;
  for (int round = 0; round < 3; ++round) {
    map.clear_gradually();
    EXPECT_GT(first.bytes(), 0u);
    EXPECT_EQ(map.stats().snapshot_bytes, first.bytes()) << round;
    map.reserve_gradually(1'000);  // so that the next arrays do not go at once
    map[0] = 0;
  }
  steady::snapshot second(map);
  map.at(0) = 1;
  for (int round = 0; round < 3; ++round) {
    map.clear_gradually();
    map.reserve_gradually(1'000);
    map[0] = 0;
    EXPECT_GT(second.bytes(), 0u);
    EXPECT_EQ(map.stats().snapshot_bytes, first.bytes() + second.bytes()) << round;
  }
  first.abandon();
  EXPECT_EQ(map.stats().snapshot_bytes, second.bytes());
}

// The iterator stays where it was, and the next ++ tries again.
TEST(snapshot, goes_on_where_an_iterator_could_not) {
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  const std::uint64_t count = fill_numbers_to(stage::halfway, map);
  const content expected = content_of(map);
  steady::snapshot view(map);
  content delivered;
  std::size_t failures = 0;
  for (auto at = view.begin(); at != view.end();) {
    const std::uint64_t here = at->first;
    EXPECT_TRUE(delivered.insert(*at).second);
    for (int n = 0; n < 2; ++n) {
      ledger.refuse_above = 0;
      try {
        ++at;
        ledger.refuse_above = memory_ledger::never;
        break;
      } catch (const std::bad_alloc&) {
        ++failures;
        ledger.refuse_above = memory_ledger::never;
        ASSERT_TRUE(at != view.end());
        ASSERT_EQ(at->first, here);
      }
      if (n == 1) ++at;
    }
  }
  EXPECT_EQ(delivered, expected);
  EXPECT_GT(failures, count / 14);
}

TEST(snapshot, whose_iterator_cannot_go_on_says_so_each_time) {
  using map_type = ledger_map<std::uint64_t, std::uint64_t>;
  memory_ledger ledger;
  map_type map{map_type::allocator_type(ledger)};
  const std::uint64_t count = fill_numbers_to(stage::before, map);
  steady::snapshot view(map);
  auto at = view.begin();
  ledger.refuse_above = 0;
  for (std::uint64_t n = 0; n < count; ++n) map.at(n) = 1;
  ledger.refuse_above = memory_ledger::never;
  std::size_t failures = 0;
  for (std::uint64_t n = 0; n < count; ++n) {
    try {
      ++at;
    } catch (const std::bad_alloc&) {
      ++failures;
    }
    ASSERT_TRUE(at != view.end());
    ASSERT_LT(at->first, count);
  }
  EXPECT_GT(failures, count / 2);
}

TEST(snapshot, costs_insertions_nothing_once_it_is_done) {
  number_map<counted> map;
  const std::uint64_t count = fill_numbers_to(stage::done, map);
  {
    steady::snapshot view(map);
    while (!view.done()) view.step(100, [](const auto&) {});
    map.try_emplace(count, 0);
    map.reset_work();
    map.try_emplace(count + 1, 0);
    EXPECT_EQ(map.work().hashes_taken, 1u);
  }
}

}  // namespace
