// The i-th number of the SplitMix64 generator started at 0 (Steele, Lea and Flood, 2014): random
// keys from an index alone, all distinct because the function is a bijection.
#pragma once

#include <cstdint>

namespace steady::bench {

constexpr std::uint64_t splitmix64(std::uint64_t index) noexcept {
  std::uint64_t z = (index + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

static_assert(splitmix64(0) == 0xe220a8397b1dcdafu);

}  // namespace steady::bench
