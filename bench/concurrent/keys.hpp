// The keys of bench.concurrent: random, and distinct for all threads, because every one is
// splitmix64 of an index that nobody else uses.
//
//   0 to size                the elements that a map begins with: each thread has a part in one
//   piece (thread + 1) << 40, ...  those that a thread adds later 1 << 62, ...             keys
//   that are in no map 1 << 63, ...             not keys: the random numbers by which a thread
//   chooses
#pragma once

#include <cstdint>

#include "bench/support/splitmix64.hpp"

namespace steady::bench {

// A key's value is the key itself, or, once replaced, its complement: whoever finds another value
// has found another element, or half of one.
constexpr std::uint64_t first_value(std::uint64_t key) noexcept { return key; }
constexpr std::uint64_t replaced_value(std::uint64_t key) noexcept { return ~key; }

// What one thread inserts, oldest first.
class thread_keys {
 public:
  constexpr thread_keys(unsigned thread, std::uint64_t elements) noexcept
      : elements_(elements),
        first_(thread * elements),
        first_added_((std::uint64_t{thread} + 1) << 40) {}

  constexpr std::uint64_t operator[](std::uint64_t n) const noexcept {
    return splitmix64(n < elements_ ? first_ + n : first_added_ + n);
  }

 private:
  std::uint64_t elements_;
  std::uint64_t first_;
  std::uint64_t first_added_;
};

constexpr std::uint64_t absent_key(std::uint64_t n) noexcept {
  return splitmix64((std::uint64_t{1} << 62) + n);
}

// Different for every thread.
class random_numbers {
 public:
  explicit constexpr random_numbers(unsigned thread) noexcept
      : next_((std::uint64_t{1} << 63) + (std::uint64_t{thread} << 40)) {}

  constexpr std::uint64_t operator()() noexcept { return splitmix64(next_++); }

 private:
  std::uint64_t next_;
};

// From 0 to `end`, by the upper half of a random number: the lower half is left for other choices.
constexpr std::uint64_t upper_below(std::uint64_t random, std::uint64_t end) noexcept {
  return (random >> 32) * end >> 32;
}
constexpr std::uint64_t lower_below(std::uint64_t random, std::uint64_t end) noexcept {
  return (random & 0xffffffffu) * end >> 32;
}

}  // namespace steady::bench
