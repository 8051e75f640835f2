// Eight threads share a map that grows, shrinks, compacts and reseeds; each asserts the published
// bounds for its own calls.
//
// Not those on slots read and atomic operations: whoever finds that others have changed a bucket
// looks again, and nobody can say how often. What is written, evacuated and allocated does not
// depend on that.
#include <algorithm>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "support/concurrent_bounds.hpp"

namespace {

using support::concurrent_bounds;
using support::expect_published_for_threads;
using support::scattered;
using support::shared_work;
using support::work_of;

constexpr unsigned threads = 8;
constexpr std::uint64_t for_each = support::sanitized ? 6'000 : 60'000;

// Without what depends on how often others get in between. A thread that loses its processor while
// it has a bucket locked keeps growth from going on, so buckets get longer than chance makes them;
// then what they cost is divided by how much longer.
concurrent_bounds of_its_own(concurrent_bounds measured, std::size_t longest_chain = 0) {
  constexpr std::size_t longest_by_chance = 4;
  const std::uint64_t longer = 1 + longest_chain / (longest_by_chance + 1);
  measured.slots_read = 0;
  measured.atomic_operations = 0;
  measured.slots_written /= longer;
  measured.blocks /= longer;
  measured.bytes /= longer;
  return measured;
}

// Calls `body` with the number of a thread in eight threads, and waits for all.
template <class Body>
void in_threads(Body body) {
  std::vector<std::thread> running;
  for (unsigned number = 0; number < threads; ++number) {
    running.emplace_back([&body, number] {
      support::plain_map().contains(0);  // its first call is another matter
      body(number);
    });
  }
  for (std::thread& one : running) one.join();
}

template <class Map>
class concurrent_threads : public testing::Test {
 public:
  Map map;

  static std::uint64_t key(unsigned number, std::uint64_t i) {
    return scattered(i * threads + number);
  }

  // Nobody is in a call. Each thread may have been late by the calls between two of its looks at
  // the size: a 16th of half the way between two limits, and 1,024 at most. If a thread has lost
  // its processor with a bucket locked, that may have kept growth from starting; then it starts
  // soon (concurrent_waiting_test), and more than one may have become due.
  void expect_within_limit() {
    EXPECT_STREQ(map.check_invariants(), nullptr);
    std::uint64_t calls = 0;
    while (!is_within_limit() && calls < 4 * map.stats().buckets) {
      map.try_emplace(~std::uint64_t{0}, 0);
      map.erase(~std::uint64_t{0});
      calls += 2;
    }
    if (calls != 0) std::printf("growth was late, and came within %u calls\n", unsigned(calls));
    EXPECT_TRUE(is_within_limit()) << map.size() << " elements, " << map.stats().buckets;
  }

 private:
  bool is_within_limit() const {
    const std::uint64_t slots = map.bucket_count();
    const std::uint64_t limit = slots * 8 / 10;
    const std::uint64_t late = threads * std::min<std::uint64_t>(limit / 32 + 4, 1024);
    return map.size() <= limit + late + slots / 32;
  }
};

using maps = testing::Types<support::plain_map, support::map_in_leaves, support::map_of_nodes>;
TYPED_TEST_SUITE(concurrent_threads, maps);

TYPED_TEST(concurrent_threads, that_grow_a_map_together) {
  concurrent_bounds inserting[threads];
  in_threads([&](unsigned number) {
    for (std::uint64_t i = 0; i < for_each; ++i) {
      const std::uint64_t key = this->key(number, i);
      inserting[number].add(work_of([&] { EXPECT_TRUE(this->map.try_emplace(key, i)); }));
    }
  });
  EXPECT_EQ(this->map.size(), threads * for_each);
  EXPECT_GE(this->map.stats().migrations.grow, 3u);  // by up to a factor of 8 each
  this->expect_within_limit();
  concurrent_bounds most;
  for (const concurrent_bounds& one : inserting) most.add(one);
  expect_published_for_threads("insert, lagging",
                               of_its_own(most, this->map.stats().longest_chain));
  EXPECT_GE(most.buckets, 2u);
}

TYPED_TEST(concurrent_threads, that_insert_the_same_keys) {
  concurrent_bounds inserting[threads];
  std::uint64_t inserted[threads] = {};
  in_threads([&](unsigned number) {
    for (std::uint64_t i = 0; i < 2 * for_each; ++i) {
      inserting[number].add(
          work_of([&] { inserted[number] += this->map.try_emplace(scattered(i), i); }));
    }
  });
  EXPECT_EQ(this->map.size(), 2 * for_each);
  std::uint64_t all = 0;
  for (const std::uint64_t one : inserted) all += one;
  EXPECT_EQ(all, 2 * for_each);
  this->expect_within_limit();
  concurrent_bounds most;
  for (const concurrent_bounds& one : inserting) most.add(one);
  expect_published_for_threads("insert, lagging",
                               of_its_own(most, this->map.stats().longest_chain));
}

TYPED_TEST(concurrent_threads, that_do_everything_for_long) {
  constexpr std::uint64_t phases = 12;
  concurrent_bounds changing[threads];
  concurrent_bounds finding[threads];
  std::uint64_t first[threads] = {};  // the elements of a thread from here
  std::uint64_t last[threads] = {};   // to here are there
  std::size_t longest_chain = 0;
  for (std::uint64_t phase = 0; phase < phases; ++phase) {
    const bool grows = phase % 3 != 2;
    in_threads([&](unsigned number) {
      std::minstd_rand random(static_cast<unsigned>(phase * threads + number + 1));
      for (std::uint64_t n = 0; n < for_each / 4; ++n) {
        const bool inserts = (random() % 8 != 0) == grows;
        const std::uint64_t key = this->key(number, inserts ? last[number] : first[number]);
        if (inserts) {
          changing[number].add(work_of([&] { EXPECT_TRUE(this->map.try_emplace(key, n)); }));
          ++last[number];
        } else if (first[number] != last[number]) {
          changing[number].add(work_of([&] { EXPECT_EQ(this->map.erase(key), 1u); }));
          ++first[number];
        }
        const shared_work one = work_of([&] { EXPECT_EQ(this->map.contains(key), inserts); });
        finding[number].add(one);
        // Unless others have disturbed it 64 times: then it takes the lock.
        if (one.pauses < 63) {
          ASSERT_EQ(one.writes, 2u);
        }
      }
    });
    std::uint64_t size = 0;
    for (unsigned number = 0; number < threads; ++number) size += last[number] - first[number];
    EXPECT_EQ(this->map.size(), size);
    this->expect_within_limit();
    longest_chain = std::max(longest_chain, this->map.stats().longest_chain);
    if (phase == 5) this->map.compact_gradually();
  }
  EXPECT_GE(this->map.stats().migrations.grow, 6u);
  concurrent_bounds most;
  for (const concurrent_bounds& one : changing) most.add(one);
  expect_published_for_threads("insert, lagging", of_its_own(most, longest_chain));
  concurrent_bounds looked;
  for (const concurrent_bounds& one : finding) looked.add(one);
  expect_published_for_threads("find", of_its_own(looked));
}

TYPED_TEST(concurrent_threads, that_reseed_a_map_together) {
  std::uint64_t next[threads] = {};
  const auto fill = [&](unsigned number) {
    for (; next[number] < for_each / 2; ++next[number]) {
      this->map.try_emplace(this->key(number, next[number]), 0);
    }
  };
  in_threads(fill);
  this->map.finish();
  this->map.reseed_gradually();
  ASSERT_TRUE(this->map.migrating());
  concurrent_bounds inserting[threads];
  in_threads([&](unsigned number) {
    while (this->map.stats().migrations.reseed == 0) {
      const std::uint64_t key = this->key(number, next[number]++);
      inserting[number].add(work_of([&] { EXPECT_TRUE(this->map.try_emplace(key, 0)); }));
    }
  });
  this->expect_within_limit();
  concurrent_bounds most;
  for (const concurrent_bounds& one : inserting) most.add(one);
  expect_published_for_threads("insert, reseeding", of_its_own(most));
  EXPECT_GE(most.buckets, 1u);
}

}  // namespace
