// What bench.throughput found out: every measurement as JSON, ratios as tables.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/support/median.hpp"
#include "bench/throughput/contender.hpp"

namespace steady::bench {

class throughput_report {
 public:
  void add(std::string_view kind, std::uint64_t size, operation what, std::string_view who,
           double ns) {
    auto& times = times_[{std::string(kind), what, size}][std::string(who)];
    times.push_back(ns);
  }

  // For each kind and operation: the geometric mean over all sizes of Steady's time by that of the
  // faster of boost and absl, and the worst of them; then by each rival's.
  std::string tables() const {
    std::string text;
    for (const std::string& kind : kinds()) {
      text += fmt::format("\n{:<18} {:>9} {:>20} {:>8} {:>8} {:>8} {:>15}\n", kind, "by faster",
                          "worst, at size", "by boost", "by absl", "by std", "half-way: same");
      for (std::size_t n = 0; n < operation_count; ++n) text += row(kind, operation(n));
    }
    return text;
  }

  nlohmann::json json() const {
    auto all = nlohmann::json::array();
    for (const auto& [of, times] : times_) {
      for (const auto& [who, each] : times) {
        all.push_back({{"kind", std::get<0>(of)},
                       {"operation", operation_names[static_cast<unsigned>(std::get<1>(of))]},
                       {"size", std::get<2>(of)},
                       {"map", who},
                       {"ns", each},
                       {"median", median(each)}});
      }
    }
    return all;
  }

 private:
  using cell = std::tuple<std::string, operation, std::uint64_t>;  // kind, what, size
  using cell_times = std::map<std::string, std::vector<double>>;   // by map, one for each round

  // Ratios over all sizes.
  struct summary {
    double logarithms = 0;
    double worst = 0;
    std::uint64_t worst_at = 0;
    int count = 0;

    void add(double ratio, std::uint64_t size) {
      logarithms += std::log(ratio);
      ++count;
      if (ratio <= worst) return;
      worst = ratio;
      worst_at = size;
    }
    std::string mean() const {
      return count == 0 ? "-" : fmt::format("{:.2f}", std::exp(logarithms / count));
    }
  };

  // 0 where it was not measured.
  static double median_of(const cell_times& times, const std::string& who) {
    const auto found = times.find(who);
    return found == times.end() ? 0 : median(found->second);
  }

  std::vector<std::string> kinds() const {
    std::vector<std::string> all;
    for (const auto& [of, times] : times_) {
      if (std::find(all.begin(), all.end(), std::get<0>(of)) == all.end()) {
        all.push_back(std::get<0>(of));
      }
    }
    return all;
  }

  std::string row(const std::string& kind, operation what) const {
    summary by_faster, by_boost, by_absl, by_std, half_way;
    for (const auto& [of, times] : times_) {
      if (std::get<0>(of) != kind || std::get<1>(of) != what) continue;
      const std::uint64_t size = std::get<2>(of);
      const double own = median_of(times, "steady");
      const double boost = median_of(times, "boost");
      const double absl = median_of(times, "absl");
      const double faster = boost == 0 || absl == 0 ? std::max(boost, absl) : std::min(boost, absl);
      const double halfway = median_of(times, "steady half-way");
      if (own == 0) continue;
      if (faster != 0) by_faster.add(own / faster, size);
      if (boost != 0) by_boost.add(own / boost, size);
      if (absl != 0) by_absl.add(own / absl, size);
      by_std.add(own / median_of(times, "std"), size);
      if (halfway != 0 && faster != 0) half_way.add(halfway / faster, size);
    }
    if (by_std.count == 0) return {};
    return fmt::format("{:<18} {:>9} {:>8.2f} {:>11} {:>8} {:>8} {:>8} {:>15}\n",
                       operation_names[static_cast<unsigned>(what)], by_faster.mean(),
                       by_faster.worst, by_faster.worst_at, by_boost.mean(), by_absl.mean(),
                       by_std.mean(), half_way.mean());
  }

  std::map<cell, cell_times> times_;
};

}  // namespace steady::bench
