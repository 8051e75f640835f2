// How much memory this process holds over time: memory_curve keeps samples in fixed memory, and
// memory_sampler takes one every millisecond with a thread of its own, so that it also sees what a
// long call allocates and gives back.
//
// When a curve is full, it keeps every other sample and takes half as many from then on. Trivially
// copyable: it can travel through a pipe.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <system_error>
#include <thread>

#include "bench/support/clock.hpp"
#include "bench/support/process.hpp"

namespace steady::bench {

class memory_curve {
 public:
  static constexpr std::size_t capacity = 4096;
  static constexpr std::uint64_t first_interval_ns = 1'000'000;

  // What is held `ns` after the start; not before the last sample. Where samples are missing,
  // the one before is taken for them.
  void add(std::uint64_t ns, std::uint64_t bytes) noexcept {
    while (ns / interval_ns_ >= capacity) thin();
    const auto at = static_cast<std::size_t>(ns / interval_ns_);
    const std::uint64_t before = size_ == 0 ? bytes : bytes_[size_ - 1];
    while (size_ <= at) bytes_[size_++] = before;
    bytes_[at] = bytes;
  }

  std::uint64_t interval_ns() const noexcept { return interval_ns_; }
  std::size_t size() const noexcept { return size_; }
  std::uint64_t operator[](std::size_t sample) const noexcept { return bytes_[sample]; }

 private:
  // Of two samples the larger one stays: no peak is lost.
  void thin() noexcept {
    for (std::size_t at = 0; at < size_; at += 2) {
      bytes_[at / 2] = std::max(bytes_[at], at + 1 < size_ ? bytes_[at + 1] : 0);
    }
    size_ = (size_ + 1) / 2;
    interval_ns_ *= 2;
  }

  std::array<std::uint64_t, capacity> bytes_{};
  std::size_t size_ = 0;
  std::uint64_t interval_ns_ = first_interval_ns;
};

// Samples from its construction to stop(): what is held beyond what was held at the construction.
// Its thread runs on any core, so that it need not interrupt what it watches.
class memory_sampler {
 public:
  explicit memory_sampler(memory_curve& curve)
      : curve_(curve), before_(read_memory_usage().resident), start_(now_ns()) {
    try {
      thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    } catch (const std::system_error&) {
      // Too little memory for its stack: there is only the last sample.
    }
  }

  // Takes a last sample. Not to be called twice.
  void stop() {
    thread_.request_stop();
    if (thread_.joinable()) thread_.join();
    sample();
  }

 private:
  void run(const std::stop_token& stop) {
    unpin_thread();
    while (!stop.stop_requested()) {
      sample();
      std::this_thread::sleep_for(std::chrono::nanoseconds(curve_.interval_ns()));
    }
  }

  void sample() noexcept {
    const std::uint64_t now = read_memory_usage().resident;
    curve_.add(now_ns() - start_, now - std::min(now, before_));
  }

  memory_curve& curve_;
  std::uint64_t before_;
  std::uint64_t start_;
  std::jthread thread_;
};

}  // namespace steady::bench
