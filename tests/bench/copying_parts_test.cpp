// What bench.copying measures with: the gate keeps everybody out, the timeline knows the longest
// calls, and a run notices a map that answers wrongly.
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "bench/copying/gate.hpp"
#include "bench/copying/growth.hpp"
#include "bench/support/timeline.hpp"

namespace {

namespace bench = steady::bench;

// Every thread passes, and now and then works alone: it then finds nobody inside, and loses no
// update of a number that is not atomic.
TEST(Gate, NobodyIsInsideWhileOneWorksAlone) {
  constexpr unsigned threads = 4;
  constexpr unsigned rounds = 400;
  constexpr unsigned passes = 8;
  bench::gate gate(threads);
  std::atomic<unsigned> inside{0};
  std::atomic<unsigned> passed{0};
  std::atomic<unsigned> met{0};
  unsigned worked = 0;
  {
    std::vector<std::jthread> running;
    for (unsigned n = 0; n < threads; ++n) {
      running.emplace_back([&, n] {
        const bench::processor_waits waits;
        for (unsigned round = 0; round < rounds; ++round) {
          for (unsigned pass = 0; pass < passes; ++pass) {
            gate.enter(n);
            ++inside;
            ++passed;
            std::this_thread::yield();
            --inside;
            gate.leave(n);
          }
          gate.alone(waits, [&] {
            const unsigned before = passed;
            met += inside;
            const unsigned seen = worked;
            std::this_thread::yield();
            worked = seen + 1;
            met += passed - before;
          });
        }
      });
    }
  }
  EXPECT_EQ(met, 0u);
  EXPECT_EQ(worked, threads * rounds);
  EXPECT_EQ(passed, threads * rounds * passes);
}

TEST(Timeline, ACallCountsForEveryMillisecondThatItTakes) {
  const auto times = std::make_unique<bench::timeline>();
  constexpr std::uint64_t ms = bench::timeline::cell_ns;
  times->starts_at(1000 * ms);
  EXPECT_EQ(times->size(), 0u);
  times->record(1000 * ms, 1000 * ms + 70, 50);
  times->record(1002 * ms + 5, 1004 * ms + 5, 2 * ms);
  times->record(1004 * ms + 10, 1004 * ms + 20, 10);
  ASSERT_EQ(times->size(), 5u);
  EXPECT_EQ((*times)[0], 50u);
  EXPECT_EQ((*times)[1], 0u);
  for (std::size_t cell = 2; cell < 5; ++cell) EXPECT_EQ((*times)[cell], 2 * ms);

  const auto others = std::make_unique<bench::timeline>();
  others->starts_at(1000 * ms);
  others->record(1000 * ms, 1000 * ms + 30, 30);
  others->record(1001 * ms, 1001 * ms + 40, 40);
  times->merge(*others);
  EXPECT_EQ((*times)[0], 50u);
  EXPECT_EQ((*times)[1], 40u);
  EXPECT_EQ(times->size(), 5u);
}

TEST(Timeline, WhatIsTooLateOrTooLongCountsAsTheMost) {
  const auto times = std::make_unique<bench::timeline>();
  times->starts_at(0);
  constexpr std::uint64_t late = bench::timeline::cell_ns * bench::timeline::cells;
  times->record(2 * late, 2 * late + 9, std::uint64_t{1} << 40);
  ASSERT_EQ(times->size(), bench::timeline::cells);
  EXPECT_EQ((*times)[bench::timeline::cells - 1], 0xffffffffu);
}

template <class Map>
std::unique_ptr<bench::growth_measured> grown(unsigned readers = 2) {
  auto result = std::make_unique<bench::growth_measured>();
  bench::grow<Map>({.size = 20'000, .readers = readers, .clock_cost = 0}, *result);
  return result;
}

template <class Map>
class CopyingMaps : public ::testing::Test {};
template <class Maps>
struct types_of;
template <class... Maps>
struct types_of<std::tuple<Maps...>> {
  using all = ::testing::Types<Maps...>;
};
TYPED_TEST_SUITE(CopyingMaps, types_of<bench::copying_maps>::all, );

TYPED_TEST(CopyingMaps, GrowAndAnswerRightly) {
  const auto result = grown<TypeParam>();
  EXPECT_TRUE(result->filled);
  EXPECT_EQ(result->writer.wrong, 0u);
  EXPECT_EQ(result->readers.wrong, 0u);
  EXPECT_EQ(result->writer.times.count(), 20'000u);
  EXPECT_GE(result->readers.times.count(), 2u);
  EXPECT_EQ(result->tells_migrations, bench::tells_migrations<TypeParam>);
  EXPECT_EQ(result->migrations > 5, bench::tells_migrations<TypeParam>);
  EXPECT_LE(result->longest_migration_ns, result->migrations_ns);
}

// No insertion leaves a migration to the next one: what a full copy means.
struct looked_at : bench::at_once {
  bool insert(std::uint64_t key, std::uint64_t value) {
    if (migrating()) ++left;
    return at_once::insert(key, value);
  }
  static inline unsigned left = 0;
};
TEST(CopyingMapsAtOnce, MigrateWithinOneInsertion) {
  looked_at::left = 0;
  EXPECT_GT(grown<looked_at>()->migrations, 5u);
  EXPECT_EQ(looked_at::left, 0u);
}

// Loses one key in 64, and says that it did not.
struct forgetful : bench::incremental {
  bool insert(std::uint64_t key, std::uint64_t value) {
    return key % 64 == 0 || incremental::insert(key, value);
  }
};
// Finds half of a value beside half of another one.
struct torn : bench::incremental {
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    const auto found = incremental::find(key);
    return found ? *found ^ 0xffffffffu : found;
  }
};
TEST(CopyingRuns, NoticeWrongAnswers) {
  EXPECT_GT(grown<forgetful>()->writer.wrong, 0u);
  EXPECT_GT(grown<torn>()->readers.wrong, 0u);
}

}  // namespace
