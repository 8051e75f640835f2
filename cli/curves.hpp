// The curves of a report: gathered from runs, and as JSON for the scripts of the page
// (page/*.js), which also is what readers download.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "bench/support/histogram.hpp"
#include "bench/support/memory_curve.hpp"
#include "bench/support/timeline.hpp"

namespace steady::cli {

// For each cell, a millisecond or a few: the slowest operation that was under way, and whether a
// migration was.
struct pause_curve {
  std::size_t cell_ms = 1;
  std::vector<std::uint32_t> slowest_ns;
  std::vector<bool> migrating;  // as long, or empty where the map does not tell
};

pause_curve make_pause_curve(const bench::timeline& slowest,
                             const std::bitset<bench::timeline::cells>& migrating);

// Milliseconds in which an operation was under way that took at least `ns` in all.
std::size_t milliseconds_of_at_least(const pause_curve& curve, std::uint64_t ns);

// One operation of `of` takes longer than `ns`.
struct percentile_point {
  double of = 0;
  double ns = 0;
};

// From the median to the maximum, about six points for each power of ten; the medians over the
// rounds, which must not be none.
std::vector<percentile_point> make_percentile_curve(
    const std::vector<const bench::histogram*>& rounds);

struct memory_samples {
  std::uint64_t interval_ns = 0;
  std::vector<std::uint64_t> bytes;
};

memory_samples make_memory_samples(const bench::memory_curve& curve);

// A curve and the map's short name.
template <class Curve>
struct named_curve {
  std::string name;
  Curve curve;
};

// Curves of one plot must have one width of cells.
// {"kind": "pauses", "cell_ms", "operation", "maps": [{"name", "slowest_ns", "migrations": [[first
// cell, last cell]]}]}. There are at most 8,000 cells: in
// longer runs they are wider than in the curves.
nlohmann::json pauses_plot(const std::vector<named_curve<pause_curve>>& maps,
                           std::string_view operation);

// {"kind": "percentiles", "operation", "maps": [{"name", "points": [[of, ns]]}]}
nlohmann::json percentiles_plot(const std::vector<named_curve<std::vector<percentile_point>>>& maps,
                                std::string_view operation);

// {"kind": "memory", "maps": [{"name", "interval_ns", "bytes"}]}
nlohmann::json memory_plot(const std::vector<named_curve<memory_samples>>& maps);

}  // namespace steady::cli
