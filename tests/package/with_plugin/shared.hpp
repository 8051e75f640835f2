// What a program and its plugin share: a map, and a gate at which a comparison of keys waits.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include <steady/concurrent_hash_map.hpp>

struct gate {
  std::atomic<bool> is_reached{false};
  std::atomic<bool> is_open{false};
  std::atomic<bool> key_was_there{false};
};
inline thread_local gate* next_comparison_waits_at = nullptr;

struct fragile_key {
  fragile_key(std::uint64_t of) : number(of) {}
  fragile_key(const fragile_key& other) : number(other.number) {}
  ~fragile_key() { exists = 0; }

  std::uint64_t number;
  volatile unsigned exists = 0x600d;
};
struct hash_of_key {
  std::size_t operator()(const fragile_key& key) const {
    return static_cast<std::size_t>(key.number);
  }
};
struct waiting_equal {
  bool operator()(const fragile_key& a, const fragile_key& b) const {
    if (gate* const at = next_comparison_waits_at) {
      next_comparison_waits_at = nullptr;
      at->is_reached = true;
      while (!at->is_open) {
      }
      at->key_was_there = a.exists == 0x600d && b.exists == 0x600d;
    }
    return a.number == b.number;
  }
};
using shared_map =
    steady::concurrent_hash_map<fragile_key, std::string, hash_of_key, waiting_equal>;
