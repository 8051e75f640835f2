// A large map that empties in steps gives its pages to the system in steps, whatever the allocator
// does with the blocks.
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <memory>
#include <utility>

#include <gtest/gtest.h>

#include <steady/hash_map.hpp>
#include <steady/retire.hpp>

namespace {

constexpr std::uint64_t count = 1'000'000;

// The resident memory of this process.
std::size_t resident_bytes() {
  std::size_t virtual_pages = 0;
  std::size_t resident_pages = 0;
  std::ifstream("/proc/self/statm") >> virtual_pages >> resident_pages;
  return resident_pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

class page_return : public testing::Test {
 protected:
  void SetUp() override {
#if STEADY_HAS_ADDRESS_SANITIZER || STEADY_HAS_THREAD_SANITIZER
    GTEST_SKIP() << "sanitizers keep memory that was freed";
#endif
    if (!steady::detail::can_reserve_addresses) GTEST_SKIP() << "no virtual memory";
    if (resident_bytes() == 0) GTEST_SKIP() << "the system does not tell";
    for (std::uint64_t n = 0; n < count; ++n) map_.try_emplace(n, n);
    map_.finish();
    held_ = map_.stats().bytes;
    // At the end of the heap, which therefore cannot become shorter.
    stopper_ = std::make_unique<char[]>(1000);
    before_ = resident_bytes();
  }

  void expect_most_pages_gone() const { EXPECT_LT(resident_bytes(), before_ - held_ / 10 * 8); }

  steady::hash_map<std::uint64_t, std::uint64_t> map_;
  std::size_t held_ = 0;
  std::unique_ptr<char[]> stopper_;
  std::size_t before_ = 0;
};

TEST_F(page_return, of_a_map_cleared_in_steps) {
  map_.clear_gradually();
  while (map_.migrating()) map_.step(1);
  expect_most_pages_gone();
}

TEST_F(page_return, of_a_map_retired) {
  auto old = steady::retire(std::move(map_));
  while (!old.done()) old.step(1);
  expect_most_pages_gone();
}

TEST_F(page_return, of_a_map_that_shrinks) {
  for (std::uint64_t n = count / 100; n < count; ++n) map_.erase(n);
  map_.shrink_gradually();
  while (map_.migrating()) map_.step(1);
  EXPECT_EQ(map_.size(), count / 100);
  expect_most_pages_gone();
}

}  // namespace
