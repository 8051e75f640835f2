// The most work that a single call did, phase by phase: counted, so the same on every machine.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include <steady/policy.hpp>
#include <steady/work.hpp>

#include "bench/latency/phases.hpp"

namespace steady::bench {

struct most_work {
  std::uint64_t elements = 0;  // moved or destroyed
  std::uint64_t chunks = 0;    // allocated or released
  std::uint64_t blocks = 0;    // likewise
  std::uint64_t bytes = 0;     // in one piece
  std::uint64_t zeroed = 0;    // bytes
};
using work_of_life = std::array<most_work, phase_count>;

struct counting_policy : steady::default_policy {
  static constexpr bool count_work = true;
};

// For life: see life_clock.
class work_observer {
 public:
  void begin(phase next) { most_ = &result[static_cast<unsigned>(next)]; }

  template <class Container, class Call>
  void call(Container& container, Call&& what) {
    container.reset_work();
    what();
    const work& done = container.work();
    const auto raise = [](std::uint64_t& most, std::uint64_t seen) { most = std::max(most, seen); };
    raise(most_->elements, done.elements_moved + done.elements_destroyed);
    raise(most_->chunks, done.chunks_allocated + done.chunks_released);
    raise(most_->blocks, done.blocks_allocated + done.blocks_released);
    raise(most_->bytes, done.largest_block);
    raise(most_->zeroed, done.bytes_zeroed);
  }

  work_of_life result{};

 private:
  most_work* most_ = nullptr;
};

template <class Map>
work_of_life count_work_of(std::uint64_t elements) {
  work_observer observer;
  life<Map> one(elements);
  one.grow(observer);
  one.churn(observer);
  one.shrink(observer);
  one.clear(observer);
  one.destroy(observer);
  return observer.result;
}

}  // namespace steady::bench
