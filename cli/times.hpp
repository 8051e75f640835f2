// What rounds say together about the times of single operations.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "bench/support/histogram.hpp"

namespace steady::cli {

struct spread {
  double median = 0;
  double least = 0;
  double most = 0;
};

// Of at least one value.
spread spread_of(std::vector<double> values);

struct times {
  // In the order of bench::usual_percentiles; the median over rounds of each round's percentile.
  // Nothing where a round has too few samples for it.
  std::array<std::optional<double>, bench::usual_percentiles.size()> percentiles_ns;
  spread max_ns;  // of each round's slowest; its least tells what the map itself needs
};

// One histogram for each round, at least one.
times summarize_times(const std::vector<const bench::histogram*>& rounds);

}  // namespace steady::cli
