// Destructors of thread_local objects use concurrent containers after the library has taken leave
// of their thread: they work, and leave nothing behind (grace_period.hpp).
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include <gtest/gtest.h>

#include <steady/concurrent_hash_map.hpp>

#include "support/counting_sync.hpp"

namespace {

using pin = steady::detail::grace_period<steady::detail::native_sync>::pin;

steady::concurrent_hash_map<std::uint64_t, std::string> totals;  // elements in nodes
std::uint32_t most_records = 0;                                  // threads run one at a time
bool were_pins_nested_right = true;

void note_number(const pin& pinned) {
  most_records = std::max(most_records, pinned.thread_number() + 1);
}

// Made before its thread's first call, so it is destroyed after what that call has made.
struct writes_at_the_end {
  std::uint64_t n = 0;
  ~writes_at_the_end() {
    totals.insert_or_assign(n, "at the end");
    totals.visit(n, [&](auto& element) {
      const pin within;  // of the same record
      note_number(within);
      element.second += "!";
    });
    totals.erase(n / 2);
    totals.finish();
    const pin outer;
    {
      const pin inner;
      were_pins_nested_right &= inner.thread_number() == outer.thread_number();
    }
    were_pins_nested_right &=
        steady::detail::grace_period<steady::detail::native_sync>::is_pinned();
    note_number(outer);
  }
};
thread_local writes_at_the_end mine;

TEST(concurrent_thread_end, takes_a_record_for_each_late_call_and_gives_it_back) {
  constexpr std::uint64_t threads = 200;
  for (std::uint64_t n = 1; n <= threads; ++n) {
    std::thread([n] {
      mine.n = n;
      totals.contains(1);
    }).join();
    ASSERT_EQ(totals.find(n), "at the end!");
  }
  EXPECT_LE(most_records, 2u);
  EXPECT_TRUE(were_pins_nested_right);
  EXPECT_STREQ(totals.check_invariants(), nullptr);
}

TEST(concurrent_thread_end, may_be_the_first_time_that_a_thread_uses_a_container) {
  most_records = 0;
  for (std::uint64_t n = 1000; n < 1100; ++n) {
    std::thread([n] { mine.n = n; }).join();
    ASSERT_EQ(totals.find(n), "at the end!");
  }
  EXPECT_LE(most_records, 2u);
}

// Grace periods of a policy have records of their own; so places of threads are its own, too.
TEST(place_of_thread, is_another_for_each_policy_and_is_given_back_at_the_end) {
  using steady::detail::native_sync;
  using support::counting_sync;
  static std::atomic<int> given_back;
  given_back = 0;
  std::thread([] {
    EXPECT_EQ(counting_sync::thread_place(), nullptr);
    EXPECT_NE(&counting_sync::thread_place(), &native_sync::thread_place());
    int own = 0;
    counting_sync::thread_place() = &own;
    EXPECT_EQ(native_sync::thread_place(), nullptr);
    counting_sync::at_thread_exit([](void*) noexcept {
      EXPECT_TRUE(counting_sync::has_thread_ended());
      EXPECT_FALSE(native_sync::has_thread_ended());
      ++given_back;
    });
    EXPECT_FALSE(counting_sync::has_thread_ended());
  }).join();
  EXPECT_EQ(given_back, 1);
}

}  // namespace
