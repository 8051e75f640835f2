// A durable map on files in memory, what it was at each position, and a follower of its directory.
#pragma once

#include <chrono>
#include <memory>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <steady/durable_map.hpp>
#include <steady/follower.hpp>

#include "support/durable_model.hpp"
#include "support/memory_files.hpp"

namespace support {

using content = durable_texts::container_type;
using text_follower = steady::directory_follower<content>;

inline texts texts_of(const text_follower& follower) {
  return texts(follower.content().begin(), follower.content().end());
}

inline steady::durable_options options_in(memory_files& files) {
  steady::durable_options options;
  options.files = &files;
  options.background = false;
  options.snapshot_after_bytes = 0;
  return options;
}

inline steady::directory_follower_options on(memory_files& files) {
  return {std::chrono::milliseconds(0), &files};
}

// A map on files in memory, and what it was at each position.
struct writer {
  memory_files& files;
  steady::durable_options options;
  std::unique_ptr<durable_texts> map;
  std::vector<texts> at{texts()};
  std::mt19937 random{3};

  explicit writer(memory_files& in) : files(in), options(options_in(in)) { open(); }
  void open() {
    map.reset();
    map = std::make_unique<durable_texts>("room", options);
  }
  void write(int changes) {
    for (; changes > 0; --changes) {
      texts now = at.back();
      const text_operation one = text_operation::made_of(random, now, 40);
      one.apply(now);
      one.apply(*map);
      at.push_back(now);
    }
  }
};

inline void poll_all(text_follower& follower) {
  while (follower.poll(7) == steady::poll_result::more) {
  }
}

#define EXPECT_FOLLOWS(follower, writer)                      \
  EXPECT_EQ((follower).position(), (writer).map->position()); \
  EXPECT_EQ(texts_of(follower), (writer).at.back())

}  // namespace support
