// most_frequent(map, limit): the `limit` entries with the highest counts, ties in the order of
// their names, so that the answer does not depend on the map. Memory for `limit` entries, not for
// all.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "cli/count_result.hpp"

namespace steady::cli {

inline bool ranks_before(const ranked_identifier& a, const ranked_identifier& b) {
  return a.count != b.count ? a.count > b.count : a.name < b.name;
}

template <class Map>
std::vector<ranked_identifier> most_frequent(const Map& map, std::size_t limit) {
  std::vector<ranked_identifier> best;  // a heap whose front is the one to give way first
  if (limit == 0) return best;
  for (const auto& [name, count] : map) {
    const ranked_identifier entry{name, count};
    if (best.size() == limit) {
      if (!ranks_before(entry, best.front())) continue;
      std::pop_heap(best.begin(), best.end(), ranks_before);
      best.pop_back();
    }
    best.push_back(entry);
    std::push_heap(best.begin(), best.end(), ranks_before);
  }
  std::sort_heap(best.begin(), best.end(), ranks_before);
  return best;
}

}  // namespace steady::cli
