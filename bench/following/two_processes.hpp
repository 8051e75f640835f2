// run_as_two(writer, follower): both at once, each in a process of its own; their results.
//
// Throws std::runtime_error, with the reason, if either fails. Both say what they threw on standard
// error.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <exception>
#include <future>
#include <stdexcept>
#include <string>
#include <utility>

#include "bench/support/child_process.hpp"

namespace steady::bench {

inline constexpr unsigned patience_s = 300;  // for one run

// `work`, for a process that must not wait forever for another that has ended.
template <class Work>
auto within_patience(const char* who, const Work& work) {
  ::alarm(patience_s);
  try {
    return work();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench.following: %s: %s\n", who, error.what());
    throw;
  }
}

template <class Work>
auto run_as_one(const char* who, const Work& work) {
  auto outcome = run_in_child([&] { return within_patience(who, work); });
  if (!outcome.result) throw std::runtime_error(std::string(who) + " " + outcome.failure);
  return *outcome.result;
}

template <class Writer, class Follower>
auto run_as_two(const Writer& writer, const Follower& follower) {
  auto second =
      std::async(std::launch::async, [&] { return run_as_one("the follower", follower); });
  auto first = run_as_one("the writer", writer);
  return std::pair(first, second.get());
}

}  // namespace steady::bench
