// A durable map in memory that was written, and what is there when its files are opened again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <steady/durable_map.hpp>
#include <steady/records.hpp>

#include "support/durable_model.hpp"
#include "support/memory_files.hpp"

namespace support {

inline const std::string room = "room";

inline steady::durable_options quiet_options(memory_files& files) {
  steady::durable_options options;
  options.files = &files;
  options.background = false;
  options.snapshot_after_bytes = 0;
  return options;
}

inline std::string log_name(std::uint64_t first) {
  const std::string digits = std::to_string(first);
  return room + "/log." + std::string(20 - digits.size(), '0') + digits;
}

// Where a record of the first segment begins; the header is number 0.
inline std::size_t place_of(memory_files& files, std::size_t record) {
  const std::span<const unsigned char> bytes = files.content(log_name(1));
  std::size_t at = 0;
  for (; record > 0; --record) at += steady::parse_frame(bytes.subspan(at)).bytes;
  return at;
}

// A map that was written, what it was after each position, and where its records end.
struct written {
  memory_files files;
  std::vector<texts> at;  // by position

  explicit written(int operations, std::uint64_t segment_bytes = 1 << 20, int snapshot_after = -1,
                   steady::sync_policy sync = steady::sync_policy::each_change) {
    steady::durable_options options = quiet_options(files);
    options.sync = sync;
    options.flush_bytes = 1;  // where changes are not synced one by one, they are written so
    options.segment_bytes = segment_bytes;
    durable_texts map(room, options);
    std::mt19937 random(5);
    texts now;
    at.push_back(now);
    for (int n = 0; n < operations; ++n) {
      const text_operation one = text_operation::made_of(random, now, 12);
      one.apply(now);
      one.apply(map);
      at.push_back(now);
      if (n == snapshot_after) map.save_snapshot();
    }
  }
};

// Opens a copy; the trouble if that fails.
struct opened {
  std::unique_ptr<memory_files> files;
  std::unique_ptr<durable_texts> map;
  std::optional<steady::durable_error> trouble;

  opened(std::unique_ptr<memory_files> from, bool salvage = false) : files(std::move(from)) {
    steady::durable_options options = quiet_options(*files);
    options.salvage = salvage;
    try {
      map = std::make_unique<durable_texts>(room, options);
    } catch (const steady::durable_error& error) {
      trouble = error;
    }
  }
};

}  // namespace support
