// The workloads of bench.concurrent: right with every map of this build, and they notice a map that
// answers wrongly.
#include <cstdint>
#include <optional>
#include <tuple>

#include <gtest/gtest.h>

#include "bench/concurrent/contender.hpp"

namespace {

namespace bench = steady::bench;
using bench::measured;
using bench::task;
using bench::workload;

task small(workload what) {
  task asked;
  asked.what = what;
  asked.size = 3000;
  asked.threads = what == workload::single ? 1 : 3;
  asked.operations = 9000;
  return asked;
}

template <class Maps>
struct types_of;
template <class... Maps>
struct types_of<std::tuple<Maps...>> {
  using all = ::testing::Types<bench::plain_map, Maps...>;
};

template <class Map>
class ConcurrentMaps : public ::testing::Test {
 protected:
  // A map for one thread gets one.
  static measured run(task asked) {
    if (std::is_same_v<Map, bench::plain_map>) asked.threads = 1;
    return bench::run_task<Map>(asked);
  }
  static void expect_right(const measured& result) {
    EXPECT_EQ(result.wrong, 0u);
    EXPECT_TRUE(result.filled);
    EXPECT_GT(result.values[0], 0);
  }
};
TYPED_TEST_SUITE(ConcurrentMaps, types_of<bench::concurrent_maps_found>::all, );

TYPED_TEST(ConcurrentMaps, DoWhatAnAdapterPromises) {
  TypeParam map;
  EXPECT_EQ(map.size(), 0u);
  EXPECT_TRUE(map.insert(1, 10));
  EXPECT_FALSE(map.insert(1, 11));
  EXPECT_EQ(map.find(1), 10u);
  EXPECT_EQ(map.find(2), std::nullopt);
  map.assign(1, 12);
  map.assign(2, 20);
  EXPECT_EQ(map.find(1), 12u);
  EXPECT_EQ(map.find(2), 20u);
  EXPECT_EQ(map.size(), 2u);
  EXPECT_TRUE(map.erase(1));
  EXPECT_FALSE(map.erase(1));
  EXPECT_EQ(map.find(1), std::nullopt);
  EXPECT_EQ(map.size(), 1u);
}

TYPED_TEST(ConcurrentMaps, AnswerRightlyInEveryWorkload) {
  for (const workload what : {workload::grow, workload::read, workload::churn, workload::single}) {
    SCOPED_TRACE(bench::workload_names[static_cast<unsigned>(what)]);
    this->expect_right(this->run(small(what)));
  }
}

TYPED_TEST(ConcurrentMaps, EveryInsertionIsTimed) {
  task asked = small(workload::grow);
  asked.times_calls = true;
  const measured result = this->run(asked);
  this->expect_right(result);
  EXPECT_EQ(result.insertions.count(), asked.size);
}

TEST(ConcurrentWorkloads, TheControlReadsWhatItWrote) {
  task asked = small(workload::grow);
  asked.times_calls = true;
  const measured result = bench::grow_without_a_map(asked);
  EXPECT_EQ(result.wrong, 0u);
  EXPECT_EQ(result.insertions.count(), asked.size);
}

// Loses one key in 64, and says that it did not.
struct forgetful : bench::steady_shards {
  bool insert(std::uint64_t key, std::uint64_t value) {
    return key % 64 == 0 || bench::steady_shards::insert(key, value);
  }
};
// Finds what was never there.
struct inventive : bench::steady_shards {
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    const auto found = bench::steady_shards::find(key);
    return found ? found : key;
  }
};
// Finds half of a value beside half of the one that replaced it.
struct torn : bench::steady_shards {
  std::optional<std::uint64_t> find(std::uint64_t key) const {
    const auto found = bench::steady_shards::find(key);
    if (!found || key % 64 != 0) return found;
    return *found ^ 0xffffffffu;
  }
};
struct keeps_erased : bench::steady_shards {
  bool erase(std::uint64_t key) { return key % 64 == 0 || bench::steady_shards::erase(key); }
};

template <class Map>
bool is_noticed(workload what) {
  return bench::run_task<Map>(small(what)).wrong != 0;
}

TEST(ConcurrentWorkloads, NoticeWrongAnswers) {
  for (const workload what : {workload::grow, workload::read, workload::churn, workload::single}) {
    SCOPED_TRACE(bench::workload_names[static_cast<unsigned>(what)]);
    EXPECT_TRUE(is_noticed<forgetful>(what));
  }
  for (const workload what : {workload::read, workload::single}) {
    SCOPED_TRACE(bench::workload_names[static_cast<unsigned>(what)]);
    EXPECT_TRUE(is_noticed<inventive>(what));
  }
  for (const workload what : {workload::grow, workload::read, workload::single}) {
    SCOPED_TRACE(bench::workload_names[static_cast<unsigned>(what)]);
    EXPECT_TRUE(is_noticed<torn>(what));
  }
  EXPECT_TRUE(is_noticed<keeps_erased>(workload::churn));
}

// A map that crashes costs its own rows, and only those.
TEST(ConcurrentContenders, AFailureEndsTheRoundsOfThatContender) {
  const bench::contender crashes{"crashes", "", [](const task&) -> measured { throw 1; }};
  bench::contender_rounds results{"crashes", {}, ""};
  bench::run_once(crashes, small(workload::grow), results);
  EXPECT_FALSE(results.failure.empty());
  EXPECT_TRUE(results.rounds.empty());

  const bench::contender too_slow{"slow", "", [](const task&) {
                                    measured result;
                                    result.filled = false;
                                    return result;
                                  }};
  bench::contender_rounds slow_results{"slow", {}, ""};
  bench::run_once(too_slow, small(workload::grow), slow_results);
  EXPECT_FALSE(slow_results.failure.empty());
  EXPECT_TRUE(slow_results.rounds.empty());
}

}  // namespace
