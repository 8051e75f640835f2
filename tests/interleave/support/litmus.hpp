// For tests of the memory model: a few words that threads share, and whether a program fails.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include <gtest/gtest.h>

#include "interleave/support/explore.hpp"

namespace interleave {

using sync = interleaved_sync;
using word = sync::atomic<std::uint64_t>;

inline constexpr auto relaxed = std::memory_order_relaxed;
inline constexpr auto acquire = std::memory_order_acquire;
inline constexpr auto release = std::memory_order_release;
inline constexpr auto acq_rel = std::memory_order_acq_rel;
inline constexpr auto seq_cst = std::memory_order_seq_cst;

// The words, and what the threads have found.
struct memory {
  word x, y, z;
  std::uint64_t a = 0, b = 0, c = 0, d = 0;
};

inline options weak(unsigned reads = 2) {
  options how;
  how.within.weak_reads = reads;
  return how;
}

// Whether it fails; if not, under no schedule within the limits.
inline bool fails(const factory& make, const options& how = weak()) {
  const verdict found = explore(how, make);
  EXPECT_TRUE(found.failed || found.exhaustive) << found;
  EXPECT_TRUE(!found.failed || replay(found.schedule, make, how).message == found.message) << found;
  return found.failed;
}

}  // namespace interleave
