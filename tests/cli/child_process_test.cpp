#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <stdexcept>

#include <gtest/gtest.h>

#include "bench/support/child_process.hpp"
#include "bench/support/histogram.hpp"
#include "bench/support/process.hpp"

namespace {

using steady::bench::run_in_child;

TEST(ChildProcess, BringsTheResultBack) {
  const auto outcome = run_in_child([] { return 42; });
  ASSERT_TRUE(outcome.result.has_value()) << outcome.failure;
  EXPECT_EQ(*outcome.result, 42);
}

TEST(ChildProcess, AResultMayBeLargerThanAPipe) {
  using big = std::array<std::uint64_t, 100'000>;
  const auto outcome = run_in_child([] {
    big result{};
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = i * i;
    return result;
  });
  ASSERT_TRUE(outcome.result.has_value()) << outcome.failure;
  EXPECT_EQ((*outcome.result)[99'999], 99'999u * std::uint64_t{99'999});
}

TEST(ChildProcess, WhatTheChildChangesStaysThere) {
  int here = 1;
  const auto outcome = run_in_child([&] { return ++here; });
  EXPECT_EQ(outcome.result, 2);
  EXPECT_EQ(here, 1);
}

template <class Function>
std::string failure_of(Function function) {
  const auto outcome = run_in_child([&] {
    function();
    return 0;
  });
  EXPECT_FALSE(outcome.result.has_value());
  return outcome.failure;
}

TEST(ChildProcess, SaysHowAChildFailed) {
  EXPECT_EQ(failure_of([] { throw std::bad_alloc(); }), "out of memory");
  EXPECT_EQ(failure_of([] { throw std::runtime_error("x"); }), "failed with an exception");
  EXPECT_EQ(failure_of([] { ::raise(SIGSEGV); }), "crashed: Segmentation fault");
  EXPECT_EQ(failure_of([] { ::raise(SIGKILL); }),
            "killed, probably because the system was out of memory");
  EXPECT_EQ(failure_of([] { ::_exit(3); }), "ended early with status 3");
  EXPECT_EQ(failure_of([] { ::_exit(0); }), "ended early with status 0");
}

TEST(ChildProcess, DestructorsDoNotRunTwice) {
  struct counts {
    int* destroyed;
    ~counts() { ++*destroyed; }
  };
  int destroyed = 0;
  {
    const counts one{&destroyed};
    const auto outcome = run_in_child([&] { return destroyed; });
    EXPECT_EQ(outcome.result, 0);
  }
  EXPECT_EQ(destroyed, 1);
}

// Volatile: a compiler may leave out an allocation that nobody reads.
void touch_pages(char* memory, std::size_t bytes) {
  volatile char* const touched = memory;
  for (std::size_t i = 0; i < bytes; i += 4096) touched[i] = 1;
}

TEST(Process, MemoryThatIsTouchedShows) {
  constexpr std::uint64_t bytes = 64 << 20;
  const auto gained = run_in_child([] {
    steady::bench::reset_peak_memory();
    const auto before = steady::bench::read_memory_usage();
    const std::uint64_t faults = steady::bench::page_faults();
    auto memory = std::make_unique<char[]>(bytes);
    touch_pages(memory.get(), bytes);
    const auto full = steady::bench::read_memory_usage();
    memory.reset();
    const auto after = steady::bench::read_memory_usage();
    return std::array{full.resident - before.resident, after.peak - before.resident,
                      after.resident - before.resident, steady::bench::page_faults() - faults};
  });
  ASSERT_TRUE(gained.result.has_value()) << gained.failure;
  const auto [full, peak, after, faults] = *gained.result;
  constexpr std::uint64_t tolerance = 2 << 20;
  EXPECT_NEAR(static_cast<double>(full), double{bytes}, tolerance);
  EXPECT_NEAR(static_cast<double>(peak), double{bytes}, tolerance);
  EXPECT_LE(after, tolerance);
  EXPECT_GT(faults, 0u);
}

TEST(Process, APeakBeforeTheResetIsForgotten) {
  const auto gained = run_in_child([] {
    constexpr std::size_t bytes = 64 << 20;
    auto memory = std::make_unique<char[]>(bytes);
    touch_pages(memory.get(), bytes);
    memory.reset();
    steady::bench::reset_peak_memory();
    const auto now = steady::bench::read_memory_usage();
    return now.peak - now.resident;
  });
  ASSERT_TRUE(gained.result.has_value()) << gained.failure;
  EXPECT_LE(*gained.result, std::uint64_t{2 << 20});
}

}  // namespace
