// The median of some numbers; of an even number of them, the mean of the two in the middle.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace steady::bench {

// `of` must not be empty.
inline double median(std::vector<double> of) {
  const auto middle = of.begin() + static_cast<std::ptrdiff_t>(of.size() / 2);
  std::nth_element(of.begin(), middle, of.end());
  if (of.size() % 2 != 0) return *middle;
  return (*std::max_element(of.begin(), middle) + *middle) / 2;
}

}  // namespace steady::bench
