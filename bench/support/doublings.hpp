// Sizes that sweep doublings, and means over them.
//
// At one size one map has just grown and another is about to, so what is compared is a mean over
// whole doublings. In such a mean every doubling counts the same, however many sizes it has.
#pragma once

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace steady::bench {

// From `first` on, below `end`, in ascending order and each once: small doublings have fewer whole
// numbers than steps. `steps_at(size)` says in how many steps the size doubles there.
template <class StepsAt>
std::vector<std::uint64_t> sizes_in_doublings(std::uint64_t first, std::uint64_t end,
                                              const StepsAt& steps_at) {
  std::vector<std::uint64_t> sizes;
  double size = static_cast<double>(first);
  while (size + 0.5 < static_cast<double>(end)) {
    const auto rounded = static_cast<std::uint64_t>(size + 0.5);
    if (sizes.empty() || sizes.back() != rounded) sizes.push_back(rounded);
    size *= std::exp2(1.0 / static_cast<double>(steps_at(rounded)));
  }
  return sizes;
}

// A geometric mean over sizes. The first doubling begins with the smallest size.
class mean_over_doublings {
 public:
  void add(std::uint64_t size, double ratio) { ratios_.emplace(size, ratio); }

  std::size_t sizes() const { return ratios_.size(); }
  std::optional<double> mean() const { return mean_within(0, ~std::uint64_t{0}); }

  // Of the sizes from `low` on, below `high`. They keep their weights, also those of a doubling
  // that is within in part.
  std::optional<double> mean_within(std::uint64_t low, std::uint64_t high) const {
    std::map<int, unsigned> in_doubling;
    for (const auto& [size, ratio] : ratios_) ++in_doubling[doubling_of(size)];
    double logarithms = 0, weights = 0;
    for (const auto& [size, ratio] : ratios_) {
      if (size < low || size >= high) continue;
      const double weight = 1.0 / in_doubling[doubling_of(size)];
      logarithms += weight * std::log(ratio);
      weights += weight;
    }
    if (weights == 0) return std::nullopt;
    return std::exp(logarithms / weights);
  }

 private:
  int doubling_of(std::uint64_t size) const {
    return static_cast<int>(std::bit_width(size / ratios_.begin()->first));
  }

  std::map<std::uint64_t, double> ratios_;
};

}  // namespace steady::bench
