// The overflow buckets of an array that threads share: none is lost where all stripes of free ones
// are locked, as by threads that have lost their processors.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include <gtest/gtest.h>

#include <steady/detail/concurrent/overflow_pool.hpp>
#include <steady/detail/concurrent/slot_layout.hpp>
#include <steady/detail/concurrent/sync.hpp>
#include <steady/detail/memory/map_memory.hpp>

namespace {

namespace sd = steady::detail;

bool stripes_are_locked = false;

// Locks are words of 32 bits, taken by an exchange.
template <class T>
class lockable : public std::atomic<T> {
  using base = std::atomic<T>;

 public:
  constexpr lockable() noexcept = default;
  constexpr lockable(T value) noexcept : base(value) {}

  T exchange(T value, std::memory_order how) noexcept {
    if constexpr (sizeof(T) == sizeof(std::uint32_t)) {
      if (stripes_are_locked) return 1;
    }
    return base::exchange(value, how);
  }
};
struct lockable_sync : sd::native_sync {
  template <class T>
  using atomic = lockable<T>;
};

class concurrent_overflow : public testing::Test {
 protected:
  using pool_type = sd::overflow_pool<lockable_sync, sd::slot_layout<16, 8, false>>;
  using bucket = pool_type::bucket;

  concurrent_overflow() = default;
  ~concurrent_overflow() override {
    stripes_are_locked = false;
    while (pool.release_some(memory)) {
    }
    EXPECT_EQ(memory.bytes(), 0u);
  }
  // Takes them until another block is needed.
  std::set<bucket*> all_of_block() {
    std::set<bucket*> taken{pool.take(memory)};
    const std::size_t held = memory.bytes();
    for (std::uint64_t n = 1; n < per_block; ++n) taken.insert(pool.take(memory));
    EXPECT_EQ(memory.bytes(), held);
    EXPECT_EQ(taken.size(), per_block);
    return taken;
  }

  static constexpr std::uint64_t per_block = 32;
  sd::shared_memory<lockable_sync> memory{nullptr, sd::plain_memory_source};
  pool_type pool{16 * per_block};
};

TEST_F(concurrent_overflow, comes_in_blocks) {
  const auto first = all_of_block();
  const std::size_t held = memory.bytes();
  for (bucket* const each : first) pool.give(each);
  EXPECT_EQ(all_of_block(), first);
  EXPECT_EQ(memory.bytes(), held);
}

TEST_F(concurrent_overflow, of_a_new_block_is_kept_where_all_stripes_are_locked) {
  stripes_are_locked = true;
  std::set<bucket*> taken{pool.take(memory)};
  stripes_are_locked = false;
  const std::size_t held = memory.bytes();
  for (std::uint64_t n = 1; n < per_block; ++n) taken.insert(pool.take(memory));
  EXPECT_EQ(memory.bytes(), held) << "the rest of the block was lost";
  EXPECT_EQ(taken.size(), per_block) << "none twice";
}

TEST_F(concurrent_overflow, that_is_given_back_is_kept_where_all_stripes_are_locked) {
  const auto first = all_of_block();
  const std::size_t held = memory.bytes();
  stripes_are_locked = true;
  for (bucket* const each : first) pool.give(each);
  EXPECT_EQ(pool.in_use(), 0u);
  stripes_are_locked = false;
  EXPECT_EQ(all_of_block(), first);
  EXPECT_EQ(memory.bytes(), held);
}

}  // namespace
