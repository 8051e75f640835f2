// The bounds that docs/guarantees.md publishes, read from its table, and what tests measured.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include <steady/work.hpp>

namespace support {

// The most that one call did, or may do; in the order of the table's columns.
struct bounds {
  std::uint64_t buckets = 0;   // evacuated or destroyed
  std::uint64_t elements = 0;  // moved or destroyed
  std::uint64_t chunks_allocated = 0;
  std::uint64_t chunks_released = 0;
  std::uint64_t blocks = 0;         // allocated and released, of whatever purpose
  std::uint64_t largest_block = 0;  // bytes, allocated, supplied or released in one piece
  std::uint64_t zeroed = 0;         // bytes

  void add(const steady::work& one) {
    buckets = std::max(buckets, one.buckets_evacuated + one.buckets_destroyed);
    elements = std::max(elements, one.elements_moved + one.elements_destroyed);
    chunks_allocated = std::max(chunks_allocated, one.chunks_allocated);
    chunks_released = std::max(chunks_released, one.chunks_released);
    blocks = std::max(blocks, one.blocks_allocated + one.blocks_released);
    largest_block = std::max(largest_block, one.largest_block);
    zeroed = std::max(zeroed, one.bytes_zeroed);
  }

  std::vector<std::uint64_t> columns() const {
    return {buckets, elements, chunks_allocated, chunks_released, blocks, largest_block, zeroed};
  }
};

using published_rows = std::map<std::string, std::vector<std::uint64_t>>;

// The rows of a section's table of numbers by their names, which are the first code in the first
// cell. Tables of words are no numbers, and are left out.
inline published_rows published_bounds(const std::string& section = "Bounds") {
  std::ifstream document(STEADY_GUARANTEES);
  published_rows rows;
  bool inside = false;
  for (std::string line; std::getline(document, line);) {
    if (line.starts_with("## ")) inside = line == "## " + section;
    if (line.starts_with("### ")) inside = false;
    if (!inside || !line.starts_with("| `")) continue;
    const std::size_t end = line.find('`', 3);
    const std::string name = line.substr(3, end - 3);
    std::istringstream cells(line.substr(line.find('|', end) + 1));
    auto& row = rows[name];
    for (std::string cell; std::getline(cells, cell, '|');) {
      std::erase(cell, ',');
      row.push_back(std::stoull(cell));
    }
  }
  return rows;
}

// Fails unless there is such a row, and all measured numbers, each of the column that `names`
// names, are within it.
inline void expect_within(const published_rows& published, const std::string& row,
                          const std::vector<const char*>& names,
                          const std::vector<std::uint64_t>& measured) {
  const auto found = published.find(row);
  ASSERT_NE(found, published.end()) << "docs/guarantees.md has no bounds for " << row;
  ASSERT_EQ(found->second.size(), measured.size()) << row;
  std::printf("most in one %s:", row.c_str());
  for (std::size_t n = 0; n < measured.size(); ++n) {
    std::printf("%s %llu %s", n == 0 ? "" : ",", static_cast<unsigned long long>(measured[n]),
                names[n]);
    EXPECT_LE(measured[n], found->second[n]) << row << ": " << names[n];
  }
  std::printf("\n");
}

inline void expect_as_published(const std::string& row, const bounds& measured) {
  static const auto published = published_bounds();
  expect_within(published, row,
                {"buckets", "elements", "chunks allocated", "chunks released", "blocks",
                 "bytes in one piece", "bytes zeroed"},
                measured.columns());
}

// Calls `operation` and adds what `map` counted meanwhile.
template <class Map, class Operation>
void count(Map& map, bounds& most, const Operation& operation) {
  map.reset_work();
  operation();
  most.add(map.work());
}

}  // namespace support
