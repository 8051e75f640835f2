// The median of some numbers; of an even number of them, the mean of the two in the middle.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <vector>

namespace steady::bench {

// `of` must not be empty.
inline double median(std::vector<double> of) {
  const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
  std::nth_element(of.begin(), middle, of.end());
  if (of.size() % 2 != 0) return *middle;
  return (*std::max_element(of.begin(), middle) + *middle) / 2;
}

// The same of what may never have come to pass, which is later than all that did. Nothing if the
// median is of those.
inline std::optional<double> median(const std::vector<std::optional<double>>& of) {
  std::vector<double> known;
  for (const auto& each : of) {
    known.push_back(each.value_or(std::numeric_limits<double>::infinity()));
  }
  const double middle = median(known);
  if (std::isinf(middle)) return std::nullopt;
  return middle;
}

}  // namespace steady::bench
