// A fresh line_seed for every map: unpredictable from outside, cheap enough for short-lived maps.
//
// One draw from the system per thread and process, then a SplitMix64 sequence (Steele, Lea, Flood
// 2014). Where the system has no randomness to give, the seed comes from addresses: never an error.
#pragma once

#include <cstdint>

#include <steady/detail/base/bits.hpp>
#include <steady/detail/base/config.hpp>
#include <steady/detail/base/system.hpp>
#include <steady/detail/line/hash_line.hpp>

namespace steady::detail {

STEADY_COLD inline std::uint64_t entropy() noexcept {
  std::uint64_t word = 0;
  if (system_random(&word, sizeof word)) return word;
  return fold(system_nanoseconds(), reinterpret_cast<std::uintptr_t>(&word) ^ golden);
}

// Of this thread; 0 before the first draw, so that looking at it needs no guard. Tests and fuzzers
// assign it, to have the same seeds again.
inline std::uint64_t& random_state() noexcept {
  static thread_local constinit std::uint64_t state = 0;
  return state;
}

// The first state of a thread. A child of fork() draws its own: it would have the seeds, and the
// ids of feeds and durable maps, that its parent has.
STEADY_COLD inline std::uint64_t first_state() noexcept {
  [[maybe_unused]] static const bool is_watched =
      after_each_fork([]() noexcept { random_state() = 0; });
  return entropy();
}

inline std::uint64_t next_random() noexcept {
  std::uint64_t& state = random_state();
  if (state == 0) [[unlikely]]
    state = first_state();
  state += golden;
  std::uint64_t word = state;
  word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9u;
  word = (word ^ (word >> 27)) * 0x94d049bb133111ebu;
  return word ^ (word >> 31);
}

// A number that strangers may see: an id, a nonce, the name of an order. From one number of the
// sequence all that follow can be told, and with them every seed to come; from two that are folded
// into one they cannot, short of trying all states.
inline std::uint64_t random_in_public() noexcept {
  const std::uint64_t first = next_random();
  return fold(first, next_random() | 1);
}

inline line_seed random_seed() noexcept { return {next_random() | line_seed::required_bits}; }

// Cursors carry the name of their table's order, so that those of another one are recognised.
// Neither 0, which is no name, nor 0xffff.
inline std::uint16_t random_name() noexcept {
  return static_cast<std::uint16_t>(1 + (random_in_public() >> 32) % 0xfffe);
}
// Of the same table's next order: none of its last 65,533 names.
constexpr std::uint16_t name_after(std::uint16_t name) noexcept {
  return name == 0xfffe ? std::uint16_t{1} : static_cast<std::uint16_t>(name + 1);
}

}  // namespace steady::detail
