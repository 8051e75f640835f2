#include <algorithm>
#include <cmath>

#include <nlohmann/json.hpp>

#include "bench/support/median.hpp"
#include "cli/curves.hpp"

namespace steady::cli {

namespace {

constexpr std::size_t most_cells = 8000;
constexpr std::uint64_t million = 1'000'000;

// How many in a million lie beyond each point of a percentile curve: 500,000, then six for each
// power of ten, down to one.
std::vector<std::uint64_t> millionths_beyond() {
  std::vector<std::uint64_t> all{million / 2};
  for (int sixth = 3; sixth <= 36; ++sixth) {
    all.push_back(static_cast<std::uint64_t>(std::llround(std::pow(10.0, 6.0 - sixth / 6.0))));
  }
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

template <class Value>
double median_over(const std::vector<const bench::histogram*>& rounds, Value value) {
  std::vector<double> values;
  for (const bench::histogram* round : rounds) values.push_back(static_cast<double>(value(*round)));
  return bench::median(std::move(values));
}

// The largest of each `width` values in a row.
template <class Values>
nlohmann::json largest_of_each(const Values& values, std::size_t width) {
  auto all = nlohmann::json::array();
  for (std::size_t at = 0; at < values.size(); at += width) {
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(at);
    const auto count = static_cast<std::ptrdiff_t>(std::min(width, values.size() - at));
    all.push_back(*std::max_element(first, first + count));
  }
  return all;
}

// First and last of each row of true values, in cells of `width`.
nlohmann::json stretches(const std::vector<bool>& flags, std::size_t width) {
  auto all = nlohmann::json::array();
  for (std::size_t at = 0; at < flags.size(); ++at) {
    if (!flags[at]) continue;
    const std::size_t cell = at / width;
    if (!all.empty() && all.back()[1].template get<std::size_t>() + 1 >= cell) {
      all.back()[1] = cell;
    } else {
      all.push_back({cell, cell});
    }
  }
  return all;
}

}  // namespace

pause_curve make_pause_curve(const bench::timeline& slowest,
                             const std::bitset<bench::timeline::cells>& migrating) {
  pause_curve curve;
  for (std::size_t cell = 0; cell < slowest.size(); ++cell) {
    curve.slowest_ns.push_back(slowest[cell]);
    if (migrating.any()) curve.migrating.push_back(migrating[cell]);
  }
  return curve;
}

std::size_t milliseconds_of_at_least(const pause_curve& curve, std::uint64_t ns) {
  return curve.cell_ms * static_cast<std::size_t>(
                             std::count_if(curve.slowest_ns.begin(), curve.slowest_ns.end(),
                                           [ns](std::uint32_t slowest) { return slowest >= ns; }));
}

std::vector<percentile_point> make_percentile_curve(
    const std::vector<const bench::histogram*>& rounds) {
  std::vector<percentile_point> points;
  for (const std::uint64_t beyond : millionths_beyond()) {
    const bench::percentile wanted{"", million - beyond};
    if (!rounds.front()->supports(wanted)) break;
    points.push_back(
        {static_cast<double>(million) / static_cast<double>(beyond),
         median_over(rounds, [&](const bench::histogram& h) { return h.value_at(wanted); })});
  }
  const auto count = static_cast<double>(rounds.front()->count());
  if (points.empty() || points.back().of < count) {
    points.push_back({count, 0});
  }
  points.back().ns = median_over(rounds, [](const bench::histogram& h) { return h.max(); });
  return points;
}

memory_samples make_memory_samples(const bench::memory_curve& curve) {
  memory_samples samples{curve.interval_ns(), {}};
  for (std::size_t i = 0; i < curve.size(); ++i) samples.bytes.push_back(curve[i]);
  return samples;
}

nlohmann::json pauses_plot(const std::vector<named_curve<pause_curve>>& maps,
                           std::string_view operation) {
  std::size_t longest = 1;
  for (const auto& map : maps) longest = std::max(longest, map.curve.slowest_ns.size());
  const std::size_t width = (longest + most_cells - 1) / most_cells;
  auto all = nlohmann::json::array();
  for (const auto& [name, curve] : maps) {
    all.push_back({{"name", name},
                   {"slowest_ns", largest_of_each(curve.slowest_ns, width)},
                   {"migrations", stretches(curve.migrating, width)}});
  }
  const std::size_t cell_ms = width * (maps.empty() ? 1 : maps.front().curve.cell_ms);
  return {{"kind", "pauses"}, {"cell_ms", cell_ms}, {"operation", operation}, {"maps", all}};
}

nlohmann::json percentiles_plot(const std::vector<named_curve<std::vector<percentile_point>>>& maps,
                                std::string_view operation) {
  auto all = nlohmann::json::array();
  for (const auto& [name, curve] : maps) {
    auto points = nlohmann::json::array();
    // Three digits suffice for a picture; 1 / 0.000316 would have sixteen.
    for (const percentile_point& point : curve) {
      points.push_back({std::round(point.of * 1000) / 1000, std::round(point.ns)});
    }
    all.push_back({{"name", name}, {"points", points}});
  }
  return {{"kind", "percentiles"}, {"operation", operation}, {"maps", all}};
}

nlohmann::json memory_plot(const std::vector<named_curve<memory_samples>>& maps) {
  auto all = nlohmann::json::array();
  for (const auto& [name, curve] : maps) {
    all.push_back({{"name", name}, {"interval_ns", curve.interval_ns}, {"bytes", curve.bytes}});
  }
  return {{"kind", "memory"}, {"maps", all}};
}

}  // namespace steady::cli
