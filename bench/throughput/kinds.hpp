// What is put into the maps of bench.throughput. A kind says how the i-th key and value are made;
// keys of different i differ.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "bench/support/splitmix64.hpp"

namespace steady::bench {

struct numbers {
  using key = std::uint64_t;
  using value = std::uint64_t;
  static constexpr std::string_view name = "u64:u64";

  static key make_key(std::uint64_t i) { return splitmix64(i); }
  static value make_value(std::uint64_t i) { return i; }
  static std::uint64_t seen(const value& of) { return of; }
};

struct large_values {
  using key = std::uint64_t;
  using value = std::array<std::uint64_t, 7>;
  static constexpr std::string_view name = "u64:56 bytes";

  static key make_key(std::uint64_t i) { return splitmix64(i); }
  static value make_value(std::uint64_t i) { return {i}; }
  static std::uint64_t seen(const value& of) { return of[0]; }
};

// Within std::string's own buffer.
struct short_texts {
  using key = std::string;
  using value = std::uint64_t;
  static constexpr std::string_view name = "short text:u64";

  static key make_key(std::uint64_t i) {
    static constexpr char digits[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
    key made;
    for (std::uint64_t rest = splitmix64(i); made.size() < 11; rest >>= 6)
      made += digits[rest & 63];
    return made;
  }
  static value make_value(std::uint64_t i) { return i; }
  static std::uint64_t seen(const value& of) { return of; }
};

// 40 bytes, in memory of their own; they differ at the end.
struct long_texts {
  using key = std::string;
  using value = std::uint64_t;
  static constexpr std::string_view name = "40-byte text:u64";

  static key make_key(std::uint64_t i) { return std::string(29, '/') + short_texts::make_key(i); }
  static value make_value(std::uint64_t i) { return i; }
  static std::uint64_t seen(const value& of) { return of; }
};

}  // namespace steady::bench
