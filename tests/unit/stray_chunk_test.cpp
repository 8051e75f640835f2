// Two threads provide the same chunk of a new array, and one of them is late. If its chunk has been
// an old array's, readers may still be reading it: it must not be freed before a grace period.
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <set>
#include <type_traits>
#include <utility>

#include <gtest/gtest.h>

#include <steady/detail/concurrent/shared_array.hpp>
#include <steady/detail/concurrent/slot_layout.hpp>
#include <steady/detail/concurrent/sync.hpp>
#include <steady/detail/line/random_seed.hpp>

namespace {

// What other threads do after this one has taken a chunk from a shelf.
std::function<void()> meanwhile;

// Chunks on a shelf are the only addresses of bytes that are exchanged.
template <class T>
class interrupted_atomic : public std::atomic<T> {
 public:
  using std::atomic<T>::atomic;
  T exchange(T value, std::memory_order order) noexcept {
    const T before = std::atomic<T>::exchange(value, order);
    if constexpr (std::is_same_v<T, std::byte*>) {
      if (meanwhile) std::exchange(meanwhile, nullptr)();
    }
    return before;
  }
};

struct interrupted_sync : steady::detail::native_sync {
  template <class T>
  using atomic = interrupted_atomic<T>;
};

using layout = steady::detail::slot_layout<16, 8, false>;
using array = steady::detail::shared_array<interrupted_sync, layout>;
using memory = steady::detail::shared_memory<interrupted_sync>;
using shelf = steady::detail::chunk_shelf<interrupted_sync>;

std::set<std::byte*> held;

std::byte* allocate(void* owner, std::size_t bytes, std::size_t alignment) {
  return *held.insert(steady::detail::plain_memory_source.allocate(owner, bytes, alignment)).first;
}
void release(void* owner, std::byte* block, std::size_t bytes, std::size_t alignment) noexcept {
  EXPECT_EQ(held.erase(block), 1u);
  steady::detail::plain_memory_source.release(owner, block, bytes, alignment);
}

TEST(stray_chunk, stays_until_the_array_goes) {
  constexpr std::size_t chunk_bytes = layout::chunk_buckets * layout::bucket_bytes;
  const steady::detail::memory_source source{allocate, release, 8};
  memory from(nullptr, source);
  shelf lent;
  array* const made =
      array::create(from, steady::detail::line_partition::of(10), steady::detail::random_seed(), 1);
  const auto new_chunk = [&] { return from.allocate_chunk(chunk_bytes); };
  const auto free = [&](std::byte* chunk) { from.release_chunk(chunk, chunk_bytes); };
  std::set<std::byte*> read;  // chunks of an old array
  for (std::uint64_t bucket = 0; bucket < made->buckets(); bucket += layout::chunk_buckets) {
    std::byte* const old = new_chunk();
    read.insert(old);
    ASSERT_TRUE(lent.put(old));
    meanwhile = [&, bucket] {
      shelf empty;
      made->provide(from, empty, bucket);
      std::byte* more = new_chunk();
      while (lent.put(more)) more = new_chunk();
      free(more);
    };
    made->provide(from, lent, bucket);
    ASSERT_FALSE(meanwhile);
    ASSERT_TRUE(made->has_slots(bucket));
    for (std::byte* const one : read) ASSERT_TRUE(held.contains(one));
    while (std::byte* const more = lent.take()) free(more);
  }
  while (made->release_some(from)) {
  }
  EXPECT_TRUE(held.empty());
  EXPECT_EQ(from.bytes(), 0u);
  EXPECT_EQ(from.chunks(), 0u);
}

}  // namespace
