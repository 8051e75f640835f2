#include <algorithm>
#include <cstddef>
#include <utility>

#include "cli/times.hpp"

namespace steady::cli {

namespace {

template <class Value>
spread spread_over(const std::vector<const bench::histogram*>& rounds, Value value) {
  std::vector<double> values;
  for (const bench::histogram* round : rounds) values.push_back(static_cast<double>(value(*round)));
  return spread_of(std::move(values));
}

}  // namespace

spread spread_of(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  const double median =
      values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

times summarize_times(const std::vector<const bench::histogram*>& rounds) {
  times all;
  all.max_ns = spread_over(rounds, [](const bench::histogram& h) { return h.max(); });
  for (std::size_t i = 0; i < all.percentiles_ns.size(); ++i) {
    const bench::percentile wanted = bench::usual_percentiles[i];
    if (!rounds.front()->supports(wanted)) continue;
    all.percentiles_ns[i] =
        spread_over(rounds, [&](const bench::histogram& h) { return h.value_at(wanted); }).median;
  }
  return all;
}

}  // namespace steady::cli
