// A migration has ended before the next one is due, and starts when it is: at most two arrays are
// live, and the load factor stays within its limit, whatever one thread does for long.
#include <algorithm>
#include <cstdint>
#include <random>

#include <gtest/gtest.h>

#include "support/concurrent_bounds.hpp"

namespace {

using support::scattered;

using map_type = support::plain_map;

constexpr std::uint64_t most_elements = 300'000;
constexpr std::uint64_t many_calls = 2'000'000;

std::uint64_t limit_of(const steady::stats& now) {
  return static_cast<std::uint64_t>(static_cast<double>(now.buckets * 16) *
                                    support::counting_policy::load_limit);
}
std::uint64_t finished(const steady::stats& of) {
  const auto& done = of.migrations;
  return done.grow + done.compact + done.shrink + done.reseed;
}

// How many elements there may be beyond the limit where migrations were asked for: one that nobody
// needed may begin just before growth is due, which then comes after it, two intervals a call.
std::uint64_t after_requests(const map_type& map) { return map.stats().buckets / 2 + 8; }

// Looks at a map after every call.
class watcher {
 public:
  // `excess`: elements beyond the limit that are allowed.
  void look(const map_type& map, std::uint64_t excess) {
    const steady::stats now = map.stats();
    if (now.migrating && before_.migrating) {
      ASSERT_EQ(now.buckets, before_.buckets) << "a migration began before the last one ended";
      ASSERT_EQ(finished(now), finished(before_));
      ++calls_;
    } else {
      calls_ = 0;
    }
    if (now.migrating) {
      // Two intervals a call, of the smaller array, or of one as large.
      ASSERT_LE(calls_, now.buckets) << "it takes too long";
      ++calls_migrating_;
    }
    ASSERT_LE(now.size, limit_of(now) + excess) << now.buckets;
    before_ = now;
  }
  std::uint64_t migrations() const { return finished(before_); }
  std::uint64_t calls_migrating() const { return calls_migrating_; }

 private:
  steady::stats before_;
  std::uint64_t calls_ = 0;  // of the migration that is on
  std::uint64_t calls_migrating_ = 0;
};

// A map whose size wanders between nothing and `most_elements`.
class wandering {
 public:
  explicit wandering(map_type& map) : map_(map) {}

  void call() {
    const std::uint64_t size = end_ - begin_;
    if (size == target_ || random_() % 4096 == 0) choose_target();
    // One call in eight goes the other way.
    const bool grows = (size < target_) != (random_() % 8 == 0);
    if (grows || size == 0) {
      map_.try_emplace(scattered(end_), end_);
      ++end_;
    } else {
      map_.erase(scattered(begin_));
      ++begin_;
    }
  }
  std::uint64_t size() const { return end_ - begin_; }
  std::uint64_t random() { return random_(); }

 private:
  // Small ones as often as large ones.
  void choose_target() { target_ = random_() % (most_elements >> random_() % 12) + 1; }

  map_type& map_;
  std::mt19937_64 random_{1};
  std::uint64_t begin_ = 0;  // the elements from here
  std::uint64_t end_ = 0;    // to here are there
  std::uint64_t target_ = 0;
};

TEST(concurrent_pace, of_a_long_mixed_run) {
  map_type map;
  wandering wander(map);
  watcher watch;
  for (std::uint64_t n = 0; n < many_calls; ++n) {
    wander.call();
    ASSERT_NO_FATAL_FAILURE(watch.look(map, 8));
    if (n % (many_calls / 20) == 0) {
      EXPECT_STREQ(map.check_invariants(), nullptr);
    }
  }
  EXPECT_EQ(map.size(), wander.size());
  EXPECT_GT(watch.migrations(), 50u);
  EXPECT_LT(watch.calls_migrating(), many_calls / 4);
}

TEST(concurrent_pace, of_a_long_mixed_run_with_requests) {
  map_type map;
  wandering wander(map);
  watcher watch;
  for (std::uint64_t n = 0; n < many_calls; ++n) {
    wander.call();
    ASSERT_NO_FATAL_FAILURE(watch.look(map, after_requests(map)));
    switch (wander.random() % 20'000) {
      case 0:
        map.compact_gradually();
        break;
      case 1:
        map.reseed_gradually();
        break;
      case 2:
        map.shrink_gradually();
        break;
      default:
        break;
    }
    if (n % (many_calls / 20) == 0) {
      EXPECT_STREQ(map.check_invariants(), nullptr);
    }
  }
  EXPECT_EQ(map.size(), wander.size());
  EXPECT_GT(map.stats().migrations.compact, 5u);
  EXPECT_GT(map.stats().migrations.reseed, 5u);
  EXPECT_GT(map.stats().migrations.shrink, 20u);
}

// The worst moment for a request: the map is full, and goes on growing.
TEST(concurrent_pace, of_requests_to_a_full_map) {
  for (int kind = 0; kind < 3; ++kind) {
    SCOPED_TRACE(kind);
    map_type map;
    std::uint64_t next = 0;
    const auto insert = [&] { map.try_emplace(scattered(next), next), ++next; };
    while (map.stats().buckets < 4096 || map.migrating()) insert();
    const std::uint64_t limit = limit_of(map.stats());
    if (kind == 2) {
      while (map.size() > limit / 2) map.erase(scattered(--next));
    } else {
      while (map.size() < limit) insert();
    }
    map.finish();
    ASSERT_EQ(map.stats().buckets, 4096u);
    if (kind == 0) map.compact_gradually();
    if (kind == 1) map.reseed_gradually();
    if (kind == 2) map.shrink_gradually();
    ASSERT_TRUE(map.migrating());
    watcher watch;
    double most = 0;
    while (map.stats().migrations.grow < 11) {
      insert();
      ASSERT_NO_FATAL_FAILURE(watch.look(map, after_requests(map)));
      most = std::max(most, static_cast<double>(map.load_factor()));
      ASSERT_LE(next, 4 * limit);
    }
    EXPECT_LE(most, 0.84);
    std::printf("load factor at most %.4f\n", most);
  }
}

}  // namespace
