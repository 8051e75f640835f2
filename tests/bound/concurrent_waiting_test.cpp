// Who waits for a thread that holds a bucket, and for how long: only who must have that bucket, and
// not by spinning. All others go on within their bounds, though a migration cannot end meanwhile.
// And who waits for a thread that holds none, but stops while it starts a migration: nobody.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "support/concurrent_bounds.hpp"

namespace {

using support::concurrent_bounds;
using support::counting_sync;
using support::expect_published_for_threads;
using support::scattered;
using support::shared_work;
using support::work_of;

using map_type = support::plain_map;

// A thread that is in a visitor of an element, and so holds the lock of its bucket.
class holder {
 public:
  holder(map_type& map, std::uint64_t key)
      : thread_([this, &map, key] {
          map.visit(key, [this](auto&) {
            is_inside_.set_value();
            may_leave_.get_future().wait();
          });
        }) {
    is_inside_.get_future().wait();
  }
  ~holder() {
    if (thread_.joinable()) leave();
  }
  holder(const holder&) = delete;
  holder& operator=(const holder&) = delete;

  void leave() {
    may_leave_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> is_inside_;
  std::promise<void> may_leave_;
  std::thread thread_;
};

TEST(waiting, is_not_for_lookups) {
  map_type map;
  for (std::uint64_t i = 0; i < 1000; ++i) map.try_emplace(scattered(i), i);
  holder held(map, scattered(7));
  // Whichever bucket is held, the keys of all are looked up.
  for (std::uint64_t i = 0; i < 2000; ++i) {
    const shared_work one = work_of([&] { EXPECT_EQ(map.contains(scattered(i)), i < 1000); });
    ASSERT_EQ(one.pauses + one.sleeps, 0u);
    ASSERT_EQ(one.writes, 2u);
  }
}

TEST(waiting, of_writers_is_forty_looks_and_then_sleep) {
  map_type map;
  for (std::uint64_t i = 0; i < 1000; ++i) map.try_emplace(scattered(i), i);
  holder held(map, scattered(7));
  const std::uint64_t slept_before = counting_sync::sleepers_ever.load();
  shared_work waiting;
  std::thread writer([&] {
    waiting = work_of([&] { map.visit(scattered(7), [](auto& element) { element.second = 8; }); });
  });
  while (counting_sync::sleepers_ever.load() == slept_before) std::this_thread::yield();
  held.leave();
  writer.join();
  EXPECT_EQ(map.find(scattered(7)), 8u);
  EXPECT_EQ(waiting.pauses, 40u);
  EXPECT_GE(waiting.sleeps, 1u);
  EXPECT_EQ(waiting.yields, 0u);
}

// However much work is asked for: what others have locked is left to later calls.
TEST(waiting, is_not_for_calls_that_ask_for_all_work) {
  map_type map;
  for (std::uint64_t i = 0; i < 10'000; ++i) map.try_emplace(scattered(i), i);
  map.finish();
  holder held(map, scattered(7));
  map.compact_gradually();
  ASSERT_TRUE(map.migrating());
  constexpr std::size_t all = ~std::size_t{0};
  const auto expect_no_waiting = [&](const auto& work) {
    const shared_work one = work_of(work);
    EXPECT_EQ(one.pauses + one.sleeps + one.yields, 0u);
    EXPECT_LE(one.writes, 200 * map.stats().buckets);
    EXPECT_TRUE(map.migrating());
  };
  for (int n = 0; n < 2; ++n) {
    expect_no_waiting([&] { map.step(all); });
    expect_no_waiting([&] { map.trim(all); });
    expect_no_waiting([&] { map.trim(std::size_t{1} << 61); });
  }
  held.leave();
  map.step(all);
  EXPECT_FALSE(map.migrating());
  EXPECT_EQ(map.check_invariants(), nullptr);
}

// A thread within a call, of whatever map, keeps memory from being freed, not maps from growing.
TEST(waiting, is_not_for_a_visitor_of_another_map) {
  map_type other;
  other.try_emplace(1, 1);
  holder held(other, 1);
  map_type map;
  concurrent_bounds most;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    support::count_alone(most, [&] { map.try_emplace(scattered(i), i); });
    ASSERT_LE(map.load_factor(), 0.9f);
  }
  expect_published_for_threads("insert", most);
  EXPECT_LE(map.stats().longest_chain, 4u);
  EXPECT_GE(map.stats().migrations.grow, 10u);
  EXPECT_STREQ(map.check_invariants(), nullptr);

  // Garbage is bounded: what else would leave arrays waits.
  map.compact_gradually();
  map.reseed_gradually();
  for (std::uint64_t i = 0; i < 1000; ++i) map.try_emplace(scattered(100'000 + i), i);
  const auto stuck = map.stats();
  EXPECT_EQ(stuck.migrations.compact + stuck.migrations.reseed, 0u);
  EXPECT_FALSE(stuck.migrating);
  held.leave();
  map.finish();
  const auto free = map.stats();
  EXPECT_EQ(free.migrations.reseed, 1u);
  EXPECT_EQ(free.migrations.compact, 1u);
  EXPECT_LE(stuck.bytes, free.bytes + free.bytes / 4 + (std::size_t{256} << 10));
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

// ---- a migration that cannot end ----

class stuck_migration : public testing::Test {
 public:
  static constexpr std::uint64_t few = 10'000;
  static constexpr std::uint64_t crowd = 12 * few;

  map_type map;
  std::vector<std::uint64_t> keys;  // that are not in the last bucket of a map of `few` elements
  std::uint64_t last = 0;           // a key that is
  std::uint64_t buckets = 0;        // that such a map has

  // Positions do not change when a map grows and shrinks, so a scan of the crowd tells which keys
  // will be in the last bucket.
  stuck_migration() {
    map.reserve(few);
    buckets = map.stats().buckets;
    for (std::uint64_t i = 0; i < crowd; ++i) map.try_emplace(scattered(i), i);
    map.finish();
    const std::uint64_t last_begins = ~std::uint64_t{0} / buckets * (buckets - 1);
    for (steady::cursor at; !at.at_end();) {
      const bool is_last = at.position() >= last_begins;
      at = map.scan(at, 1, [&](const auto& element) {
        if (is_last) {
          last = element.first;
        } else {
          keys.push_back(element.first);
        }
      });
    }
    std::shuffle(keys.begin(), keys.end(), std::minstd_rand(1));  // they are in order
    map.erase_if([this](const auto& element) { return element.first != last; });
    do {
      map.shrink_gradually();
      map.finish();
    } while (map.stats().buckets > buckets && map.stats().migrations.shrink < 20);
    map.reserve(few);
  }

  // Inserts the key number `inserted`; counts.
  void insert(concurrent_bounds& most) {
    const std::uint64_t key = keys[inserted++];
    const shared_work one = work_of([&] { map.try_emplace(key, key); });
    most.add(one);
    ASSERT_EQ(one.pauses + one.sleeps + one.yields, 0u);
  }
  // The same work for a map that keeps its size.
  void insert_and_erase(concurrent_bounds& most) {
    insert(most);
    --inserted;
    most.add(work_of([&] { map.erase(keys[inserted]); }));
  }

  std::uint64_t inserted = 0;
};

TEST_F(stuck_migration, costs_calls_sixteen_looks_and_ends_soon_after_it_can) {
  ASSERT_EQ(map.stats().buckets, buckets);
  ASSERT_EQ(map.size(), 1u);
  concurrent_bounds filling;
  while (!map.migrating()) insert(filling);
  map.finish();  // so that nothing else is on
  const std::uint64_t grown = map.stats().migrations.grow;
  buckets = map.stats().buckets;

  holder held(map, last);
  while (!map.migrating()) insert(filling);
  ASSERT_EQ(map.stats().buckets, 2 * buckets);
  // All intervals but one move.
  for (std::uint64_t n = 0; n < buckets / 2; ++n) insert(filling);
  expect_published_for_threads("insert, lagging", filling);

  // What has moved is looked at, eight times for each bucket that the call owes.
  concurrent_bounds looking;
  for (std::uint64_t n = 0; n < buckets; ++n) insert_and_erase(looking);
  EXPECT_EQ(looking.buckets, 0u);
  expect_published_for_threads("insert, a bucket held", looking);

  // No third array, whatever comes; and the share of each call rises to 16.
  concurrent_bounds crowding;
  while (inserted + 1 < keys.size()) insert(crowding);
  EXPECT_EQ(map.stats().buckets, 2 * buckets);
  EXPECT_EQ(map.stats().migrations.grow, grown);
  EXPECT_GT(map.load_factor(), 1.0f);
  EXPECT_EQ(crowding.buckets, 0u);
  expect_published_for_threads("insert, a bucket held, lagging", crowding);

  held.leave();
  concurrent_bounds recovering;
  std::uint64_t calls = 0;
  for (; map.load_factor() > 0.84f && calls < buckets; calls += 2) insert_and_erase(recovering);
  EXPECT_LE(calls, buckets / 16);
  EXPECT_EQ(map.stats().migrations.grow, grown + 1);
  EXPECT_TRUE(map.migrating());
  map.finish();
  EXPECT_STREQ(map.check_invariants(), nullptr);
  EXPECT_EQ(map.size(), inserted + 1);
}

TEST_F(stuck_migration, lets_steps_return) {
  concurrent_bounds filling;
  while (!map.migrating()) insert(filling);
  map.finish();
  holder held(map, last);
  while (!map.migrating()) insert(filling);
  concurrent_bounds stepping;
  std::uint64_t evacuated = support::work_of_this_thread.buckets_evacuated;
  for (std::uint64_t n = 0; n < 2 * map.stats().buckets; ++n) {
    const shared_work one = work_of([&] { map.step(1); });
    stepping.add(one);
    evacuated += one.buckets_evacuated;
    ASSERT_EQ(one.pauses + one.sleeps + one.yields, 0u);
  }
  EXPECT_EQ(evacuated, map.stats().buckets / 2 - 1);
  EXPECT_TRUE(map.migrating());
  expect_published_for_threads("step(1)", stepping);
}

// ---- a thread that stops while it starts a migration ----

// What a thread does instead of allocating at once, the next time.
thread_local std::function<void()> before_allocating;
template <class T>
struct stopping_allocator {
  using value_type = T;
  stopping_allocator() = default;
  template <class U>
  stopping_allocator(const stopping_allocator<U>&) noexcept {}
  T* allocate(std::size_t count) {
    if (before_allocating) std::exchange(before_allocating, nullptr)();
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T* block, std::size_t count) { std::allocator<T>().deallocate(block, count); }
  template <class U>
  friend bool operator==(const stopping_allocator&, const stopping_allocator<U>&) noexcept {
    return true;
  }
};
using stopping_map =
    steady::concurrent_hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>,
                                std::equal_to<std::uint64_t>,
                                stopping_allocator<std::pair<const std::uint64_t, std::uint64_t>>>;

// A thread that does something for which it needs memory, and stays in the allocator.
class starter {
 public:
  template <class Does>
  explicit starter(Does does)
      : thread_([this, does] {
          before_allocating = [this] {
            is_inside_.set_value();
            may_go_on_.get_future().wait();
          };
          does();
        }) {
    is_inside_.get_future().wait();
  }
  ~starter() {
    if (thread_.joinable()) go_on();
  }
  starter(const starter&) = delete;
  starter& operator=(const starter&) = delete;

  void go_on() {
    may_go_on_.set_value();
    thread_.join();
  }

 private:
  std::promise<void> is_inside_;
  std::promise<void> may_go_on_;
  std::thread thread_;
};

class stuck_start : public testing::Test {
 public:
  static constexpr std::uint64_t few = 1000;
  stopping_map map;

  stuck_start() {
    for (std::uint64_t i = 0; i < few; ++i) map.try_emplace(i, i);
    map.finish();
  }
  void expect_all_there(std::uint64_t count) {
    map.finish();
    EXPECT_EQ(map.size(), count);
    for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(map.find(i), i);
    EXPECT_STREQ(map.check_invariants(), nullptr);
  }
};

TEST_F(stuck_start, does_not_keep_a_map_from_growing) {
  starter stuck([this] { map.reserve(4 * few); });
  for (std::uint64_t i = few; i < 60 * few; ++i) {
    map.try_emplace(i, i);
    ASSERT_LE(map.load_factor(), 0.9f);
  }
  EXPECT_LE(map.stats().longest_chain, 4u);
  EXPECT_GE(map.stats().migrations.grow, 5u);
  stuck.go_on();
  expect_all_there(60 * few);
}

// By half: the next shrinking waits for whoever may be reading what this one has left.
TEST_F(stuck_start, does_not_keep_a_map_from_shrinking) {
  for (std::uint64_t i = few; i < 60 * few; ++i) map.try_emplace(i, i);
  map.finish();
  const std::size_t buckets = map.bucket_count();
  starter stuck([this] { map.compact_gradually(); });
  for (std::uint64_t i = few; i < 60 * few; ++i) map.erase(i);
  EXPECT_EQ(map.bucket_count(), buckets / 2);
  EXPECT_FALSE(map.migrating());
  stuck.go_on();
  expect_all_there(few);
}

TEST_F(stuck_start, of_a_reseeding_does_not_keep_walks_from_going_on) {
  starter stuck([this] { map.reseed_gradually(); });
  std::uint64_t met = 0;
  unsigned calls = 0;
  for (steady::cursor at; !at.at_end() && calls < few; ++calls) {
    at = map.scan(at, 1, [&](const auto&) { ++met; });
  }
  EXPECT_EQ(met, few);
  ASSERT_LT(calls, few);
  EXPECT_EQ(map.visit_all([](const auto&) {}), few);
  EXPECT_EQ(map.erase_if([](const auto& element) { return element.first >= few / 2; }), few / 2);
  stuck.go_on();
  expect_all_there(few / 2);
  EXPECT_EQ(map.stats().migrations.reseed, 1u);
}

}  // namespace
