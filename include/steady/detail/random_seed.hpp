// A fresh line_seed for every map: unpredictable from outside, cheap enough for short-lived maps.
//
// One draw from std::random_device per thread, then a SplitMix64 sequence (Steele, Lea, Flood
// 2014). Where the system has no randomness to give, the clock and an address have to do: never an
// error.
#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <random>

#include <steady/detail/bits.hpp>
#include <steady/detail/hash_line.hpp>

namespace steady::detail {

inline std::uint64_t entropy() noexcept {
  try {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  } catch (const std::exception&) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
    return fold(static_cast<std::uint64_t>(now), reinterpret_cast<std::uintptr_t>(&now) ^ golden);
  }
}

// Of this thread. Tests and fuzzers assign it, to have the same seeds again.
inline std::uint64_t& random_state() noexcept {
  thread_local std::uint64_t state = entropy();
  return state;
}

inline std::uint64_t next_random() noexcept {
  std::uint64_t& state = random_state();
  state += golden;
  std::uint64_t word = state;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
  return word ^ (word >> 31);
}

inline line_seed random_seed() noexcept {
  return {next_random() | std::uint64_t{1} << 63 | 1u, next_random() | 1u};
}

}  // namespace steady::detail
