// The tables of bench.concurrent: what failed is not taken for level.
#include <initializer_list>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "bench/concurrent/report.hpp"

namespace {

namespace bench = steady::bench;

// By their figures of one round; 0: there is none.
bench::task_results results_of(double base, double other) {
  bench::task_results results;
  results.asked.threads = 2;
  for (const auto& [name, figure] : {std::pair{"base", base}, {"other", other}}) {
    bench::contender_rounds row{name, {}, figure == 0 ? "crashed" : ""};
    if (figure != 0) {
      row.rounds.emplace_back();
      row.rounds.back().values[0] = figure;
    }
    results.rows.push_back(std::move(row));
  }
  return results;
}

std::string grid_of(const bench::task_results& first, const bench::task_results& second) {
  return bench::throughput_grid({&first, &second}, {"1000", "2000"});
}

TEST(ConcurrentReport, AGridHasTheMeanOfItsRatios) {
  const std::string text = grid_of(results_of(10, 5), results_of(10, 20));
  EXPECT_NE(text.find("5.00  0.50   20.00  2.00   1.00\n"), std::string::npos) << text;
}

TEST(ConcurrentReport, AMapThatFailedHasNoMean) {
  const std::string text = grid_of(results_of(10, 2), results_of(10, 0));
  EXPECT_NE(text.find("2.00  0.20             -      -\n"), std::string::npos) << text;
}

TEST(ConcurrentReport, WhereTheBaseFailedThereIsNoRatio) {
  const std::string text = grid_of(results_of(10, 2), results_of(0, 3));
  EXPECT_NE(text.find("3.00     -      -\n"), std::string::npos) << text;
  const std::string alone = bench::table_of(results_of(0, 3));
  EXPECT_NE(alone.find("3.00-3.00      -"), std::string::npos) << alone;
}

}  // namespace
