// How numbers, tables and the sentence at the end of a comparison read.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cli/compare_summary.hpp"
#include "cli/ranking.hpp"
#include "cli/table.hpp"
#include "cli/units.hpp"

namespace {

using namespace steady::cli;

TEST(Units, Counts) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(123456), "123,456");
  EXPECT_EQ(format_count(1234567), "1,234,567");
}

TEST(Units, Durations) {
  EXPECT_EQ(format_duration(0), "0 ns");
  EXPECT_EQ(format_duration(7), "7 ns");
  EXPECT_EQ(format_duration(85.25), "85.2 ns");
  EXPECT_EQ(format_duration(999), "999 ns");
  EXPECT_EQ(format_duration(999.7), "1.00 us");
  EXPECT_EQ(format_duration(1234), "1.23 us");
  EXPECT_EQ(format_duration(45.6e6), "45.6 ms");
  EXPECT_EQ(format_duration(7.894e9), "7.89 s");
  EXPECT_EQ(format_duration(1234e9), "1234 s");
}

TEST(Units, Bytes) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(1536), "1.50 KiB");
  EXPECT_EQ(format_bytes(5.25 * 1024 * 1024), "5.25 MiB");
}

TEST(Units, Factors) {
  EXPECT_EQ(format_factor(0.951), "0.95x");
  EXPECT_EQ(format_factor(12.34), "12.3x");
  EXPECT_EQ(format_factor(1930.4), "1930x");
}

TEST(Table, AlignsColumns) {
  text_table table;
  table.add_row({"", "steady", "std", ""});
  table.add_row({"time", "1 s", "20.0 s", "20.0x"});
  EXPECT_EQ(table.text(),
            "      steady     std\n"
            "time     1 s  20.0 s  20.0x\n");
}

TEST(Ranking, MostFrequentFirstThenByName) {
  const std::map<std::string, std::uint64_t> counts{
      {"b", 2}, {"a", 2}, {"d", 9}, {"c", 1}, {"e", 2}};
  const auto names = [&](std::size_t limit) {
    std::string text;
    for (const auto& entry : most_frequent(counts, limit)) text += entry.name;
    return text;
  };
  EXPECT_EQ(names(0), "");
  EXPECT_EQ(names(1), "d");
  EXPECT_EQ(names(3), "dab");
  EXPECT_EQ(names(5), "dabec");
  EXPECT_EQ(names(100), "dabec");
}

TEST(Spread, MedianOfOddAndEvenNumbers) {
  EXPECT_EQ(spread_of({5}).median, 5);
  EXPECT_EQ(spread_of({9, 1, 4}).median, 4);
  EXPECT_EQ(spread_of({9, 1, 4, 5}).median, 4.5);
  EXPECT_EQ(spread_of({9, 1, 4}).least, 1);
  EXPECT_EQ(spread_of({9, 1, 4}).most, 9);
}

run_result throughput_of(std::uint64_t total_ns, std::uint64_t peak) {
  run_result result;
  result.total_ns = total_ns;
  result.peak_bytes = peak;
  result.elements = 10;
  return result;
}

run_result latency_of(const std::vector<std::uint64_t>& values) {
  run_result result;
  for (const std::uint64_t value : values) result.service.record(value);
  return result;
}

TEST(Summary, TakesMediansOverRounds) {
  const figures all = summarize({throughput_of(30, 7), throughput_of(10, 9), throughput_of(20, 8)},
                                {latency_of({1, 50}), latency_of({2, 40}), latency_of({3, 90})});
  EXPECT_EQ(all.elements, 10u);
  EXPECT_EQ(all.total_ns.median, 20);
  EXPECT_EQ(all.total_ns.most, 30);
  EXPECT_EQ(all.peak_bytes, 8);
  EXPECT_EQ(all.service.max_ns.median, 50);
  EXPECT_EQ(all.service.max_ns.least, 40);
  EXPECT_EQ(all.service.percentiles_ns[0], 2);             // p50
  EXPECT_EQ(all.service.percentiles_ns[1], std::nullopt);  // p90 would need 10 samples
  EXPECT_EQ(all.growths, std::nullopt);
}

outcome_row row(std::string name, double max_ns, double total_ns, double peak_bytes) {
  figures measured;
  measured.service.max_ns = {max_ns * 2, max_ns, max_ns * 3};
  measured.total_ns = {total_ns, total_ns, total_ns};
  measured.peak_bytes = peak_bytes;
  return {std::move(name), "", "", "", measured};
}

comparison three_maps() {
  comparison all;
  all.source = "generated";
  all.updates = 1000;
  all.rounds = 3;
  all.maps = {row("steady", 100, 5e9, 50), row("fast", 4000, 4e9, 100), row("lean", 3000, 8e9, 40)};
  all.control = row("control", 90, 1e9, 50);
  return all;
}

TEST(InShort, NamesTheBestRivalInEach) {
  EXPECT_EQ(
      in_short(three_maps()),
      "In short: the slowest of 1,000 inserts took 100 ns with steady and 3 us with lean, the "
      "best rival in this (30.0x steady's), while merely touching memory took up to 90 ns, "
      "each in its best of 3 rounds; steady's total time was 1.25x that of fast, the fastest "
      "rival; its peak memory was 0.50x fast's, 1.25x lean's.");
}

TEST(InShort, SaysWhenSteadyLoses) {
  comparison all = three_maps();
  all.maps[0] = row("steady", 6000, 9e9, 80);
  const std::string text = in_short(all);
  EXPECT_NE(text.find("took 6 us with steady and 3 us with lean, the best rival in this (0.50x"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("2.25x that of fast"), std::string::npos) << text;
}

TEST(InShort, WithoutRivals) {
  comparison all = three_maps();
  all.maps.resize(1);
  EXPECT_EQ(in_short(all),
            "In short: the slowest of 1,000 inserts took 100 ns with steady, while merely touching "
            "memory took up to 90 ns, each in its best of 3 rounds.");
}

TEST(InShort, ARivalThatFailedIsLeftOut) {
  comparison all = three_maps();
  all.maps[2].measured.reset();
  EXPECT_EQ(in_short(all).find("lean"), std::string::npos);
}

TEST(InShort, WhenSteadyFailed) {
  comparison all = three_maps();
  all.maps[0].measured.reset();
  all.maps[0].failure = "out of memory";
  EXPECT_EQ(in_short(all), "In short: steady did not finish: out of memory.");
}

TEST(InShort, WithoutKeys) {
  comparison all = three_maps();
  all.updates = 0;
  EXPECT_EQ(in_short(all), "In short: there were no keys, so there is nothing to compare.");
}

}  // namespace
