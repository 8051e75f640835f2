// A helper in the background: it does what insertions would, stops when told, serves all alike, and
// goes before or after the containers that it serves. Where the order of things matters it has no
// thread of its own, so that tests decide when it runs.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>
#include <steady/concurrent_hash_set.hpp>
#include <steady/evacuator.hpp>

#include "support/counting_sync.hpp"

namespace {

using namespace std::chrono_literals;
using map_type = steady::concurrent_hash_map<std::uint64_t, std::uint64_t>;
using steady::evacuator;

template <class Map>
void fill(Map& map, std::uint64_t from, std::uint64_t to) {
  for (std::uint64_t i = from; i < to; ++i) map.try_emplace(i, i);
}
void expect_all_there(const map_type& map, std::uint64_t count) {
  ASSERT_EQ(map.size(), count);
  for (std::uint64_t i = 0; i < count; ++i) ASSERT_EQ(map.find(i), i);
  EXPECT_STREQ(map.check_invariants(), nullptr);
}
// Inserts at least so many elements, and on until a growth begins. Returns how many there are then.
std::uint64_t fill_until_migrating(map_type& map, std::uint64_t least) {
  std::uint64_t next = map.size();
  for (; next < least; ++next) map.try_emplace(next, next);
  map.finish();
  for (; !map.migrating(); ++next) map.try_emplace(next, next);
  return next;
}

std::size_t steps_to_the_end(map_type& map) {
  std::size_t steps = 0;
  while (map.migrating()) steps += map.step(1);
  return steps;
}

// Turns may take as long as they like: the machine may be busy.
evacuator::options unhurried() {
  evacuator::options how;
  how.longest_turn = 1h;
  return how;
}

// An evacuator that counts how often it wants to be called.
struct called_helper {
  int calls = 0;
  evacuator helper;
  explicit called_helper(const evacuator::options& how = unhurried())
      : helper([this] { ++calls; }, how) {}

  void run_until_idle() {
    while (helper.slice() != evacuator::until_called) {
    }
  }
};

TEST(evacuator, is_called_when_a_migration_begins_and_not_otherwise) {
  map_type map;
  fill(map, 0, 20'000);
  map.finish();
  called_helper called;
  const auto service = called.helper.serve(map);
  EXPECT_EQ(called.calls, 1);  // there might have been work already
  EXPECT_EQ(called.helper.slice(), evacuator::until_called);
  std::uint64_t next = 20'000;
  while (!map.migrating()) map.try_emplace(next, next), ++next;
  EXPECT_EQ(called.calls, 2);
  fill(map, next, next + 1000);
  EXPECT_EQ(called.calls, 2) << "it was called although it had been";
  called.run_until_idle();
  EXPECT_FALSE(map.migrating());
  expect_all_there(map, next + 1000);
}

TEST(evacuator, refuses_no_function) {
  EXPECT_THROW(evacuator(std::function<void()>()), std::invalid_argument);
  EXPECT_THROW(evacuator(nullptr), std::invalid_argument);
}

TEST(evacuator, is_called_again_where_posting_has_failed) {
  map_type map;
  int calls = 0;
  bool is_refused = true;
  evacuator helper(
      [&] {
        ++calls;
        if (is_refused) throw std::bad_alloc();
      },
      unhurried());
  const auto service = helper.serve(map);
  EXPECT_NE(calls, 0);
  std::uint64_t next = fill_until_migrating(map, 20'000);
  EXPECT_GT(calls, 1);
  is_refused = false;
  const int refused = calls;
  next = fill_until_migrating(map, next);
  EXPECT_EQ(calls, refused + 1) << "called while it was awake";
  while (helper.slice() != evacuator::until_called) {
  }
  EXPECT_FALSE(map.migrating());
  expect_all_there(map, next);
}

TEST(evacuator, leaves_nothing_to_insertions) {
  map_type map;
  called_helper called;
  const auto service = called.helper.serve(map);
  const std::uint64_t begun = fill_until_migrating(map, 50'000);
  fill(map, begun, begun + 400);
  // Not one bucket has moved: all that there is to move is there for the helper.
  EXPECT_EQ(steps_to_the_end(map), map.stats().buckets / 2);
  expect_all_there(map, begun + 400);
}

// Work of a helper that keeps up, and of insertions meanwhile.
void expect_to_leave_the_rest_to(evacuator& helper, map_type& map) {
  const auto before = map.stats().steps;
  std::uint64_t next = map.size();
  while (map.migrating()) {
    fill(map, next, next + 64);
    next += 64;
    helper.slice();
  }
  expect_all_there(map, next);
  EXPECT_EQ(map.stats().steps.insert, before.insert);
  EXPECT_GT(map.stats().steps.call, before.call);
}
evacuator::options one_round_in_a_slice() {
  evacuator::options how = unhurried();
  how.work_in_a_row = 0ns;
  return how;
}

TEST(evacuator, leaves_nothing_to_insertions_from_the_middle_of_a_migration_on) {
  map_type map;
  const std::uint64_t begun = fill_until_migrating(map, 200'000);
  fill(map, begun, begun + 400);
  called_helper called(one_round_in_a_slice());
  const auto service = called.helper.serve(map);
  expect_to_leave_the_rest_to(called.helper, map);
}

TEST(evacuator, leaves_nothing_to_insertions_of_a_migration_that_is_moved_in) {
  map_type map;
  called_helper called(one_round_in_a_slice());
  const auto service = called.helper.serve(map);
  map_type other;
  fill_until_migrating(other, 200'000);
  map = std::move(other);
  expect_to_leave_the_rest_to(called.helper, map);
}

// An interval for every four insertions, but for four chunks of 256 buckets, and 1,024 insertions
// until somebody looks; then two for each.
TEST(evacuator, that_lags_is_helped) {
  map_type map;
  called_helper called;
  const auto service = called.helper.serve(map);
  const std::uint64_t begun = fill_until_migrating(map, 200'000);
  const std::size_t old_buckets = map.stats().buckets / 2;
  std::uint64_t count = begun;
  while (map.migrating()) map.try_emplace(count, count), ++count;
  EXPECT_GE(count - begun, old_buckets / 2 + 4 * 1024);
  EXPECT_LE(count - begun, old_buckets / 2 + 4 * 1024 + 2 * 1024);
  expect_all_there(map, count);
}

TEST(evacuator, that_is_never_run_delays_no_growth) {
  for (const bool shrinks : {false, true}) {
    map_type map;
    called_helper called;
    const auto service = called.helper.serve(map);
    std::uint64_t next = 0;
    for (; next < 400'000; ++next) {
      map.try_emplace(next, next);
      const steady::stats now = map.stats();
      ASSERT_LE(now.size, static_cast<double>(now.buckets) * 16 * 0.8 + 8) << now.buckets;
    }
    if (shrinks) {
      for (std::uint64_t i = 1000; i < next; ++i) map.erase(i);
      next = 1000;
    }
    expect_all_there(map, next);
  }
}

TEST(evacuator, moves_a_turn_in_a_turn) {
  evacuator::options how = one_round_in_a_slice();
  how.elements_per_turn = 160;
  called_helper called(how);
  map_type maps[3];
  std::vector<evacuator::service> services;
  for (map_type& map : maps) {
    services.push_back(called.helper.serve(map));
    fill_until_migrating(map, 50'000);
  }
  const std::size_t old_buckets = maps[0].stats().buckets / 2;
  ASSERT_EQ(maps[1].stats().buckets / 2, old_buckets);
  const std::size_t slices = old_buckets / 10;
  for (std::size_t n = 0; n < slices; ++n) {
    for (const map_type& map : maps) ASSERT_TRUE(map.migrating()) << n << " of " << slices;
    ASSERT_EQ(called.helper.slice(), how.rest);
  }
  called.helper.slice();  // what is left of a division by ten
  for (const map_type& map : maps) EXPECT_FALSE(map.migrating());
}

// A turn that takes longer than it may has lost its processor.
TEST(evacuator, rests_longer_when_others_need_its_processor) {
  evacuator::options how;
  how.longest_turn = 0ns;
  called_helper called(how);
  map_type map;
  const auto service = called.helper.serve(map);
  fill_until_migrating(map, 50'000);
  EXPECT_EQ(called.helper.slice(), how.rest_when_crowded);
  EXPECT_TRUE(map.migrating());
}

TEST(evacuator, looks_at_its_stop_token_after_every_turn) {
  called_helper called;
  map_type map;
  const auto service = called.helper.serve(map);
  const std::uint64_t count = fill_until_migrating(map, 50'000);
  const std::size_t old_buckets = map.stats().buckets / 2;
  std::stop_source stop;
  stop.request_stop();
  EXPECT_NE(called.helper.slice(stop.get_token()), evacuator::until_called);
  std::size_t left = 0;
  while (map.migrating()) left += map.step(1);
  EXPECT_GE(left, old_buckets - 1024 / 16);
  expect_all_there(map, count);
}

TEST(evacuator, rests_when_all_that_is_left_is_locked) {
  called_helper called;
  map_type map;
  const auto service = called.helper.serve(map);
  fill_until_migrating(map, 5'000);
  map.cvisit_while([&](const auto&) {  // under the lock of the first bucket
    std::thread other([&] {
      EXPECT_EQ(called.helper.slice(), evacuator::options().rest);
      EXPECT_TRUE(map.migrating());
    });
    other.join();
    return false;
  });
  called.run_until_idle();
  EXPECT_FALSE(map.migrating());
}

TEST(evacuator, serves_a_container_once) {
  called_helper one;
  called_helper other;
  map_type map;
  auto service = one.helper.serve(map);
  EXPECT_THROW(static_cast<void>(other.helper.serve(map)), std::logic_error);
  EXPECT_THROW(static_cast<void>(one.helper.serve(map)), std::logic_error);
  service.end();
  const auto again = other.helper.serve(map);
  fill_until_migrating(map, 5'000);
  EXPECT_GE(other.calls, 1);
  other.run_until_idle();
  EXPECT_FALSE(map.migrating());
}

// Something else happens while a container is asked whether it may be served, or when this thread
// is pinned, as it is once by each turn of a helper.
std::function<void()> while_asked;
std::function<void()> when_pinned;
template <class T>
struct asked_atomic : support::counting_atomic<T> {
  using support::counting_atomic<T>::counting_atomic;
  bool compare_exchange_strong(T& expected, T value, std::memory_order success,
                               std::memory_order failure) noexcept {
    if constexpr (std::is_same_v<T, steady::detail::migration_watcher*>) {
      if (while_asked) while_asked();
    }
    return support::counting_atomic<T>::compare_exchange_strong(expected, value, success, failure);
  }
};
struct asked_policy : steady::default_concurrent_policy {
  struct sync : support::counting_sync {
    template <class T>
    using atomic = asked_atomic<T>;
    static void store_before_loads(atomic<std::uint64_t>& place, std::uint64_t value) noexcept {
      support::counting_sync::native::store_before_loads(place, value);
      if (when_pinned) when_pinned();
    }
  };
};
using asked_map = steady::concurrent_hash_map<
    std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>, std::equal_to<std::uint64_t>,
    std::allocator<std::pair<const std::uint64_t, std::uint64_t>>, asked_policy>;

// Does something at the n-th turn of an asked_map from now on, once.
class at_turn {
 public:
  at_turn(int number, std::function<void()> does) {
    when_pinned = [number, does = std::move(does)]() mutable {
      if (--number == 0) does();
    };
  }
  ~at_turn() { when_pinned = nullptr; }
  at_turn(const at_turn&) = delete;
  at_turn& operator=(const at_turn&) = delete;
};

// Two helpers of a container would be a data race.
TEST(evacuator, takes_no_turn_of_a_container_before_it_may_serve_it) {
  called_helper one;
  called_helper other;
  asked_map map;
  const auto service = one.helper.serve(map);
  fill(map, 0, 20'000);
  map.finish();
  map.compact_gradually();
  const auto before = map.stats().steps.call;
  while_asked = [&] { other.helper.slice(); };
  EXPECT_THROW(static_cast<void>(other.helper.serve(map)), std::logic_error);
  while_asked = nullptr;
  EXPECT_TRUE(map.migrating());
  EXPECT_EQ(map.stats().steps.call, before);
}

// Its caller may have another thread ready: a slice must not begin while one is on. So what begins
// while a slice looks around for the last time is that slice's own.
TEST(evacuator, is_not_called_before_a_slice_has_ended) {
  called_helper called;
  map_type map;
  fill(map, 0, 20'000);
  map.finish();
  asked_map idle;
  idle.try_emplace(1, 1);
  const auto serves_map = called.helper.serve(map);
  const auto serves_idle = called.helper.serve(idle);
  EXPECT_EQ(called.helper.slice(), evacuator::until_called);
  const int before = called.calls;
  bool has_begun = false;
  const at_turn last_one(2, [&] {
    map.compact_gradually();
    has_begun = map.migrating();
    EXPECT_EQ(called.calls, before) << "called in the middle of a slice";
  });
  called.run_until_idle();
  EXPECT_TRUE(has_begun);
  EXPECT_FALSE(map.migrating()) << "nobody has done what began during the last look";
  EXPECT_EQ(called.calls, before);
}

// A helper that is stopped has not looked at all containers, so it cannot tell that all are idle.
TEST(evacuator, that_is_stopped_while_it_looks_around_wants_to_be_called_again) {
  called_helper called;
  asked_map idle;
  map_type map;
  idle.try_emplace(1, 1);
  const auto serves_idle = called.helper.serve(idle);
  const auto serves_map = called.helper.serve(map);
  std::stop_source stop;
  const at_turn last_one(2, [&] { stop.request_stop(); });
  EXPECT_EQ(called.helper.slice(stop.get_token()), evacuator::options().rest);
  EXPECT_TRUE(stop.stop_requested());
}

// A helper that runs at once, in the middle of serve(), finds nothing yet, and must be called
// again.
TEST(evacuator, is_called_for_what_has_begun_before_it_serves) {
  map_type map;
  fill_until_migrating(map, 5'000);
  called_helper called;
  const auto service = called.helper.serve(map);
  EXPECT_EQ(called.calls, 1);
  called.run_until_idle();
  EXPECT_FALSE(map.migrating());
}

TEST(evacuator, serves_on_where_a_service_is_assigned_to_itself) {
  called_helper called;
  map_type map;
  auto service = called.helper.serve(map);
  auto& same = service;
  service = std::move(same);
  EXPECT_THROW(static_cast<void>(called.helper.serve(map)), std::logic_error);
}

TEST(evacuator, whose_service_ends_leaves_the_rest_to_insertions) {
  called_helper called;
  map_type map;
  std::uint64_t next = 0;
  {
    const auto service = called.helper.serve(map);
    next = fill_until_migrating(map, 50'000);
  }
  EXPECT_TRUE(map.migrating());
  fill(map, next, next + next / 2);
  EXPECT_FALSE(map.migrating());
  expect_all_there(map, next + next / 2);
}

TEST(evacuator, service_and_container_go_in_any_order) {
  for (int order = 0; order < 6; ++order) {
    SCOPED_TRACE(order);
    auto map = std::make_unique<map_type>();
    auto helper = std::make_unique<evacuator>();
    auto service = std::make_unique<evacuator::service>(helper->serve(*map));
    fill_until_migrating(*map, 20'000);
    const auto end = [&](int which) {
      if (which == 0) map.reset();
      if (which == 1) helper.reset();
      if (which == 2) service.reset();
    };
    const int first = order / 2;
    const int second = (first + 1 + order % 2) % 3;
    end(first);
    end(second);
    end(3 - first - second);
  }
}

TEST(evacuator, follows_a_container_that_is_moved_or_swapped) {
  called_helper called;
  map_type map;
  const auto service = called.helper.serve(map);
  const std::uint64_t count = fill_until_migrating(map, 20'000);
  map_type other;
  other.swap(map);
  called.run_until_idle();
  EXPECT_TRUE(other.migrating()) << "the service went along with the elements";
  map.swap(other);
  called.run_until_idle();
  EXPECT_FALSE(map.migrating());
  map_type third(std::move(map));
  map = std::move(third);
  expect_all_there(map, count);
  const std::uint64_t more = fill_until_migrating(map, count);
  called.run_until_idle();
  expect_all_there(map, more);
}

// An allocator that goes along with the elements; something else happens while it does.
std::function<void()> while_allocator_moves;
template <class T>
struct moving_allocator {
  using value_type = T;
  using propagate_on_container_move_assignment = std::true_type;
  using is_always_equal = std::false_type;

  moving_allocator() = default;
  moving_allocator(const moving_allocator&) = default;
  template <class U>
  moving_allocator(const moving_allocator<U>&) noexcept {}
  moving_allocator& operator=(const moving_allocator&) = default;
  moving_allocator& operator=(moving_allocator&&) noexcept {
    if (while_allocator_moves) while_allocator_moves();
    return *this;
  }
  T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* block, std::size_t count) { std::allocator<T>().deallocate(block, count); }
  template <class U>
  friend bool operator==(const moving_allocator&, const moving_allocator<U>&) noexcept {
    return true;
  }
};

TEST(evacuator, keeps_away_while_an_allocator_moves) {
  using allocator = moving_allocator<std::pair<const std::uint64_t, std::uint64_t>>;
  using map = steady::concurrent_hash_map<std::uint64_t, std::uint64_t, steady::hash<std::uint64_t>,
                                          std::equal_to<std::uint64_t>, allocator>;
  called_helper called;
  map from;
  map to;
  const auto service = called.helper.serve(from);
  const auto other_service = called.helper.serve(to);
  fill(from, 0, 20'000);
  from.finish();
  from.compact_gradually();
  ASSERT_TRUE(from.migrating());
  const auto before = from.stats().steps.call;
  bool has_moved = false;
  while_allocator_moves = [&] {
    has_moved = true;
    called.helper.slice();
    EXPECT_EQ(from.stats().steps.call, before) << "the helper may be using the allocator";
  };
  to = std::move(from);
  while_allocator_moves = nullptr;
  EXPECT_TRUE(has_moved);
  EXPECT_TRUE(to.migrating()) << "elements go along as they are";
  called.run_until_idle();
  EXPECT_FALSE(to.migrating());
  EXPECT_EQ(to.size(), 20'000u);
  EXPECT_STREQ(to.check_invariants(), nullptr);
}

TEST(evacuator, serves_sets_and_elements_in_nodes) {
  called_helper called;
  steady::concurrent_hash_map<std::string, std::string> texts;
  steady::concurrent_hash_set<std::uint32_t> numbers;
  const auto first = called.helper.serve(texts);
  const auto second = called.helper.serve(numbers);
  for (std::uint32_t i = 0; i < 30'000 || !texts.migrating(); ++i) {
    texts.try_emplace(std::to_string(i), std::to_string(i));
    numbers.insert(i);
  }
  called.run_until_idle();
  EXPECT_FALSE(texts.migrating());
  EXPECT_FALSE(numbers.migrating());
  EXPECT_STREQ(texts.check_invariants(), nullptr);
  EXPECT_STREQ(numbers.check_invariants(), nullptr);
}

// ---- with a thread of its own ----

// However long that takes on a busy machine.
template <class Condition>
void await(Condition holds) {
  while (!holds()) std::this_thread::sleep_for(100us);
}

TEST(evacuator, with_a_thread_ends_every_migration) {
  evacuator helper;
  map_type map;
  const auto service = helper.serve(map);
  std::uint64_t next = 0;
  for (int growth = 0; growth < 4; ++growth) {
    for (const std::uint64_t least = 3 * next + 5'000; next < least; ++next) {
      map.try_emplace(next, next);
    }
    // Up to a growth, which may be over before it is seen.
    while (!map.migrating() && map.size() * 10 > map.bucket_count() * 7) {
      map.try_emplace(next, next);
      ++next;
    }
    await([&] { return !map.migrating(); });
  }
  expect_all_there(map, next);
}

TEST(evacuator, with_a_thread_serves_maps_that_come_go_and_move) {
  evacuator helper;
  std::vector<std::thread> threads;
  for (std::uint64_t number = 0; number < 4; ++number) {
    threads.emplace_back([&helper, number] {
      for (int round = 0; round < 30; ++round) {
        map_type map;
        std::optional<evacuator::service> service(helper.serve(map));
        fill(map, 0, 3'000 + 1'000 * number);
        if (round % 3 == 0) service.reset();
        map_type other(std::move(map));
        map.swap(other);
        fill(map, 0, 9'000);
        EXPECT_EQ(map.size(), 9'000u);
        EXPECT_STREQ(map.check_invariants(), nullptr);
      }
    });
  }
  for (std::thread& each : threads) each.join();
}

TEST(evacuator, helps_while_threads_write_and_read) {
  evacuator helper;
  map_type map;
  const auto service = helper.serve(map);
  constexpr std::uint64_t each = 60'000;
  std::vector<std::thread> threads;
  for (std::uint64_t number = 0; number < 4; ++number) {
    threads.emplace_back([&map, number] {
      for (std::uint64_t i = 0; i < each; ++i) {
        const std::uint64_t key = i * 4 + number;
        map.try_emplace(key, key);
        ASSERT_EQ(map.find(key), key);
        if (i % 3 == 0) {
          ASSERT_EQ(map.erase(key), 1u);
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  await([&] { return !map.migrating(); });
  EXPECT_EQ(map.size(), 4 * (each - each / 3));
  EXPECT_STREQ(map.check_invariants(), nullptr);
}

}  // namespace
