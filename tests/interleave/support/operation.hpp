// One operation of a simulated thread on memory, or on the scheduler: what is announced before it
// is done, and what the trace of a failed execution shows.
#pragma once

#include <atomic>
#include <cstdint>

#include "interleave/support/vector_clock.hpp"

namespace interleave {

enum class action : std::uint8_t {
  load,
  store,
  exchange,
  add,
  subtract,
  bits_or,
  bits_and,
  bits_xor,
  compare_exchange,
  wait,
  wake_all,
  fence,
  pause,
  finish,  // of a thread; no operation of its own
};

struct operation {
  action what = action::finish;
  std::memory_order order = std::memory_order_relaxed;
  std::uint8_t bytes = 0;
  bool on_pointer = false;
  std::uintptr_t address = 0;
};

inline bool acquires(std::memory_order order) {
  return order != std::memory_order_relaxed && order != std::memory_order_release;
}
inline bool releases(std::memory_order order) {
  return order == std::memory_order_release || order == std::memory_order_acq_rel ||
         order == std::memory_order_seq_cst;
}

// Locations are keyed by the eight bytes that they are part of.
inline std::uintptr_t granule_of(std::uintptr_t address) { return address / 8; }

// Whether it matters in which order two threads do these. Rather too often than not often enough:
// what is no plain access to memory matters to all.
inline bool depend(const operation& one, const operation& other) {
  if (one.what >= action::fence || other.what >= action::fence) return true;
  if (granule_of(one.address) != granule_of(other.address)) return false;
  const auto only_reads = [](const operation& of) {
    return of.what == action::load || of.what == action::wait;
  };
  if (!only_reads(one) || !only_reads(other)) return true;
  // The later one of these reads no older value than the earlier.
  return one.order == std::memory_order_seq_cst && other.order == std::memory_order_seq_cst;
}

// What an operation did, for the trace.
struct event {
  operation of;
  std::uint8_t thread = 0;
  bool stale = false;       // it read what is not the newest value
  bool failed = false;      // a compare_exchange that stored nothing; a wait that did not sleep
  std::uint32_t place = 0;  // the number of the location
  std::uint64_t found = 0;  // what was read; what a wait waits for
  std::uint64_t left = 0;   // what was stored; the newest value, where that was not read
};

}  // namespace interleave
