// Options that may be given several times, but not twice with the same value: of the rows that two
// runs of the same would give, nothing tells which is which.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace steady::bench {

// For the callback of an application: ends its parsing with a message that names the option.
template <class Value>
void refuse_repeated(const std::string& option, std::vector<Value> values) {
  std::sort(values.begin(), values.end());
  if (std::adjacent_find(values.begin(), values.end()) == values.end()) return;
  throw CLI::ValidationError(option, "the same value was given twice");
}

}  // namespace steady::bench
