// A thread's first call of a concurrent container needs memory for its record (grace_period.hpp):
// where that is refused, the call does its work all the same, and readers are waited for as ever.
// One test program of one source file, whose operator new for cache lines can be told to fail.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <latch>
#include <new>
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>

namespace {

std::atomic<bool> refuses_records = false;
std::atomic<std::uint64_t> refused = 0;

}  // namespace

void* operator new(std::size_t bytes, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  if (refuses_records) {
    ++refused;
    return nullptr;
  }
  const auto unit = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  const auto unit = static_cast<std::size_t>(alignment);
  void* const block = std::aligned_alloc(unit, (bytes + unit - 1) / unit * unit);
  return block != nullptr ? block : throw std::bad_alloc();
}
void operator delete(void* block, std::align_val_t) noexcept { std::free(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { std::free(block); }

namespace {

using grace = steady::detail::grace_period<steady::detail::native_sync>;
using pin = grace::pin;

// This thread has no record, and none is free: threads that are made here get none, either.
class first_call : public testing::Test {
 public:
  first_call() {
    refuses_records = true;
    refused = 0;
  }
  ~first_call() override {
    refuses_records = false;
    steady::detail::native_sync::thread_place() = own_;  // what was taken meanwhile stays so
  }

 private:
  void* own_ = std::exchange(steady::detail::native_sync::thread_place(), nullptr);
};

TEST_F(first_call, comes_to_an_end) {
  const steady::concurrent_hash_map<int, int> map;
  EXPECT_FALSE(map.contains(1));
  EXPECT_EQ(map.size(), 0u);
  EXPECT_GE(refused, 1u);
  EXPECT_FALSE(grace::is_pinned());
}

TEST_F(first_call, takes_a_record_once_there_is_memory) {
  {
    const pin pinned;
    EXPECT_EQ(pinned.thread_number(), grace::shared_number);
  }
  refuses_records = false;
  { const pin pinned; }
  const std::uint64_t before = refused;
  refuses_records = true;
  { const pin pinned; }
  EXPECT_EQ(refused, before);
}

TEST_F(first_call, does_all_that_others_do) {
  steady::concurrent_hash_map<std::uint64_t, std::string> map;
  std::thread([&] {
    for (std::uint64_t n = 0; n < 2000; ++n) map.try_emplace(n, std::to_string(n));
    for (std::uint64_t n = 0; n < 1000; ++n) EXPECT_EQ(map.erase(n), 1u);
    std::size_t met = 0;
    map.visit(1500u, [&](auto& element) {
      EXPECT_TRUE(grace::is_pinned());
      const pin within;
      EXPECT_EQ(within.thread_number(), grace::shared_number);
      element.second += "!";
      ++met;
    });
    EXPECT_EQ(met, 1u);
    EXPECT_FALSE(grace::is_pinned());
    map.rehash(0);
  }).join();
  EXPECT_GE(refused, 3000u);
  EXPECT_EQ(map.size(), 1000u);
  for (std::uint64_t n = 1000; n < 2000; ++n) {
    ASSERT_EQ(map.find(n), std::to_string(n) + (n == 1500 ? "!" : ""));
  }
  EXPECT_STREQ(map.check_invariants(), nullptr);
  EXPECT_TRUE(grace::is_over(grace::retire()));
}

// Two of them overlap: the first one to go must not take the other's protection away.
TEST_F(first_call, is_waited_for) {
  std::latch have_come(2), first_may_go(1), second_may_go(1);
  const auto stays = [&](std::latch& may_go) {
    const pin pinned;
    EXPECT_EQ(pinned.thread_number(), grace::shared_number);
    have_come.count_down();
    may_go.wait();
  };
  std::thread first(stays, std::ref(first_may_go));
  std::thread second(stays, std::ref(second_may_go));
  have_come.wait();
  const std::uint64_t time = grace::retire();
  EXPECT_FALSE(grace::is_over(time));
  first_may_go.count_down();
  first.join();
  EXPECT_FALSE(grace::is_over(time));
  std::thread([&] {  // comes and goes while the other one is there
    const pin pinned;
    EXPECT_FALSE(grace::is_over(time));
  })
      .join();
  EXPECT_FALSE(grace::is_over(time));
  second_may_go.count_down();
  second.join();
  EXPECT_TRUE(grace::is_over(time));
  std::thread([&] {
    const pin pinned;
    EXPECT_TRUE(grace::is_over(time)) << "who came later does not count";
  }).join();
}

}  // namespace
