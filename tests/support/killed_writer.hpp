// A process that writes a durable map until it is killed, and what whoever watches it knows.
//
// STEADY_KILL_ROUNDS: how many times tests kill one, 8 unless set.
#pragma once

#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

#include "support/durable_model.hpp"

namespace support {

inline std::uint32_t kill_rounds() {
  const char* const asked = std::getenv("STEADY_KILL_ROUNDS");
  return asked == nullptr ? 8 : static_cast<std::uint32_t>(std::strtoul(asked, nullptr, 10));
}

// Small segments and snapshots, so that a round sees many; another policy in each.
inline steady::durable_options options_of_round(std::uint32_t round) {
  steady::durable_options options;
  options.sync = round % 2 == 0 ? steady::sync_policy::never : steady::sync_policy::each_change;
  options.interval = std::chrono::milliseconds(1 + round % 5);
  options.flush_bytes = 1 + round * 97 % 3000;
  options.segment_bytes = 4'000 + round * 5'003 % 60'000;
  options.snapshot_after_bytes = 6'000 + round * 7'001 % 50'000;
  options.snapshot_buckets_per_change = 1 + round % 4;
  options.background = round % 3 != 0;
  return options;
}

// Operation n is always the same, so whoever knows the position knows the content.
inline text_operation operation_at(std::uint64_t position, const texts& before) {
  std::mt19937 random(static_cast<std::uint32_t>(position * 2654435761u));
  return text_operation::made_of(random, before, 500);
}

// What the map was, as far as its position is known.
struct known_texts {
  texts now;
  std::uint64_t position = 0;

  // Fails if that is a way back.
  void go_to(std::uint64_t target) {
    EXPECT_GE(target, position) << "it went back";
    while (position < target) operation_at(++position, now).apply(now);
  }
};

// Opens the directory and writes without end; `told(map)` after each change.
template <class Told>
[[noreturn]] void write_without_end(const std::string& path, const steady::durable_options& options,
                                    const Told& told) noexcept {
  durable_texts map(path, options);
  texts now = texts_of(map);
  while (true) {
    const text_operation one = operation_at(map.position() + 1, now);
    one.apply(now);
    one.apply(map);
    told(map);
  }
}

// Runs `work`, which does not return, in a process of its own.
class doomed_process {
 public:
  template <class Work>
  explicit doomed_process(const Work& work) : child_(::fork()) {
    if (child_ < 0) throw std::runtime_error("no process");
    if (child_ == 0) {
      work();
      std::abort();
    }
  }
  ~doomed_process() {
    if (child_ > 0) kill();
  }
  doomed_process(const doomed_process&) = delete;
  doomed_process& operator=(const doomed_process&) = delete;

  // Fails if it had ended by itself.
  void kill() {
    int status = 0;
    EXPECT_EQ(::kill(child_, SIGKILL), 0);
    EXPECT_EQ(::waitpid(child_, &status, 0), child_);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "it ended by itself";
    child_ = -1;
  }

 private:
  ::pid_t child_;
};

}  // namespace support
