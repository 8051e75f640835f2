// A pressure monitor while all memory is refused, as it may be when the system runs short of it.
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include <steady/pressure_monitor.hpp>

#include "support/threads.hpp"

namespace {

// By all threads.
std::atomic<bool> is_refused = false;

}  // namespace

// NOLINTBEGIN(cppcoreguidelines-no-malloc)
void* operator new(std::size_t bytes) {
  if (is_refused) throw std::bad_alloc();
  if (void* const made = std::malloc(bytes != 0 ? bytes : 1)) return made;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept { std::free(block); }
void operator delete(void* block, std::size_t) noexcept { std::free(block); }
// NOLINTEND(cppcoreguidelines-no-malloc)

namespace {

TEST(pressure_monitor, hears_without_memory_that_its_source_is_gone) {
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  steady::pressure_monitor monitor({.descriptor = ends[0]});
  is_refused = true;
  ::close(ends[1]);
  const bool has_heard = support::comes_true([&] { return !monitor.is_watching(); });
  is_refused = false;
  EXPECT_TRUE(has_heard);
  EXPECT_EQ(monitor.why_not(), "what was watched is gone");
}

}  // namespace
