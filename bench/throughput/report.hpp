// What bench.throughput found out: every measurement as JSON, ratios as tables.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "bench/adapters/all.hpp"
#include "bench/support/doublings.hpp"
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

  // For each kind and operation: the geometric mean over all sizes, in which every doubling counts
  // the same, of Steady's time by that of the faster of boost and absl, the worst of them, and how
  // many are above 1.20; then the mean and that number by each rival, and the time in the middle of
  // a migration by that at rest. And the first of these again for ranges of sizes.
  std::string tables() const {
    std::string text;
    for (const std::string& kind : kinds()) {
      text +=
          fmt::format("\n{:<18} {:>9} {:>20} {:>8}", kind, "by faster", "worst, at size", "above");
      for (const std::string_view rival : rivals())
        text += fmt::format(" {:>14}", fmt::format("by {}", rival));
      text += fmt::format(" {:>14}\n", "half-way: rest");
      for (std::size_t n = 0; n < operation_count; ++n) text += row(kind, operation(n));
      text += fmt::format("{:<18}", "by faster, below");
      for (const std::uint64_t end : range_ends)
        text += fmt::format(" {:>9}", end == range_ends.back() ? "beyond" : fmt::to_string(end));
      text += '\n';
      for (std::size_t n = 0; n < operation_count; ++n) text += ranges_row(kind, operation(n));
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
    mean_over_doublings ratios;
    double worst = 0;
    std::uint64_t worst_at = 0;
    int above = 0;  // 1.20

    void add(double ratio, std::uint64_t size) {
      ratios.add(size, ratio);
      if (ratio > 1.20) ++above;
      if (ratio <= worst) return;
      worst = ratio;
      worst_at = size;
    }
    bool empty() const { return ratios.sizes() == 0; }
    std::string share() const { return fmt::format("{}/{}", above, ratios.sizes()); }
    std::string mean() const { return text_of(ratios.mean()); }
    std::string mean_within(std::uint64_t low, std::uint64_t high) const {
      return text_of(ratios.mean_within(low, high));
    }
    static std::string text_of(std::optional<double> mean) {
      return mean ? fmt::format("{:.2f}", *mean) : "-";
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

  // The time of the faster of boost and absl; 0 where neither was measured.
  static double faster_of(const cell_times& times) {
    const auto time = [&](std::string_view name) -> std::optional<double> {
      const double ns = median_of(times, std::string(name));
      return ns == 0 ? std::nullopt : std::optional(ns);
    };
    return of_faster_rival(time).value_or(0);
  }

  static std::vector<std::string_view> rivals() {
    std::vector<std::string_view> names;
    for (const known_map& map : hash_maps) {
      if (map.name != steady_adapter::name) names.push_back(map.name);
    }
    return names;
  }

  // Calls `visit(size, times)` for every size at which Steady was measured.
  template <class Visit>
  void each_size(const std::string& kind, operation what, const Visit& visit) const {
    for (const auto& [of, times] : times_) {
      if (std::get<0>(of) != kind || std::get<1>(of) != what) continue;
      if (median_of(times, "steady") != 0) visit(std::get<2>(of), times);
    }
  }

  std::string row(const std::string& kind, operation what) const {
    summary by_faster, half_way;
    const auto others = rivals();
    std::vector<summary> by_rival(others.size());
    each_size(kind, what, [&](std::uint64_t size, const cell_times& times) {
      const double own = median_of(times, "steady");
      const auto compare = [&](summary& to, double time, double rival) {
        if (time != 0 && rival != 0) to.add(time / rival, size);
      };
      compare(by_faster, own, faster_of(times));
      for (std::size_t n = 0; n < others.size(); ++n)
        compare(by_rival[n], own, median_of(times, std::string(others[n])));
      compare(half_way, median_of(times, "steady half-way"), own);
    });
    if (std::all_of(by_rival.begin(), by_rival.end(), [](auto& of) { return of.empty(); }))
      return {};
    std::string text = fmt::format("{:<18} {:>9} {:>8.2f} {:>11} {:>8}",
                                   operation_names[static_cast<unsigned>(what)], by_faster.mean(),
                                   by_faster.worst, by_faster.worst_at, by_faster.share());
    for (const summary& each : by_rival)
      text += fmt::format(" {:>14}", each.mean() + ' ' + each.share());
    return text + fmt::format(" {:>14}\n", half_way.mean());
  }

  // Small maps, those within the second-level cache, or not far beyond it, and large ones.
  static constexpr std::array<std::uint64_t, 4> range_ends = {4'096, 200'000, 2'000'000,
                                                              1'000'000'000};

  std::string ranges_row(const std::string& kind, operation what) const {
    summary by_faster;
    each_size(kind, what, [&](std::uint64_t size, const cell_times& times) {
      if (const double faster = faster_of(times); faster != 0)
        by_faster.add(median_of(times, "steady") / faster, size);
    });
    if (by_faster.empty()) return {};
    std::string text = fmt::format("{:<18}", operation_names[static_cast<unsigned>(what)]);
    std::uint64_t low = 0;
    for (const std::uint64_t end : range_ends) {
      text += fmt::format(" {:>9}", by_faster.mean_within(low, end));
      low = end;
    }
    return text + '\n';
  }

  std::map<cell, cell_times> times_;
};

}  // namespace steady::bench
