// steady::work: what a map did, in units that do not depend on the machine.
//
// A map whose policy says `count_work = true` counts; it offers work() and reset_work(), so that a
// test can look at every single call. With the default policy no counter exists and nothing is
// paid.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include <steady/detail/base/config.hpp>

namespace steady {

struct work {
  std::uint64_t elements_moved = 0;      // by evacuation
  std::uint64_t buckets_evacuated = 0;   // intervals: an old bucket, or a part of one
  std::uint64_t buckets_destroyed = 0;   // in steps, after clear_gradually() or retire()
  std::uint64_t elements_destroyed = 0;  // with them
  std::uint64_t hashes_taken = 0;        // calls of the hash function
  std::uint64_t chains_probed = 0;       // buckets searched for a key, with their overflow
  // Cache lines of bucket headers, overflow buckets, and searches in the bits that say which
  // buckets are empty, by iteration.
  std::uint64_t lines_searched = 0;
  std::uint64_t chunks_allocated = 0;  // chunks of slots, also when recycled within the map
  std::uint64_t chunks_released = 0;   // likewise
  std::uint64_t blocks_allocated = 0;  // calls of the allocator, for whatever purpose
  std::uint64_t blocks_released = 0;
  std::uint64_t bytes_allocated = 0;  // from the allocator and, for bucket headers, the system
  std::uint64_t bytes_released = 0;
  std::uint64_t bytes_zeroed = 0;   // headers of buckets without elements, written all the same
  std::uint64_t largest_block = 0;  // bytes; the largest allocated, supplied or released at once
};

namespace detail {

// Switched on: counts.
template <bool Counting>
class work_recorder {
 public:
  void moved(std::size_t elements) noexcept { counted_.elements_moved += elements; }
  // The elements whose bits are set in `slots`, and `more`.
  void hashed_and_moved(std::uint32_t slots, std::size_t more) noexcept {
    const auto elements = static_cast<std::size_t>(std::popcount(slots)) + more;
    counted_.hashes_taken += elements;
    counted_.elements_moved += elements;
  }
  void evacuated(std::uint64_t buckets) noexcept { counted_.buckets_evacuated += buckets; }
  void destroyed(std::size_t elements) noexcept {
    ++counted_.buckets_destroyed;
    counted_.elements_destroyed += elements;
  }
  void hashed() const noexcept { ++counted_.hashes_taken; }
  void probed() const noexcept { ++counted_.chains_probed; }
  void searched() const noexcept { ++counted_.lines_searched; }
  void zeroed(std::size_t bytes) noexcept { counted_.bytes_zeroed += bytes; }

  void chunk_allocated() noexcept { ++counted_.chunks_allocated; }
  void chunk_released() noexcept { ++counted_.chunks_released; }
  void block_allocated() noexcept { ++counted_.blocks_allocated; }
  void block_released() noexcept { ++counted_.blocks_released; }
  void supplied(std::size_t bytes) noexcept {
    counted_.bytes_allocated += bytes;
    if (bytes > counted_.largest_block) counted_.largest_block = bytes;
  }
  void withdrawn(std::size_t bytes) noexcept {
    counted_.bytes_released += bytes;
    if (bytes > counted_.largest_block) counted_.largest_block = bytes;
  }

  const work& counted() const noexcept { return counted_; }
  void reset() noexcept { counted_ = {}; }

 private:
  mutable work counted_;  // looking up hashes too
};

// Switched off: nothing there.
template <>
class work_recorder<false> {
 public:
  void moved(std::size_t) noexcept {}
  void hashed_and_moved(std::uint32_t, std::size_t) noexcept {}
  void evacuated(std::uint64_t) noexcept {}
  void destroyed(std::size_t) noexcept {}
  void hashed() const noexcept {}
  void probed() const noexcept {}
  void searched() const noexcept {}
  void zeroed(std::size_t) noexcept {}
  void chunk_allocated() noexcept {}
  void chunk_released() noexcept {}
  void block_allocated() noexcept {}
  void block_released() noexcept {}
  void supplied(std::size_t) noexcept {}
  void withdrawn(std::size_t) noexcept {}
};

}  // namespace detail
}  // namespace steady
