// What reports draw: pauses by millisecond, percentiles, memory.
#include <bitset>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "bench/support/histogram.hpp"
#include "bench/support/memory_curve.hpp"
#include "bench/support/timeline.hpp"
#include "cli/curves.hpp"

namespace {

using namespace steady::cli;
using steady::bench::histogram;
using steady::bench::memory_curve;
using steady::bench::timeline;

constexpr std::uint64_t ms = 1'000'000;

TEST(Pauses, AnOperationCountsInEveryMillisecondThatItTakes) {
  timeline slowest;
  std::bitset<timeline::cells> migrating;
  slowest.starts_at(5 * ms);
  slowest.record(5 * ms, 5 * ms + 100, 100);
  slowest.record(6 * ms + 1, 8 * ms + 1, 2 * ms);
  migrating.set(1);
  const pause_curve curve = make_pause_curve(slowest, migrating);
  EXPECT_EQ(curve.slowest_ns, (std::vector<std::uint32_t>{100, 2 * ms, 2 * ms, 2 * ms}));
  EXPECT_EQ(curve.migrating, (std::vector<bool>{false, true, false, false}));
  EXPECT_EQ(milliseconds_of_at_least(curve, ms), 3u);
  EXPECT_EQ(milliseconds_of_at_least(curve, 2 * ms + 1), 0u);
}

TEST(Pauses, AMapThatDoesNotTellHasNoMigrations) {
  timeline slowest;
  slowest.record(0, 10, 10);
  EXPECT_TRUE(make_pause_curve(slowest, {}).migrating.empty());
}

TEST(Pauses, AsJson) {
  const pause_curve curve{1, {7, 8, 9, 0, 5}, {true, true, false, false, true}};
  const auto plot = pauses_plot({{"steady", curve}, {"other", {1, {1}, {}}}}, "insert");
  EXPECT_EQ(plot["kind"], "pauses");
  EXPECT_EQ(plot["cell_ms"], 1);
  EXPECT_EQ(plot["operation"], "insert");
  EXPECT_EQ(plot["maps"][0]["slowest_ns"], (std::vector<int>{7, 8, 9, 0, 5}));
  EXPECT_EQ(plot["maps"][0]["migrations"], (std::vector<std::vector<int>>{{0, 1}, {4, 4}}));
  EXPECT_EQ(plot["maps"][1]["migrations"], nlohmann::json::array());
}

TEST(Pauses, LongRunsHaveWiderCellsAndLoseNoPeak) {
  pause_curve curve;
  curve.slowest_ns.assign(20'000, 3);
  curve.slowest_ns[19'999] = 1000;
  curve.slowest_ns[4] = 500;
  curve.migrating.assign(20'000, false);
  curve.migrating[2] = curve.migrating[3] = curve.migrating[5] = true;
  const auto plot = pauses_plot({{"steady", curve}}, "insert");
  EXPECT_EQ(plot["cell_ms"], 3);
  const auto cells = plot["maps"][0]["slowest_ns"].get<std::vector<int>>();
  EXPECT_EQ(cells.size(), 6667u);
  EXPECT_EQ(cells[1], 500);
  EXPECT_EQ(cells.back(), 1000);
  EXPECT_EQ(cells[0], 3);
  EXPECT_EQ(plot["maps"][0]["migrations"], (std::vector<std::vector<int>>{{0, 1}}));
}

TEST(Pauses, CellsMayBeWiderFromTheStart) {
  const pause_curve curve{5, {2 * ms, 1, 2 * ms}, {}};
  EXPECT_EQ(milliseconds_of_at_least(curve, ms), 10u);
  EXPECT_EQ(pauses_plot({{"steady", curve}}, "request")["cell_ms"], 5);
}

TEST(Percentiles, FromTheMedianToTheMaximumInOrder) {
  histogram first;
  histogram second;
  histogram third;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    first.record(i < 1000 ? 10 : 5000);
    second.record(i < 1000 ? 20 : 7000);
    third.record(i < 1000 ? 30 : 90'000);
  }
  const auto points = make_percentile_curve({&first, &second, &third});
  EXPECT_EQ(points.front().of, 2);
  EXPECT_EQ(points.front().ns, 20);
  EXPECT_EQ(points.back().of, 1000);
  EXPECT_EQ(points.back().ns, 7000);
  for (std::size_t i = 1; i < points.size(); ++i) {
    EXPECT_GT(points[i].of, points[i - 1].of);
    EXPECT_GE(points[i].ns, points[i - 1].ns);
  }
  const auto plot = percentiles_plot({{"steady", points}}, "insert");
  EXPECT_EQ(plot["maps"][0]["points"][0], (std::vector<double>{2, 20}));
}

TEST(Percentiles, OfOneOperation) {
  histogram only;
  only.record(42);
  const auto points = make_percentile_curve({&only});
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].of, 1);
  EXPECT_EQ(points[0].ns, 42);
}

TEST(Memory, SamplesFillGapsAndStayInOrder) {
  memory_curve curve;
  curve.add(0, 5);
  curve.add(3 * ms + 7, 9);
  const memory_samples samples = make_memory_samples(curve);
  EXPECT_EQ(samples.interval_ns, ms);
  EXPECT_EQ(samples.bytes, (std::vector<std::uint64_t>{5, 5, 5, 9}));
}

TEST(Memory, AFullCurveKeepsHalfOfTheSamplesAndEveryPeak) {
  memory_curve curve;
  for (std::uint64_t i = 0; i < memory_curve::capacity; ++i) curve.add(i * ms, i == 1001 ? 77 : 1);
  EXPECT_EQ(curve.interval_ns(), ms);
  curve.add(memory_curve::capacity * ms, 3);
  EXPECT_EQ(curve.interval_ns(), 2 * ms);
  EXPECT_EQ(curve.size(), memory_curve::capacity / 2 + 1);
  EXPECT_EQ(curve[500], 77u);
  EXPECT_EQ(curve[501], 1u);
  EXPECT_EQ(curve[memory_curve::capacity / 2], 3u);
}

TEST(Memory, TheSamplerSeesWhatIsHeld) {
  memory_curve curve;
  steady::bench::memory_sampler sampler(curve);
  std::vector<char> held(std::size_t{64} << 20, 1);
  sampler.stop();
  // Without this read compilers may leave the vector out.
  const volatile char* const read = held.data();
  EXPECT_EQ(read[held.size() - 1], 1);
  ASSERT_GT(curve.size(), 0u);
  EXPECT_GT(curve[curve.size() - 1], std::uint64_t{32} << 20);
}

}  // namespace
